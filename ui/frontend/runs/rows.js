// Rows: a run each, or the heading of a group. They are known by the run's id, so that ticks and boxes stay with it.

function buildLine(line, page) {
  return "group" in line ? buildGroup(line, page) : buildRow(line, page)
}

function buildGroup(line, page) {
  const row = element("tr", "group")
  const tick = element("td", "tick")
  const all = checkbox(`Tick all runs of ${line.group}`)
  all.onchange = () => page.outbox.ask("tick-found", { group: line.group, on: all.checked })
  tick.append(all)
  const name = element("th")
  name.scope = "rowgroup"
  const fold = button(line.group, { symbol: "expand_more", className: "plain fold" })
  fold.onclick = () => page.outbox.ask("fold", { group: line.group, on: fold.getAttribute("aria-expanded") === "true" })
  name.append(fold, element("span", "count"))
  row.append(tick, name)
  return row
}

function renderGroup(row, line, page) {
  row.querySelector("th").colSpan = 2 + page.data.columns.length
  const all = row.querySelector("input")
  all.checked = line.ticked === line.count
  all.indeterminate = line.ticked > 0 && line.ticked < line.count
  row.querySelector(".fold").setAttribute("aria-expanded", String(!line.folded))
  setText(row.querySelector(".fold .icon"), line.folded ? "chevron_right" : "expand_more")
  setText(row.querySelector(".count"), counted(line.count, "run"))
}

function buildRow(line, page) {
  const row = element("tr", "run")
  const tick = element("td", "tick")
  const box = checkbox("")
  box.onclick = (event) => tickRange(page, line.id, box.checked, event.shiftKey)
  tick.append(box)
  const picture = element("td", "picture")
  const image = element("img")
  image.alt = "" // the name beside it says whose samples they are
  image.loading = "lazy"
  picture.append(image)
  row.append(tick, picture, buildName(line, page))
  row.onclick = (event) => {
    const inside = event.target.closest("a, button, input, textarea, label, .tick")
    if (!inside && !String(getSelection())) page.outbox.ask("open", { id: line.id })
  }
  return row
}

function renderLines(page, lines) {
  keyed(
    page.body,
    lines,
    (line) => ("group" in line ? `group ${line.group}` : line.id),
    (line) => buildLine(line, page),
    (row, line) => ("group" in line ? renderGroup(row, line, page) : renderRow(row, line, page)),
  )
}

// With Shift, all rows from the one that was ticked last.
function tickRange(page, id, on, isRange) {
  const ids = page.data.lines.filter((line) => line.id).map((line) => line.id)
  const [from, to] = [ids.indexOf(page.lastTicked), ids.indexOf(id)]
  page.lastTicked = id
  const chosen = isRange && from >= 0 ? ids.slice(Math.min(from, to), Math.max(from, to) + 1) : [id]
  page.outbox.ask("tick", { ids: chosen, on })
  renderRows(page)
}

function renderRow(row, line, page) {
  const box = row.querySelector(".tick input")
  box.checked = page.outbox.isTicked(line)
  box.setAttribute("aria-label", `Tick ${line.name}`)
  row.classList.toggle("ticked", box.checked)
  const image = row.querySelector("img")
  if (!line.picture) image.removeAttribute("src")
  else {
    const source = new URL(line.picture, document.baseURI).href
    if (image.src !== source) image.src = source
  }
  renderName(row.querySelector(".name"), line, page)
  const { columns } = page.data
  keyed(
    after(row, 3),
    columns.map((column, index) => ({ column, cell: line.cells[index] })),
    ({ column }) => column.id,
    () => element("td", "value"),
    (node, { column, cell }) => renderCell(node, column, cell, line, page),
  )
}

const FIRST = 20 // rows that are in view at first, on a tall screen

function renderRows(page) {
  const { data } = page
  const isNew = !page.body.firstChild && data.lines.length > FIRST && !document.hidden
  renderLines(page, isNew ? data.lines.slice(0, FIRST) : data.lines)
  if (isNew) requestAnimationFrame(() => setTimeout(() => renderLines(page, page.data.lines))) // once these are painted
  const runs = data.lines.filter((line) => line.id)
  const ticked = runs.filter((line) => page.outbox.isTicked(line)).length
  page.all.checked = runs.length > 0 && ticked === runs.length
  page.all.indeterminate = ticked > 0 && ticked < runs.length
  page.all.onclick = () => {
    page.outbox.ask("tick", { ids: runs.map((line) => line.id), on: page.all.checked })
    renderRows(page)
  }
}
