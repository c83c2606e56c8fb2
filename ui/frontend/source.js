// What one run tells: a stream of events, and while that is broken, questions once a second.

const KINDS = ["rows", "status", "pictures", "reset", "end"]
const POLL_MS = 1_000
const AGAIN_MS = 5_000 // between tries to get the stream back
const SILENT_MS = 25_000 // the server says something every ten seconds

export class Source {
  // `address` ends in a slash; `tell` gets each message; without `streams` it asks only.
  constructor(address, tell, { streams = true } = {}) {
    Object.assign(this, { address, tell, streams, position: null, connection: "", latest: new Map(), frames: new Map() })
    this.closed = false
    if (streams) this.listen()
    else this.poll()
  }

  // What somebody needs to hear who comes later.
  replay() {
    const pictures = this.frames.size ? [{ kind: "pictures", frames: [...this.frames.values()] }] : []
    return [...this.latest.values(), ...pictures]
  }

  close() {
    this.closed = true
    this.stream?.close()
    clearTimeout(this.timer)
    clearTimeout(this.guard)
  }

  listen() {
    const stream = new EventSource(this.at("stream"))
    this.stream = stream
    stream.onopen = () => this.connected("live")
    stream.onerror = () => this.fallBack()
    for (const kind of KINDS) {
      stream.addEventListener(kind, (event) => this.take(kind, JSON.parse(event.data), event.lastEventId))
    }
    this.watch()
  }

  at(what) {
    const address = new URL(what, this.address)
    if (this.position) address.searchParams.set("after", this.position)
    return address
  }

  // A proxy that holds everything back looks like a stream that says nothing.
  watch() {
    clearTimeout(this.guard)
    this.guard = setTimeout(() => this.fallBack(), SILENT_MS)
  }

  fallBack() {
    if (this.closed) return
    this.stream.close()
    clearTimeout(this.guard)
    this.again = performance.now() + AGAIN_MS
    this.poll()
  }

  async poll() {
    try {
      const answer = await fetch(this.at("news"), { cache: "no-store" })
      if (answer.status === 404) return this.take("end", { state: "gone" })
      if (!answer.ok) throw new Error(answer.statusText)
      const { position, messages } = await answer.json()
      if (this.closed) return
      this.connected("polling")
      for (const { kind, data } of messages) this.take(kind, data, position)
    } catch {
      this.connected("lost")
    }
    if (this.closed) return
    const listens = this.streams && performance.now() > this.again
    this.timer = setTimeout(() => (listens ? this.listen() : this.poll()), POLL_MS)
  }

  connected(connection) {
    if (this.closed || connection === this.connection) return
    this.connection = connection
    this.pass({ kind: "connection", connection })
  }

  take(kind, data, position) {
    if (this.closed) return
    if (position) this.position = position
    if (this.stream?.readyState === 1) this.watch()
    if (kind === "pictures") for (const frame of data.frames) this.frames.set(frame.step, frame)
    if (kind === "reset") for (const step of this.frames.keys()) if (step > data.step) this.frames.delete(step)
    this.pass({ kind, ...data })
    if (kind === "end") this.close()
  }

  pass(message) {
    if (message.kind === "status" || message.kind === "connection") this.latest.set(message.kind, message)
    this.tell(message)
  }
}
