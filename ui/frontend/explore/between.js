// From one sample to another: along a straight line and along an arc, as strips and as a film.

const WAYS = { spherical: "Spherical", straight: "Straight" }
const FILM_STEPS = 32
const STRIP_EVERY = 4

const BETWEEN = {
  id: "between",
  title: "Interpolate",
  fits: (run) => run.family === "gan" || run.family === "vae",
  open(page, host) {
    const shown = page.runs.map((run) => waysOf(page, run))
    const ends = element("p", "caption")
    const row = element("div", "runs")
    row.append(...shown.map(({ figure }) => figure))
    host.append(ends, row)
    host.append(
      element(
        "p",
        "caption",
        "Spherical: by equal angles (White 2016), so that z stays as long as noise is; straight: through the middle, where z is shorter than any noise that G has learned from. A film goes there and back.",
      ),
    )
    return () => {
      const [a, b] = [picked(page, 0), picked(page, 1)]
      ends.textContent = `From A, ${pickWords(page, a)}, to B, ${pickWords(page, b)}${classOf(page.runs[0], a) === classOf(page.runs[0], b) ? "" : ": the class changes on the way, too"}.`
      shown.forEach(({ update }) => update(a, b))
    }
  },
}

function waysOf(page, run) {
  const film = filmOf(`from A to B, ${run.name}`)
  const count = FILM_STEPS / STRIP_EVERY + 1
  const strips = Object.fromEntries(Object.entries(WAYS).map(([way, title]) => [way, strip(count, `${title} from A to B`)]))
  const sheets = {}
  let chosen = "spherical"
  const question = (way) => ({ stops: [picked(page, 0), picked(page, 1)], way, steps: FILM_STEPS })
  const rows = Object.entries(WAYS).map(([way, title]) => {
    const row = element("div", "named")
    row.append(element("span", "name", title), strips[way])
    return row
  })
  const bar = element("div", "bar")
  bar.append(
    choices(`Film of ${run.id}`, Object.entries(WAYS), chosen, (way) => {
      chosen = way
      if (sheets[way]) film.show(sheets[way])
    }),
    ...filmButtons(page, run, () => question(chosen)),
    pngButton(`${run.id}-between`, () => strips[chosen].querySelectorAll("canvas"), count),
  )
  const [both, right] = [element("div", "beside"), element("div", "all")]
  right.append(bar, ...rows)
  both.append(film.box, right)
  return {
    figure: figureOf(page, run, both),
    update() {
      for (const way of Object.keys(WAYS)) {
        ask(page, `between ${way}`, run, "path", question(way), ({ sheet }) => {
          sheets[way] = sheet
          paintEvery(strips[way], sheet, STRIP_EVERY)
          if (way === chosen) film.show(sheet)
        })
      }
    },
  }
}
