// Densities on a line, the optimal D between two of them, and how far apart they are (Goodfellow et al. 2014, section 4).

export function grid(low, high, count) {
  return Float64Array.from({ length: count }, (_, at) => low + ((high - low) * at) / (count - 1))
}

export function gaussian(x, mean, width) {
  return Math.exp(-0.5 * ((x - mean) / width) ** 2) / (width * Math.sqrt(2 * Math.PI))
}

// Of a mixture of `{ share, mean, width }`, at each of `xs`.
export function mixture(xs, parts) {
  return Float64Array.from(xs, (x) => parts.reduce((sum, part) => sum + part.share * gaussian(x, part.mean, part.width), 0))
}

// D* = p_data / (p_data + p_g); where neither has any mass to speak of, D is never asked, and 1/2 says so.
export function optimalD(data, g) {
  return Float64Array.from(data, (p, at) => (p + g[at] > 1e-300 ? p / (p + g[at]) : 0.5))
}

const entropyTerm = (p, other) => (p > 0 ? p * Math.log((2 * p) / (p + other)) : 0)

// What each place adds to the divergence.
export function divergenceDensity(p, q) {
  return Float64Array.from(p, (value, at) => 0.5 * (entropyTerm(value, q[at]) + entropyTerm(q[at], value)))
}

// Trapezoids.
export function integral(values, step) {
  let sum = 0
  for (let at = 1; at < values.length; at++) sum += 0.5 * (values[at - 1] + values[at])
  return sum * step
}

// JSD(p, q) in nats: from 0, where they are equal, to log 2, where they do not overlap.
export function jensenShannon(p, q, step) {
  return integral(divergenceDensity(p, q), step)
}

// V(D, G) = E log D(x) + E log(1 - D(G(z))); for D* it is 2 JSD - log 4. Where D rounds to 0 or 1 against the little mass
// that is there, its logarithm stays finite, and what it adds nothing to speak of.
export function value(p, q, d, step) {
  const term = (mass, share) => (mass > 0 ? mass * Math.log(Math.max(share, 1e-300)) : 0)
  return integral(Float64Array.from(p, (mass, at) => term(mass, d[at]) + term(q[at], 1 - d[at])), step)
}
