// Arms by seeds: each run a cell with its newest samples, its state and how far it is. Cells keep their place and size.

function element(tag, className, text = "") {
  const made = document.createElement(tag)
  made.className = className
  made.textContent = text
  return made
}

function buildCell() {
  const cell = element("div", "cell")
  const open = element("button", "open")
  open.type = "button"
  const image = document.createElement("img")
  image.alt = "" // the button says what it is
  open.append(image, element("span", "seed"))
  const bar = element("div", "bar")
  bar.append(element("div", "done"))
  const line = element("div", "line")
  const icon = element("span", "icon")
  icon.setAttribute("aria-hidden", "true") // the word beside it says it
  line.append(icon, element("span", "word"))
  const retry = element("button", "retry", "Retry")
  retry.type = "button"
  cell.append(open, bar, line, retry)
  return cell
}

function buildRow(row) {
  const made = element("div", "row")
  made.setAttribute("role", "group")
  const cells = element("div", "cells")
  cells.append(...row.cells.map(buildCell))
  made.append(element("div", "arm"), cells)
  return made
}

function renderCell(node, cell, row, triggers) {
  const open = node.querySelector(".open")
  const image = node.querySelector("img")
  node.dataset.state = cell.state
  open.style.setProperty("--aspect", cell.aspect)
  open.disabled = !cell.run || cell.state === "missing"
  node.querySelector(".seed").textContent = `seed ${cell.seed}`
  open.setAttribute("aria-label", `${row.name}, seed ${cell.seed}: ${cell.line}. Open in Train`)
  open.title = !open.disabled ? `${row.name}, seed ${cell.seed}: open in Train` : ""
  open.onclick = () => triggers("open", cell.run)
  if (!cell.src) image.removeAttribute("src")
  else {
    const source = new URL(cell.src, document.baseURI).href
    if (image.src !== source) image.src = source
  }
  node.querySelector(".done").style.width = `${100 * cell.share}%`
  node.querySelector(".icon").textContent = cell.icon
  node.querySelector(".word").textContent = cell.line
  const retry = node.querySelector(".retry")
  retry.hidden = !cell.retry
  retry.setAttribute("aria-label", `Retry ${row.name}, seed ${cell.seed}`)
  retry.onclick = () => {
    retry.disabled = true
    triggers("retry", cell.run)
  }
  if (!cell.retry) retry.disabled = false
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".grid")
  const shape = JSON.stringify(data.rows.map((row) => [row.name, row.cells.map((cell) => cell.seed)]))
  if (root.shape !== shape) {
    root.shape = shape
    root.replaceChildren(...data.rows.map(buildRow))
  }
  data.rows.forEach((row, index) => {
    const node = root.children[index]
    node.setAttribute("aria-label", row.name)
    const arm = node.querySelector(".arm")
    arm.textContent = row.name
    arm.style.borderColor = row.color
    row.cells.forEach((cell, at) => renderCell(node.querySelector(".cells").children[at], cell, row, setTriggerValue))
  })
}
