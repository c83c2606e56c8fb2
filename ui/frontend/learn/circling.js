// The path of a Dirac-GAN through the plane of its two parameters, and against the step.

import { COLORS } from "./axes.js"
import { logarithmic } from "./controls.js"
import { distance, round, slopes } from "./dirac.js"
import { LOSSES } from "./losses.js"
import { numberText } from "../plot.js"

const REACH = 3
const KEPT = 4000 // steps of the path
const SHOWN = 500 // steps along the time axis
const FAR = 50 // it will not come back
const ARROWS = 11 // along a side

const start = ({ theta, psi }) => ({ place: { theta, psi }, steps: 0, path: [[theta, psi]] })

function drawField(plot, values) {
  const points = []
  const shifts = []
  for (let row = 0; row < ARROWS; row++) {
    for (let column = 0; column < ARROWS; column++) {
      const [theta, psi] = [column, row].map((at) => (REACH * 0.92 * 2 * at) / (ARROWS - 1) - REACH * 0.92)
      const down = slopes({ theta, psi }, values)
      const [across, up] = [-values.rateG * down.theta, -values.rateD * values.dSteps * down.psi]
      const length = Math.hypot(across, up) || 1
      points.push(theta, psi)
      shifts.push((0.28 * across) / length, (0.28 * up) / length)
    }
  }
  plot.arrows(points, shifts, { color: plot.theme.text, alpha: 0.35, width: 1 })
}

const verdict = ({ path, place }) => {
  if (path.length < 40) return "not played yet"
  const [now, before] = [distance(place), Math.hypot(...path[Math.floor(path.length / 2)])]
  if (now > FAR) return "diverged"
  if (now < 0.02) return "arrived"
  if (now < 0.95 * before) return "spirals in"
  return now > 1.05 * before ? "spirals out" : "circles"
}

export default {
  panels: [
    {
      id: "plane",
      title: "The game's two parameters",
      alt: "G's place theta against D's slope psi, with the direction in which both move, and the path so far",
      aspect: 1.05,
      axes: () => ({ x: [-REACH, REACH], y: [-REACH, REACH], square: true, xName: "θ, where G puts its point", yName: "ψ, D's slope" }),
    },
    {
      id: "time",
      title: "Against the step",
      alt: "Theta and psi against the step",
      aspect: 1.05,
      axes: (_values, { steps }) => ({
        x: [Math.max(0, steps - SHOWN), Math.max(SHOWN, steps)],
        y: [-REACH, REACH],
        xName: "step",
        yName: "θ and ψ",
      }),
    },
  ],
  controls: [
    { id: "loss", label: "loss", options: ["minimax", "nonsaturating", "wasserstein"].map((id) => [id, LOSSES[id].name]), value: "minimax" },
    { id: "order", label: "turns", options: [["alternating", "D, then G"], ["simultaneous", "both at once"]], value: "alternating" },
    logarithmic({ id: "rateG", label: "lr of G", color: COLORS.g, min: 0.01, max: 1, value: 0.1 }),
    logarithmic({ id: "rateD", label: "lr of D", color: COLORS.d, min: 0.01, max: 1, value: 0.1 }),
    { id: "dSteps", label: "D steps a G step", min: 1, max: 10, step: 1, value: 1 },
    { id: "penalty", label: "R1 penalty", min: 0, max: 2, step: 0.05, value: 0 },
    { id: "clip", label: "clip ψ at", min: 0, max: 2, step: 0.1, value: 0, format: (most) => (most ? numberText(most) : "never") },
    { id: "theta", label: "start: θ", color: COLORS.g, min: -2.5, max: 2.5, step: 0.1, value: 1.5 },
    { id: "psi", label: "start: ψ", color: COLORS.d, min: -2.5, max: 2.5, step: 0.1, value: 0 },
  ],
  readouts: [
    { id: "step", label: "step" },
    { id: "theta", label: "θ", color: COLORS.g },
    { id: "psi", label: "ψ", color: COLORS.d },
    { id: "distance", label: "distance from the equilibrium" },
    { id: "verdict", label: "so it" },
  ],
  start,
  change: (model, values, id) => {
    if (id === "theta" || id === "psi") Object.assign(model, start(values))
  },
  advance: (model, values, steps) => {
    for (let step = 0; step < steps; step++) {
      model.place = round(model.place, values)
      model.steps += 1
      model.path.push([model.place.theta, model.place.psi])
      if (!(distance(model.place) < FAR)) return "done"
    }
    if (model.path.length > KEPT) model.path.splice(0, model.path.length - KEPT)
    return undefined
  },
  draw: {
    plane: (plot, { path, place }, values) => {
      drawField(plot, values)
      plot.line([0, 0], [-REACH, REACH], { color: plot.theme.line })
      plot.line([-REACH, REACH], [0, 0], { color: plot.theme.line })
      plot.line(path.map(([theta]) => theta), path.map(([, psi]) => psi), { color: plot.theme.text, width: 1.5, alpha: 0.8 })
      plot.dot(0, 0, COLORS.data, 5)
      if (Math.max(Math.abs(place.theta), Math.abs(place.psi)) < REACH) plot.dot(place.theta, place.psi, COLORS.g)
    },
    time: (plot, { path, steps }) => {
      const recent = path.slice(-SHOWN - 1)
      const xs = recent.map((_, at) => steps - recent.length + 1 + at)
      plot.line(xs, recent.map(([theta]) => theta), { color: COLORS.g })
      plot.line(xs, recent.map(([, psi]) => psi), { color: COLORS.d })
      plot.legend([["θ, G", COLORS.g], ["ψ, D", COLORS.d]])
    },
  },
  read: (model) => ({
    step: String(model.steps),
    theta: numberText(model.place.theta),
    psi: numberText(model.place.psi),
    distance: numberText(distance(model.place)),
    verdict: verdict(model),
  }),
  handles: (model, { theta, psi }) =>
    model.steps ? [] : [{ panel: "plane", x: theta, y: psi, color: COLORS.g, move: (x, y) => ({ theta: x, psi: y }) }],
}
