// What is asked for is numbered, and kept until the server says that it is done: a pass that is cut short loses nothing.

class Outbox {
  waiting = []
  number = 0
  session = null

  update(data, send) {
    this.send = send
    if (this.session !== data.session) Object.assign(this, { session: data.session, number: data.done, waiting: [] })
    this.waiting = this.waiting.filter((request) => request.number > data.done)
  }

  ask(what, details = {}) {
    if (what === "where") this.waiting = this.waiting.filter((request) => request.what !== "where")
    this.number += 1
    this.waiting.push({ ...details, what, number: this.number, session: this.session })
    this.send("asked", [...this.waiting])
  }

  asks(what) {
    return this.waiting.some((request) => request.what === what)
  }

  // Whether a row is ticked once all that was asked for is done.
  isTicked(line) {
    const asked = this.waiting.findLast((request) => request.what === "tick" && request.ids.includes(line.id))
    return asked ? asked.on : line.ticked
  }
}
