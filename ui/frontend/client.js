// Following runs from a page: `follow(address, take)` gives every message about a run to `take` until it is stopped.

import { Hub } from "./hub.js"

const AWAY_MS = 10_000 // a tab that nobody looks at for so long follows nothing
const AGAIN_MS = 10_000 // after the end of a run
const server = new URL("../../", import.meta.url)
const followed = new Map() // id -> { address, take }
let port = null
let ids = 0
let away = null

export function follow(address, take) {
  const id = (ids += 1)
  const follower = { address: new URL(address, server).href, take }
  followed.set(id, follower)
  port ??= connect()
  if (away !== "gone") ask(id, follower)
  return () => {
    followed.delete(id)
    port.postMessage({ type: "leave", id })
  }
}

// The numbers of a run's curves, as `curve_data` in Python makes them: of all steps or of those `from` one `to` another,
// thinned to so many points.
export async function curves(address, { columns, weight, points, from, to }) {
  const at = new URL(`${address}curves`, server)
  const query = { columns: columns.join(","), weight, points, from, to }
  for (const [name, value] of Object.entries(query)) if (value !== undefined) at.searchParams.set(name, value)
  const answer = await fetch(at)
  if (!answer.ok) throw new Error(await answer.text())
  return answer.json()
}

function ask(id, { address }) {
  port.postMessage({ type: "follow", id, address })
}

function connect() {
  if (!window.SharedWorker) return inThisPage()
  try {
    const worker = new SharedWorker(new URL("./worker.js", import.meta.url), { type: "module", name: "runs" })
    worker.onerror = () => {
      port = inThisPage()
      for (const [id, follower] of followed) ask(id, follower)
    }
    worker.port.onmessage = receive
    return worker.port
  } catch {
    return inThisPage()
  }
}

// Without a worker that all tabs share, a stream for each tab would soon take all connections: so it asks.
function inThisPage() {
  const { port1, port2 } = new MessageChannel()
  new Hub({ streams: false }).attach(port2)
  port1.onmessage = receive
  return port1
}

function receive({ data: { ids, message } }) {
  for (const id of ids) {
    followed.get(id)?.take(message)
    if (message.kind === "end") setTimeout(() => followAgain(id), AGAIN_MS)
  }
}

// Whoever still follows a run that ended has not heard of it, or somebody resumed it at once.
function followAgain(id) {
  if (!followed.has(id) || away === "gone") return
  port.postMessage({ type: "leave", id })
  ask(id, followed.get(id))
}

function leave() {
  away = "gone"
  port?.postMessage({ type: "bye" })
}

function comeBack() {
  clearTimeout(away)
  const wasAway = away === "gone"
  away = null
  if (wasAway) for (const [id, follower] of followed) ask(id, follower)
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) comeBack()
  else if (away === null) away = setTimeout(leave, AWAY_MS)
})
addEventListener("pagehide", leave)
addEventListener("pageshow", comeBack)
