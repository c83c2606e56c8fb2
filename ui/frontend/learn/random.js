// Random numbers from a seed: the same on every machine, so that a class sees what its teacher sees.

export class Random {
  constructor(seed) {
    this.state = (seed * 2654435761 + 1013904223) >>> 0
    this.spare = null
  }

  // Uniform in [0, 1): Mulberry32.
  uniform() {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let mixed = this.state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }

  // Of mean 0 and standard deviation 1: Box and Muller's pair, one kept for the next call.
  normal() {
    if (this.spare !== null) {
      const kept = this.spare
      this.spare = null
      return kept
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    const angle = 2 * Math.PI * this.uniform()
    this.spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  below(count) {
    return Math.floor(this.uniform() * count)
  }
}
