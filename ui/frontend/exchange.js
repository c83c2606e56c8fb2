// What the browser changed and the page was told: data that were made before the page heard of it are not shown again.

function exchange(root, data, setTriggerValue) {
  root.told ??= data.heard
  root.tell = (change) => {
    root.told += 1
    setTriggerValue("change", { ...change, number: root.told })
  }
  return data.heard >= root.told // whether the page has heard of everything
}

function element(tag, className = "", text = "") {
  const made = document.createElement(tag)
  if (className) made.className = className
  made.textContent = text
  return made
}

function iconButton(icon, label, onclick) {
  const made = element("button", "icon", icon)
  made.type = "button"
  made.setAttribute("aria-label", label)
  made.title = label
  made.onclick = onclick
  return made
}
