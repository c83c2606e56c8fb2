// Code to read: lines with numbers, some of them marked. Drawn anew only when it changed, so that a selection stays.

function piece([kind, text]) {
  const element = document.createElement("span")
  element.className = kind
  element.textContent = text
  return element
}

function row({ pieces, marked }) {
  const line = document.createElement("div")
  line.className = marked ? "line marked" : "line"
  const text = document.createElement("span")
  text.className = "content"
  text.append(...pieces.map(piece), "\n")
  line.append(text)
  return line
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".code")
  const told = JSON.stringify(data)
  if (root.told === told) return
  root.told = told
  root.setAttribute("aria-label", data.label)
  root.style.height = `${data.height}px`
  root.replaceChildren(...data.lines.map(row))
}
