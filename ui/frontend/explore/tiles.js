// Images that come as one sheet, cut up into tiles; pixels stay pixels.

const MAT = "#181818"
const PNG_SCALE = 8
const GRID_PART = 16 // images of a question

async function unpack(sheet) {
  const image = new Image()
  image.src = sheet.src
  await image.decode()
  return { ...sheet, image }
}

function paint(canvas, sheet, place = 0) {
  const { width, height, columns } = sheet
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
  const [x, y] = [(place % columns) * width, Math.floor(place / columns) * height]
  canvas.getContext("2d").drawImage(sheet.image, x, y, width, height, 0, 0, width, height)
  canvas.classList.add("drawn")
}

function tile(label, className = "tile") {
  const canvas = element("canvas", className)
  canvas.setAttribute("role", "img")
  canvas.setAttribute("aria-label", label)
  canvas.width = canvas.height = 1
  return canvas
}

// So many tiles in a row, and a way to paint them.
function strip(count, label) {
  const row = element("div", "strip")
  row.style.setProperty("--columns", count)
  row.append(...Array.from({ length: count }, (_, at) => tile(`${label}, ${at + 1} of ${count}`)))
  return row
}

// The same of one of two runs, with its colour.
function stripOf(page, run, count, label) {
  if (page.runs.length < 2) return strip(count, label)
  const row = strip(count, `${label}, ${run.name}`)
  row.style.borderLeft = `0.3rem solid ${run.color}`
  row.title = run.name
  return row
}

function paintAll(row, sheet, from = 0) {
  row.querySelectorAll("canvas").forEach((canvas, at) => paint(canvas, sheet, from + at))
}

// A few of the images of a film.
function paintEvery(row, sheet, every) {
  row.querySelectorAll("canvas").forEach((canvas, at) => paint(canvas, sheet, at * every))
}

// Many images, a few at a time: the first are there before the last are made, also while a slider is dragged.
function askGrid(page, slot, run, points, canvases, taken = () => {}) {
  for (let from = 0; from < points.length; from += GRID_PART) {
    const question = { points: points.slice(from, from + GRID_PART) }
    ask(page, `${slot} ${from}`, run, "pictures", question, ({ sheet }) => {
      for (let at = 0; at < sheet.count; at += 1) paint(canvases[from + at], sheet, at)
      taken()
    })
  }
}

// Tiles as one picture, as large as they look on a screen.
function savePng(name, canvases, columns) {
  const [{ width, height }] = canvases
  const gutter = 2
  const sheet = document.createElement("canvas")
  sheet.width = (columns * (width + gutter) + gutter) * PNG_SCALE
  sheet.height = (Math.ceil(canvases.length / columns) * (height + gutter) + gutter) * PNG_SCALE
  const pen = sheet.getContext("2d")
  pen.imageSmoothingEnabled = false
  pen.scale(PNG_SCALE, PNG_SCALE)
  pen.fillStyle = MAT
  pen.fillRect(0, 0, sheet.width, sheet.height)
  canvases.forEach((canvas, at) => {
    const [x, y] = [at % columns, Math.floor(at / columns)]
    pen.drawImage(canvas, gutter + x * (width + gutter), gutter + y * (height + gutter))
  })
  sheet.toBlob((blob) => download(blob, `${name}.png`), "image/png")
}

function pngButton(name, canvases, columns) {
  const button = element("button", "png", "PNG")
  button.type = "button"
  button.title = "Save as PNG"
  button.onclick = () => savePng(name, [...canvases()], columns)
  return button
}

// --- points -----------------------------------------------------------------------------------------------------------

function pickText({ seed, place, label }) {
  return label === undefined ? `${seed}.${place}` : `${seed}.${place}.${label}`
}

function readPick(text) {
  const [seed, place, label] = text.split(".").map(Number)
  return label === undefined ? { seed, place } : { seed, place, label }
}

// The samples that views start from: those that were picked, else the first ones of the seed.
function picked(page, at) {
  return page.picks[at] ?? { seed: page.seed, place: at, ...(page.label === undefined ? {} : { label: page.label }) }
}

function pickWords(page, pick) {
  const label = classOf(page.runs[0], pick)
  const name = label === undefined ? "" : `, class ${labelName(page.runs[0], label)}`
  return `sample ${pick.place + 1} of seed ${pick.seed}${name}`
}

// The class of a sample of a conditional network: its own, or its turn.
function classOf(run, pick) {
  if (run.condition !== "class") return undefined
  return pick.label ?? run.labels[pick.place % run.labels.length][0]
}

function labelName(run, label) {
  return run.labels.find(([each]) => each === label)?.[1] ?? run.classes[label] ?? String(label)
}

function labelSelect(run, chosen, first, onchange) {
  const select = element("select")
  if (first) select.append(new Option(first, ""))
  for (const [label, name] of run.labels) select.append(new Option(name, label))
  select.value = chosen ?? (first ? "" : run.labels[0][0])
  select.onchange = () => onchange(select.value === "" ? undefined : Number(select.value))
  return select
}

function labelled(words, ...controls) {
  const made = element("label", "labelled", `${words} `)
  made.append(...controls)
  return made
}

function figureOf(page, run, ...parts) {
  const figure = element("figure", "run")
  if (page.runs.length > 1) {
    const title = element("figcaption", "title", run.name)
    title.style.borderColor = run.color
    figure.append(title)
  }
  figure.append(...parts)
  return figure
}

function choices(name, options, chosen, onchange) {
  const group = element("fieldset", "views")
  group.setAttribute("aria-label", name)
  for (const [value, title] of options) {
    const option = element("label")
    const radio = element("input")
    Object.assign(radio, { type: "radio", name, value, checked: value === chosen })
    radio.onchange = () => onchange(value)
    option.append(radio, element("span", "", title))
    group.append(option)
  }
  return group
}

function slider(label, { min, max, step, value, words }, oninput, onchange = () => {}) {
  const made = element("label", "slide")
  const range = element("input")
  Object.assign(range, { type: "range", min, max, step, value })
  const output = element("output", "", words(value))
  range.oninput = () => {
    output.textContent = words(Number(range.value))
    range.setAttribute("aria-valuetext", output.textContent)
    oninput(Number(range.value))
  }
  range.onchange = () => onchange(Number(range.value))
  range.setAttribute("aria-valuetext", output.textContent)
  made.append(element("span", "name", label), range, output)
  made.set = (to) => {
    range.value = to
    output.textContent = words(to)
  }
  return made
}
