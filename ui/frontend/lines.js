// The lines of a Plotly chart, continued on a canvas above it between two of its own drawings. What is there stays as it
// is, axes and lines: a browser would otherwise paint half of the page again for a few pixels at the end of a line.

const SLACK = 0.5 // pixels that a line may leave the axes
const ROOM = 2 // pixels around a line's end, for its width

export class Continued {
  constructor(element) {
    Object.assign(this, { element, canvases: new Map(), ends: [] }) // of each opacity one, or pieces would add up to more
  }

  // From where lines go on: the chart has just been drawn whole.
  begin(traces) {
    for (const canvas of this.canvases.values()) canvas.remove()
    this.canvases.clear()
    this.ends = traces.map(({ x, y }) => ({ x: x.at(-1), y: y.at(-1) }))
  }

  // Whether it could be done: not if there is another line, if one went back or, unless they are `clipped`, one leaves
  // the axes.
  goOn(traces, { clipped }) {
    const { _fullData: shown, _fullLayout: layout } = this.element
    if (shown?.length !== traces.length || this.ends.length !== traces.length) return false
    const more = []
    for (const [place, trace] of traces.entries()) {
      if (trace.mode !== "lines" || shown[place].visible !== true) continue // marks, and what the legend hides
      const pixels = pixelsOf(trace, this.ends[place], layout.xaxis, layout.yaxis, clipped)
      if (!pixels) return false
      if (pixels.length > 1) more.push({ place, pixels, style: shown[place] })
    }
    if (more.length) this.draw(more, layout)
    for (const { place } of more) this.ends[place] = { x: traces[place].x.at(-1), y: traces[place].y.at(-1) }
    return true
  }

  draw(more, layout) {
    const from = Math.min(...more.map(({ pixels }) => pixels[0][0]))
    if (from > layout.xaxis._length) return // a zoom shows what was before
    for (const { pixels, style } of more) {
      if (!this.canvases.has(style.opacity)) this.cover(style.opacity, layout, Math.max(0, Math.floor(from) - ROOM))
      const context = this.canvases.get(style.opacity).getContext("2d")
      const [[x, y], ...others] = pixels
      context.beginPath()
      context.moveTo(x, y)
      for (const [x, y] of others) context.lineTo(x, y)
      Object.assign(context, { strokeStyle: style.line.color, lineWidth: style.line.width })
      context.stroke()
    }
  }

  // The axes from a pixel on, below the legend and whatever else stands on them.
  cover(opacity, layout, from) {
    const canvas = canvasOf(layout, from)
    canvas.style.opacity = opacity
    this.canvases.set(opacity, canvas)
    this.element.querySelector(".main-svg").after(canvas)
  }
}

// A line from where it ended before; null if it cannot go on from there.
function pixelsOf({ x, y }, end, across, up, clipped) {
  const isFixed = clipped || up.autorange === false
  let first = x.length
  while (first > 0 && x[first - 1] > end.x) first -= 1
  if (!first || x.at(-1) < end.x) return null
  const pixels = [[across.d2p(end.x), up.d2p(end.y)]]
  for (let place = first; place < x.length; place += 1) pixels.push([across.d2p(x[place]), up.d2p(y[place])])
  const fits = ([left, top]) =>
    Number.isFinite(top) && // a logarithmic axis has no place for what is not
    (clipped || left <= across._length + SLACK) &&
    (isFixed || (top >= -SLACK && top <= up._length + SLACK))
  return pixels.every(fits) ? pixels : null
}

function canvasOf({ xaxis, yaxis }, from) {
  const canvas = document.createElement("canvas")
  const [width, height] = [xaxis._length - from, yaxis._length]
  canvas.width = Math.ceil(width * devicePixelRatio)
  canvas.height = Math.ceil(height * devicePixelRatio)
  const place = { left: `${xaxis._offset + from}px`, top: `${yaxis._offset}px`, width: `${width}px`, height: `${height}px` }
  Object.assign(canvas.style, { position: "absolute", pointerEvents: "none", ...place })
  const context = canvas.getContext("2d")
  context.setTransform(canvas.width / width, 0, 0, canvas.height / height, (-from * canvas.width) / width, 0)
  context.lineJoin = "round"
  return canvas
}
