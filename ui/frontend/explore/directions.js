// A sample moved along the directions in which G changes most, or along single coordinates of z.

const REACH = 3
const STRIP = [-3, -2, -1, 0, 1, 2, 3]
const AT_ONCE = 8 // sliders
const METHODS = {
  sefa: ["SeFa", "The directions of z that change the output of G's first layer most: eigenvectors of its weights (Shen and Zhou 2021)."],
  ganspace: ["GANSpace", "Principal components of G's first activations over 1,000 noise vectors, carried back to z (Härkönen et al. 2020)."],
  z: ["Single z", "Coordinates of z as they are: they mean no more than any other direction, and a change is spread over many of them."],
}

const DIRECTIONS = {
  id: "directions",
  title: "Directions",
  fits: (run) => run.family === "gan" || run.family === "vae",
  open(page, host) {
    const [run] = page.runs
    const state = { method: "sefa", first: 0, moves: {} }
    const pictures = page.runs.map((each) => [each, tile("the sample as moved", "large")])
    const sliders = element("div", "sliders")
    const words = element("p", "caption")
    const base = element("p", "caption")
    const reset = element("button", "", "Reset")
    reset.type = "button"
    const pages = dimensionPages(state, run, () => list())
    const point = (moves = state.moves) => ({ ...picked(page, 0), moves })
    const drawLarge = () => {
      for (const [each, canvas] of pictures) {
        ask(page, "moved", each, "pictures", { points: [point(movesFor(each, run, state.moves))] }, ({ sheet }) => paint(canvas, sheet))
      }
    }
    const drawStrips = () => {
      const rows = [...sliders.querySelectorAll(".direction")]
      if (!rows.length) return
      const moves = rows.flatMap(({ dataset }) => STRIP.map((amount) => ({ ...state.moves, [dataset.name]: amount })))
      page.runs.forEach((each, place) => {
        const points = moves.map((move) => point(movesFor(each, run, move)))
        ask(page, "strips", each, "pictures", { points }, ({ sheet }) =>
          rows.forEach((row, at) => paintAll(row.querySelectorAll(".strip")[place], sheet, at * STRIP.length)),
        )
      })
    }
    const fill = (found) => {
      sliders.replaceChildren(
        ...found.map(([name, title]) => {
          const row = element("div", "direction")
          row.dataset.name = name
          const control = slider(title, { min: -REACH, max: REACH, step: 0.05, value: state.moves[name] ?? 0, words: (value) => value.toFixed(2) }, (value) => {
            state.moves = { ...state.moves, [name]: value }
            drawLarge()
          }, drawStrips)
          row.append(control, ...page.runs.map((each) => stripOf(page, each, STRIP.length, `${title} from -3 to 3`)))
          return row
        }),
      )
      drawStrips()
    }
    const list = () => {
      words.textContent = METHODS[state.method][1] + (page.runs.length > 1 && state.method !== "z" ? " Each run moves along directions of its own; the shares are the first one's." : "")
      pages.hidden = state.method !== "z"
      if (state.method === "z") {
        const count = Math.min(AT_ONCE, run.nz - state.first)
        return fill(Array.from({ length: count }, (_, at) => [`z-${state.first + at}`, `z ${state.first + at + 1}`]))
      }
      ask(page, "directions", run, "directions", { method: state.method }, ({ directions }) =>
        fill(directions.map(([name, share], at) => [name, `${at + 1} · ${(100 * share).toFixed(share < 0.095 ? 1 : 0)} %`])),
      )
    }
    reset.onclick = () => {
      state.moves = {}
      drawLarge()
      list()
    }
    const methods = choices("Directions", Object.entries(METHODS).map(([name, [title]]) => [name, title]), "sefa", (method) => {
      state.method = method
      list()
    })
    const left = element("div", "moved")
    left.append(...pictures.map(([each, canvas]) => figureOf(page, each, canvas)), base)
    const bar = element("div", "bar")
    bar.append(methods, pages, reset, pngButton(`${run.id}-directions`, () => sliders.querySelectorAll("canvas"), STRIP.length))
    const right = element("div", "all")
    right.append(bar, words, sliders)
    const both = element("div", "beside")
    both.append(left, right)
    host.append(both)
    return () => {
      const unit = run.prior === "uniform" ? "noise itself goes from -1 to 1 in each coordinate" : "1 is a standard deviation of noise"
      base.textContent = `A, ${pickWords(page, picked(page, 0))}. Along each direction ${unit}.`
      drawLarge()
      list()
    }
  },
}

// What a second run can follow: directions of its own of the same rank, and the coordinates that it has.
function movesFor(run, first, moves) {
  if (run.nz === first.nz) return moves
  return Object.fromEntries(Object.entries(moves).filter(([name]) => !name.startsWith("z-") || Number(name.slice(2)) < run.nz))
}

function dimensionPages(state, run, list) {
  const made = element("span", "pages")
  const turn = (by) => {
    state.first = Math.min(Math.max(state.first + by * AT_ONCE, 0), Math.floor((run.nz - 1) / AT_ONCE) * AT_ONCE)
    list()
  }
  const [before, after] = ["‹", "›"].map((words) => element("button", "", words))
  before.setAttribute("aria-label", "The coordinates before")
  after.setAttribute("aria-label", "The next coordinates")
  before.onclick = () => turn(-1)
  after.onclick = () => turn(1)
  made.append(before, after)
  made.hidden = true
  return made
}
