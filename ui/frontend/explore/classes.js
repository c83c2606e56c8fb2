// Every class from the same noise vectors, and from one class to another at the same z, as a strip and as a film.

const NOISE_COLUMNS = 15
const CLASS_ROWS = 10

const CLASSES = {
  id: "classes",
  title: "Classes",
  fits: (run) => run.condition === "class" && run.family !== "toy",
  open(page, host) {
    const grids = page.runs.map((run) => (run.condition === "class" ? classGrid(page, run) : classless(page, run)))
    const row = element("div", "runs")
    row.append(...grids.map(({ figure }) => figure))
    host.append(row, element("p", "caption", "One class a row, one z a column (report 002, question 9): if z means the same in every class, a column shares its slant and its strokes. Click an image to pick it."))
    const ways = waysBetweenClasses(page)
    host.append(element("h3", "", "From class to class"), ways.box)
    return () => [...grids, ways].forEach(({ update }) => update())
  },
}

// From one class that all runs know to another.
function waysBetweenClasses(page) {
  const runs = page.runs.filter((run) => run.condition === "class")
  const known = runs[0].labels.filter(([label]) => runs.every((run) => run.labels.some(([each]) => each === label)))
  const box = element("div", "ways")
  if (known.length < 2) {
    box.append(element("p", "caption", "It takes two classes that both runs know."))
    return { box, update() {} }
  }
  const ends = [known[0][0], known.at(-1)[0]]
  const shown = runs.map((run) => wayBetweenClasses(page, run, ends))
  const update = () => shown.forEach((each) => each.update())
  const select = (at) =>
    labelSelect({ labels: known }, ends[at], "", (label) => {
      ends[at] = label
      update()
    })
  const bar = element("div", "bar")
  bar.append(labelled("From", select(0)), labelled("to", select(1)), element("span", "caption", "at the z of A: the shares of the two classes change in equal steps, z stays."))
  const row = element("div", "runs")
  row.append(...shown.map(({ figure }) => figure))
  box.append(bar, row)
  return { box, update }
}

function wayBetweenClasses(page, run, ends) {
  const film = filmOf(`from class to class, ${run.name}`)
  const count = FILM_STEPS / STRIP_EVERY + 1
  const images = strip(count, "from one class to another")
  const question = () => ({ stops: ends.map((label) => ({ ...picked(page, 0), label })), way: "straight", steps: FILM_STEPS })
  const bar = element("div", "bar")
  bar.append(...filmButtons(page, run, question), pngButton(`${run.id}-class-to-class`, () => images.querySelectorAll("canvas"), count))
  const [both, right] = [element("div", "beside"), element("div", "all")]
  right.append(bar, images)
  both.append(film.box, right)
  return {
    figure: figureOf(page, run, both),
    update() {
      ask(page, "class path", run, "path", question(), ({ sheet }) => {
        paintEvery(images, sheet, STRIP_EVERY)
        film.show(sheet)
      })
    },
  }
}

// In place of a grid: a second run that has no classes.
function classless(page, run) {
  return { figure: figureOf(page, run, element("p", "caption", "This run was trained without classes.")), update() {} }
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
