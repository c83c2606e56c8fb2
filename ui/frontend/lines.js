// The lines of a Plotly chart, moved on between two of its own drawings: axes, legend and texts stay as they are, which
// takes a fiftieth of the work.

const SLACK = 0.5 // pixels that a line may leave the axes

// Whether it could be done: not if a line is not there yet or, unless they are `clipped`, leaves the axes.
export function moveOn(element, traces, { clipped }) {
  const { _fullData: shown, _fullLayout: layout } = element
  if (shown?.length !== traces.length) return false
  const moved = []
  for (const [place, trace] of traces.entries()) {
    if (trace.mode !== "lines" || shown[place].visible !== true) continue // what the legend hides, and marks
    const path = element.querySelector(`.scatterlayer .trace${shown[place].uid} .js-line`)
    const line = path && pathOf(trace, layout.xaxis, layout.yaxis, clipped)
    if (!line) return false
    moved.push([path, line])
  }
  for (const [path, line] of moved) path.setAttribute("d", line)
  return true
}

function pathOf({ x, y }, across, up, clipped) {
  const isFixed = clipped || up.autorange === false
  const points = new Array(x.length)
  for (let place = 0; place < x.length; place += 1) {
    const [left, top] = [across.d2p(x[place]), up.d2p(y[place])]
    if (!Number.isFinite(top)) return null // a logarithmic axis has no place for it
    if ((!clipped && left > across._length + SLACK) || (!isFixed && outside(top, up._length))) return null
    points[place] = `${Math.round(10 * left) / 10},${Math.round(10 * top) / 10}`
  }
  return points.length ? `M${points.join("L")}` : null
}

function outside(pixel, length) {
  return pixel < -SLACK || pixel > length + SLACK
}
