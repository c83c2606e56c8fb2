// What our own charts share: scales and ticks, and pens that draw the same on the screen (canvas) and into a file (SVG).

function fromBase64(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  return new Float32Array(bytes.buffer)
}

// A function from values to pixels; `invert` leads back.
function scaleOf([low, high], [from, to], log = false) {
  const flat = log ? Math.log10 : (value) => value
  const first = flat(low)
  const slope = (to - from) / (flat(high) - first || 1)
  const place = (value) => from + (flat(value) - first) * slope
  place.invert = (pixel) => {
    const value = first + (pixel - from) / slope
    return log ? 10 ** value : value
  }
  return place
}

function linearTicks(low, high, most) {
  const rough = (high - low) / most || 1
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((each) => each >= rough * 0.999)
  const first = Math.ceil(low / step - 1e-9)
  return Array.from({ length: Math.max(0, Math.floor(high / step + 1e-9) - first + 1) }, (_, at) => (first + at) * step)
}

function logTicks(low, high, most) {
  for (const factors of [[1, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]]) {
    const found = []
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
      for (const factor of factors) {
        const value = factor * 10 ** power
        if (value >= low * 0.999 && value <= high * 1.001) found.push(value)
      }
    }
    if (found.length <= most) return found.length > 1 ? found : linearTicks(low, high, most)
    if (factors.length === 1) return found.filter((_, at) => at % Math.ceil(found.length / most) === 0)
  }
}

function ticksOf([low, high], log, most = 6) {
  return log ? logTicks(low, high, most) : linearTicks(low, high, most)
}

// `0.99`, `12.4`, `1,234`, `2e-7`: three digits, as everywhere on the pages.
function numberText(value) {
  const size = Math.abs(value)
  if (!Number.isFinite(value)) return "–"
  if (size >= 1e7 || (size > 0 && size < 0.001)) return value.toExponential(1).replace("+", "").replace(".0e", "e")
  if (size >= 1000) return Math.round(value).toLocaleString("en")
  return String(Number(value.toPrecision(3)))
}

// Draws on a canvas; its methods are those of `SvgPen`.
class CanvasPen {
  constructor(context) {
    this.context = context
  }

  begin({ color, width = 1, dash = "", alpha = 1 }) {
    const { context } = this
    context.globalAlpha = alpha
    context.strokeStyle = context.fillStyle = color
    context.lineWidth = width
    context.lineJoin = "bevel" // round ones take several times as long
    context.setLineDash(dash ? dash.split(",").map(Number) : [])
    context.beginPath()
  }

  line(xs, ys, style) {
    this.begin(style)
    let down = false
    for (let at = 0; at < xs.length; at++) {
      if (Number.isNaN(ys[at])) down = false
      else if (down) this.context.lineTo(xs[at], ys[at])
      else {
        this.context.moveTo(xs[at], ys[at])
        down = true
      }
    }
    this.context.stroke()
  }

  area(xs, lows, highs, style) {
    this.begin(style)
    for (const [from, to] of stretches(lows, highs)) {
      for (let at = from; at < to; at++) this.context.lineTo(xs[at], lows[at])
      for (let at = to - 1; at >= from; at--) this.context.lineTo(xs[at], highs[at])
      this.context.closePath()
    }
    this.context.fill()
  }

  shape(points, style) {
    this.begin(style)
    for (const [x, y] of points) this.context.lineTo(x, y)
    this.context.closePath()
    this.context.fill()
  }

  circle(x, y, radius, style) {
    this.begin(style)
    this.context.arc(x, y, radius, 0, 7)
    this.context.fill()
  }

  text(words, x, y, { color, size = 12, align = "start", baseline = "middle", turn = 0, bold = false, halo = "" }) {
    const { context } = this
    context.save()
    context.globalAlpha = 1
    context.font = `${bold ? "600 " : ""}${size}px ${this.font}`
    context.textAlign = align
    context.textBaseline = baseline
    context.translate(x, y)
    context.rotate((turn * Math.PI) / 180)
    if (halo) {
      context.lineWidth = 3
      context.lineJoin = "round"
      context.setLineDash([])
      context.strokeStyle = halo
      context.strokeText(words, 0, 0)
    }
    context.fillStyle = color
    context.fillText(words, 0, 0)
    context.restore()
  }

  within([left, top, width, height], draw) {
    this.context.save()
    this.context.beginPath()
    this.context.rect(left, top, width, height)
    this.context.clip()
    draw()
    this.context.restore()
  }
}

function escaped(text) {
  const names = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }
  return String(text).replace(/[&<>"]/g, (letter) => names[letter])
}

// Writes a file; its methods are those of `CanvasPen`.
class SvgPen {
  constructor(width, height, background, font) {
    Object.assign(this, { width, height, parts: [], clips: 0 })
    this.font = font
    this.parts.push(`<rect width="${width}" height="${height}" fill="${background}"/>`)
  }

  path(d, style, filled) {
    const { color, width = 1, dash = "", alpha = 1 } = style
    const paint = filled ? `fill="${escaped(color)}"` : `fill="none" stroke="${escaped(color)}" stroke-width="${width}"`
    const dashes = dash && !filled ? ` stroke-dasharray="${escaped(dash)}"` : ""
    this.parts.push(`<path d="${d}" ${paint}${dashes} opacity="${alpha}" stroke-linejoin="round"/>`)
  }

  line(xs, ys, style) {
    let d = ""
    let down = false
    for (let at = 0; at < xs.length; at++) {
      if (Number.isNaN(ys[at])) down = false
      else {
        d += `${down ? "L" : "M"}${xs[at].toFixed(1)} ${ys[at].toFixed(1)}`
        down = true
      }
    }
    this.path(d, style, false)
  }

  area(xs, lows, highs, style) {
    let d = ""
    for (const [from, to] of stretches(lows, highs)) {
      const there = []
      for (let at = from; at < to; at++) there.push(`${xs[at].toFixed(1)} ${lows[at].toFixed(1)}`)
      for (let at = to - 1; at >= from; at--) there.push(`${xs[at].toFixed(1)} ${highs[at].toFixed(1)}`)
      d += `M${there.join("L")}Z`
    }
    this.path(d, style, true)
  }

  shape(points, style) {
    this.path(`M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`, style, true)
  }

  circle(x, y, radius, { color, alpha = 1 }) {
    const place = `cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius}"`
    this.parts.push(`<circle ${place} fill="${escaped(color)}" opacity="${alpha}"/>`)
  }

  text(words, x, y, { color, size = 12, align = "start", baseline = "middle", turn = 0, bold = false }) {
    const anchor = { start: "start", left: "start", center: "middle", end: "end", right: "end" }[align]
    const shift = { middle: 0.35, top: 0.8, alphabetic: 0, bottom: -0.2 }[baseline] * size
    const place = `transform="translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${turn})" y="${shift.toFixed(1)}"`
    const look = `fill="${escaped(color)}" font-size="${size}" text-anchor="${anchor}"${bold ? ' font-weight="600"' : ""}`
    this.parts.push(`<text ${place} ${look}>${escaped(words)}</text>`)
  }

  within([left, top, width, height], draw) {
    const id = `clip-${++this.clips}`
    const box = `<rect x="${left}" y="${top}" width="${width}" height="${height}"/>`
    this.parts.push(`<clipPath id="${id}">${box}</clipPath><g clip-path="url(#${id})">`)
    draw()
    this.parts.push("</g>")
  }

  toString() {
    const size = `width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}"`
    const font = `font-family="${escaped(this.font)}"`
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${font}>${this.parts.join("\n")}</svg>\n`
  }
}

// Where both edges of a band are known: [from, to) each.
function* stretches(lows, highs) {
  let from = -1
  for (let at = 0; at <= lows.length; at++) {
    const known = at < lows.length && !Number.isNaN(lows[at]) && !Number.isNaN(highs[at])
    if (known && from < 0) from = at
    if (!known && from >= 0) {
      yield [from, at]
      from = -1
    }
  }
}

function themeOf(element) {
  const style = getComputedStyle(element)
  const token = (name, fallback) => {
    const value = style.getPropertyValue(name).trim()
    return value && value !== "unset" ? value : fallback
  }
  return {
    text: token("--st-text-color", "#1f2328"),
    line: token("--st-border-color", "#d8dce2"),
    background: token("--st-background-color", "#ffffff"),
    font: token("--st-font", "sans-serif"),
  }
}

// A canvas of so many CSS pixels, sharp on fine screens; returns a pen on it, wiped.
function penOn(canvas, width, height, font) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2)
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio)
    canvas.height = Math.round(height * ratio)
    canvas.style.width = `${width}px`
    canvas.style.height = `${height}px`
  }
  const context = canvas.getContext("2d")
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, width, height)
  const pen = new CanvasPen(context)
  pen.font = font
  return pen
}

function made(tag, className = "", text = "") {
  const element = document.createElement(tag)
  if (className) element.className = className
  element.textContent = text
  return element
}

function button(text, label, act) {
  const element = made("button", "", text)
  element.type = "button"
  element.title = label
  element.setAttribute("aria-label", label)
  element.onclick = act
  return element
}

// --- handing on ---

function saveAs(content, name, type) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }))
  link.download = name.replace(/[^\p{L}\p{N}._-]+/gu, "-")
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

// `draw(pen)` draws a figure of so many pixels.
function saveSvg(name, [width, height], theme, draw) {
  const pen = new SvgPen(width, height, theme.background, theme.font)
  draw(pen)
  saveAs(pen.toString(), `${name}.svg`, "image/svg+xml")
}

function savePng(name, [width, height], theme, draw) {
  const canvas = document.createElement("canvas")
  canvas.width = 2 * width
  canvas.height = 2 * height
  const pen = new CanvasPen(canvas.getContext("2d"))
  pen.font = theme.font
  pen.context.scale(2, 2)
  pen.context.fillStyle = theme.background
  pen.context.fillRect(0, 0, width, height)
  draw(pen)
  canvas.toBlob((blob) => saveAs(blob, `${name}.png`, "image/png"))
}

// A spreadsheet takes what begins like a formula for one: those cells are texts.
function saveCsv(name, lines) {
  const cell = (value) => {
    const text = value === null || value === undefined ? "" : String(value)
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
    return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  saveAs(lines.map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n", `${name}.csv`, "text/csv")
}

// --- one run highlighted in every chart of the page ---

const HIGHLIGHT = "gan-workbench-highlight"

function highlight(run) {
  if (window.ganWorkbenchHighlight === run) return
  window.ganWorkbenchHighlight = run
  window.dispatchEvent(new CustomEvent(HIGHLIGHT, { detail: run }))
}

// Calls `show` with the highlighted run's id, or null, whenever it changes; returns how to stop.
function onHighlight(show) {
  const listen = (event) => show(event.detail)
  window.addEventListener(HIGHLIGHT, listen)
  return () => window.removeEventListener(HIGHLIGHT, listen)
}

// For modules that import this one by its address; components have it before their own script.
export { button, made, numberText, penOn, scaleOf, themeOf, ticksOf }
