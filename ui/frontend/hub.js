// One source a run for everybody who follows it: all components of all tabs of a browser, which allows six connections
// to a server in all.

import { Source } from "./source.js"

const MOST_STREAMS = 4 // connections that stay open; whoever comes then asks again and again

export class Hub {
  constructor({ streams = true } = {}) {
    this.streams = streams
    this.channels = new Map() // address -> { source, followers: Map of port -> ids }
  }

  // A port, a page's, speaks of { type: "follow" | "leave", id, address } or { type: "bye" }, and gets { ids, message }:
  // a message once, with the ids of all who follow that address there.
  attach(port) {
    const mine = new Map() // id -> address
    port.onmessage = ({ data }) => {
      if (data.type === "follow" && !mine.has(data.id)) {
        mine.set(data.id, data.address)
        this.join(data.address, port, data.id)
      }
      if (data.type === "leave" && mine.has(data.id)) this.leave(mine, port, data.id)
      if (data.type === "bye") for (const id of [...mine.keys()]) this.leave(mine, port, id)
    }
    port.start?.()
  }

  join(address, port, id) {
    const channel = this.channels.get(address) ?? this.open(address)
    const ids = channel.followers.get(port)
    if (ids) ids.push(id)
    else channel.followers.set(port, [id])
    for (const message of channel.source.replay()) port.postMessage({ ids: [id], message })
  }

  open(address) {
    const followers = new Map()
    const channel = { followers }
    const streaming = [...this.channels.values()].filter(({ source }) => source.streams).length
    const tell = (message) => {
      if (message.kind === "end" && this.channels.get(address) === channel) this.channels.delete(address)
      for (const [port, ids] of followers) port.postMessage({ ids, message })
    }
    channel.source = new Source(address, tell, { streams: this.streams && streaming < MOST_STREAMS })
    this.channels.set(address, channel)
    return channel
  }

  leave(mine, port, id) {
    const address = mine.get(id)
    mine.delete(id)
    const channel = this.channels.get(address)
    if (!channel) return
    const left = channel.followers.get(port)?.filter((each) => each !== id) ?? []
    if (left.length) channel.followers.set(port, left)
    else channel.followers.delete(port)
    if (channel.followers.size) return
    channel.source.close()
    this.channels.delete(address)
  }
}
