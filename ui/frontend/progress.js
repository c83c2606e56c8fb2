// How far a run is: a line and a bar, which follow it by themselves while it trains. When something changes that the
// page around it shows, the page is told.

const WORDS = { live: "", polling: "no stream, asks every second", lost: "no connection, tries again" }
const PATIENCE_MS = 1_000 // so that many tabs do not all ask at the same moment

function render(root, { line, share, losses }) {
  root.querySelector(".words").textContent = root.data.shows_losses && losses ? `${line} · ${losses}` : line
  root.querySelector(".done").style.width = `${100 * share}%`
  root.querySelector(".bar").setAttribute("aria-valuenow", Math.round(100 * share))
  root.querySelector(".bar").setAttribute("aria-valuetext", line)
}

function take(root, message) {
  if (message.kind === "connection") {
    root.dataset.connection = message.connection
    root.querySelector(".connection").textContent = WORDS[message.connection]
  }
  if (message.kind === "status") {
    root.told = message
    root.dataset.updates = Number(root.dataset.updates ?? 0) + 1
    if (!document.hidden) render(root, message)
  }
  if (message.kind === "end") root.told = { ...root.told, state: message.state }
  if (message.kind === "status" || message.kind === "end") notice(root)
}

// Ask the page to be drawn anew, once for each news.
function notice(root) {
  const { told, data } = root
  const news = JSON.stringify([told.state, told.changes])
  if (news === JSON.stringify([data.state, data.changes]) || news === root.noticed) return
  root.noticed = news
  clearTimeout(root.telling)
  const pause = told.state === data.state ? PATIENCE_MS * Math.random() : 0
  root.telling = setTimeout(() => root.tell("changed", news), pause)
}

async function follow(root, run) {
  const address = run.live ? run.address : null
  if (root.followed === address) return
  root.followed = address
  root.leave?.()
  root.leave = root.told = null
  root.querySelector(".connection").textContent = ""
  if (!address) return
  const { follow } = await import(new URL(`${run.scripts}client.js`, document.baseURI).href)
  if (root.followed === address) root.leave = follow(address, (message) => take(root, message))
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".progress")
  root.data = data
  root.tell = setTriggerValue
  root.querySelector(".label").textContent = data.label
  root.querySelector(".bar").setAttribute("aria-label", `progress of ${data.name}`)
  follow(root, data.run)
  render(root, root.told?.state === data.state ? root.told : data)
  root.onshown ??= () => !document.hidden && root.told && render(root, root.told)
  document.addEventListener("visibilitychange", root.onshown)
  return () => {
    document.removeEventListener("visibilitychange", root.onshown)
    clearTimeout(root.telling)
    root.leave?.()
  }
}
