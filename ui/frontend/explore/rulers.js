// Where a number lies among others: groups of values as rows of ticks on one scale, and a mark.

const RULER = { left: 6, right: 6, row: 26, below: 20 }

function ruler(label) {
  const canvas = element("canvas", "ruler")
  canvas.setAttribute("role", "img")
  canvas.setAttribute("aria-label", label)
  return canvas
}

// `rows` are { name, color, values }; `mark` is { value, words }.
function drawRuler(canvas, rows, mark, line = null) {
  const style = getComputedStyle(canvas)
  const [text, border] = ["--st-text-color", "--st-border-color"].map((name) => style.getPropertyValue(name))
  const width = canvas.clientWidth || 320
  const height = rows.length * RULER.row + RULER.below
  const ratio = window.devicePixelRatio || 1
  canvas.style.height = `${height}px`
  Object.assign(canvas, { width: width * ratio, height: height * ratio })
  const pen = canvas.getContext("2d")
  pen.scale(ratio, ratio)
  pen.font = "12px system-ui, sans-serif"
  const every = [...rows.flatMap((row) => row.values), mark.value, ...(line === null ? [] : [line])]
  const [low, high] = [Math.min(...every), Math.max(...every)]
  const x = (value) => RULER.left + ((value - low) / (high - low || 1)) * (width - RULER.left - RULER.right)
  rows.forEach((row, at) => {
    const top = at * RULER.row
    pen.globalAlpha = 0.6
    pen.fillStyle = row.color
    for (const value of row.values) pen.fillRect(x(value) - 0.75, top + 13, 1.5, 11)
    pen.globalAlpha = 1
    pen.fillStyle = text
    pen.fillText(row.name, RULER.left, top + 10)
  })
  const floor = rows.length * RULER.row
  pen.fillStyle = border
  pen.fillRect(RULER.left, floor, width - RULER.left - RULER.right, 1)
  if (line !== null) {
    pen.setLineDash([3, 3])
    pen.strokeStyle = text
    pen.beginPath()
    pen.moveTo(x(line), 0)
    pen.lineTo(x(line), floor)
    pen.stroke()
    pen.setLineDash([])
  }
  pen.fillStyle = text
  rows.forEach((_, at) => pen.fillRect(x(mark.value) - 1.5, at * RULER.row + 12, 3, 14))
  pen.fillRect(x(mark.value) - 1.5, floor, 3, 4)
  const wide = pen.measureText(mark.words).width
  pen.fillText(mark.words, Math.min(Math.max(x(mark.value) - wide / 2, 0), width - wide), floor + 16)
  canvas.setAttribute("aria-label", `${mark.words}; ${rows.map(rangeWords).join("; ")}`)
}

function rangeWords({ name, values }) {
  if (!values.length) return `${name}: none`
  return `${name}: ${short(quantile(values, 0.05))} to ${short(quantile(values, 0.95))}`
}

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))]
}

function short(value) {
  const size = Math.abs(value)
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : size >= 0.01 || size === 0 ? value.toFixed(2) : value.toExponential(0)
}
