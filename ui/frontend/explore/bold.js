// A translator at work: an image, and what it makes of it with several noise vectors, live.

const BOLD_COUNT = 8
const BOLD_SLIDERS = 3

const BOLD = {
  id: "bold",
  title: "Bold",
  fits: (run) => run.family === "translator",
  open(page, host) {
    const [run] = page.runs
    const state = { image: null, picture: null, moves: {} }
    const regular = tile("the regular digit", "large")
    const thin = element("p", "caption")
    const cells = page.runs.map((each) => [each, boldCells()])
    const draw = () => {
      if (!state.image) return
      for (const [each, row] of cells) {
        const image = imageFor(page, each, state.image, state.picture)
        const question = { image, seed: page.seed, count: BOLD_COUNT, moves: state.moves }
        ask(page, "bold", each, "bold", question, ({ image: given, sheet, thickness }) => {
          paint(regular, given)
          thin.textContent = `strokes ${short(thickness[0])} pixels wide`
          row.show(sheet, thickness.slice(1))
        })
      }
    }
    const source = sourceChooser(page, run, ["draw", "test", "file"], { sources: true }, (image, _words, _label, picture) => {
      Object.assign(state, { image, picture })
      draw()
    })
    const sliders = element("div", "sliders")
    const reset = element("button", "", "Reset")
    reset.type = "button"
    reset.onclick = () => {
      state.moves = {}
      sliders.querySelectorAll(".slide").forEach((each) => each.set(0))
      draw()
    }
    const left = element("div", "moved")
    left.append(source)
    const right = element("div", "all")
    const pair = element("div", "pair")
    const figure = element("figure")
    figure.append(regular, thin)
    pair.append(figure)
    const bar = element("div", "bar")
    bar.append(element("span", "", "Move all noise vectors along the directions that change G most (SeFa):"), reset)
    right.append(pair, ...cells.map(([each, row]) => figureOf(page, each, row.box)), bar, sliders)
    right.append(element("p", "caption", "Width of strokes as Morpho-MNIST measures it: twice the mean distance from the middle line to the edge. If all bold versions look alike, G ignores its noise."))
    const both = element("div", "beside")
    both.append(left, right)
    host.append(both)
    return () => {
      draw()
      if (sliders.children.length) return
      ask(page, "directions", run, "directions", { method: "sefa" }, ({ directions }) => {
        sliders.replaceChildren(
          ...directions.slice(0, BOLD_SLIDERS).map(([name, share], at) =>
            slider(`${at + 1} · ${Math.round(100 * share)} %`, { min: -REACH, max: REACH, step: 0.05, value: 0, words: (value) => value.toFixed(2) }, (value) => {
              state.moves = { ...state.moves, [name]: value }
              draw()
            }),
          ),
        )
      })
    }
  },
}

function boldCells() {
  const box = element("div", "strip")
  box.style.setProperty("--columns", BOLD_COUNT)
  const cells = Array.from({ length: BOLD_COUNT }, (_, at) => {
    const cell = element("div", "cell")
    cell.append(tile(`bold, noise vector ${at + 1}`), element("span", "caption"))
    return cell
  })
  box.append(...cells)
  return {
    box,
    show(sheet, thickness) {
      cells.forEach((cell, at) => {
        paint(cell.querySelector("canvas"), sheet, at)
        cell.querySelector(".caption").textContent = `${short(thickness[at])} px`
      })
    },
  }
}
