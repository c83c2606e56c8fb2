// A run's curve in the browser: thinned by the server, then continued row by row.

export const MOST_POINTS = 1_200 // beyond, it is thinned to half as many

// Base64 of 32-bit or 64-bit floats.
export function unpack({ dtype, bdata }) {
  const bytes = Uint8Array.from(atob(bdata), (character) => character.charCodeAt(0))
  return dtype === "f8" ? new Float64Array(bytes.buffer) : new Float32Array(bytes.buffer)
}

// An exponential moving average, corrected for its start: what `smooth` in Python computes. Gaps count as time gone by.
export class Average {
  constructor(past, state) {
    this.past = past // weight of the past, in [0, 1)
    this.mean = state ? state[0] : NaN
    this.total = state ? state[1] : 0 // the weight of all that is in the mean
  }

  next(value) {
    if (this.past === 0) return value
    this.total *= this.past
    if (Number.isFinite(value)) {
      this.mean = this.total ? (this.total * this.mean + value) / (this.total + 1) : value
      this.total += 1
    }
    return this.mean
  }
}

// Indices of about so many points: the first and the last, and the extremes of even stretches between; a spike stays.
export function thinned(x, y, points) {
  const parts = Math.max(1, Math.floor((points - 2) / 2))
  const last = x.length - 1
  const kept = new Set([0, last])
  let index = 1
  for (let part = 0; part < parts; part += 1) {
    const end = x[0] + ((part + 1) * (x[last] - x[0])) / parts
    let [low, high] = [index, index]
    const first = index
    for (; index < last && x[index] < end; index += 1) {
      if (y[index] < y[low]) low = index
      if (y[index] > y[high]) high = index
    }
    if (first < index) kept.add(low).add(high)
  }
  return [...kept].sort((a, b) => a - b)
}

class Line {
  constructor(packed) {
    this.x = packed ? [...unpack(packed.x)] : []
    this.y = packed ? [...unpack(packed.y)] : []
  }

  push(x, y) {
    if (!Number.isFinite(y)) return
    this.x.push(x)
    this.y.push(y)
    if (this.x.length <= MOST_POINTS) return
    const kept = thinned(this.x, this.y, MOST_POINTS / 2)
    this.x = kept.map((index) => this.x[index])
    this.y = kept.map((index) => this.y[index])
  }

  // This line with a finer one in its place, from the first step of that to its last.
  with(finer) {
    if (!finer?.x.length) return this
    const before = this.x.findIndex((x) => x >= finer.x[0])
    const after = this.x.findIndex((x) => x > finer.x.at(-1))
    const join = (name) => [
      ...(before < 0 ? this[name] : this[name].slice(0, before)),
      ...finer[name],
      ...(after < 0 ? [] : this[name].slice(after)),
    ]
    return { x: join("x"), y: join("y") }
  }
}

export class Curve {
  constructor(past, packed) {
    this.average = new Average(past, packed?.average)
    this.raw = new Line(packed?.raw)
    this.smoothed = new Line(packed?.smoothed)
  }

  append(step, value) {
    this.raw.push(step, value)
    this.smoothed.push(step, this.average.next(value))
  }
}

// Some `columns` of one run: a picture of all steps, a finer one of those that a zoom shows, and what is new.
export class Curves {
  constructor(past, columns) {
    Object.assign(this, { past, columns, curves: new Map(), finer: new Map(), step: 0, generation: null, rows: 0 })
    Object.assign(this, { low: Infinity, high: -Infinity }) // of all values
  }

  reset({ step, generation, rows, curves }) {
    Object.assign(this, { step, generation, rows, finer: new Map() })
    this.curves = new Map(Object.entries(curves).map(([column, packed]) => [column, new Curve(this.past, packed)]))
    const values = [...this.curves.values()].flatMap((curve) => curve.raw.y)
    Object.assign(this, { low: Math.min(...values), high: Math.max(...values) })
  }

  zoom(answer) {
    this.finer = new Map(Object.entries(answer?.curves ?? {}).map(([name, packed]) => [name, new Curve(0, packed)]))
  }

  // Whether the rows continue what is here; if not, all of it must be fetched again.
  append({ after, generation, step, columns }) {
    if (after > this.step || (this.generation !== generation && this.step > 0)) return false
    this.generation = generation
    const steps = unpack(step)
    const begin = steps.findIndex((each) => each > this.step)
    if (begin < 0) return true
    for (const column of this.columns.filter((each) => columns[each])) {
      const packed = columns[column]
      if (!this.curves.has(column)) this.curves.set(column, new Curve(this.past))
      const values = unpack(packed)
      for (let row = begin; row < steps.length; row += 1) {
        this.curves.get(column).append(steps[row], values[row])
        if (values[row] < this.low) this.low = values[row]
        if (values[row] > this.high) this.high = values[row]
      }
    }
    this.rows += steps.length - begin
    this.step = steps.at(-1)
    return true
  }

  line(column, smoothed) {
    const name = smoothed ? "smoothed" : "raw"
    return this.curves.get(column)?.[name].with(this.finer.get(column)?.[name])
  }
}
