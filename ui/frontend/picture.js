// One sample grid, kept in its place while newer ones come.

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
  if (!data.src) return image.removeAttribute("src")
  const source = new URL(data.src, document.baseURI).href
  if (image.src !== source) image.src = source
}
