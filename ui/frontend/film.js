// Sample grids through time: one slider moves every film to the same step; pixels stay pixels.

const FRAME_MS = 160

function frameAt(film, step) {
  return film.frames.findLast((frame) => frame.step <= step) ?? film.frames[0]
}

function render(root) {
  const { films, steps } = root.film
  const step = steps[root.film.position]
  root.querySelectorAll("figure").forEach((figure, index) => {
    const frame = frameAt(films[index], step)
    if (frame) renderFrame(figure, frame, films[index], step)
  })
  const [range, button, output] = ["input", "button", "output"].map((name) => root.querySelector(name))
  range.max = Math.max(steps.length - 1, 0)
  range.value = root.film.position
  range.disabled = button.disabled = steps.length < 2
  range.setAttribute("aria-valuetext", steps.length ? `step ${step}` : "no samples yet")
  output.textContent = steps.length ? `step ${step.toLocaleString("en")}` : ""
}

function renderFrame(figure, frame, film, step) {
  const image = figure.querySelector("img")
  const source = new URL(frame.src, document.baseURI).href
  if (image.src !== source) image.src = source
  image.alt = `samples of ${film.title} at step ${frame.step}`
  const ended = frame.step < step && frame === film.frames.at(-1)
  figure.querySelector(".caption").textContent = ended ? `${frame.caption} · the run ends here` : frame.caption
}

function element(tag, className, text = "") {
  const made = document.createElement(tag)
  made.className = className
  made.textContent = text
  return made
}

function buildFigures(root, films) {
  const titles = JSON.stringify(films.map((film) => [film.title, film.color, film.note, film.aspect, film.rows]))
  if (root.titles === titles) return
  root.titles = titles
  root.querySelector(".films").replaceChildren(
    ...films.map((film) => {
      const figure = document.createElement("figure")
      const title = element("figcaption", "title", film.title)
      title.style.borderColor = film.color ?? "transparent"
      title.hidden = films.length === 1 && !film.color
      const picture = element("div", "picture")
      picture.style.setProperty("--aspect", film.aspect)
      const image = document.createElement("img") // until its first source is there, the picture keeps its room
      image.onload = () => picture.classList.add("loaded")
      picture.append(image)
      const labelled = element("div", "labelled")
      if (film.rows.length) {
        const rows = element("div", "rows")
        rows.replaceChildren(...film.rows.map((name) => element("div", "", name)))
        labelled.append(rows)
      }
      labelled.append(picture)
      figure.append(title, labelled, element("div", "caption", "no samples yet"), element("div", "note", film.note))
      return figure
    }),
  )
}

// Browsers keep what they fetched: once a film is moved, its pictures should be there before they are asked for.
function fetchAhead(root) {
  for (const film of root.film.films) {
    for (const frame of film.frames) {
      const source = new URL(frame.src, document.baseURI).href
      if (root.ahead.has(source)) continue
      root.ahead.set(source, Object.assign(new Image(), { src: source }))
    }
  }
}

function stop(root) {
  clearInterval(root.timer)
  root.timer = null
  root.querySelector("button").textContent = "▶ Play"
}

function play(root) {
  if (root.timer) return stop(root)
  if (root.film.position >= root.film.steps.length - 1) root.film.position = 0
  root.querySelector("button").textContent = "❚❚ Hold"
  fetchAhead(root)
  root.timer = setInterval(() => {
    root.film.position = Math.min(root.film.position + 1, root.film.steps.length - 1)
    render(root)
    if (root.film.position >= root.film.steps.length - 1) stop(root)
  }, FRAME_MS)
}

// What a run that trains adds to its film, or takes back when it goes on from an earlier step.
function take(root, message) {
  const [film] = root.film.films
  if (message.kind === "pictures") addFrames(film, message.frames)
  else if (message.kind === "reset") film.frames = film.frames.filter((frame) => frame.step <= message.step)
  else return
  root.pace.soon(root.drawDue)
}

function addFrames(film, frames) {
  const known = new Map(film.frames.map((frame) => [frame.step, frame]))
  for (const frame of frames) known.set(frame.step, frame)
  film.frames = [...known.values()].sort((a, b) => a.step - b.step)
}

function stepsOf(films) {
  return [...new Set(films.flatMap((film) => film.frames.map((frame) => frame.step)))].sort((a, b) => a - b)
}

// Whoever looks at the newest frame goes on seeing the newest; whoever went back in time stays there.
function place(root, films, startAgain = false) {
  const before = root.film
  const steps = stepsOf(films)
  const following = startAgain || (before.position >= before.steps.length - 1 && !root.timer)
  let position = steps.length - 1
  if (!following) position = Math.max(0, steps.findLastIndex((step) => step <= before.steps[before.position]))
  root.film = { ...before, films, steps, position }
}

async function follow(root, run) {
  const address = run?.live || run?.replay ? run.address : null
  if (root.followed === address) return
  root.followed = address
  root.leave?.()
  root.leave = null
  if (!address) return
  const load = (name) => import(new URL(run.scripts + name, document.baseURI).href)
  if (run.replay) return replay(root, address, await load("replay.js"))
  const [{ follow }, pace] = await Promise.all(["client.js", "pace.js"].map(load))
  root.pace = pace
  root.drawDue ??= () => {
    place(root, root.film.films)
    render(root)
  }
  if (root.followed === address) root.leave = follow(address, (message) => take(root, message))
}

// Shows the grids as a replay comes to them.
function replay(root, address, { clockOf }) {
  if (root.followed !== address) return
  fetchAhead(root)
  root.leave = clockOf(address).follow(({ step }) => {
    const position = Math.max(0, root.film.steps.findLastIndex((each) => each <= step))
    if (position === root.film.position) return
    root.film.position = position
    render(root)
  })
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".film")
  const startAgain = root.film?.id !== data.id
  if (startAgain && root.timer) stop(root)
  if (startAgain) root.film = { id: data.id, films: [], steps: [], position: 0 }
  if (startAgain) root.ahead = new Map()
  // What the run itself told meanwhile is newer than what the page was drawn with.
  if (!startAgain && root.followed) addFrames(data.films[0], root.film.films[0].frames.filter(isNewer(data.films[0])))
  if (data.run?.replay) root.film = { ...root.film, films: data.films, steps: stepsOf(data.films) }
  else place(root, data.films, startAgain)
  buildFigures(root, data.films)
  root.querySelector(".controls").hidden = Boolean(data.run?.replay) // the replay has its own
  root.querySelector(".controls").onpointerenter = () => fetchAhead(root)
  root.querySelector("input").oninput = (event) => {
    stop(root)
    fetchAhead(root)
    root.film.position = Number(event.target.value)
    render(root)
  }
  root.querySelector("button").onclick = () => play(root)
  render(root)
  follow(root, data.run)
  return () => {
    clearInterval(root.timer)
    root.pace?.forget(root.drawDue)
    root.leave?.()
  }
}

function isNewer(film) {
  const last = film.frames.at(-1)?.step ?? -1
  return (frame) => frame.step > last
}
