// A worker that trains a few GANs in turn, a step each, and says after every slice of time what they look like.

import { Gan, meshNoise } from "./gan.js"
import { Random } from "./random.js"

const SLICE_MS = 24 // then it says how far it is, so that pictures keep coming
const SAMPLES = 256
const ARROWS = 48
const FIELD = 22 // places along a side at which D is asked

const gans = new Map()
let fixed = null // noise that stays, so that what moves is G

function fixedNoise() {
  const random = new Random(77)
  return Float64Array.from({ length: 2 * SAMPLES }, () => 2 * random.uniform() - 1)
}

function look(id, gan, reach) {
  const samples = gan.samples((fixed ??= fixedNoise()))
  const pulled = samples.slice(0, 2 * ARROWS)
  return {
    id,
    steps: gan.steps,
    samples,
    pulls: gan.pulls(pulled),
    field: gan.field(FIELD, reach),
    mesh: gan.samples(meshNoise()),
    score: gan.score(samples),
    ...gan.quality(samples),
  }
}

function train({ target, rates, only }) {
  const begin = performance.now()
  const behind = () => [...gans.values()].filter((gan) => gan.steps < target)
  for (let turn = behind(); turn.length && performance.now() - begin < SLICE_MS; turn = behind()) {
    for (const gan of turn) {
      if (only === "d") gan.stepD(rates.rateD)
      else if (only === "g") gan.stepG(rates.rateG)
      else gan.step(rates)
      if (only) gan.steps += 1
    }
  }
  return behind().length === 0
}

self.onmessage = ({ data }) => {
  if (data.make) {
    gans.clear()
    for (const { id, learns, ...options } of data.make) gans.set(id, Object.assign(new Gan(options), learns ? { learns } : {}))
  }
  const isThere = train(data)
  self.postMessage({ isThere, frames: [...gans].map(([id, gan]) => look(id, gan, data.reach)) })
}
