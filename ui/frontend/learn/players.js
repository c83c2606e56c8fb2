// GANs that train side by side in workers, as many as there are cores to spare, all at the same step.

const MOST = 5 // workers
export const SMOOTHED = 0.15 // share of the newest count in the curve of modes: samples come and go

export class Players {
  // `options`: [{ id, learns, ...those of Gan }]; `reach`: the square over which D is asked.
  constructor(options, { reach }) {
    Object.assign(this, { reach, target: 0, owed: 0, isFresh: false, rates: null, only: null })
    this.frames = new Map() // by id: the newest that a worker said
    this.history = new Map(options.map(({ id }) => [id, []])) // by id: [step, modes], smoothed as they came
    const count = Math.max(1, Math.min(MOST, options.length, (navigator.hardwareConcurrency ?? 2) - 1))
    this.workers = Array.from({ length: count }, (_, at) => this.hire(options.filter((_each, place) => place % count === at)))
  }

  hire(options) {
    const worker = new Worker(new URL("./trainer.js", import.meta.url), { type: "module" })
    const hired = { worker, isThere: true, isBusy: false }
    worker.onmessage = ({ data }) => this.hear(hired, data)
    this.send(hired, { make: options })
    return hired
  }

  send(hired, more = {}) {
    hired.isBusy = true
    const { target, rates, only, reach } = this
    hired.worker.postMessage({ target, rates, only, reach, ...more })
  }

  hear(hired, { isThere, frames }) {
    Object.assign(hired, { isThere, isBusy: false })
    for (const frame of frames) {
      this.frames.set(frame.id, frame)
      const history = this.history.get(frame.id)
      const before = history.at(-1) ?? [-1, frame.modes]
      if (before[0] !== frame.steps) history.push([frame.steps, before[1] + SMOOTHED * (frame.modes - before[1])])
      if (history.length > 2000) this.history.set(frame.id, history.filter((_, at) => at % 2 === 0))
    }
    this.isFresh = true
    if (!isThere) this.send(hired)
    else this.goOn()
  }

  // Train all of them `steps` further; one player alone where `only` is "d" or "g". What cannot be done as fast as it is
  // asked for is not owed for long.
  ask(steps, rates, only = null) {
    this.owed = Math.min(this.owed + steps, Math.max(steps, 16))
    this.rates = rates
    this.next = only
    this.goOn()
  }

  goOn() {
    if (!this.owed || this.workers?.some(({ isThere, isBusy }) => isBusy || !isThere)) return
    this.target += this.owed
    this.owed = 0
    this.only = this.next
    this.workers.forEach((hired) => {
      hired.isThere = false
      this.send(hired)
    })
  }

  get isBusy() {
    return this.workers.some(({ isThere, isBusy }) => isBusy || !isThere)
  }

  takeFresh() {
    const was = this.isFresh
    this.isFresh = false
    return was
  }

  close() {
    this.workers.forEach(({ worker }) => worker.terminate())
    this.workers = []
  }
}
