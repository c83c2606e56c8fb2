// Settings against a measure: a line for each run through its settings, and a scatter of one setting. What is brushed on
// any axis, in either figure, is selected in both.

const HEIGHT = 300
const TOP = 34
const BOTTOM = 22
const SIDE = 62
const GRAB = 26 // pixels beside an axis that belong to it
const WINDOW = 0.2 // of an axis that the keyboard's brush covers at first

function chosenRuns(root) {
  return root.runs.filter((run) =>
    Object.entries(root.brushes).every(([key, [low, high]]) => {
      const place = run.places[key]
      return place !== null && place !== undefined && place >= low && place <= high
    }),
  )
}

// --- parallel coordinates ---

function axisX(root, at, width) {
  const gaps = Math.max(root.axes.length - 1, 1)
  return SIDE + ((width - 2 * SIDE) * at) / gaps
}

function axisY(place, height) {
  return height - BOTTOM - place * (height - TOP - BOTTOM)
}

function drawLines(pen, root, [width, height], runs, style) {
  for (const run of runs) {
    const xs = Float32Array.from(root.axes, (_, at) => axisX(root, at, width))
    const ys = Float32Array.from(root.axes, (axis) => {
      const place = run.places[axis.key]
      return place === null || place === undefined ? height - 6 : axisY(place, height) // below: it has no effect
    })
    pen.line(xs, ys, { color: run.color, dash: run.dash, ...style })
    const last = xs.length - 1
    pen.circle(xs[last], ys[last], style.width + 1.5, { color: run.color, alpha: style.alpha })
  }
}

function drawAxes(pen, root, [width, height], theme) {
  root.axes.forEach((axis, at) => {
    const x = axisX(root, at, width)
    const align = at === root.axes.length - 1 ? "left" : "right"
    const shift = align === "left" ? 7 : -7
    const brush = root.brushes[axis.key]
    if (brush) {
      const [top, bottom] = [axisY(brush[1], height), axisY(brush[0], height)]
      pen.shape([[x - 8, top], [x + 8, top], [x + 8, bottom], [x - 8, bottom]], { color: theme.text, alpha: 0.22 })
    }
    pen.line([x, x], [TOP, height - BOTTOM], { color: theme.text, width: 1.2, alpha: 0.6 })
    for (const { place, text } of axis.ticks) {
      const y = axisY(place, height)
      pen.line([x - 3, x + 3], [y, y], { color: theme.text, alpha: 0.6 })
      pen.text(text, x + shift, y, { color: theme.text, size: 11, align, halo: theme.background })
    }
    pen.text(axis.label, x, 14, { color: theme.text, size: 12, align: "center", bold: true, halo: theme.background })
  })
}

function drawParallel(pen, root, size, theme) {
  const chosen = new Set(chosenRuns(root))
  const lit = root.runs.find((run) => run.id === window.ganWorkbenchHighlight)
  const dim = (run) => (lit ? run !== lit : !chosen.has(run))
  drawLines(pen, root, size, root.runs.filter(dim), { width: 1, alpha: 0.18 })
  drawLines(pen, root, size, root.runs.filter((run) => !dim(run)), { width: lit ? 3 : 1.8, alpha: 0.95 })
  drawAxes(pen, root, size, theme)
}

// --- scatter ---

function scatterBox([width, height]) {
  return { left: 66, right: width - 16, top: 14, bottom: height - 46 }
}

function drawScatter(pen, root, size, theme) {
  const box = scatterBox(size)
  const x = (place) => box.left + place * (box.right - box.left)
  const y = (place) => box.bottom - (root.measure.inverted ? 1 - place : place) * (box.bottom - box.top)
  const axis = root.axes.find((each) => each.key === root.along)
  const brush = [root.brushes[root.along], root.brushes[root.measure.key]]
  if (brush[0] || brush[1]) {
    const [left, right] = brush[0] ?? [0, 1]
    const [low, high] = brush[1] ?? [0, 1]
    pen.shape([[x(left), y(low)], [x(right), y(low)], [x(right), y(high)], [x(left), y(high)]], { color: theme.text, alpha: 0.12 })
  }
  for (const { place, text } of root.measure.ticks) {
    pen.line([box.left, box.right], [y(place), y(place)], { color: theme.line })
    pen.text(text, box.left - 7, y(place), { color: theme.text, size: 11, align: "right" })
  }
  for (const { place, text } of axis.ticks) {
    pen.line([x(place), x(place)], [box.bottom, box.bottom + 4], { color: theme.text, alpha: 0.6 })
    pen.text(text, x(place), box.bottom + 15, { color: theme.text, size: 11, align: "center" })
  }
  pen.line([box.left, box.right], [box.bottom, box.bottom], { color: theme.text, alpha: 0.6 })
  pen.text(axis.label, (box.left + box.right) / 2, box.bottom + 34, { color: theme.text, size: 12, align: "center" })
  pen.text(root.measure.label, 12, (box.top + box.bottom) / 2, { color: theme.text, size: 12, align: "center", turn: -90 })
  const chosen = new Set(chosenRuns(root))
  for (const run of root.runs) {
    const [across, up] = [run.places[root.along], run.places[root.measure.key]]
    if (across === null || across === undefined || up === null || up === undefined) continue
    const lit = window.ganWorkbenchHighlight === run.id
    const alpha = lit || (chosen.has(run) && !root.runs.some((each) => each.id === window.ganWorkbenchHighlight)) ? 1 : 0.2
    pen.circle(x(across), y(up), lit ? 8 : 5.5, { color: run.color, alpha })
  }
}

// --- on the page ---

function drawAll(root) {
  const theme = themeOf(root)
  for (const [name, draw] of [["parallel", drawParallel], ["scatter", drawScatter]]) {
    const plot = root.querySelector(`.${name}`)
    const size = [plot.clientWidth, HEIGHT]
    if (size[0]) draw(penOn(plot.querySelector("canvas"), ...size, theme.font), root, size, theme)
  }
  const chosen = chosenRuns(root)
  const some = Object.keys(root.brushes).length > 0
  root.dataset.selected = chosen.length
  root.querySelector(".said").textContent = some
    ? `${chosen.length} of ${root.runs.length} runs selected`
    : "Drag along an axis, or across the scatter, to select runs."
  for (const name of [".keep", ".clear"]) root.querySelector(name).hidden = !some
  root.querySelector(".keep").disabled = !chosen.length
  const lit = root.runs.find((run) => run.id === window.ganWorkbenchHighlight)
  root.querySelector(".reading").textContent = lit
    ? `${lit.name}: ${root.axes.map((axis) => `${axis.label} ${lit.texts[axis.key] ?? "–"}`).join(", ")}`
    : ""
}

function setBrush(root, key, ends) {
  if (ends && ends[1] - ends[0] > 0.005) root.brushes[key] = ends
  else delete root.brushes[key]
  drawAll(root)
}

const clip = (value) => Math.min(Math.max(value, 0), 1)
const inOrder = (one, other) => (one < other ? [one, other] : [other, one])

function distanceToLine(root, run, [x, y], [width, height]) {
  const gap = (width - 2 * SIDE) / Math.max(root.axes.length - 1, 1)
  const at = Math.min(Math.max(Math.floor((x - SIDE) / gap), 0), root.axes.length - 2)
  if (at < 0) return Infinity
  const [from, to] = [at, at + 1].map((place) => {
    const value = run.places[root.axes[place].key]
    return value === null || value === undefined ? height - 6 : axisY(value, height)
  })
  return Math.abs(from + ((to - from) * (x - axisX(root, at, width))) / gap - y)
}

function listenParallel(root, plot) {
  const place = (event) => {
    const box = plot.getBoundingClientRect()
    return [event.clientX - box.left, event.clientY - box.top]
  }
  const up = (y) => clip((HEIGHT - BOTTOM - y) / (HEIGHT - TOP - BOTTOM))
  const axisAt = (x) => root.axes.findIndex((_, at) => Math.abs(axisX(root, at, plot.clientWidth) - x) <= GRAB)
  let dragged = null
  plot.onpointerdown = (event) => {
    const [x, y] = place(event)
    const at = axisAt(x)
    if (at < 0) return
    dragged = { key: root.axes[at].key, from: up(y) }
    plot.setPointerCapture(event.pointerId)
  }
  plot.onpointermove = (event) => {
    const [x, y] = place(event)
    if (dragged) return setBrush(root, dragged.key, inOrder(dragged.from, up(y)))
    plot.style.cursor = axisAt(x) >= 0 ? "ns-resize" : "default"
    const near = root.runs
      .map((run) => [distanceToLine(root, run, [x, y], [plot.clientWidth, HEIGHT]), run])
      .sort((one, other) => one[0] - other[0])[0]
    highlight(near && near[0] < 8 ? near[1].id : null)
  }
  plot.onpointerup = plot.onpointercancel = () => (dragged = null)
  plot.onpointerleave = () => highlight(null)
  plot.ondblclick = () => {
    root.brushes = {}
    drawAll(root)
  }
}

function listenScatter(root, plot) {
  let from = null
  const place = (event) => {
    const frame = plot.getBoundingClientRect()
    const box = scatterBox([plot.clientWidth, HEIGHT])
    const upward = clip((box.bottom - (event.clientY - frame.top)) / (box.bottom - box.top))
    return [
      clip((event.clientX - frame.left - box.left) / (box.right - box.left)),
      root.measure.inverted ? 1 - upward : upward,
    ]
  }
  plot.onpointerdown = (event) => {
    from = place(event)
    plot.setPointerCapture(event.pointerId)
  }
  plot.onpointermove = (event) => {
    const to = place(event)
    if (from) {
      setBrush(root, root.along, inOrder(from[0], to[0]))
      return setBrush(root, root.measure.key, inOrder(from[1], to[1]))
    }
    const apart = (run) => Math.hypot((run.places[root.along] ?? 9) - to[0], (run.places[root.measure.key] ?? 9) - to[1])
    const near = root.runs.reduce((best, run) => (!best || apart(run) < apart(best) ? run : best), null)
    highlight(near && apart(near) < 0.04 ? near.id : null)
  }
  plot.onpointerup = plot.onpointercancel = () => (from = null)
  plot.onpointerleave = () => highlight(null)
}

// A button for each axis, for those without a pointer: arrow keys move a brush along it, + and - make it larger.
function buildKeys(root) {
  root.querySelector(".keys").replaceChildren(
    ...root.axes.map((axis) => {
      const key = button(axis.label, `Select along ${axis.label}: arrow keys, plus and minus, Escape`, () => {
        setBrush(root, axis.key, root.brushes[axis.key] ? null : [1 - WINDOW, 1])
      })
      key.onkeydown = (event) => {
        const [low, high] = root.brushes[axis.key] ?? [1 - WINDOW, 1]
        const width = high - low
        const moved = { ArrowUp: 0.05, ArrowDown: -0.05 }[event.key]
        const grown = { "+": 0.05, "-": -0.05 }[event.key]
        if (event.key === "Escape") setBrush(root, axis.key, null)
        else if (moved) {
          const start = Math.min(Math.max(low + moved, 0), 1 - width)
          setBrush(root, axis.key, [start, start + width])
        } else if (grown) setBrush(root, axis.key, [clip(low - grown), Math.max(high, low + 0.05)])
        else return
        event.preventDefault()
      }
      return key
    }),
  )
}

function saveAll(root, save) {
  const theme = themeOf(root)
  const size = [Math.max(720, 130 * root.axes.length), HEIGHT]
  save(`settings against ${root.measure.label}`, size, theme, (pen) => drawParallel(pen, root, size, theme))
  const square = [520, HEIGHT]
  save(`${root.along} against ${root.measure.label}`, square, theme, (pen) => drawScatter(pen, root, square, theme))
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".space")
  Object.assign(root, { runs: data.runs, axes: data.axes, measure: data.axes.at(-1) })
  const settings = root.axes.slice(0, -1)
  root.brushes = Object.fromEntries(
    Object.entries(root.brushes ?? {}).filter(([key]) => root.axes.some((axis) => axis.key === key)),
  )
  const along = root.querySelector("select")
  along.replaceChildren(...settings.map((axis) => new Option(axis.label, axis.key)))
  if (!settings.some((axis) => axis.key === root.along)) root.along = data.along
  along.value = root.along
  along.onchange = () => {
    root.along = along.value
    drawAll(root)
  }
  root.querySelector(".keep").onclick = () => setTriggerValue("keep", chosenRuns(root).map((run) => run.id))
  root.querySelector(".clear").onclick = () => {
    root.brushes = {}
    drawAll(root)
  }
  root.querySelector(".png").onclick = () => saveAll(root, savePng)
  root.querySelector(".svg").onclick = () => saveAll(root, saveSvg)
  for (const canvas of root.querySelectorAll("canvas")) canvas.setAttribute("aria-label", data.alt)
  buildKeys(root)
  listenParallel(root, root.querySelector(".parallel"))
  listenScatter(root, root.querySelector(".scatter"))
  drawAll(root)
  const stop = onHighlight(() => drawAll(root))
  const watcher = new ResizeObserver(() => requestAnimationFrame(() => drawAll(root)))
  watcher.observe(root)
  return () => {
    stop()
    watcher.disconnect()
  }
}
