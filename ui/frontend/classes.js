// Which classes came up, a small chart for each run, all on one scale: at the end, or from one evaluation to the next.

const VIEWS = { end: "last evaluation", training: "over training" }
const HEIGHT = 150
const LEFT = 34
const BELOW = 34
const NEVER = "×"
const RATIO = [[0xb3, 0x58, 0x06], [0xae, 0xb4, 0xbd], [0x6a, 0x51, 0xa3]] // share over the data's: 0, 1, 2 and above

function ratioColor(ratio) {
  const place = Math.min(Math.max(ratio, 0), 2)
  const [from, to] = place < 1 ? [RATIO[0], RATIO[1]] : [RATIO[1], RATIO[2]]
  const share = place < 1 ? place : place - 1
  return `rgb(${from.map((value, at) => Math.round(value + (to[at] - value) * share)).join(",")})`
}

function drawBars(pen, run, theme, top, [left, above, width, height]) {
  const floor = above + height
  const across = width / run.shares.length
  for (const tick of linearTicks(0, top, 3)) {
    const y = floor - (tick / top) * height
    pen.line([left, left + width], [y, y], { color: theme.line })
    pen.text(`${numberText(tick)} %`, left - 4, y, { color: theme.text, size: 10, align: "right" })
  }
  run.shares.forEach((share, at) => {
    const [from, to] = [left + (at + 0.14) * across, left + (at + 0.86) * across]
    const y = floor - (share / top) * height
    pen.shape([[from, floor], [from, y], [to, y], [to, floor]], { color: run.color, alpha: run.rough ? 0.4 : 1 })
    const wanted = floor - (run.expected[at] / top) * height
    pen.line([from - 2, to + 2], [wanted, wanted], { color: theme.text, width: 1.5, alpha: 0.7 })
    if (!share && run.expected[at]) pen.text(NEVER, (from + to) / 2, floor - 8, { color: theme.text, size: 13, align: "center", bold: true })
  })
  namesBelow(pen, run, theme, left, floor, across)
}

function namesBelow(pen, run, theme, left, floor, across) {
  const short = run.classes.every((name) => name.length * 6.5 < across)
  run.classes.forEach((name, at) => {
    const x = left + (at + 0.5) * across
    if (short) pen.text(name, x, floor + 10, { color: theme.text, size: 10, align: "center" })
    else pen.text(name.length > 8 ? `${name.slice(0, 7)}…` : name, x + 3, floor + 5, { color: theme.text, size: 9, align: "right", turn: -35 })
  })
}

function drawMap(pen, run, theme, _top, [left, above, width, height]) {
  const down = height / run.classes.length
  const across = width / run.map.length
  run.map.forEach((column, place) =>
    column.forEach((ratio, at) => {
      if (ratio === null) return
      const [x, y] = [left + place * across, above + at * down]
      pen.shape([[x, y], [x + across - 1, y], [x + across - 1, y + down - 1], [x, y + down - 1]], { color: ratioColor(ratio) })
      if (ratio === 0 && down > 9) pen.text(NEVER, x + across / 2, y + down / 2, { color: "#ffffff", size: 10, align: "center" })
    }),
  )
  run.classes.forEach((name, at) => {
    if (down < 10 && at % 2) return
    pen.text(name.slice(0, 5), left - 4, above + (at + 0.5) * down, { color: theme.text, size: 9, align: "right" })
  })
  const ends = [[run.steps[0], left, "left"], [run.steps.at(-1), left + width, "right"]]
  for (const [step, x, align] of run.steps.length > 1 ? ends : ends.slice(0, 1)) {
    pen.text(`step ${step.toLocaleString("en")}`, x, above + height + 10, { color: theme.text, size: 10, align })
  }
}

function drawRun(pen, root, run, theme, [left, top, width, height]) {
  const draw = root.view === "end" ? drawBars : drawMap
  draw(pen, run, theme, root.top, [left + LEFT, top + 6, width - LEFT - 4, height - BELOW - 6])
}

function readAloud(run) {
  return `${run.name}, step ${run.step.toLocaleString("en")}: ${run.line}`
}

function drawAll(root) {
  const theme = themeOf(root)
  root.runs.forEach((run, at) => {
    const panel = root.panels[at]
    const width = panel.canvas.parentElement.clientWidth
    if (width) drawRun(penOn(panel.canvas, width, HEIGHT, theme.font), root, run, theme, [0, 0, width, HEIGHT])
  })
}

function build(root) {
  root.panels = root.runs.map((run) => {
    const figure = made("figure", "panel")
    figure.dataset.run = run.id
    const caption = made("figcaption")
    const swatch = made("span", "swatch")
    swatch.style.background = run.color
    caption.append(swatch, made("span", "name", run.name))
    const plot = made("div", "plot")
    const canvas = made("canvas")
    canvas.setAttribute("role", "img")
    canvas.setAttribute("aria-label", readAloud(run))
    plot.append(canvas)
    figure.append(caption, plot, made("p", "line", `step ${run.step.toLocaleString("en")}: ${run.line}`))
    figure.onpointerenter = () => highlight(run.id)
    figure.onpointerleave = () => highlight(null)
    return { figure, canvas }
  })
  root.querySelector(".panels").replaceChildren(...root.panels.map(({ figure }) => figure))
}

function show(root, run) {
  const one = root.runs.some((each) => each.id === run)
  for (const { figure } of root.panels) figure.classList.toggle("faded", one && figure.dataset.run !== run)
}

function figureOf(root, save) {
  const across = Math.min(root.runs.length, 4)
  const [width, height] = [280, HEIGHT + 40]
  const size = [across * width, Math.ceil(root.runs.length / across) * height]
  const theme = themeOf(root)
  save(`classes ${VIEWS[root.view]}`, size, theme, (pen) =>
    root.runs.forEach((run, at) => {
      const [left, top] = [(at % across) * width, Math.floor(at / across) * height]
      pen.text(run.name.slice(0, 40), left + 8, top + 14, { color: theme.text, size: 12, bold: true })
      drawRun(pen, root, run, theme, [left + 4, top + 24, width - 12, HEIGHT])
    }),
  )
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".classes")
  Object.assign(root, { runs: data.runs, top: data.top })
  root.view ??= "end"
  const views = root.querySelector(".views")
  views.replaceChildren(
    ...Object.entries(VIEWS).map(([view, words]) => {
      const label = made("label")
      const choice = made("input")
      Object.assign(choice, { type: "radio", name: "classes", value: view, checked: view === root.view })
      choice.onchange = () => {
        root.view = view
        caption()
        drawAll(root)
      }
      label.append(choice, made("span", "", words))
      return label
    }),
  )
  const caption = () => (root.querySelector(".caption").textContent = data.captions[root.view])
  caption()
  build(root)
  drawAll(root)
  root.querySelector(".png").onclick = () => figureOf(root, savePng)
  root.querySelector(".svg").onclick = () => figureOf(root, saveSvg)
  show(root, window.ganWorkbenchHighlight)
  const stop = onHighlight((run) => show(root, run))
  const watcher = new ResizeObserver(() => requestAnimationFrame(() => drawAll(root)))
  watcher.observe(root.querySelector(".panels"))
  return () => {
    stop()
    watcher.disconnect()
  }
}
