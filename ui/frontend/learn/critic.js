// D's on a line between real and fake points: with the log loss, and as critics that are kept from being steep.

import { LOSSES } from "./losses.js"
import { Adam, Network, clip } from "./network.js"
import { Random } from "./random.js"

const SIZES = [1, 16, 16, 1]
const POINTS = 64

// Standard normal points, the same for both sides, so that the distance between them is known: how far they are moved.
function normals(seed) {
  const random = new Random(seed)
  return Float64Array.from({ length: POINTS }, () => random.normal())
}
const SHAPE = normals(11)

export function placed(mean, width) {
  return SHAPE.map((each) => mean + width * each)
}

// Wasserstein's distance between two sets of as many points on a line: what is left is moved to what is right, in order.
export function wasserstein(one, other) {
  const [first, second] = [one, other].map((points) => Float64Array.from(points).sort())
  return first.reduce((sum, each, at) => sum + Math.abs(each - second[at]), 0) / first.length
}

export class Critic {
  // `kind`: "log", a D under the loss of Goodfellow et al. 2014; "clip" (Arjovsky et al. 2017); "penalty" (Gulrajani et al. 2017).
  constructor(kind, seed) {
    this.kind = kind
    this.loss = LOSSES[kind === "log" ? "nonsaturating" : "wasserstein"]
    this.random = new Random(100 + seed)
    this.network = new Network(SIZES, this.random)
    this.adam = new Adam(this.network, { beta1: 0.5 })
    this.slopes = new Float64Array(POINTS)
  }

  step(real, fake, { rate, most, weight }) {
    this.learn(real, this.loss.real)
    this.learn(fake, this.loss.fake)
    if (this.kind === "penalty") this.network.addPenalty(this.between(real, fake), POINTS, weight)
    this.adam.step(rate)
    if (this.kind === "clip") clip(this.network, most)
  }

  learn(points, term) {
    const logits = this.network.forward(points, POINTS)
    for (let at = 0; at < POINTS; at++) this.slopes[at] = term.slope(logits[at]) / POINTS
    this.network.backward(this.slopes, POINTS)
  }

  between(real, fake) {
    return real.map((each, at) => each + this.random.uniform() * (fake[at] - each))
  }

  logits(points) {
    return this.network.forward(points, points.length).slice(0, points.length)
  }

  // dD/dx at each point, of the logit.
  steepness(points) {
    this.network.forward(points, points.length)
    return this.network.backward(new Float64Array(points.length).fill(1), points.length, false).slice(0, points.length)
  }

  // How far apart it says both sides are: E D(x) - E D(G(z)), of logits.
  gap(real, fake) {
    const mean = (values) => values.reduce((sum, each) => sum + each, 0) / values.length
    return mean(this.logits(real)) - mean(this.logits(fake))
  }

  // What is left of G's gradient at each fake: of its own loss, with D's slope.
  pulls(fake) {
    const logits = this.logits(fake)
    return this.steepness(fake).map((slope, at) => -this.loss.g.slope(logits[at]) * slope)
  }
}
