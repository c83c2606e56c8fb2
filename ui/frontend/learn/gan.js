// A GAN in the plane, trained in the browser: G maps z, uniform in a square, to points; D scores points.

import { LOSSES, sigmoid } from "./losses.js"
import { Adam, Network } from "./network.js"
import { Random } from "./random.js"

const TAU = 2 * Math.PI

const ring = Array.from({ length: 8 }, (_, at) => [Math.cos((TAU * at) / 8), Math.sin((TAU * at) / 8)])
const ticks = [-1, -0.5, 0, 0.5, 1]
const grid = ticks.flatMap((x) => ticks.map((y) => [x, y]))

// The toys of `gancore.data.toy`, the grid at a quarter of its size, so that one panel fits both.
export const TARGETS = {
  ring: { name: "ring of 8", modes: ring, sigma: 0.02 },
  grid: { name: "grid of 25", modes: grid, sigma: 0.0125 },
  two: { name: "two points", modes: [[-0.7, 0], [0.7, 0]], sigma: 0.02 },
}

const NEAR = 3 // standard deviations within which a sample belongs to a mode, as `toy_quality` has it
const NEAR_AT_LEAST = 0.1 // a sample this near is seen to belong to a mode
const PENALTY = 0.1 // the weight of Wasserstein's gradient penalty, as the catalogue's toys have it

export const MESH = 13 // places along a side of a grid of z

// A grid over the square that z comes from, row by row.
export function meshNoise() {
  const place = (at) => (2 * at) / (MESH - 1) - 1
  return Float64Array.from({ length: 2 * MESH * MESH }, (_, at) => place(at % 2 ? Math.floor((at >> 1) / MESH) : (at >> 1) % MESH))
}

export class Gan {
  constructor({ loss = "nonsaturating", target = "ring", seed = 0, hidden = 24, batch = 64, nz = 2, beta1 = 0.5 } = {}) {
    Object.assign(this, { loss: LOSSES[loss], target: TARGETS[target], batch, nz, steps: 0, learns: { d: true, g: true } })
    this.penalty = loss === "wasserstein" ? PENALTY : 0
    this.random = new Random(seed + 1)
    this.g = new Network([nz, hidden, hidden, 2], this.random)
    this.d = new Network([2, hidden, hidden, 1], this.random)
    this.adamG = new Adam(this.g, { beta1 })
    this.adamD = new Adam(this.d, { beta1 })
    this.slopes = new Float64Array(batch)
    this.real = new Float64Array(2 * batch)
    this.fake = new Float64Array(2 * batch)
    this.z = new Float64Array(nz * batch)
    this.lossD = this.lossG = NaN
  }

  drawReal(points) {
    const { modes, sigma } = this.target
    for (let at = 0; at < points.length; at += 2) {
      const [x, y] = modes[this.random.below(modes.length)]
      points[at] = x + sigma * this.random.normal()
      points[at + 1] = y + sigma * this.random.normal()
    }
    return points
  }

  drawZ(z) {
    for (let at = 0; at < z.length; at++) z[at] = 2 * this.random.uniform() - 1
    return z
  }

  // One iteration: D `dSteps` times, each on a new batch, then G once.
  step({ rateG, rateD, dSteps = 1 }) {
    if (this.learns.d) for (let turn = 0; turn < dSteps; turn++) this.stepD(rateD)
    if (this.learns.g) this.stepG(rateG)
    this.steps += 1
  }

  stepD(rate) {
    this.drawReal(this.real)
    this.fake.set(this.g.forward(this.drawZ(this.z), this.batch).subarray(0, 2 * this.batch))
    this.updateD(this.real, this.fake, rate)
  }

  updateD(real, fake, rate) {
    this.lossD = this.learn(real, this.loss.real) + this.learn(fake, this.loss.fake)
    if (this.penalty) this.d.addPenalty(this.between(real, fake), this.batch, this.penalty)
    this.adamD.step(rate)
  }

  // Points at a random place on the way from each fake to its real one.
  between(real, fake) {
    this.mixed ??= new Float64Array(2 * this.batch)
    for (let at = 0; at < real.length; at += 2) {
      const share = this.random.uniform()
      this.mixed[at] = fake[at] + share * (real[at] - fake[at])
      this.mixed[at + 1] = fake[at + 1] + share * (real[at + 1] - fake[at + 1])
    }
    return this.mixed
  }

  // Adds D's gradients of a term of its loss; returns the term.
  learn(points, term) {
    const logits = this.d.forward(points, this.batch)
    const loss = this.slopesOf(logits, term)
    this.d.backward(this.slopes, this.batch)
    return loss
  }

  slopesOf(logits, term) {
    let loss = 0
    for (let at = 0; at < this.batch; at++) {
      loss += term.loss(logits[at]) / this.batch
      this.slopes[at] = term.slope(logits[at]) / this.batch
    }
    return loss
  }

  stepG(rate) {
    this.updateG(this.drawZ(this.z), rate)
  }

  updateG(z, rate) {
    const fake = this.g.forward(z, this.batch)
    this.lossG = this.slopesOf(this.d.forward(fake, this.batch), this.loss.g)
    this.g.backward(this.d.backward(this.slopes, this.batch, false), this.batch)
    this.adamG.step(rate)
  }

  // --- what is seen of it ---

  samples(z) {
    const rows = z.length / this.nz
    return this.g.forward(z, rows).slice(0, 2 * rows)
  }

  // Where G's gradient would move each of `points`: -dL/dx of one sample's own loss.
  pulls(points) {
    const rows = points.length / 2
    const logits = this.d.forward(points, rows)
    const slopes = Float64Array.from({ length: rows }, (_, at) => -this.loss.g.slope(logits[at]))
    return this.d.backward(slopes, rows, false).slice(0, 2 * rows)
  }

  // D over the square from -reach to reach, (side * side), row by row from below, as shares: probabilities, or for losses
  // on raw scores their rank between the lowest and the highest.
  field(side, reach) {
    const points = new Float64Array(2 * side * side)
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const at = 2 * (row * side + column)
        points[at] = reach * ((2 * (column + 0.5)) / side - 1)
        points[at + 1] = reach * ((2 * (row + 0.5)) / side - 1)
      }
    }
    const logits = this.d.forward(points, side * side).slice(0, side * side)
    if (this.loss.isProbability) return logits.map(sigmoid)
    let [low, high] = [Infinity, -Infinity]
    for (const logit of logits) [low, high] = [Math.min(low, logit), Math.max(high, logit)]
    return logits.map((logit) => (logit - low) / (high - low || 1))
  }

  // The mean of D's output at `points`: a probability, or for losses on raw scores a score.
  score(points) {
    const rows = points.length / 2
    const logits = this.d.forward(points, rows).subarray(0, rows)
    return logits.reduce((sum, logit) => sum + (this.loss.isProbability ? sigmoid(logit) : logit), 0) / rows
  }

  quality(points) {
    return quality(points, this.target)
  }
}

// How many modes have a tenth of their share of the samples near them, and the share of samples near any.
export function quality(points, { modes, sigma }) {
  const reach = Math.max(NEAR * sigma, NEAR_AT_LEAST)
  const counts = new Array(modes.length).fill(0)
  for (let at = 0; at < points.length; at += 2) {
    let [nearest, least] = [-1, Infinity]
    modes.forEach(([x, y], mode) => {
      const apart = Math.hypot(points[at] - x, points[at + 1] - y)
      if (apart < least) [nearest, least] = [mode, apart]
    })
    if (least <= reach) counts[nearest] += 1
  }
  const samples = points.length / 2
  const due = Math.max(1, samples / modes.length / 10)
  return {
    modes: counts.filter((count) => count >= due).length,
    near: counts.reduce((sum, count) => sum + count, 0) / samples,
  }
}
