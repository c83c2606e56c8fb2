// Sample grids of several runs through time, side by side under one slider; what does not fit scrolls sideways.

const FRAME_MS = 160

function frameAt(film, step) {
  return film.frames.findLast((frame) => frame.step <= step) ?? film.frames[0]
}

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
    const image = figure.querySelector("img")
    const source = new URL(frame.src, document.baseURI).href
    if (image.src !== source) image.src = source
    image.alt = `samples of ${films[at].title} at step ${frame.step}`
    const said = remark(films[at], frame, step)
    const caption = figure.querySelector(".caption")
    caption.textContent = [frame.caption, said].filter(Boolean).join(" · ")
    caption.classList.toggle("other", Boolean(said))
  })
  const [range, button, output] = ["input", "button", "output"].map((name) => root.querySelector(name))
  range.max = Math.max(steps.length - 1, 0)
  range.value = position
  range.disabled = button.disabled = steps.length < 2
  range.setAttribute("aria-valuetext", steps.length ? `step ${step}` : "no samples yet")
  output.textContent = steps.length ? `step ${step.toLocaleString("en")}` : "no samples yet"
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
      const picture = element("div", "picture")
      picture.style.setProperty("--aspect", film.aspect)
      const image = document.createElement("img") // until its first source is there, the picture keeps its room
      image.loading = "lazy"
      image.fetchPriority = "high" // before the thumbnails above
      image.onload = () => picture.classList.add("loaded")
      picture.append(image)
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

// Browsers keep what they fetched: once a film is moved, its pictures should be there before they are asked for.
function fetchAhead(root) {
  const strip = root.querySelector(".films").getBoundingClientRect()
  root.querySelectorAll("figure").forEach((figure, at) => {
    const box = figure.getBoundingClientRect()
    if (box.left > strip.right || box.right < strip.left) return
    for (const frame of root.shown.films[at].frames) {
      const source = new URL(frame.src, document.baseURI).href
      if (!root.ahead.has(source)) root.ahead.set(source, Object.assign(new Image(), { src: source }))
    }
  })
}

function stop(root) {
  clearInterval(root.timer)
  root.timer = null
  root.querySelector("button").textContent = "▶ Play"
}

function keep(root) {
  const { steps, position } = root.shown
  root.asked = steps[position]
  root.tell({ step: root.asked })
}

function play(root) {
  if (root.timer) {
    stop(root)
    return keep(root)
  }
  const { shown } = root
  if (shown.position >= shown.steps.length - 1) shown.position = 0
  root.querySelector("button").textContent = "❚❚ Hold"
  fetchAhead(root)
  root.timer = setInterval(() => {
    const last = root.shown.steps.length - 1
    root.shown.position = Math.min(root.shown.position + 1, last)
    render(root)
    if (root.shown.position < last) return
    stop(root)
    keep(root)
  }, FRAME_MS)
}

// Runs that train say by themselves when there are new grids, and take them back when they go on from an earlier step.
function take(root, id, message) {
  const film = root.shown.films.find((each) => each.id === id)
  if (!film) return
  if (message.kind === "pictures") addFrames(film, message.frames)
  else if (message.kind === "reset") film.frames = film.frames.filter((frame) => frame.step <= message.step)
  else return
  const stepNow = root.shown.steps[root.shown.position]
  root.shown.steps = stepsOf(root.shown.films)
  place(root, root.timer ? stepNow : root.asked)
  render(root)
}

function addFrames(film, frames) {
  const known = new Map(film.frames.map((frame) => [frame.step, frame]))
  for (const frame of frames) known.set(frame.step, frame)
  film.frames = [...known.values()].sort((a, b) => a.step - b.step)
}

function stepsOf(films) {
  return [...new Set(films.flatMap((film) => film.frames.map((frame) => frame.step)))].sort((a, b) => a - b)
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

// What a run told meanwhile is newer than what the page was drawn with.
function keepNews(root, films) {
  for (const film of films) {
    const before = root.followed.has(film.follow) && root.shown?.films.find((each) => each.id === film.id)
    const last = film.frames.at(-1)?.step ?? -1
    if (before) addFrames(film, before.frames.filter((frame) => frame.step > last))
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
    stop(root)
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
