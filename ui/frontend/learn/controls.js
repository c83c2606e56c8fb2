// What a figure can be asked: sliders (native ones, so that a keyboard moves them), choices and switches.

import { made, numberText } from "../plot.js"

// A slider through the logarithm of its values, as for rates.
export function logarithmic(control) {
  const { min, max, value, ...rest } = control
  return {
    format: numberText,
    ...rest,
    ...{ min: Math.log10(min), max: Math.log10(max), step: 0.02, value },
    toValue: (place) => Number((10 ** place).toPrecision(2)),
    toPlace: Math.log10,
  }
}

const same = (each) => each

// Builds a control: an element and `show(value)`; `changed(value)` is called when somebody changes it.
export function buildControl(control, changed) {
  if (control.options) return buildChoice(control, changed)
  return "min" in control ? buildSlider(control, changed) : buildSwitch(control, changed)
}

function buildSlider({ label, color, min, max, step, format = numberText, toValue = same, toPlace = same }, changed) {
  const element = made("label", "control slider")
  const name = made("span", "name", label)
  if (color) name.style.setProperty("--swatch", color)
  name.classList.toggle("swatch", Boolean(color))
  const input = made("input")
  Object.assign(input, { type: "range", min, max, step })
  input.setAttribute("aria-label", label)
  const output = made("span", "value") // no `output`: the slider itself says its value to those who listen
  element.append(name, input, output)
  input.oninput = () => changed(toValue(Number(input.value)))
  const show = (value) => {
    input.value = toPlace(value)
    output.textContent = format(value)
    input.setAttribute("aria-valuetext", `${format(value)}`)
  }
  return { element, show }
}

function buildChoice({ label, options }, changed) {
  const element = made("label", "control choice")
  const select = made("select")
  select.setAttribute("aria-label", label)
  select.append(...options.map(([value, words]) => new Option(words, value)))
  element.append(made("span", "name", label), select)
  select.onchange = () => changed(select.value)
  return { element, show: (value) => (select.value = value) }
}

function buildSwitch({ label }, changed) {
  const element = made("label", "control switch")
  const input = made("input")
  input.type = "checkbox"
  element.append(input, made("span", "name", label))
  input.onchange = () => changed(input.checked)
  return { element, show: (value) => (input.checked = value) }
}
