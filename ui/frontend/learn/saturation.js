// Both losses of G and their gradients against D(G(z)), and what an update makes of each.

import { COLORS } from "./axes.js"
import { LOSSES, logitOf, sigmoid } from "./losses.js"
import { numberText } from "../plot.js"

const MINIMAX = "#CC79A7" // a colour of its own: both losses are G's
const LOGITS = Float64Array.from({ length: 361 }, (_, at) => -9 + at / 20)
const SHARES = Float64Array.from(LOGITS, sigmoid)
const RATE = 0.05 // of an update of G, in logits

const { nonsaturating, minimax } = LOSSES
const PAIR = [
  ["non-saturating", nonsaturating.g, COLORS.g],
  ["minimax", minimax.g, MINIMAX],
]

const shareText = (share) => (share > 0.99 ? share.toFixed(4) : numberText(share))
const xAxis = (values) => (values.log ? { x: [1e-4, 1], xLog: true } : { x: [0, 1] })
const places = (model) => [model.nonsaturating, model.minimax]

function mark(plot, model, height) {
  PAIR.forEach(([, g, color], at) => {
    const logit = places(model)[at]
    plot.dot(sigmoid(logit), height(g, logit), color)
  })
}

export default {
  panels: [
    {
      id: "loss",
      title: "What G minimises",
      alt: "Both losses of G against D(G(z))",
      aspect: 1.25,
      axes: (values) => ({ ...xAxis(values), y: [-6, 10], xName: "D(G(z))", yName: "loss of G" }),
    },
    {
      id: "gradient",
      title: "How hard it pulls",
      alt: "The size of both gradients against D(G(z))",
      aspect: 1.25,
      axes: (values) => ({
        ...xAxis(values),
        ...(values.log ? { y: [1e-4, 1.5], yLog: true } : { y: [0, 1.05] }),
        xName: "D(G(z))",
        yName: "gradient at D's logit",
      }),
    },
  ],
  controls: [
    { id: "logit", label: "D(G(z))", min: -9, max: 9, step: 0.1, value: -4.6, format: (logit) => shareText(sigmoid(logit)) },
    { id: "log", label: "logarithmic axes", value: false },
  ],
  readouts: [
    { id: "place", label: "D(G(z)): non-saturating, minimax" },
    { id: "strong", label: "non-saturating gradient", color: COLORS.g },
    { id: "weak", label: "minimax gradient", color: MINIMAX },
    { id: "ratio", label: "their ratio" },
  ],
  start: ({ logit }) => ({ nonsaturating: logit, minimax: logit, updates: 0 }),
  change: (model, { logit }, id) => {
    if (id === "logit") Object.assign(model, { nonsaturating: logit, minimax: logit, updates: 0 })
  },
  // G goes down its loss, D stands still.
  advance: (model, _values, steps) => {
    for (let step = 0; step < steps; step++) {
      model.nonsaturating -= RATE * nonsaturating.g.slope(model.nonsaturating)
      model.minimax -= RATE * minimax.g.slope(model.minimax)
      model.updates += 1
    }
    return model.minimax > 9 ? "done" : undefined
  },
  draw: {
    loss: (plot, model) => {
      for (const [, g, color] of PAIR) plot.line(SHARES, Float64Array.from(LOGITS, g.loss), { color })
      mark(plot, model, (g, logit) => g.loss(logit))
      plot.legend([
        ["-log D(G(z)), in use", COLORS.g],
        ["log(1 - D(G(z))), the equation's", MINIMAX],
      ])
    },
    gradient: (plot, model) => {
      for (const [, g, color] of PAIR) plot.line(SHARES, Float64Array.from(LOGITS, (logit) => -g.slope(logit)), { color })
      mark(plot, model, (g, logit) => -g.slope(logit))
    },
  },
  read: (model, { logit }) => {
    const [strong, weak] = [-nonsaturating.g.slope(logit), -minimax.g.slope(logit)]
    return {
      place: `${shareText(sigmoid(model.nonsaturating))}, ${shareText(sigmoid(model.minimax))}`,
      strong: numberText(strong),
      weak: numberText(weak),
      ratio: `${numberText(strong / weak)} to 1`,
    }
  },
  handles: (model, values) =>
    ["loss", "gradient"].map((panel) => ({
      panel,
      x: sigmoid(values.logit),
      y: panel === "loss" ? nonsaturating.g.loss(values.logit) : -nonsaturating.g.slope(values.logit),
      color: COLORS.g,
      move: (x) => ({ logit: logitOf(Math.min(1 - 1e-4, Math.max(1e-4, x))) }),
    })),
}
