// How curves are drawn, in one slim line: axis, smoothing, scale, and by what runs are averaged.

const SMOOTHING = "gan-workbench-smoothing" // heard by every chart of the page, at once

function fill(select, options, value) {
  const looks = JSON.stringify(options)
  if (select.looks !== looks) {
    select.looks = looks
    select.replaceChildren(...options.map(([name, label]) => new Option(label, name)))
  }
  select.value = value
}

function buildAxes(root, axes) {
  if (root.axes) return
  root.axes = axes.map(([name, label]) => {
    const made = element("button", "", label)
    made.type = "button"
    made.dataset.axis = name
    made.onclick = () => {
      root.values.axis = name
      commit(root)
    }
    return made
  })
  root.querySelector(".axes").append(...root.axes)
}

function render(root) {
  const { values } = root
  for (const button of root.axes) button.setAttribute("aria-pressed", String(button.dataset.axis === values.axis))
  const [range, output] = [root.querySelector(".smoothing"), root.querySelector("output")]
  if (root.getRootNode().activeElement !== range || Number(range.value) !== values.smoothing) range.value = values.smoothing
  output.textContent = Number(range.value).toFixed(2)
  root.querySelector(".log").checked = values.log
  fill(root.querySelector(".group"), root.groups, values.group)
  fill(root.querySelector(".band"), root.bands, values.band)
  root.querySelector(".bands").hidden = !values.group
}

function commit(root) {
  render(root)
  root.tell(root.values)
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".controls")
  if (exchange(root, data, setTriggerValue)) root.values = { ...data.values }
  root.groups = data.groups
  root.bands = data.bands
  buildAxes(root, data.axes)
  const range = root.querySelector(".smoothing")
  range.oninput = () => {
    root.values.smoothing = Number(range.value)
    root.querySelector("output").textContent = root.values.smoothing.toFixed(2)
    window.dispatchEvent(new CustomEvent(SMOOTHING, { detail: root.values.smoothing }))
  }
  range.onchange = () => commit(root)
  for (const [name, read] of [
    ["log", (input) => input.checked],
    ["group", (input) => input.value],
    ["band", (input) => input.value],
  ]) {
    root.querySelector(`.${name}`).onchange = (event) => {
      root.values[name] = read(event.target)
      commit(root)
    }
  }
  render(root)
}
