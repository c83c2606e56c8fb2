// When a page draws what it was told of runs: all parts in one frame, a few times a second, and for a small share of the
// time only, since it may be the machine that trains whose browser this is.

const SOONEST_MS = 150 // between two drawings, at least
const SHARE = 0.1 // of the time that drawing may take
const LATEST_MS = 900 // between two drawings, however long they take
const REMEMBERED = 3 // drawings by which the next is planned

export class Pace {
  // What it needs of a browser: the time, a timer, the next frame, and what comes after that frame is painted.
  constructor({ now, wait, frame, painted } = browser) {
    Object.assign(this, { now, wait, frame, painted })
    Object.assign(this, { due: new Set(), drawn: -Infinity, costs: [], isWaiting: false })
  }

  // Draw a part, a function, with whatever else is due; once, however often it is asked for until then.
  soon(part) {
    this.due.add(part)
    this.plan()
  }

  forget(part) {
    this.due.delete(part)
  }

  // By the least that the last drawings took: the others waited for a core that somebody else had.
  get interval() {
    return Math.min(Math.max(Math.min(...this.costs) / SHARE, SOONEST_MS), LATEST_MS)
  }

  plan() {
    if (this.isWaiting || !this.due.size) return
    this.isWaiting = true
    this.wait(() => this.frame(() => this.draw()), Math.max(0, this.drawn + this.interval - this.now()))
  }

  draw() {
    const begin = this.now()
    const parts = [...this.due]
    this.due.clear()
    for (const part of parts) {
      try {
        part()
      } catch (error) {
        reportError(error) // of one part, and the others are drawn
      }
    }
    this.painted(() => {
      this.drawn = begin
      this.costs = [this.now() - begin, ...this.costs].slice(0, REMEMBERED)
      this.isWaiting = false
      this.plan()
    })
  }
}

const { port1, port2 } = new MessageChannel()

const browser = {
  now: () => performance.now(),
  wait: (then, ms) => setTimeout(then, ms),
  frame: (then) => requestAnimationFrame(then),
  painted: (then) => {
    port1.onmessage = then // a message that is sent in a frame comes when it has been painted
    port2.postMessage(null)
  },
}

const pace = new Pace()

export const soon = (part) => pace.soon(part)
export const forget = (part) => pace.forget(part)
