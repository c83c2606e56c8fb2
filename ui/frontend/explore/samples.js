// Samples of a seed; two of them are picked, to go on with.

const GRID_COLUMNS = 8

const SAMPLES = {
  id: "samples",
  title: "Samples",
  fits: (run) => run.family === "gan" || run.family === "vae",
  open(page, host) {
    const grids = page.runs.map((run) => sampleGrid(page, run))
    const row = element("div", "runs")
    const both = pickedPair(page)
    row.append(...grids.map(({ figure }) => figure), both.box)
    host.append(row)
    return () => [...grids, both].forEach(({ update }) => update())
  },
}

// The two picked samples, large, and where one can go from them.
function pickedPair(page) {
  const [run] = page.runs
  const box = element("div", "picked")
  const cells = ["A", "B"].map((name) => {
    const figure = element("figure")
    figure.append(tile(`sample ${name}`, "large"), element("figcaption", "caption"))
    return figure
  })
  const pair = element("div", "pair")
  pair.append(...cells)
  const ways = element("div", "bar")
  for (const view of fitting(page).slice(1)) {
    const button = element("button", "", view.title)
    button.type = "button"
    button.onclick = () => chooseView(page, view.id)
    ways.append(button)
  }
  box.append(pair, element("p", "caption", "Click two samples: all other views start from them."), ways)
  return {
    box,
    update() {
      const picks = [picked(page, 0), picked(page, 1)]
      cells.forEach((cell, at) => (cell.querySelector("figcaption").textContent = `${"AB"[at]}: ${pickWords(page, picks[at])}`))
      ask(page, "picked", run, "pictures", { points: picks }, ({ sheet }) =>
        cells.forEach((cell, at) => paint(cell.querySelector("canvas"), sheet, at)),
      )
    },
  }
}

function sampleGrid(page, run) {
  const grid = element("div", "samples")
  grid.style.setProperty("--columns", GRID_COLUMNS)
  const buttons = Array.from({ length: page.noises }, (_, at) => {
    const button = element("button", "pick")
    button.type = "button"
    button.tabIndex = at ? -1 : 0
    button.append(tile(""), element("span", "badge"))
    button.onclick = () => togglePick(page, sampleAt(page, at))
    button.onkeydown = (event) => moveFocus(event, buttons, at, GRID_COLUMNS)
    return button
  })
  grid.append(...buttons)
  const note = element("p", "caption")
  const bar = element("div", "bar")
  bar.append(pngButton(`${run.id}-samples`, () => grid.querySelectorAll("canvas"), GRID_COLUMNS))
  return {
    figure: figureOf(page, run, note, grid, bar),
    update() {
      markPicks(page, buttons, (at) => sampleAt(page, at))
      note.textContent = noteOf(page, run)
      const points = buttons.map((_, at) => sampleAt(page, at))
      const asked = JSON.stringify([points, page.truncation])
      if (grid.asked === asked) return
      grid.asked = asked
      askGrid(page, "samples", run, points, grid.querySelectorAll("canvas"), () => (note.textContent = noteOf(page, run)))
    },
  }
}

function sampleAt(page, place) {
  return { seed: page.seed, place, ...(page.label === undefined ? {} : { label: page.label }) }
}

function noteOf(page, run) {
  const cut = page.truncation ? ` · |z| at most ${page.truncation.toFixed(2)}` : ""
  return `${page.noises} samples · ${run.sampled} · step ${run.step.toLocaleString("en")} · noise of seed ${page.seed}${cut}`
}

function markPicks(page, buttons, pointAt) {
  const texts = page.picks.map(pickText)
  buttons.forEach((button, at) => {
    const point = pointAt(at)
    const place = texts.indexOf(pickText(point))
    button.setAttribute("aria-pressed", String(place >= 0))
    button.querySelector(".badge").textContent = place < 0 ? "" : "AB"[place]
    button.querySelector("canvas").setAttribute("aria-label", pickWords(page, point))
  })
}

function togglePick(page, pick) {
  const others = page.picks.filter((each) => pickText(each) !== pickText(pick))
  page.picks = others.length < page.picks.length ? others : [...page.picks.slice(-1), pick]
  page.tell({ picks: page.picks.map(pickText) })
  page.update()
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

function moveFocus(event, buttons, at, columns) {
  const arrow = ARROWS[event.key]
  if (!arrow) return
  event.preventDefault()
  const next = buttons[at + arrow[0] + arrow[1] * columns]
  if (!next) return
  buttons[at].tabIndex = -1
  next.tabIndex = 0
  next.focus()
}
