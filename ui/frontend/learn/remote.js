// A GAN that trains on the server: asked for steps through a websocket, it answers with a frame of few bytes.

import { SMOOTHED } from "./players.js"

const ADDRESS = "lessons/toy"
const SAMPLES = 256
const SIDE = 22 // places along a side at which D was asked
const UNIT = 4 / 32767 // of a coordinate
const MOST_STEPS = 64 // of a question
const RATE_OVER = 1000 // milliseconds over which frames are counted

// One tab's: a second figure of the same tab takes the first one's place.
function session() {
  const known = sessionStorage.getItem("lesson")
  if (known) return known
  const made = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")
  sessionStorage.setItem("lesson", made)
  return made
}

export class Remote {
  constructor(wish) {
    Object.assign(this, { wish, frame: null, history: [], owed: 0, isBusy: false, isFresh: false, isOver: false, said: "", came: [] })
  }

  // Train `steps` further. What cannot be done as fast as it is asked for is not owed for long.
  ask(steps) {
    this.owed = Math.min(this.owed + steps, Math.max(steps, 16))
    if (!this.socket) this.connect()
    else this.goOn()
  }

  connect() {
    const address = new URL(ADDRESS, document.baseURI)
    address.protocol = address.protocol.replace("http", "ws")
    this.isBusy = true
    this.socket = new WebSocket(address)
    this.socket.binaryType = "arraybuffer"
    this.socket.onopen = () => {
      this.socket.send(JSON.stringify({ ...this.wish, session: session() }))
      this.isBusy = false
      this.goOn()
    }
    this.socket.onmessage = ({ data }) => this.hear(data)
    this.socket.onclose = ({ reason }) => this.end(reason || "The server is not there.")
  }

  goOn() {
    if (this.isBusy || this.isOver || !this.owed) return
    this.isBusy = true
    this.socket.send(JSON.stringify({ steps: Math.min(this.owed, MOST_STEPS) }))
    this.owed = 0
  }

  hear(data) {
    const now = performance.now()
    this.came = [...this.came.filter((when) => now - when < RATE_OVER), now]
    this.frame = read(data)
    const before = this.history.at(-1)?.[1] ?? this.frame.modes
    this.history.push([this.frame.step, before + SMOOTHED * (this.frame.modes - before)])
    this.isFresh = true
    this.isBusy = false
    this.goOn()
  }

  end(reason) {
    Object.assign(this, { isOver: true, isBusy: false, isFresh: true, said: reason })
  }

  // Frames of the last second.
  get rate() {
    const now = performance.now()
    return this.came.filter((when) => now - when < RATE_OVER).length
  }

  // Also while the first frame is awaited, so that this is said.
  takeFresh() {
    const was = this.isFresh || (this.isBusy && !this.frame)
    this.isFresh = false
    return was
  }

  close() {
    if (!this.socket) return
    this.socket.onclose = this.socket.onmessage = this.socket.onopen = null
    this.socket.close()
  }
}

// Little-endian, as `gancore.training.watched` writes it.
export function read(data) {
  const view = new DataView(data)
  const coordinate = (at) => UNIT * view.getInt16(8 + 2 * at, true)
  const place = (at) => view.getUint8(8 + 4 * SAMPLES + at) / 255
  return {
    step: view.getUint32(0, true),
    modes: view.getUint16(4, true),
    of: view.getUint16(6, true),
    samples: Float64Array.from({ length: 2 * SAMPLES }, (_, at) => coordinate(at)),
    field: Float64Array.from({ length: SIDE * SIDE }, (_, at) => place(at)),
  }
}
