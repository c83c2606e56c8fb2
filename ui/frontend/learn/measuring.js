// Fakes that are moved, spread, blurred and thinned out at will, and what FID, precision and recall make of it.

import { COLORS } from "./axes.js"
import { ellipse, frechetDistance, gaussianOf, precisionRecall } from "./frechet.js"
import { Random } from "./random.js"

const COUNT = 240
const K = 5
const MODES = [[-1, -1], [1, -1], [-1, 1], [1, 1]]
const SIGMA = 0.22

function drawModes(seed) {
  const random = new Random(seed)
  return Float64Array.from({ length: 2 * COUNT }, (_, at) => MODES[(at >> 1) % MODES.length][at % 2] + SIGMA * random.normal())
}

const REAL = drawModes(1)
const REAL_FIT = gaussianOf(REAL)
const FRESH = drawModes(2) // as good as fakes can be: other points of the same distribution
const NOISE = (() => {
  const random = new Random(3)
  return Float64Array.from({ length: 2 * COUNT }, () => random.normal())
})()

// Fakes: modes left out are made up for by those that stay.
function fakes({ source, shiftX, shiftY, spread, blur, dropped }) {
  const points = new Float64Array(2 * COUNT)
  const kept = MODES.length - dropped
  for (let at = 0; at < COUNT; at++) {
    const mode = at % MODES.length
    const [mine, goal] = [MODES[mode], MODES[mode % kept]]
    for (const axis of [0, 1]) {
      const noise = NOISE[2 * at + axis]
      const within = source === "copies" ? REAL[2 * at + axis] - mine[axis] : FRESH[2 * at + axis] - mine[axis]
      const centre = source === "gaussian" ? 0 : goal[axis]
      const offset = source === "gaussian" ? noise * Math.sqrt(axis ? REAL_FIT.yy : REAL_FIT.xx) : within
      points[2 * at + axis] = spread * (centre + offset) + blur * noise + (axis ? shiftY : shiftX)
    }
  }
  return points
}

function measure(values) {
  const points = fakes(values)
  const fit = gaussianOf(points)
  return { points, fit, fid: frechetDistance(REAL_FIT, fit), ...precisionRecall(REAL, points, K) }
}

const SLIDERS = [
  { id: "shiftX", label: "move across", color: COLORS.g, min: -2, max: 2, step: 0.05, value: 0 },
  { id: "shiftY", label: "move up", color: COLORS.g, min: -2, max: 2, step: 0.05, value: 0 },
  { id: "spread", label: "spread", color: COLORS.g, min: 0.2, max: 2, step: 0.05, value: 1 },
  { id: "blur", label: "blur", color: COLORS.g, min: 0, max: 1, step: 0.02, value: 0 },
  { id: "dropped", label: "modes dropped", color: COLORS.g, min: 0, max: 3, step: 1, value: 0 },
]

export default {
  columns: 1,
  panels: [
    {
      id: "plane",
      alt: "Real points and fakes in the plane, and the ellipse of the Gaussian that fits each",
      aspect: 1.75,
      axes: () => ({ x: [-3.5, 3.5], y: [-2.2, 2.2], square: true, bare: true }),
    },
  ],
  controls: [
    {
      id: "source",
      label: "fakes",
      options: [["fresh", "of the same distribution"], ["copies", "copies of the real ones"], ["gaussian", "one Gaussian, same moments"]],
      value: "fresh",
    },
    ...SLIDERS,
  ],
  readouts: [
    { id: "fid", label: "Fréchet distance (FID)" },
    { id: "mean", label: "of it from means" },
    { id: "precision", label: "precision: fakes that look real" },
    { id: "recall", label: "recall: real ones that come up" },
  ],
  start: measure,
  draw: {
    plane: (plot, { points, fit }) => {
      plot.dots(REAL, { color: COLORS.data, size: 3.2 })
      plot.dots(points, { color: COLORS.g, size: 2.6, alpha: 0.85 })
      for (const sigmas of [1, 2]) {
        plot.line(...ellipse(REAL_FIT, sigmas), { color: COLORS.data, dash: sigmas === 1 ? "" : "5,4" })
        plot.line(...ellipse(fit, sigmas), { color: COLORS.g, dash: sigmas === 1 ? "" : "5,4" })
      }
      plot.legend([["real, and its Gaussian", COLORS.data], ["fakes, and theirs: drag", COLORS.g]])
    },
  },
  read: ({ fid, fit, precision, recall }) => ({
    fid: fid.toFixed(3),
    mean: ((fit.mean[0] - REAL_FIT.mean[0]) ** 2 + (fit.mean[1] - REAL_FIT.mean[1]) ** 2).toFixed(3),
    precision: `${Math.round(100 * precision)} %`,
    recall: `${Math.round(100 * recall)} %`,
  }),
  handles: ({ fit }, { shiftX, shiftY }) => [
    {
      panel: "plane",
      x: fit.mean[0],
      y: fit.mean[1],
      color: COLORS.g,
      move: (x, y) => ({ shiftX: shiftX + x - fit.mean[0], shiftY: shiftY + y - fit.mean[1] }),
    },
  ],
}
