// A finished run played as if it trained: one clock a run for all that shows it on a page.

const DEFAULT_SECONDS = 30 // of a run that does not say how long it took
const clocks = new Map() // address -> Clock

export function clockOf(address) {
  if (!clocks.has(address)) clocks.set(address, new Clock())
  return clocks.get(address)
}

export class Clock {
  constructor() {
    Object.assign(this, { steps: [0], times: [0], seconds: 0, speed: 10, playing: false, followers: new Set() })
  }

  // How long after the start each step was taken, in seconds: what lies between is interpolated.
  record(steps, times, total) {
    const rises = times.length > 0 && times.at(-1) > 0
    this.steps = rises ? [0, ...steps] : [0, total]
    this.times = rises ? [0, ...times] : [0, DEFAULT_SECONDS]
    for (let place = 1; place < this.times.length; place += 1) {
      if (!(this.times[place] >= this.times[place - 1])) this.times[place] = this.times[place - 1]
    }
  }

  get duration() {
    return this.times.at(-1)
  }

  get last() {
    return this.steps.at(-1)
  }

  get step() {
    return Math.floor(between(this.seconds, this.times, this.steps) + 1e-9)
  }

  get over() {
    return this.seconds >= this.duration
  }

  // `take` gets the clock now, and whenever it moves, starts or stops.
  follow(take) {
    this.followers.add(take)
    take(this)
    return () => {
      this.followers.delete(take)
      if (!this.followers.size) this.hold()
    }
  }

  seek(step) {
    this.seconds = between(step, this.steps, this.times)
    this.tell()
  }

  play() {
    if (this.over) this.seconds = 0
    this.playing = true
    this.before = null
    this.frame ??= requestAnimationFrame((now) => this.tick(now))
    this.tell()
  }

  hold() {
    this.playing = false
    if (this.frame) cancelAnimationFrame(this.frame)
    this.frame = null
    this.tell()
  }

  tick(now) {
    this.frame = null
    // Nothing is skipped that nobody could see: of a tab that was away, or while the page was busy.
    const passed = this.before === null ? 0 : Math.min(now - this.before, 250)
    this.before = now
    this.seconds = Math.min(this.seconds + (passed / 1_000) * this.speed, this.duration)
    if (this.over) return this.hold()
    this.frame = requestAnimationFrame((next) => this.tick(next))
    this.tell()
  }

  tell() {
    for (const take of this.followers) take(this)
  }
}

// The value at `x` on the line through the points of two lists, the first of which never falls.
function between(x, xs, ys) {
  if (x >= xs.at(-1)) return ys.at(-1)
  let low = 0
  let high = xs.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (xs[middle] <= x) low = middle
    else high = middle
  }
  if (x <= xs[low]) return ys[low]
  const share = (x - xs[low]) / (xs[high] - xs[low])
  return ys[low] + share * (ys[high] - ys[low])
}

// How many of some steps, which rise, have been taken.
export function taken(steps, step) {
  let low = 0
  let high = steps.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (steps[middle] <= step) low = middle + 1
    else high = middle
  }
  return low
}
