// Sample grids through time: one slider moves every film to the same step; pixels stay pixels.

function render(root) {
  const { films, steps } = root.film
  const step = steps[root.film.position]
  root.querySelectorAll("figure").forEach((figure, index) => {
    const frame = frameAt(films[index], step)
    if (frame) renderFrame(figure, frame, films[index], step)
  })
  showPlace(root, steps, root.film.position, "")
}

function renderFrame(figure, frame, film, step) {
  showFrame(figure, film, frame)
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
      const labelled = element("div", "labelled")
      if (film.rows.length) {
        const rows = element("div", "rows")
        rows.replaceChildren(...film.rows.map((name) => element("div", "", name)))
        labelled.append(rows)
      }
      labelled.append(pictureOf(film))
      figure.append(title, labelled, element("div", "caption", "no samples yet"), element("div", "note", film.note))
      return figure
    }),
  )
}

function fetchAhead(root) {
  root.film.films.forEach((film) => fetchFrames(root.ahead, film))
}

function play(root) {
  if (root.timer) return hold(root)
  fetchAhead(root)
  playOn(root, () => root.film, () => render(root))
}

function take(root, message) {
  if (takeFrames(root.film.films[0], message)) root.pace.soon(root.drawDue)
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
  if (startAgain && root.timer) hold(root)
  if (startAgain) root.film = { id: data.id, films: [], steps: [], position: 0 }
  if (startAgain) root.ahead = new Map()
  if (!startAgain && root.followed) keepNewer(data.films[0], root.film.films[0])
  if (data.run?.replay) root.film = { ...root.film, films: data.films, steps: stepsOf(data.films) }
  else place(root, data.films, startAgain)
  buildFigures(root, data.films)
  root.querySelector(".controls").hidden = Boolean(data.run?.replay) // the replay has its own
  root.querySelector(".controls").onpointerenter = () => fetchAhead(root)
  root.querySelector("input").oninput = (event) => {
    hold(root)
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
