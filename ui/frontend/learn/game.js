// Two densities on a line, the optimal D between them, and the divergence that G then minimises.

import { COLORS } from "./axes.js"
import { divergenceDensity, grid, jensenShannon, mixture, optimalD, value } from "./densities.js"
import { numberText } from "../plot.js"

const XS = grid(-6, 6, 481)
const STEP = XS[1] - XS[0]
const DATA = mixture(XS, [
  { share: 0.6, mean: -1.2, width: 0.6 },
  { share: 0.4, mean: 1.6, width: 0.6 },
])
const RATE = 0.08
const NUDGE = 1e-3 // by which a parameter is moved to see what the divergence does

function densityOfG({ mean, width, second, apart }) {
  return mixture(XS, [
    { share: 1 - second, mean, width },
    { share: second, mean: mean + apart, width },
  ])
}

function solve(values) {
  const g = densityOfG(values)
  const d = optimalD(DATA, g)
  return { g, d, jsd: jensenShannon(DATA, g, STEP), v: value(DATA, g, d, STEP) }
}

const CONTROLS = [
  { id: "mean", label: "mean of p_g", color: COLORS.g, min: -5, max: 5, step: 0.05, value: 3.2 },
  { id: "width", label: "its width", color: COLORS.g, min: 0.2, max: 2, step: 0.02, value: 0.6 },
  { id: "second", label: "second bump", color: COLORS.g, min: 0, max: 0.6, step: 0.02, value: 0, format: (share) => `${Math.round(100 * share)} %` },
  { id: "apart", label: "how far away", color: COLORS.g, min: -4, max: 4, step: 0.05, value: 2.8 },
]

// One step of G down the divergence that D* tells it; D is at its best before each.
function descend(values) {
  for (const { id, min, max } of CONTROLS) {
    const [low, high] = [Math.max(min, values[id] - NUDGE), Math.min(max, values[id] + NUDGE)]
    const slope = (solve({ ...values, [id]: high }).jsd - solve({ ...values, [id]: low }).jsd) / (high - low)
    values[id] = Math.min(max, Math.max(min, values[id] - RATE * slope))
  }
}

export default {
  columns: 1,
  restores: true,
  panels: [
    {
      id: "densities",
      alt: "The densities of data and of G, and the optimal D between 0 and 1",
      aspect: 2.3,
      axes: () => ({ x: [-6, 6], y: [0, 1.05], xName: "x", yName: "density; D*(x)" }),
    },
    {
      id: "divergence",
      title: "Where the divergence comes from",
      alt: "What each x adds to the Jensen-Shannon divergence",
      aspect: 5,
      axes: () => ({ x: [-6, 6], y: [0, 0.4], xName: "x", yName: "per unit of x" }),
    },
  ],
  controls: CONTROLS,
  readouts: [
    { id: "jsd", label: "JSD, at most log 2 = 0.693" },
    { id: "v", label: "V(D*, G)", color: COLORS.d },
    { id: "bound", label: "2 JSD - log 4" },
    { id: "at", label: "D* at the mean of p_g", color: COLORS.d },
  ],
  start: solve,
  advance: (model, values, steps) => {
    for (let step = 0; step < steps; step++) descend(values)
    Object.assign(model, solve(values))
  },
  draw: {
    densities: (plot, { g, d }) => {
      plot.area(XS, DATA, { color: COLORS.data, alpha: 0.35 })
      plot.line(XS, DATA, { color: COLORS.data })
      plot.area(XS, g, { color: COLORS.g, alpha: 0.2 })
      plot.line(XS, g, { color: COLORS.g })
      plot.line([-6, 6], [0.5, 0.5], { color: COLORS.d, width: 1, dash: "4,4" })
      plot.line(XS, d, { color: COLORS.d, width: 3 })
      plot.legend([
        ["p_data", COLORS.data],
        ["p_g: drag it", COLORS.g],
        ["D*, the best D", COLORS.d],
      ])
    },
    divergence: (plot, { g }) => {
      const parts = divergenceDensity(DATA, g)
      plot.area(XS, parts, { color: plot.theme.text, alpha: 0.25 })
      plot.line(XS, parts, { color: plot.theme.text, width: 1.5 })
    },
  },
  read: (model, { mean }) => ({
    jsd: `${model.jsd.toFixed(3)} nats`,
    v: model.v.toFixed(3),
    bound: (2 * model.jsd - Math.log(4)).toFixed(3),
    at: numberText(model.d[Math.round((mean - XS[0]) / STEP)]),
  }),
  handles: (model, values) => {
    const height = (x) => model.g[Math.round((x - XS[0]) / STEP)]
    const { mean, width, second, apart } = values
    const found = [
      { x: mean, move: (x) => ({ mean: x }) },
      { x: mean - width, move: (x) => ({ width: Math.abs(mean - x) }) },
    ]
    if (second > 0.01) found.push({ x: mean + apart, move: (x) => ({ apart: x - mean }) })
    return found
      .filter(({ x }) => Math.abs(x) < 6)
      .map((each) => ({ panel: "densities", color: COLORS.g, y: Math.min(1, height(each.x)), ...each }))
  },
}
