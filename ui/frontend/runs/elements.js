// The table of runs. First, what everything in it is made of.

function element(tag, className = "", text = "") {
  const made = document.createElement(tag)
  made.className = className
  made.textContent = text
  return made
}

function icon(name) {
  const made = element("span", "icon", name)
  made.setAttribute("aria-hidden", "true") // the word beside it says it
  return made
}

function button(label, { symbol = "", className = "", name = "" } = {}) {
  const made = element("button", className)
  made.type = "button"
  if (symbol) made.append(icon(symbol))
  if (label) made.append(element("span", "", label))
  if (name) {
    made.setAttribute("aria-label", name)
    made.title = name
  }
  return made
}

function checkbox(name) {
  const made = element("input")
  made.type = "checkbox"
  made.setAttribute("aria-label", name)
  return made
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text
}

// Children by key, in order; a node that is there already stays the same one, with its focus.
function keyed(parent, items, keyOf, build, render) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]))
  items.forEach((item, index) => {
    const key = keyOf(item)
    let node = known.get(key)
    known.delete(key)
    if (!node) {
      node = build(item)
      node.dataset.key = key
    }
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null)
    render(node, item)
  })
  for (const gone of known.values()) gone.remove()
}

// The children of a node after its first few, for `keyed`.
function after(parent, count) {
  return {
    get children() {
      return [...parent.children].slice(count)
    },
    insertBefore: (node, before) => parent.insertBefore(node, before),
  }
}
