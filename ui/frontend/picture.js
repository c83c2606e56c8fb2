// One sample grid, kept in its place while newer ones come.

function show(picture, source) {
  const image = picture.querySelector("img")
  if (!source) return image.removeAttribute("src")
  const address = new URL(source, document.baseURI).href
  if (image.src !== address) image.src = address
}

async function follow(picture, run) {
  const address = run?.live ? run.address : null
  if (picture.followed === address) return
  picture.followed = address
  picture.leave?.()
  picture.leave = null
  if (!address) return
  const load = (name) => import(new URL(run.scripts + name, document.baseURI).href)
  const [{ follow }, pace] = await Promise.all(["client.js", "pace.js"].map(load))
  if (picture.followed !== address) return
  picture.leave = follow(address, ({ kind, frames }) => {
    if (kind !== "pictures") return
    picture.newest = frames.at(-1).src
    pace.soon((picture.drawDue ??= () => show(picture, picture.newest)))
  })
}

export default function ({ data, parentElement }) {
  const picture = parentElement.querySelector(".picture")
  const image = picture.querySelector("img")
  picture.style.setProperty("--aspect", data.aspect)
  image.alt = data.alt
  image.onload = () => {
    picture.classList.add("loaded")
    const enlarged = image.clientWidth * devicePixelRatio > image.naturalWidth
    image.style.imageRendering = enlarged ? "pixelated" : "auto"
  }
  show(picture, data.src)
  follow(picture, data.run)
  return () => picture.leave?.()
}
