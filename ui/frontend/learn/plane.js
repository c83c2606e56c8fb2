// A GAN in the plane as a picture, in layers: D's surface, real points, G's mesh, its samples and where it is pulled.

import { COLORS } from "./axes.js"
import { MESH, TARGETS } from "./gan.js"
import { Random } from "./random.js"

const SHOWN = 200 // real points

export const drawReal = (plot, target) => plot.dots(realPoints(target), { color: COLORS.data, size: 2.4, alpha: 0.9 })

const drawn = new Map() // by target: real points, drawn once

function realPoints(name) {
  if (!drawn.has(name)) {
    const random = new Random(5)
    const { modes, sigma } = TARGETS[name]
    const points = new Float64Array(2 * SHOWN)
    for (let at = 0; at < SHOWN; at++) {
      const [x, y] = modes[at % modes.length]
      points[2 * at] = x + sigma * random.normal()
      points[2 * at + 1] = y + sigma * random.normal()
    }
    drawn.set(name, points)
  }
  return drawn.get(name)
}

export const LAYERS = [
  { id: "field", label: "D's surface", value: true },
  { id: "arrows", label: "pull on G", value: true },
  { id: "mesh", label: "G's mesh", value: false },
]

export function drawGan(plot, frame, values) {
  if (frame && values.field) plot.clipped(() => plot.field(frame.field, Math.sqrt(frame.field.length), { color: COLORS.d, alpha: 0.6 }))
  drawReal(plot, values.target)
  if (!frame) return
  if (values.mesh) drawMesh(plot, frame.mesh)
  const { samples } = frame
  plot.dots(samples, { color: COLORS.g, size: 2.2, halo: plot.theme.background })
  if (values.arrows) plot.arrows(samples, frame.pulls, { color: COLORS.g, count: frame.pulls.length / 2, scale: 12 })
}

// Lines of constant z, as G bends them.
export function drawMesh(plot, mesh, { color = COLORS.g, alpha = 0.7 } = {}) {
  const line = (indexes) => plot.line(indexes.map((at) => mesh[2 * at]), indexes.map((at) => mesh[2 * at + 1]), { color, alpha, width: 1 })
  const every = Array.from({ length: MESH }, (_, at) => at)
  for (const row of every) {
    line(every.map((column) => row * MESH + column))
    line(every.map((column) => column * MESH + row))
  }
}
