// Sample grids of several runs through time, side by side under one slider; what does not fit scrolls sideways.

// What to say beside the step of a grid that is not of the step that was asked for.
function remark(film, frame, step) {
  if (frame.step > step) return "its first"
  if (frame.step === step) return ""
  if (frame !== film.frames.at(-1)) return `none at ${step.toLocaleString("en")}`
  return film.live ? "still training" : "its last"
}

function render(root) {
  const { films, steps, position } = root.shown
  const step = steps[position]
  root.querySelectorAll("figure").forEach((figure, at) => {
    const frame = frameAt(films[at], step)
    if (!frame) return
    showFrame(figure, films[at], frame)
    const said = remark(films[at], frame, step)
    const caption = figure.querySelector(".caption")
    caption.textContent = [frame.caption, said].filter(Boolean).join(" · ")
    caption.classList.toggle("other", Boolean(said))
  })
  showPlace(root, steps, position, "no samples yet")
}

function buildFigures(root, films) {
  const looks = JSON.stringify(films.map(({ frames: _frames, live: _live, follow: _follow, ...rest }) => rest))
  if (root.looks === looks) return
  root.looks = looks
  const strip = root.querySelector(".films")
  strip.style.setProperty("--count", films.length)
  strip.replaceChildren(
    ...films.map((film) => {
      const figure = document.createElement("figure")
      figure.dataset.run = film.id
      const title = element("figcaption", "title", film.title)
      title.title = film.title
      title.style.borderColor = film.color
      const picture = pictureOf(film)
      Object.assign(picture.querySelector("img"), { loading: "lazy", fetchPriority: "high" }) // before the thumbnails above
      const note = element("div", "note", film.note)
      note.title = film.about
      figure.append(title, picture, element("div", "caption", "no samples yet"), note)
      return figure
    }),
  )
}

// Where the slider stands: where it was put, else at the newest step that every run has come to.
function place(root, asked) {
  const { films, steps } = root.shown
  const drawn = films.filter((film) => film.frames.length)
  const wanted = asked ?? Math.min(...drawn.map((film) => film.frames.at(-1).step))
  root.shown.position = Math.max(
    steps.findLastIndex((step) => step <= wanted),
    0,
  )
}

function fetchAhead(root) {
  const strip = root.querySelector(".films").getBoundingClientRect()
  root.querySelectorAll("figure").forEach((figure, at) => {
    const box = figure.getBoundingClientRect()
    if (box.left > strip.right || box.right < strip.left) return
    fetchFrames(root.ahead, root.shown.films[at])
  })
}

function keep(root) {
  const { steps, position } = root.shown
  root.asked = steps[position]
  root.tell({ step: root.asked })
}

function play(root) {
  if (root.timer) {
    hold(root)
    return keep(root)
  }
  fetchAhead(root)
  playOn(root, () => root.shown, () => render(root), () => keep(root))
}

// Runs that train say by themselves when there are new grids.
function take(root, id, message) {
  const film = root.shown.films.find((each) => each.id === id)
  if (!film || !takeFrames(film, message)) return
  const stepNow = root.shown.steps[root.shown.position]
  root.shown.steps = stepsOf(root.shown.films)
  place(root, root.timer ? stepNow : root.asked)
  render(root)
}

async function follow(root, data) {
  const wanted = new Map(data.films.filter((film) => film.follow).map((film) => [film.follow, film.id]))
  for (const [address, leave] of root.followed) {
    if (wanted.has(address)) continue
    root.followed.delete(address)
    leave()
  }
  if (!wanted.size) return
  const client = await import(new URL(`${data.scripts}client.js`, document.baseURI).href)
  for (const [address, id] of wanted) {
    if (root.followed.has(address) || !root.isConnected) continue
    root.followed.set(address, client.follow(address, (message) => take(root, id, message)))
  }
}

function keepNews(root, films) {
  for (const film of films) {
    const before = root.followed.has(film.follow) && root.shown?.films.find((each) => each.id === film.id)
    if (before) keepNewer(film, before)
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".reel")
  root.followed ??= new Map() // by address: how to leave it
  keepNews(root, data.films)
  const steps = stepsOf(data.films)
  const heard = exchange(root, data, setTriggerValue)
  const stepNow = root.shown?.steps[root.shown.position]
  if (heard) root.asked = data.step
  root.ahead ??= new Map()
  root.shown = { films: data.films, steps, position: 0 }
  place(root, root.timer ? stepNow : root.asked)
  buildFigures(root, data.films)
  const range = root.querySelector("input")
  root.querySelector(".slider").onpointerenter = () => fetchAhead(root)
  range.oninput = () => {
    hold(root)
    fetchAhead(root)
    root.shown.position = Number(range.value)
    root.asked = root.shown.steps[root.shown.position]
    render(root)
  }
  range.onchange = () => keep(root)
  root.querySelector("button").onclick = () => play(root)
  root.querySelector(".said").textContent = data.line
  render(root)
  follow(root, data)
  return () => {
    clearInterval(root.timer)
    for (const leave of root.followed.values()) leave()
    root.followed.clear()
  }
}
