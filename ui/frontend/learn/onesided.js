// One equation at a time: the same GAN when both learn, when only G does and when only D does.

import { LAYERS, drawGan } from "./plane.js"
import { rateControls, seedControl, targetControl, training } from "./training.js"
import { numberText } from "../plot.js"

const REACH = 2.2
const SQUARE = { x: [-REACH, REACH], y: [-REACH, REACH], square: true, bare: true }
const GAMES = [
  { id: "both", title: "both", learns: { d: true, g: true } },
  { id: "onlyG", title: "equation (6) alone: G", learns: { d: false, g: true } },
  { id: "onlyD", title: "equation (7) alone: D", learns: { d: true, g: false } },
]

export default {
  columns: 3,
  speed: 4,
  panels: GAMES.map(({ id, title }) => ({
    id,
    title,
    alt: `Real points, samples of G and D's surface; ${title}`,
    aspect: 0.95,
    axes: () => SQUARE,
  })),
  controls: [targetControl, ...rateControls, seedControl, ...LAYERS],
  readouts: [
    { id: "step", label: "step" },
    ...GAMES.map(({ id, title }) => ({ id, label: `D(G(z)), ${title}` })),
  ],
  ...training(({ target, seed }) => GAMES.map(({ id, learns }) => ({ id, learns, target, seed })), REACH),
  steps: [],
  draw: Object.fromEntries(GAMES.map(({ id }) => [id, (plot, { players }, values) => drawGan(plot, players.frames.get(id), values)])),
  read: ({ players }) => {
    const frame = (id) => players.frames.get(id)
    const scores = GAMES.map(({ id }) => [id, frame(id) ? numberText(frame(id).score) : "–"])
    return { step: String(frame("both")?.steps ?? 0), ...Object.fromEntries(scores) }
  },
}
