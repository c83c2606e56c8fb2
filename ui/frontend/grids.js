// Sample grids through time: what one run's film and several runs' side by side have in common.

const FRAME_MS = 160

function frameAt(film, step) {
  return film.frames.findLast((frame) => frame.step <= step) ?? film.frames[0]
}

function addFrames(film, frames) {
  const known = new Map(film.frames.map((frame) => [frame.step, frame]))
  for (const frame of frames) known.set(frame.step, frame)
  film.frames = [...known.values()].sort((a, b) => a.step - b.step)
}

// What a run that trains adds to its film, or takes back when it goes on from an earlier step; whether it did.
function takeFrames(film, message) {
  if (message.kind === "pictures") addFrames(film, message.frames)
  else if (message.kind === "reset") film.frames = film.frames.filter((frame) => frame.step <= message.step)
  else return false
  return true
}

// What a run told meanwhile is newer than what the page was drawn with.
function keepNewer(film, before) {
  const last = film.frames.at(-1)?.step ?? -1
  addFrames(film, before.frames.filter((frame) => frame.step > last))
}

function stepsOf(films) {
  return [...new Set(films.flatMap((film) => film.frames.map((frame) => frame.step)))].sort((a, b) => a - b)
}

function addressOf(frame) {
  return new URL(frame.src, document.baseURI).href
}

function showFrame(figure, film, frame) {
  const image = figure.querySelector("img")
  const source = addressOf(frame)
  if (image.src !== source) image.src = source
  image.alt = `samples of ${film.title} at step ${frame.step}`
}

// A picture that keeps its room until its first source is there.
function pictureOf(film) {
  const picture = document.createElement("div")
  picture.className = "picture"
  picture.style.setProperty("--aspect", film.aspect)
  const image = document.createElement("img")
  image.onload = () => picture.classList.add("loaded")
  picture.append(image)
  return picture
}

function showPlace(root, steps, position, nothing) {
  const [range, button, output] = ["input", "button", "output"].map((name) => root.querySelector(name))
  range.max = Math.max(steps.length - 1, 0)
  range.value = position
  range.disabled = button.disabled = steps.length < 2
  range.setAttribute("aria-valuetext", steps.length ? `step ${steps[position]}` : "no samples yet")
  output.textContent = steps.length ? `step ${steps[position].toLocaleString("en")}` : nothing
}

// Browsers keep what they fetched: once a film is moved, its pictures should be there before they are asked for.
function fetchFrames(ahead, film) {
  for (const frame of film.frames) {
    const source = addressOf(frame)
    if (!ahead.has(source)) ahead.set(source, Object.assign(new Image(), { src: source }))
  }
}

function hold(root) {
  clearInterval(root.timer)
  root.timer = null
  root.querySelector("button").textContent = "▶ Play"
}

// Play what `place()` gives, { steps, position }, from where it stands, or from the start if it is over.
function playOn(root, place, show, over = () => {}) {
  const first = place()
  if (first.position >= first.steps.length - 1) first.position = 0
  root.querySelector("button").textContent = "❚❚ Hold"
  root.timer = setInterval(() => {
    const now = place()
    const last = now.steps.length - 1
    now.position = Math.min(now.position + 1, last)
    show()
    if (now.position < last) return
    hold(root)
    over()
  }, FRAME_MS)
}
