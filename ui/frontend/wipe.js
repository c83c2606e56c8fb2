// Two sample grids at the same step, one over the other: drag the divider, or move it with the arrow keys.

function frameAt(run, step) {
  return run.frames.findLast((frame) => frame.step <= step) ?? run.frames[0]
}

function renderSide(root, side, run, step) {
  const frame = frameAt(run, step)
  const image = root.querySelector(`.${side} img`)
  const source = new URL(frame.src, document.baseURI).href
  if (image.src !== source) image.src = source
  image.alt = `samples of ${run.name} at step ${frame.step}`
  const label = root.querySelector(`.label.${side}`)
  label.querySelector(".swatch").style.background = run.color
  const late = frame.step === step ? "" : run.live ? " · its newest" : " · nearest there is"
  label.querySelector(".words").textContent = `step ${frame.step.toLocaleString("en")}${late}`
  return frame
}

function render(root) {
  const [one, other] = ["a", "b"].map((side) => root.runs.find((run) => run.id === root.chosen[side]))
  const step = root.steps[root.position]
  renderSide(root, "a", one, step)
  renderSide(root, "b", other, step)
  const stage = root.querySelector(".stage")
  stage.style.setProperty("--aspect", one.aspect)
  stage.style.setProperty("--cut", `${root.cut}%`)
  const divider = root.querySelector(".divider")
  divider.value = root.cut
  divider.setAttribute("aria-valuetext", `${Math.round(root.cut)} % ${one.name}, the rest ${other.name}`)
  const range = root.querySelector(".steps")
  range.value = root.position
  range.setAttribute("aria-valuetext", `step ${step}`)
  root.querySelector("output").textContent = `step ${step.toLocaleString("en")}`
  const apart = one.noise !== other.noise || one.aspect !== other.aspect
  root.querySelector(".caption").textContent = apart
    ? "The two were drawn from different noise: compare their look, not picture by picture."
    : "Both were drawn from the same noise: a picture and the one under it have the same z."
}

// Steps at which both have samples, or else all of them.
function chooseSteps(root) {
  const [one, other] = ["a", "b"].map((side) => root.runs.find((run) => run.id === root.chosen[side]))
  const before = root.steps?.[root.position]
  const theirs = new Set(other.frames.map((frame) => frame.step))
  const mine = one.frames.map((frame) => frame.step)
  const shared = mine.filter((step) => theirs.has(step))
  root.steps = shared.length ? shared : [...new Set([...mine, ...theirs])].sort((a, b) => a - b)
  const kept = root.steps.findLastIndex((step) => step <= before)
  root.position = before === undefined || kept < 0 ? root.steps.length - 1 : kept
  Object.assign(root.querySelector(".steps"), { min: 0, max: root.steps.length - 1, step: 1 })
  root.querySelector(".steps").disabled = root.steps.length < 2
}

function fill(root, side) {
  const select = root.querySelector(`.label.${side} select`)
  select.replaceChildren(...root.runs.map((run) => new Option(run.name, run.id)))
  select.value = root.chosen[side]
  select.onchange = () => {
    root.chosen[side] = select.value
    chooseSteps(root)
    render(root)
  }
}

function listen(root) {
  const stage = root.querySelector(".stage")
  const divider = root.querySelector(".divider")
  const move = (event) => {
    const box = stage.getBoundingClientRect()
    root.cut = Math.min(Math.max((100 * (event.clientX - box.left)) / box.width, 0), 100)
    render(root)
  }
  divider.oninput = () => {
    root.cut = Number(divider.value)
    render(root)
  }
  stage.onpointerdown = (event) => {
    stage.setPointerCapture(event.pointerId)
    root.dragging = true
    move(event)
    divider.focus({ preventScroll: true })
    event.preventDefault()
  }
  stage.onpointermove = (event) => root.dragging && move(event)
  stage.onpointerup = stage.onpointercancel = () => (root.dragging = false)
  const range = root.querySelector(".steps")
  range.oninput = () => {
    root.position = Number(range.value)
    render(root)
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".wipe")
  root.runs = data.runs
  const there = (id) => root.runs.some((run) => run.id === id)
  root.chosen ??= {}
  if (!there(root.chosen.a)) root.chosen.a = root.runs[0].id
  if (!there(root.chosen.b) || root.chosen.b === root.chosen.a) {
    root.chosen.b = root.runs.find((run) => run.id !== root.chosen.a).id
  }
  root.cut ??= 50
  fill(root, "a")
  fill(root, "b")
  chooseSteps(root)
  listen(root)
  render(root)
}
