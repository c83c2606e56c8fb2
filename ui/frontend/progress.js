// How far a run is: its numbers, a line and a bar, which follow it by themselves while it trains. When something changes
// that the page around it shows, the page is told.

const WORDS = { live: "", polling: "no stream, asks every second", lost: "no connection, tries again" }
const PATIENCE_MS = 1_000 // so that many tabs do not all ask at the same moment
const APART_MS = 5_000 // between two times that the page is drawn anew for what happens again and again

function render(root, { line, share, losses, numbers }) {
  if (root.data.shows_numbers) renderNumbers(root.querySelector(".numbers"), numbers)
  root.querySelector(".words").textContent = root.data.shows_losses && losses ? `${line} · ${losses}` : line
  root.querySelector(".done").style.width = `${100 * share}%`
  root.querySelector(".bar").setAttribute("aria-valuenow", Math.round(100 * share))
  root.querySelector(".bar").setAttribute("aria-valuetext", line)
}

// Where they are the same ones as before, their texts are all that is written.
function renderNumbers(line, numbers) {
  const names = JSON.stringify(numbers.map(({ label, role }) => [label, role]))
  if (line.dataset.names !== names) {
    line.dataset.names = names
    const shown = numbers.length ? numbers : [{ note: "Its first numbers come within seconds." }]
    line.replaceChildren(...shown.map(numberOf))
  }
  numbers.forEach(({ text, note }, place) => {
    const [, value, when] = line.children[place].children
    if (value.textContent !== text) value.textContent = text
    if (when.textContent !== note) when.textContent = note
  })
}

function numberOf({ label = "", text = "", note = "", role = "" }) {
  const number = document.createElement("span")
  number.className = `number ${role}`
  const parts = Object.entries({ span: label, b: text, small: note })
  number.append(...parts.map(([tag, words]) => Object.assign(document.createElement(tag), { textContent: words })))
  return number
}

function take(root, message) {
  if (message.kind === "connection") {
    root.dataset.connection = message.connection
    root.querySelector(".connection").textContent = WORDS[message.connection]
  }
  if (message.kind === "status") {
    root.told = message
    root.pace.soon(root.drawDue)
  }
  if (message.kind === "end") root.told = { ...root.told, state: message.state }
  if (message.kind === "status" || message.kind === "end") notice(root)
}

// Ask the page to be drawn anew, once for each news: at once when the run came into another state.
function notice(root) {
  const { told, data } = root
  const news = newsOf(told, data)
  if (news === newsOf(data, data) || news === root.noticed) return
  root.noticed = news
  if (told.state === data.state) root.telling ??= setTimeout(() => tell(root), pause(root))
  else tell(root)
}

function newsOf({ state, changes, evaluations }, { shows_evaluations }) {
  return JSON.stringify([state, changes, ...(shows_evaluations ? [evaluations] : [])])
}

function pause(root) {
  const apart = root.asked === undefined ? 0 : root.asked + APART_MS - performance.now()
  return Math.max(apart, PATIENCE_MS * Math.random())
}

function tell(root) {
  clearTimeout(root.telling)
  root.telling = null
  root.noticed = newsOf(root.told, root.data)
  if (root.noticed === newsOf(root.data, root.data)) return // the page was drawn anew meanwhile
  root.asked = performance.now()
  root.tell("changed", root.noticed)
}

async function follow(root, run) {
  const address = run.live ? run.address : null
  if (root.followed === address) return
  root.followed = address
  root.leave?.()
  root.leave = root.told = null
  root.querySelector(".connection").textContent = ""
  if (!address) return
  const load = (name) => import(new URL(run.scripts + name, document.baseURI).href)
  const [{ follow }, pace] = await Promise.all(["client.js", "pace.js"].map(load))
  root.pace = pace
  root.drawDue ??= () => render(root, root.told ?? root.data)
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
  return () => {
    clearTimeout(root.telling)
    root.pace?.forget(root.drawDue)
    root.leave?.()
  }
}
