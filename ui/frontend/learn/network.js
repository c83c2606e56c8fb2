// A small fully connected network in float64: leaky units, a linear output, gradients by hand, Adam. Its numbers are
// those of PyTorch's Linear, LeakyReLU(0.2) and Adam, to rounding.

const LEAK = 0.2
const EPSILON = 1e-8 // Adam's

const upTo = (values, count) => (values.length === count ? values : values.subarray(0, count))

// above = leaky(below weights^T + biases), row by row.
function weigh(weights, biases, below, above, rows, leak) {
  const outer = biases.length
  const inner = weights.length / outer
  for (let row = 0; row < rows; row += 4) {
    const [one, two, three, four] = [row * inner, (row + 1) * inner, (row + 2) * inner, (row + 3) * inner]
    for (let unit = 0; unit < outer; unit++) {
      const own = unit * inner
      let [a, b, c, d] = [biases[unit], biases[unit], biases[unit], biases[unit]]
      for (let each = 0; each < inner; each++) {
        const weight = weights[own + each]
        a += weight * below[one + each]
        b += weight * below[two + each]
        c += weight * below[three + each]
        d += weight * below[four + each]
      }
      const place = row * outer + unit
      above[place] = a < 0 ? leak * a : a
      above[place + outer] = b < 0 ? leak * b : b
      above[place + 2 * outer] = c < 0 ? leak * c : c
      above[place + 3 * outer] = d < 0 ? leak * d : d
    }
  }
}

// Adds above^T below to the weights' gradients, and the sum of above to the biases'.
function addGradients(weightGradients, biasGradients, below, above, rows) {
  const outer = biasGradients.length
  const inner = weightGradients.length / outer
  for (let row = 0; row < rows; row += 4) {
    const [one, two, three, four] = [row * inner, (row + 1) * inner, (row + 2) * inner, (row + 3) * inner]
    for (let unit = 0; unit < outer; unit++) {
      const [own, place] = [unit * inner, row * outer + unit]
      const [a, b, c, d] = [above[place], above[place + outer], above[place + 2 * outer], above[place + 3 * outer]]
      biasGradients[unit] += a + b + c + d
      for (let each = 0; each < inner; each++) {
        weightGradients[own + each] += a * below[one + each] + b * below[two + each] + c * below[three + each] + d * below[four + each]
      }
    }
  }
}

// lower = above weights.
function spread(weights, above, lower, rows, inner, outer) {
  lower.fill(0, 0, rows * inner)
  for (let row = 0; row < rows; row += 4) {
    const [one, two, three, four] = [row * inner, (row + 1) * inner, (row + 2) * inner, (row + 3) * inner]
    for (let unit = 0; unit < outer; unit++) {
      const [own, place] = [unit * inner, row * outer + unit]
      const [a, b, c, d] = [above[place], above[place + outer], above[place + 2 * outer], above[place + 3 * outer]]
      for (let each = 0; each < inner; each++) {
        const weight = weights[own + each]
        lower[one + each] += a * weight
        lower[two + each] += b * weight
        lower[three + each] += c * weight
        lower[four + each] += d * weight
      }
    }
  }
}

export class Network {
  // `sizes`: numbers of units, from the inputs to the outputs. Weights begin as N(0, gain^2 * 2 / inputs), biases at 0.
  constructor(sizes, random, gain = 1) {
    this.sizes = sizes
    this.layers = sizes.length - 1
    const counts = Array.from({ length: this.layers }, (_, at) => (sizes[at] + 1) * sizes[at + 1])
    const total = counts.reduce((sum, count) => sum + count, 0)
    this.parameters = new Float64Array(total) // by layer: weights (outputs, inputs), row by row, then biases
    this.gradients = new Float64Array(total)
    this.weights = []
    this.biases = []
    this.weightGradients = []
    this.biasGradients = []
    let from = 0
    for (let at = 0; at < this.layers; at++) {
      const [inputs, outputs] = [sizes[at], sizes[at + 1]]
      const [weights, end] = [from + inputs * outputs, from + counts[at]]
      this.weights.push(this.parameters.subarray(from, weights))
      this.biases.push(this.parameters.subarray(weights, end))
      this.weightGradients.push(this.gradients.subarray(from, weights))
      this.biasGradients.push(this.gradients.subarray(weights, end))
      const scale = gain * Math.sqrt(2 / inputs)
      for (let each = from; each < weights; each++) this.parameters[each] = scale * random.normal()
      from = end
    }
    this.rows = 0
  }

  // Room for a batch, and for what makes it a multiple of four: rows are computed four at a time, which is three times as
  // fast, since a sum then need not wait for the one before.
  makeRoom(rows) {
    const room = (rows + 3) & ~3
    if (room > this.rows) {
      this.rows = room
      this.units = this.sizes.map((size) => new Float64Array(room * size))
      this.deltas = this.sizes.map((size) => new Float64Array(room * size))
    }
    return room
  }

  // Of `inputs` (rows, first size): the outputs (rows, last size), valid until the next call.
  forward(inputs, rows) {
    const room = this.makeRoom(rows)
    this.units[0].set(upTo(inputs, rows * this.sizes[0]))
    for (let at = 0; at < this.layers; at++) {
      const leak = at < this.layers - 1 ? LEAK : 1
      weigh(this.weights[at], this.biases[at], this.units[at], this.units[at + 1], room, leak)
    }
    return this.units[this.layers]
  }

  // From the gradient at the outputs of the last forward pass: that at its inputs, (rows, first size). Adds those of the
  // parameters, unless they are not `learning`.
  backward(slopes, rows, learning = true) {
    const room = this.makeRoom(rows)
    const [outputs] = this.sizes.slice(-1)
    this.deltas[this.layers].set(upTo(slopes, rows * outputs))
    this.deltas[this.layers].fill(0, rows * outputs, room * outputs)
    for (let at = this.layers - 1; at >= 0; at--) {
      const [below, above, lower] = [this.units[at], this.deltas[at + 1], this.deltas[at]]
      if (learning) addGradients(this.weightGradients[at], this.biasGradients[at], below, above, room)
      spread(this.weights[at], above, lower, room, this.sizes[at], this.sizes[at + 1])
      if (at > 0) for (let each = 0; each < room * this.sizes[at]; each++) if (below[each] < 0) lower[each] *= LEAK
    }
    return this.deltas[0]
  }

  // Adds the gradient of `weight` times the mean of (|grad D| - 1)^2 at `points` (rows, inputs), for one output (Gulrajani
  // et al. 2017); returns that mean. Units are linear between their kinks: so is the chain from weights to grad D.
  addPenalty(points, rows, weight) {
    this.forward(points, rows)
    const { sizes, layers, units } = this
    const room = this.makeRoom(rows)
    const ups = sizes.map((size) => new Float64Array(room * size)) // gradient of the output at each unit's sum
    const tangents = sizes.map((size) => new Float64Array(room * size))
    const none = sizes.map((size) => new Float64Array(size)) // biases do not move grad D
    const mask = (values, at) => {
      for (let each = 0; each < values.length; each++) if (units[at][each] < 0) values[each] *= LEAK
    }
    ups[layers].fill(1, 0, rows)
    for (let at = layers - 1; at >= 0; at--) {
      spread(this.weights[at], ups[at + 1], ups[at], room, sizes[at], sizes[at + 1])
      if (at > 0) mask(ups[at], at)
    }
    const price = pullToOne(ups[0], tangents[0], rows, sizes[0], weight)
    for (let at = 0; at < layers; at++) {
      addGradients(this.weightGradients[at], none[at + 1], tangents[at], ups[at + 1], room)
      weigh(this.weights[at], none[at + 1].fill(0), tangents[at], tangents[at + 1], room, 1)
      if (at < layers - 1) mask(tangents[at + 1], at + 1)
    }
    return price
  }
}

// The mean of (|slope| - 1)^2 over the rows of `slopes`, and `weight` times its gradient by them into `pulls`.
function pullToOne(slopes, pulls, rows, size, weight) {
  let price = 0
  for (let row = 0; row < rows; row++) {
    let square = 1e-12 // the root has no gradient at 0
    for (let each = 0; each < size; each++) square += slopes[row * size + each] ** 2
    const norm = Math.sqrt(square)
    price += (norm - 1) ** 2 / rows
    for (let each = 0; each < size; each++) {
      pulls[row * size + each] = (slopes[row * size + each] * weight * 2 * (norm - 1)) / norm / rows
    }
  }
  return price
}

export class Adam {
  constructor(network, { beta1 = 0.5, beta2 = 0.999 } = {}) {
    Object.assign(this, { network, beta1, beta2, steps: 0 })
    this.mean = new Float64Array(network.parameters.length)
    this.square = new Float64Array(network.parameters.length)
  }

  // One update with the gradients there are, which are 0 afterwards.
  step(rate) {
    const { mean, square, beta1, beta2 } = this
    const { parameters, gradients } = this.network
    this.steps += 1
    const size = rate / (1 - beta1 ** this.steps)
    const root = Math.sqrt(1 - beta2 ** this.steps)
    for (let at = 0; at < parameters.length; at++) {
      const slope = gradients[at]
      mean[at] += (1 - beta1) * (slope - mean[at])
      square[at] = beta2 * square[at] + (1 - beta2) * slope * slope
      parameters[at] -= (size * mean[at]) / (Math.sqrt(square[at]) / root + EPSILON)
    }
    gradients.fill(0)
  }
}

// Every parameter within [-most, most] (Arjovsky et al. 2017).
export function clip(network, most) {
  const { parameters } = network
  for (let at = 0; at < parameters.length; at++) parameters[at] = Math.min(most, Math.max(-most, parameters[at]))
}
