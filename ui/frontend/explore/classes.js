// Every class from the same noise vectors, and from one class to another at the same z.

const NOISE_COLUMNS = 15
const CLASS_ROWS = 10
const CLASS_STEPS = 12

const CLASSES = {
  id: "classes",
  title: "Classes",
  fits: (run) => run.condition === "class" && run.family !== "toy",
  open(page, host) {
    const shown = page.runs.map((run) => classGrid(page, run))
    const row = element("div", "runs")
    row.append(...shown.map(({ figure }) => figure))
    host.append(row, element("p", "caption", "One class a row, one z a column (report 002, question 9): if z means the same in every class, a column shares its slant and its strokes. Click an image to pick it."))
    const [run] = page.runs
    const ends = [run.labels[0][0], run.labels.at(-1)[0]]
    const between = strip(CLASS_STEPS + 1, "from one class to another")
    const change = (at) => (label) => {
      ends[at] = label
      drawBetween()
    }
    const drawBetween = () => {
      const stops = ends.map((label) => ({ ...picked(page, 0), label }))
      ask(page, "class path", run, "path", { stops, way: "straight", steps: CLASS_STEPS }, ({ sheet }) => paintAll(between, sheet))
    }
    const bar = element("div", "bar")
    bar.append(
      labelled("From", labelSelect(run, ends[0], "", change(0))),
      labelled("to", labelSelect(run, ends[1], "", change(1))),
      element("span", "caption", "at the z of A: the shares of the two classes change, z stays."),
    )
    host.append(element("h3", "", "From class to class"), bar, between)
    return () => {
      shown.forEach(({ update }) => update())
      drawBetween()
    }
  },
}

function classGrid(page, run) {
  const labels = run.labels.slice(0, CLASS_ROWS)
  const grid = element("div", "classgrid")
  grid.style.setProperty("--columns", NOISE_COLUMNS)
  const pointAt = (at) => ({ seed: page.seed, place: at % NOISE_COLUMNS, label: labels[Math.floor(at / NOISE_COLUMNS)][0] })
  const buttons = Array.from({ length: labels.length * NOISE_COLUMNS }, (_, at) => {
    const button = element("button", "pick")
    button.type = "button"
    button.tabIndex = at ? -1 : 0
    button.append(tile(""), element("span", "badge"))
    button.onclick = () => togglePick(page, pointAt(at))
    button.onkeydown = (event) => moveFocus(event, buttons, at, NOISE_COLUMNS)
    return button
  })
  labels.forEach(([, name], row) => {
    grid.append(element("span", "class", name), ...buttons.slice(row * NOISE_COLUMNS, (row + 1) * NOISE_COLUMNS))
  })
  const bar = element("div", "bar")
  bar.append(pngButton(`${run.id}-classes`, () => grid.querySelectorAll("canvas"), NOISE_COLUMNS))
  return {
    figure: figureOf(page, run, grid, bar),
    update() {
      markPicks(page, buttons, pointAt)
      const points = buttons.map((_, at) => pointAt(at))
      const asked = JSON.stringify([points, page.truncation])
      if (grid.asked === asked) return
      grid.asked = asked
      askGrid(page, "classes", run, points, grid.querySelectorAll("canvas"))
    },
  }
}
