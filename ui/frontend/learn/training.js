// What figures with GANs that train have in common: controls, and the model, which is the GANs themselves.

import { logarithmic } from "./controls.js"
import { TARGETS } from "./gan.js"
import { Players } from "./players.js"

export const rateControls = [
  logarithmic({ id: "rateG", label: "lr of G", color: "#D55E00", min: 1e-4, max: 3e-2, value: 5e-3 }),
  logarithmic({ id: "rateD", label: "lr of D", color: "#0072B2", min: 1e-4, max: 3e-2, value: 5e-3 }),
]
export const stepsControl = { id: "dSteps", label: "D steps a G step", min: 1, max: 5, step: 1, value: 1 }
export const seedControl = { id: "seed", label: "seed", min: 0, max: 9, step: 1, value: 0 }
export const momentumControl = { id: "beta1", label: "Adam's beta1", min: 0, max: 0.9, step: 0.1, value: 0.5 }
export const targetControl = {
  id: "target",
  label: "data",
  options: Object.entries(TARGETS).map(([id, { name }]) => [id, name]),
  value: "ring",
}

const LIVE = new Set(["rateG", "rateD", "dSteps", "field", "arrows", "mesh"]) // they change what goes on; others begin anew

// `players(values)`: the GANs, as `Players` takes them.
export function training(players, reach) {
  const start = (values) => new Players(players(values), { reach })
  const model = (values) => ({ players: start(values) })
  return {
    start: model,
    change: (own, values, id) => {
      if (LIVE.has(id)) return
      own.players.close()
      own.players = start(values)
    },
    advance: (own, values, steps) => own.players.ask(steps, values),
    steps: [
      { label: "Step of D", act: (own, values) => own.players.ask(1, { ...values }, "d") },
      { label: "Step of G", act: (own, values) => own.players.ask(1, { ...values }, "g") },
    ],
    takeFresh: (own) => own.players.takeFresh(),
    isBusy: (own) => own.players.isBusy,
    close: (own) => own.players.close(),
  }
}
