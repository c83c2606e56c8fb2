// The same GAN under each loss, side by side, and how many modes each has found.

import { TARGETS } from "./gan.js"
import { LOSSES } from "./losses.js"
import { LAYERS, drawGan } from "./plane.js"
import { momentumControl, rateControls, seedControl, stepsControl, targetControl, training } from "./training.js"

const REACH = 1.5
const NAMES = Object.keys(LOSSES)
const LINES = { nonsaturating: "#D55E00", minimax: "#CC79A7", least_squares: "#009E73", wasserstein: "#E69F00", hinge: "#56B4E9" }
const SQUARE = { x: [-REACH, REACH], y: [-REACH, REACH], square: true, bare: true }

const own = training((values) => NAMES.map((loss) => ({ id: loss, loss, target: values.target, seed: values.seed, beta1: values.beta1 })), REACH)

function drawHistory(plot, { players }) {
  for (const name of NAMES) {
    const history = players.history.get(name)
    plot.line(history.map(([step]) => step), history.map(([, modes]) => modes), { color: LINES[name] })
  }
}

const latest = ({ players }) => Math.max(500, ...[...players.frames.values()].map((frame) => frame.steps))

export default {
  columns: 3,
  speed: 4,
  panels: [
    ...NAMES.map((id) => ({
      id,
      title: LOSSES[id].name,
      color: LINES[id],
      alt: `Real points, samples of G and D's surface under the ${LOSSES[id].name} loss`,
      aspect: 1,
      axes: () => SQUARE,
    })),
    {
      id: "history",
      title: "Modes found",
      alt: "The number of modes that each loss has found, smoothed, against the step",
      aspect: 1,
      axes: ({ target }, model) => ({
        x: [0, latest(model)],
        y: [0, TARGETS[target].modes.length + 0.5],
        xName: "step",
        yName: "modes",
      }),
    },
  ],
  controls: [targetControl, ...rateControls, stepsControl, momentumControl, seedControl, ...LAYERS],
  readouts: [
    { id: "step", label: "step" },
    ...NAMES.map((id) => ({ id, label: LOSSES[id].name, color: LINES[id] })),
  ],
  ...own,
  draw: {
    ...Object.fromEntries(NAMES.map((name) => [name, (plot, { players }, values) => drawGan(plot, players.frames.get(name), values)])),
    history: drawHistory,
  },
  read: ({ players }, { target }) => {
    const of = TARGETS[target].modes.length
    const texts = NAMES.map((name) => [name, players.frames.has(name) ? `${players.frames.get(name).modes} of ${of}` : "–"])
    return { step: String(players.frames.get(NAMES[0])?.steps ?? 0), ...Object.fromEntries(texts) }
  },
}
