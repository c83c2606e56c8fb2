// A GAN that gancore trains on the server, as it looks from frame to frame.

import { LOSSES } from "./losses.js"
import { drawGan } from "./plane.js"
import { Remote } from "./remote.js"
import { seedControl } from "./training.js"

const REACH = 1.5
const STEPS = 3000
const MODES = 8
const G_COLOR = "#D55E00"

const begin = ({ loss, seed }) => ({ remote: new Remote({ loss, seed }) })

export default {
  columns: 2,
  speed: 4,
  panels: [
    {
      id: "plane",
      title: "Samples of G",
      color: G_COLOR,
      alt: "Real points, samples of G and D's surface, as the server trains them",
      aspect: 1,
      axes: () => ({ x: [-REACH, REACH], y: [-REACH, REACH], square: true, bare: true }),
    },
    {
      id: "history",
      title: "Modes found",
      alt: "How many modes have samples within three standard deviations, smoothed, against the step",
      aspect: 1,
      axes: () => ({ x: [0, 1.04 * STEPS], y: [0, MODES + 0.5], xName: "step", yName: "modes" }),
    },
  ],
  controls: [
    { id: "loss", label: "loss", options: Object.entries(LOSSES).map(([id, { name }]) => [id, name]), value: "nonsaturating" },
    seedControl,
    { id: "field", label: "D's surface", value: true },
  ],
  readouts: [
    { id: "step", label: "step" },
    { id: "modes", label: "modes" },
    { id: "rate", label: "frames/s" },
    { id: "server", label: "on the server" },
  ],
  start: begin,
  change(model, values, id) {
    if (id === "field") return
    model.remote.close()
    Object.assign(model, begin(values))
  },
  advance({ remote }, _values, steps) {
    if (remote.isOver) return "done"
    remote.ask(steps)
  },
  takeFresh: ({ remote }) => remote.takeFresh(),
  isBusy: ({ remote }) => remote.isBusy,
  close: ({ remote }) => remote.close(),
  draw: {
    plane: (plot, { remote }, { field }) => drawGan(plot, remote.frame, { target: "ring", field }),
    history(plot, { remote: { history } }) {
      plot.line(history.map(([step]) => step), history.map(([, modes]) => modes), { color: G_COLOR })
    },
  },
  read({ remote }) {
    const { frame, rate, said } = remote
    return {
      step: frame ? `${frame.step} of ${STEPS}` : "–",
      modes: frame ? `${frame.modes} of ${frame.of}` : "–",
      rate: frame && !remote.isOver ? String(rate) : "–",
      server: said || (!remote.isBusy ? "waits" : frame ? "trains" : "begins …"),
    }
  },
}
