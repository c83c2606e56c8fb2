// A panel with axes: figures draw in the units of their data and know nothing of pixels.

import { numberText, scaleOf, ticksOf } from "../plot.js"

export const COLORS = { d: "#0072B2", g: "#D55E00", data: "#6B7280" } // as `gancore.colors` has them

const ROOM = { left: 52, right: 14, top: 12, bottom: 40 }

export class Plot {
  // `axes`: { x: [low, high], y: [low, high], xName, yName, xLog, yLog, square, bare }
  constructor(pen, width, height, axes, theme) {
    Object.assign(this, { pen, axes, theme })
    const room = axes.bare ? { left: 6, right: 6, top: 6, bottom: 6 } : ROOM
    let box = { left: room.left, right: width - room.right, top: room.top, bottom: height - room.bottom }
    if (axes.square) box = largestWithOneUnit(box, axes)
    this.box = box
    this.x = scaleOf(axes.x, [box.left, box.right], axes.xLog)
    this.y = scaleOf(axes.y, [box.bottom, box.top], axes.yLog)
  }

  // Lines, ticks and names of the axes; before everything else, so that it lies below.
  frame() {
    const { pen, axes, box, theme } = this
    if (!axes.bare) {
      for (const tick of ticksOf(axes.y, axes.yLog, Math.max(3, Math.floor((box.bottom - box.top) / 45)))) {
        this.pen.line([box.left, box.right], [this.y(tick), this.y(tick)], { color: theme.line })
        pen.text(numberText(tick), box.left - 7, this.y(tick), { color: theme.text, size: 11, align: "right" })
      }
      for (const tick of ticksOf(axes.x, axes.xLog, Math.max(3, Math.floor((box.right - box.left) / 70)))) {
        pen.text(numberText(tick), this.x(tick), box.bottom + 14, { color: theme.text, size: 11, align: "center" })
      }
      const middle = [(box.left + box.right) / 2, (box.top + box.bottom) / 2]
      pen.text(axes.xName ?? "", middle[0], box.bottom + 31, { color: theme.text, size: 12, align: "center" })
      pen.text(axes.yName ?? "", 11, middle[1], { color: theme.text, size: 12, align: "center", turn: -90 })
    }
    const corners = [[box.left, box.right, box.right, box.left, box.left], [box.top, box.top, box.bottom, box.bottom, box.top]]
    pen.line(...corners, { color: theme.line })
  }

  clipped(draw) {
    const { left, top, right, bottom } = this.box
    this.pen.within([left, top, right - left, bottom - top], draw)
  }

  line(xs, ys, style) {
    this.clipped(() => this.pen.line(Float64Array.from(xs, this.x), Float64Array.from(ys, (y) => this.up(y)), { width: 2, ...style }))
  }

  // Between a curve and the bottom of the panel.
  area(xs, ys, style) {
    const low = new Float64Array(xs.length).fill(this.box.bottom)
    this.clipped(() => this.pen.area(Float64Array.from(xs, this.x), Float64Array.from(ys, (y) => this.up(y)), low, style))
  }

  // Copies of one small picture, which cost a fraction of what circles do; `halo` sets them off against what lies below.
  dots(points, { color, size = 2.5, alpha = 1, halo = "", count = points.length / 2 }) {
    const { context } = this.pen
    const ratio = context.getTransform().a
    const picture = dotPicture(color, size, halo, ratio)
    const side = picture.width / ratio
    const { left, right, top, bottom } = this.box
    this.clipped(() => {
      context.globalAlpha = alpha
      for (let at = 0; at < count; at++) {
        const [x, y] = [this.x(points[2 * at]), this.y(points[2 * at + 1])]
        if (x < left - side || x > right + side || y < top - side || y > bottom + side) continue
        context.drawImage(picture, x - side / 2, y - side / 2, side, side)
      }
    })
  }

  // From points (x, y) by (dx, dy), both in units of the data; the longest is as long as it may be.
  arrows(points, shifts, { color, alpha = 1, width = 1.3, longest = 26, count = points.length / 2, scale = null }) {
    const { context } = this.pen
    const perUnit = Math.abs(this.x(1) - this.x(0)) || 1
    this.clipped(() => {
      this.pen.begin({ color, alpha, width })
      for (let at = 0; at < count; at++) {
        const [dx, dy] = [shifts[2 * at], -shifts[2 * at + 1]].map((each) => each * (scale ?? perUnit))
        const length = Math.hypot(dx, dy)
        if (!(length > 0.5)) continue
        const cut = Math.min(1, longest / length)
        const [x, y] = [this.x(points[2 * at]), this.y(points[2 * at + 1])]
        const [toX, toY] = [x + dx * cut, y + dy * cut]
        const head = Math.min(5, length * cut * 0.5) / length
        context.moveTo(x, y)
        context.lineTo(toX, toY)
        context.moveTo(toX - (dx - 0.6 * dy) * head, toY - (dy + 0.6 * dx) * head)
        context.lineTo(toX, toY)
        context.lineTo(toX - (dx + 0.6 * dy) * head, toY - (dy - 0.6 * dx) * head)
      }
      context.stroke()
    })
  }

  // `values` in [0, 1], row by row from the bottom, as shades of a colour over the whole panel.
  field(values, side, { color, alpha = 0.75 }) {
    const image = shades(values, side, color, alpha)
    const { left, top, right, bottom } = this.box
    const { context } = this.pen
    context.globalAlpha = 1
    context.imageSmoothingEnabled = true
    context.drawImage(image, left, top, right - left, bottom - top)
  }

  // A handle that can be dragged.
  handle(x, y, color) {
    const [across, down] = [this.x(x), this.up(y)]
    this.pen.circle(across, down, 9, { color: this.theme.background })
    this.pen.circle(across, down, 7, { color })
    this.pen.circle(across, down, 2.5, { color: this.theme.background })
  }

  dot(x, y, color, size = 6) {
    this.pen.circle(this.x(x), this.up(y), size + 1.5, { color: this.theme.background })
    this.pen.circle(this.x(x), this.up(y), size, { color })
  }

  label(words, x, y, { color = this.theme.text, dx = 0, dy = 0, ...style } = {}) {
    this.pen.text(words, this.x(x) + dx, this.up(y) + dy, { color, size: 12, halo: this.theme.background, ...style })
  }

  // What each colour means, at the top; a colour is a line's or a dot's, the words are as dark as all others.
  legend(entries, { align = "right" } = {}) {
    const { box, pen, theme } = this
    entries.forEach(([words, color], at) => {
      const y = box.top + 13 + 17 * at
      const x = align === "right" ? box.right - 10 : box.left + 10
      const away = align === "right" ? -1 : 1
      pen.line([x, x + 16 * away], [y, y], { color, width: 3 })
      pen.text(words, x + 22 * away, y, { color: theme.text, align: align === "right" ? "right" : "left", halo: theme.background })
    })
  }

  // A pixel for a value; on a logarithmic axis what is not above 0 lies at the bottom.
  up(y) {
    return this.axes.yLog && !(y > 0) ? this.box.bottom + 2 : this.y(y)
  }

  // Where a pixel lies, in units of the data.
  place(across, down) {
    return [this.x.invert(across), this.y.invert(down)]
  }
}

// The largest box in which a unit is as long across as it is high, in the middle.
function largestWithOneUnit(box, { x, y }) {
  const [width, height] = [box.right - box.left, box.bottom - box.top]
  const unit = Math.min(width / (x[1] - x[0]), height / (y[1] - y[0]))
  const [halfWidth, halfHeight] = [(unit * (x[1] - x[0])) / 2, (unit * (y[1] - y[0])) / 2]
  const [across, down] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2]
  return { left: across - halfWidth, right: across + halfWidth, top: down - halfHeight, bottom: down + halfHeight }
}

const dotPictures = new Map() // by what they look like

function dotPicture(color, size, halo, ratio) {
  const key = `${color} ${size} ${halo} ${ratio}`
  if (dotPictures.has(key)) return dotPictures.get(key)
  const whole = size + (halo ? 0.9 : 0)
  const canvas = document.createElement("canvas")
  canvas.width = canvas.height = Math.ceil(2 * (whole + 0.5) * ratio)
  const context = canvas.getContext("2d")
  const middle = canvas.width / 2
  const disk = (fill, radius) => {
    context.fillStyle = fill
    context.beginPath()
    context.arc(middle, middle, radius * ratio, 0, 2 * Math.PI)
    context.fill()
  }
  if (halo) disk(halo, whole)
  disk(color, size)
  dotPictures.set(key, canvas)
  return canvas
}

const canvases = new Map() // by side: one is enough, each drawing is done before the next begins

function shades(values, side, color, alpha) {
  let kept = canvases.get(side)
  if (!kept) {
    const canvas = document.createElement("canvas")
    canvas.width = canvas.height = side
    const context = canvas.getContext("2d")
    canvases.set(side, (kept = { canvas, context, image: context.createImageData(side, side) }))
  }
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16))
  const pixels = kept.image.data
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const at = 4 * ((side - 1 - row) * side + column)
      pixels[at] = red
      pixels[at + 1] = green
      pixels[at + 2] = blue
      pixels[at + 3] = 255 * alpha * values[row * side + column]
    }
  }
  kept.context.putImageData(kept.image, 0, 0)
  return kept.canvas
}
