// Three D's between the same real and fake points on a line, and what each leaves of G's gradient.

import { COLORS } from "./axes.js"
import { logarithmic } from "./controls.js"
import { Critic, placed, wasserstein } from "./critic.js"
import { grid } from "./densities.js"
import { sigmoid } from "./losses.js"
import { numberText } from "../plot.js"

const KINDS = [
  { id: "log", title: "D, log loss" },
  { id: "clip", title: "critic, clipped weights" },
  { id: "penalty", title: "critic, gradient penalty" },
]
const XS = grid(-6, 6, 121)
const MINIMAX_PULL = (logit, slope) => sigmoid(logit) * slope // of the equation's own loss
const ARROWS = 16
const middle = (values) => values.reduce((sum, each) => sum + each, 0) / values.length

function points({ apart, width }) {
  return { real: placed(-apart / 2, 0.4), fake: placed(apart / 2, width) }
}

function draw(kind) {
  return (plot, model, values) => {
    const critic = model.critics[kind]
    const { real, fake } = points(values)
    const logits = critic.logits(XS)
    const shift = middle(logits)
    const height = kind === "log" ? sigmoid : (logit) => logit - shift
    plot.line(XS, logits.map(height), { color: COLORS.d, width: 2.5 })
    const onAxis = (xs, y) => Float64Array.from({ length: 2 * xs.length }, (_, at) => (at % 2 ? y : xs[at >> 1]))
    const [bottom, top] = plot.axes.y
    const low = bottom + 0.06 * (top - bottom)
    plot.dots(onAxis(real, low), { color: COLORS.data, size: 3, alpha: 0.8 })
    plot.dots(onAxis(fake, low), { color: COLORS.g, size: 3, alpha: 0.8 })
    const some = fake.subarray(0, ARROWS)
    const pulls = onAxis(pullsOf(critic, kind, some), 0)
    plot.arrows(onAxis(some, bottom + 0.14 * (top - bottom)), pulls, { color: COLORS.g, scale: 24, longest: 40, width: 1.6 })
  }
}

function pullsOf(critic, kind, fake) {
  if (kind !== "log") return critic.pulls(fake)
  const logits = critic.logits(fake)
  return critic.steepness(fake).map((slope, at) => MINIMAX_PULL(logits[at], slope))
}

const strength = (critic, kind, fake) => middle(pullsOf(critic, kind, fake).map(Math.abs))

export default {
  columns: 3,
  panels: KINDS.map(({ id, title }) => ({
    id,
    title,
    alt: `${title}: its output over the line, real and fake points, and the pull on the fakes`,
    aspect: 0.95,
    axes: () => ({ x: [-6, 6], y: id === "log" ? [-0.2, 1.1] : [-5, 5], xName: "x", yName: id === "log" ? "D(x)" : "critic, about its mean" }),
  })),
  controls: [
    { id: "apart", label: "fakes' distance", color: COLORS.g, min: -6, max: 6, step: 0.1, value: 4 },
    { id: "width", label: "fakes' width", color: COLORS.g, min: 0.1, max: 1.5, step: 0.05, value: 0.4 },
    logarithmic({ id: "rate", label: "lr", color: COLORS.d, min: 1e-4, max: 3e-2, value: 5e-3 }),
    logarithmic({ id: "most", label: "clip weights at", min: 0.01, max: 1, value: 0.1 }),
    { id: "weight", label: "penalty's weight", min: 0, max: 20, step: 0.5, value: 10 },
    { id: "seed", label: "seed", min: 0, max: 9, step: 1, value: 0 },
  ],
  readouts: [
    { id: "step", label: "step" },
    { id: "exact", label: "Wasserstein distance, exact" },
    { id: "clip", label: "as the clipped critic sees it" },
    { id: "penalty", label: "as the penalised one does" },
    { id: "pullLog", label: "pull on G: log loss, minimax", color: COLORS.g },
    { id: "pullClip", label: "clipped", color: COLORS.g },
    { id: "pullPenalty", label: "penalty", color: COLORS.g },
  ],
  start: ({ seed }) => ({ steps: 0, critics: Object.fromEntries(KINDS.map(({ id }) => [id, new Critic(id, seed)])) }),
  change: (model, { seed }, id) => {
    if (id === "seed") Object.assign(model, { steps: 0, critics: Object.fromEntries(KINDS.map((kind) => [kind.id, new Critic(kind.id, seed)])) })
  },
  advance: (model, values, steps) => {
    const { real, fake } = points(values)
    for (let step = 0; step < steps; step++) {
      for (const { id } of KINDS) model.critics[id].step(real, fake, values)
      model.steps += 1
    }
  },
  draw: Object.fromEntries(KINDS.map(({ id }) => [id, draw(id)])),
  read: ({ critics, steps }, values) => {
    const { real, fake } = points(values)
    const pull = (kind) => numberText(strength(critics[kind], kind, fake))
    return {
      step: String(steps),
      exact: numberText(wasserstein(real, fake)),
      clip: numberText(critics.clip.gap(real, fake)),
      penalty: numberText(critics.penalty.gap(real, fake)),
      pullLog: pull("log"),
      pullClip: pull("clip"),
      pullPenalty: pull("penalty"),
    }
  },
  handles: (_model, { apart }) =>
    KINDS.map(({ id }) => ({
      panel: id,
      x: apart / 2,
      y: id === "log" ? -0.2 + 0.06 * 1.3 : -5 + 0.6,
      color: COLORS.g,
      move: (x) => ({ apart: 2 * x }),
    })),
}
