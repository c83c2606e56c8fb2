// What stands in a cell. Cells are drawn again only when they change, and not while somebody writes in them.

const SVG = "http://www.w3.org/2000/svg"

function renderCell(node, column, cell, line, page) {
  const said = JSON.stringify(cell ?? null)
  if (node.said === said || node.querySelector("textarea")) return
  node.said = said
  node.classList.toggle("right", column.right)
  node.dataset.label = column.title
  node.title = (cell && cell.help) || ""
  if (cell === null || cell === undefined) node.replaceChildren(element("span", "nothing", "\u2013"))
  else if (typeof cell === "string") node.replaceChildren(element("span", "text", cell))
  else if (cell.points) node.replaceChildren(curve(cell))
  else if ("note" in cell) node.replaceChildren(note(node, cell, line, page))
  else if (cell.state) node.replaceChildren(...stateOf(cell))
  else node.replaceChildren(element("span", "text", cell.text), element("span", "line", cell.line))
}

function stateOf(cell) {
  const word = element("span", "state")
  word.dataset.state = cell.state
  word.append(icon(cell.icon), element("span", "", cell.word))
  const parts = [word]
  if (cell.share !== null && cell.share !== undefined) {
    const bar = element("div", "bar")
    bar.setAttribute("role", "progressbar")
    bar.setAttribute("aria-label", "Progress")
    bar.setAttribute("aria-valuenow", String(Math.floor(cell.share)))
    const done = element("div", "done")
    done.style.width = `${cell.share}%`
    bar.append(done)
    word.append(element("span", "percent", `${Math.floor(cell.share)} %`))
    parts.push(bar)
  }
  if (cell.line) {
    const line = element("span", "line", cell.line)
    line.title = cell.line
    parts.push(line)
  }
  return parts
}

function curve({ points, help }) {
  const [width, height] = [96, 26]
  const [low, high] = [Math.min(...points), Math.max(...points)]
  const x = (index) => 2 + (index * (width - 4)) / (points.length - 1)
  const y = (value) => (high > low ? 2 + ((high - value) * (height - 4)) / (high - low) : height / 2)
  const svg = document.createElementNS(SVG, "svg")
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`)
  svg.setAttribute("class", "curve")
  svg.setAttribute("role", "img")
  svg.setAttribute("aria-label", help)
  const path = document.createElementNS(SVG, "polyline")
  path.setAttribute("points", points.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`).join(" "))
  svg.append(path)
  return svg
}

function note(node, cell, line, page) {
  const shown = button(cell.note || "Add a note", { className: `note${cell.note ? "" : " empty"}` })
  shown.setAttribute("aria-label", cell.note ? `Edit the note of ${line.name}: ${cell.note}` : `Add a note to ${line.name}`)
  shown.onclick = () => {
    const box = element("textarea")
    box.value = cell.note
    box.setAttribute("aria-label", `Note of ${line.name}`)
    const finish = (save) => {
      box.onblur = null
      const text = box.value
      node.said = null
      node.replaceChildren()
      renderCell(node, page.data.columns.find((column) => column.id === "notes"), { note: save ? text : cell.note }, line, page)
      node.querySelector("button").focus()
      if (save && text !== cell.note) page.outbox.ask("notes", { id: line.id, text })
    }
    box.onblur = () => finish(true)
    box.onkeydown = (event) => {
      event.stopPropagation()
      if (event.key === "Escape") finish(false)
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) finish(true)
    }
    node.replaceChildren(box)
    box.focus()
  }
  return shown
}

function buildName(line, page) {
  const cell = element("th", "name")
  cell.scope = "row"
  const top = element("div", "top")
  const link = element("a", "link")
  link.href = new URL(`train?run=${encodeURIComponent(line.id)}`, document.baseURI).href
  link.onclick = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return // a tab of its own, as browsers do
    event.preventDefault()
    page.outbox.ask("open", { id: line.id })
  }
  top.append(element("span", "swatch"), link, button("", { className: "plain star" }), renameButton(cell, line, page))
  cell.append(top, element("div", "tags"))
  return cell
}

function renameButton(cell, line, page) {
  const rename = button("", { symbol: "edit", className: "plain hidden rename", name: `Rename ${line.name}` })
  rename.onclick = () => edit(cell.querySelector(".top"), cell.querySelector(".link").textContent, `Name of ${line.name}`, (text) => page.outbox.ask("rename", { id: line.id, text }))
  return rename
}

// A box in the place of what is edited: Enter saves, Escape does not.
function edit(place, text, name, save, list = "") {
  const box = element("input", "editor")
  Object.assign(box, { type: "text", value: text, maxLength: 120 })
  box.setAttribute("aria-label", name)
  if (list) box.setAttribute("list", list)
  const hidden = [...place.children]
  const finish = (wanted) => {
    box.onblur = null
    box.remove()
    for (const child of hidden) child.style.display = ""
    if (wanted && box.value.trim() !== text) save(box.value.trim())
  }
  for (const child of hidden) child.style.display = "none"
  box.onblur = () => finish(true)
  box.onkeydown = (event) => {
    event.stopPropagation()
    if (event.key === "Enter") finish(true)
    if (event.key === "Escape") finish(false)
  }
  place.append(box)
  box.focus()
  box.select()
}

function renderName(cell, line, page) {
  const said = JSON.stringify([line.name, line.color, line.starred, line.tags, line.imported])
  if (cell.said === said || cell.querySelector(".editor")) return
  cell.said = said
  cell.querySelector(".swatch").style.background = line.color ?? "transparent"
  setText(cell.querySelector(".link"), line.name)
  cell.querySelector(".link").title = line.name
  const star = cell.querySelector(".star")
  star.replaceChildren(icon("star"))
  star.classList.toggle("on", Boolean(line.starred))
  star.classList.toggle("hidden", !line.starred)
  star.setAttribute("aria-pressed", String(Boolean(line.starred)))
  star.setAttribute("aria-label", `Star ${line.name}`)
  star.title = line.starred ? "Take the star away" : "Star"
  star.onclick = () => page.outbox.ask("star", { id: line.id, on: !line.starred })
  renderTags(cell.querySelector(".tags"), line, page)
}

function renderTags(place, line, page) {
  if (!line.tags) return place.replaceChildren()
  const ask = (tags) => page.outbox.ask("tags", { id: line.id, tags })
  const chips = line.tags.map((tag) => {
    const chip = element("span", "tag", tag)
    const remove = button("", { symbol: "close", className: "plain", name: `Remove the tag ${tag} from ${line.name}` })
    remove.onclick = () => ask(line.tags.filter((each) => each !== tag))
    chip.append(remove)
    return chip
  })
  if (line.imported) chips.unshift(element("span", "tag imported", "imported"))
  const add = button("", { symbol: "new_label", className: "plain hidden", name: `Add a tag to ${line.name}` })
  add.onclick = () => edit(place, "", `New tag of ${line.name}`, (tag) => tag && ask([...line.tags, tag]), "known-tags")
  place.replaceChildren(...chips, add)
}
