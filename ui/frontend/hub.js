// One source a run for everybody who follows it: all components of all tabs of a browser, which allows six connections
// to a server in all.

import { Source } from "./source.js"

const MOST_STREAMS = 4 // connections that stay open; whoever comes then asks again and again

export class Hub {
  constructor({ streams = true } = {}) {
    this.streams = streams
    this.channels = new Map() // address -> { source, followers: Map of key -> send }
    this.ports = 0
  }

  // A port speaks of { type: "follow" | "leave", id, address } or { type: "bye" }, and gets { id, message }.
  attach(port) {
    const own = (this.ports += 1)
    const mine = new Map() // id -> address
    port.onmessage = ({ data }) => {
      if (data.type === "follow" && !mine.has(data.id)) {
        mine.set(data.id, data.address)
        this.join(data.address, `${own} ${data.id}`, (message) => port.postMessage({ id: data.id, message }))
      }
      if (data.type === "leave" && mine.has(data.id)) this.leave(mine, own, data.id)
      if (data.type === "bye") for (const id of [...mine.keys()]) this.leave(mine, own, id)
    }
    port.start?.()
  }

  join(address, key, send) {
    let channel = this.channels.get(address)
    if (channel) {
      channel.followers.set(key, send)
      for (const message of channel.source.replay()) send(message)
      return
    }
    const followers = new Map([[key, send]])
    channel = { followers }
    this.channels.set(address, channel)
    const streaming = [...this.channels.values()].filter((other) => other.source?.streams).length
    const tell = (message) => {
      if (message.kind === "end" && this.channels.get(address) === channel) this.channels.delete(address)
      for (const each of followers.values()) each(message)
    }
    channel.source = new Source(address, tell, { streams: this.streams && streaming < MOST_STREAMS })
  }

  leave(mine, own, id) {
    const address = mine.get(id)
    mine.delete(id)
    const channel = this.channels.get(address)
    channel?.followers.delete(`${own} ${id}`)
    if (!channel || channel.followers.size) return
    channel.source.close()
    this.channels.delete(address)
  }
}
