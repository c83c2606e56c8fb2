// The compared runs as chips: add by search, remove, hide, and put in another order, with the pointer or the keyboard.

const HIGHLIGHT = "gan-workbench-highlight" // heard by the charts
const WAIT_MS = 120 // after a key, before it is searched for
const MANY = 12
const SVG = "http://www.w3.org/2000/svg"

function sample(chip) {
  const svg = document.createElementNS(SVG, "svg")
  const line = document.createElementNS(SVG, "line")
  svg.setAttribute("class", "sample")
  svg.setAttribute("viewBox", "0 0 20 4")
  svg.setAttribute("aria-hidden", "true")
  for (const [name, value] of Object.entries({ x1: 0, x2: 20, y1: 2, y2: 2, stroke: chip.color, "stroke-width": 4 })) {
    line.setAttribute(name, value)
  }
  if (chip.dash) line.setAttribute("stroke-dasharray", chip.dash)
  svg.append(line)
  return svg
}

function thumbnail(source) {
  const image = document.createElement("img")
  image.alt = ""
  image.loading = "lazy"
  image.draggable = false
  if (source) image.src = new URL(source, document.baseURI).href
  return image
}

function buildChip(root, chip) {
  const item = element("li", "chip")
  item.dataset.run = chip.id
  item.draggable = true
  const shown = element("button", "shown")
  shown.type = "button"
  shown.append(thumbnail(chip.src), sample(chip), element("span", "name", chip.name))
  if (chip.reference) shown.append(element("span", "reference", "reference"))
  shown.title = `${chip.title}\nClick: hide or show. Drag, or Alt with an arrow key: move.`
  shown.onclick = () => toggle(root, chip.id)
  shown.onkeydown = (event) => onKey(root, chip, event)
  item.append(
    shown,
    iconButton("visibility", `Hide ${chip.name}`, () => toggle(root, chip.id)),
    iconButton("close", `Remove ${chip.name}`, () => remove(root, chip)),
  )
  item.onpointerenter = () => highlight(chip.id)
  item.onpointerleave = () => highlight(null)
  item.ondragstart = (event) => {
    root.dragged = item
    event.dataTransfer.effectAllowed = "move"
    event.dataTransfer.setData("text/plain", chip.name)
    item.classList.add("dragged")
  }
  item.ondragend = () => drop(root)
  return item
}

function highlight(run) {
  window.dispatchEvent(new CustomEvent(HIGHLIGHT, { detail: run }))
}

function render(root) {
  const list = root.querySelector(".chips")
  root.classList.toggle("many", root.order.length > MANY) // then they scroll in a box of their own
  const focused = root.getRootNode().activeElement
  const before = new Map([...list.children].map((item) => [item.dataset.run, item]))
  const items = root.order.map((id) => {
    const chip = root.known.get(id)
    const looks = JSON.stringify(chip)
    let item = before.get(id)
    if (item?.looks !== looks) {
      item = buildChip(root, chip)
      item.looks = looks
    }
    const hidden = root.concealed.has(id)
    item.classList.toggle("hidden", hidden)
    const [shown, eye] = item.querySelectorAll("button")
    shown.setAttribute("aria-pressed", String(!hidden))
    eye.textContent = hidden ? "visibility_off" : "visibility"
    eye.title = `${hidden ? "Show" : "Hide"} ${chip.name}`
    eye.setAttribute("aria-label", eye.title)
    return item
  })
  if (items.length !== list.children.length || items.some((item, at) => list.children[at] !== item)) {
    list.replaceChildren(...items)
    if (focused && items.some((item) => item.contains(focused))) focused.focus()
  }
}

function commit(root, said) {
  render(root)
  root.querySelector(".said").textContent = said
  root.tell({ runs: root.order, hidden: root.order.filter((id) => root.concealed.has(id)) })
}

function toggle(root, id) {
  const name = root.known.get(id).name
  const hide = !root.concealed.has(id)
  root.concealed[hide ? "add" : "delete"](id)
  commit(root, `${name} is ${hide ? "hidden" : "shown"}`)
}

function remove(root, chip) {
  const at = root.order.indexOf(chip.id)
  root.order = root.order.filter((id) => id !== chip.id)
  commit(root, `${chip.name} is removed`)
  const next = root.querySelectorAll(".chip .shown")[Math.min(at, root.order.length - 1)]
  ;(next ?? root.querySelector(".search")).focus()
}

function move(root, chip, by) {
  const from = root.order.indexOf(chip.id)
  const to = from + by
  if (to < 0 || to >= root.order.length) return
  root.order.splice(from, 1)
  root.order.splice(to, 0, chip.id)
  commit(root, `${chip.name} is number ${to + 1} of ${root.order.length}`)
}

function onKey(root, chip, event) {
  if (event.altKey && event.key === "ArrowLeft") move(root, chip, -1)
  else if (event.altKey && event.key === "ArrowRight") move(root, chip, 1)
  else if (event.key === "Delete") remove(root, chip)
  else return
  event.preventDefault()
}

// While one is dragged the others make room; what the order is then counts once it is dropped.
function dragOver(root, event) {
  const target = event.composedPath().find((each) => each.classList?.contains("chip"))
  if (!root.dragged) return
  event.preventDefault()
  if (!target || target === root.dragged) return
  const box = target.getBoundingClientRect()
  target[event.clientX < box.left + box.width / 2 ? "before" : "after"](root.dragged)
}

function drop(root) {
  if (!root.dragged) return
  root.dragged.classList.remove("dragged")
  const name = root.known.get(root.dragged.dataset.run).name
  root.dragged = null
  const order = [...root.querySelectorAll(".chip")].map((item) => item.dataset.run)
  if (order.join() === root.order.join()) return
  root.order = order
  commit(root, `${name} is moved`)
}

// --- adding ------------------------------------------------------------------------------------------------------

async function search(root, address) {
  const input = root.querySelector(".search")
  const asked = (root.asked = input.value)
  let found = []
  let said = ""
  try {
    const answer = await fetch(new URL(`${address}?q=${encodeURIComponent(asked)}`, document.baseURI))
    if (!answer.ok) throw new Error(answer.statusText)
    found = await answer.json()
    said = found.length ? "" : "No run matches."
  } catch {
    said = "The server does not answer."
  }
  if (root.asked === asked && input === root.getRootNode().activeElement) offer(root, found, said)
}

function offer(root, found, said = "") {
  const list = root.querySelector(".found")
  root.active = -1
  list.replaceChildren(
    ...found.map((run, at) => {
      const item = element("li", "option")
      item.id = `option-${at}`
      item.setAttribute("role", "option")
      const chosen = root.order.includes(run.id)
      item.setAttribute("aria-selected", String(chosen))
      item.run = run
      const words = element("div", "words")
      words.append(element("div", "name", run.name), element("div", "line", run.line))
      item.append(thumbnail(run.src), words, element("span", "icon", chosen ? "check" : "add"))
      item.onpointerdown = (event) => event.preventDefault() // or the input would lose the focus, and the list close
      item.onclick = () => pick(root, run)
      return item
    }),
  )
  root.querySelector(".nothing").textContent = said
  root.querySelector(".menu").hidden = false
  root.querySelector(".search").setAttribute("aria-expanded", "true")
}

function close(root) {
  root.asked = null
  root.querySelector(".menu").hidden = true
  const input = root.querySelector(".search")
  input.setAttribute("aria-expanded", "false")
  input.removeAttribute("aria-activedescendant")
}

function pick(root, run) {
  if (root.order.includes(run.id)) {
    root.order = root.order.filter((id) => id !== run.id)
    commit(root, `${run.name} is removed`)
  } else if (root.order.length >= root.most) {
    root.querySelector(".nothing").textContent = `At most ${root.most} runs can be compared.`
    return
  } else {
    root.known.set(run.id, run)
    root.order = [...root.order, run.id]
    commit(root, `${run.name} is added`)
  }
  for (const item of root.querySelectorAll(".option")) {
    const chosen = root.order.includes(item.run.id)
    item.setAttribute("aria-selected", String(chosen))
    item.querySelector(".icon").textContent = chosen ? "check" : "add"
  }
}

function onSearchKey(root, event) {
  const options = [...root.querySelectorAll(".option")]
  const open = !root.querySelector(".menu").hidden
  if (event.key === "Escape") close(root)
  else if (open && options.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    root.active = (root.active + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length
    options.forEach((item, at) => item.classList.toggle("active", at === root.active))
    options[root.active].scrollIntoView({ block: "nearest" })
    event.target.setAttribute("aria-activedescendant", options[root.active].id)
  } else if (open && options.length && event.key === "Enter") pick(root, options[Math.max(root.active, 0)].run)
  else return
  event.preventDefault()
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".chosen")
  if (exchange(root, data, setTriggerValue) && !root.dragged) {
    root.order = data.chips.map((chip) => chip.id)
    root.concealed = new Set(data.chips.filter((chip) => chip.hidden).map((chip) => chip.id))
    root.known = new Map(data.chips.map((chip) => [chip.id, chip]))
  }
  root.most = data.most
  const list = root.querySelector(".chips")
  list.ondragover = (event) => dragOver(root, event)
  list.ondrop = (event) => event.preventDefault()
  const input = root.querySelector(".search")
  input.oninput = () => {
    clearTimeout(root.waiting)
    root.waiting = setTimeout(() => search(root, data.find), WAIT_MS)
  }
  input.onfocus = () => search(root, data.find)
  input.onblur = () => close(root)
  input.onkeydown = (event) => onSearchKey(root, event)
  render(root)
}
