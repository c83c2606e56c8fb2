// A Plotly chart that keeps its DOM node, and with it zoom and hover, while its data changes.

function loadPlotly(address) {
  window.ganWorkbenchPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = new URL(address, document.baseURI).href
    script.onload = () => resolve(window.Plotly)
    script.onerror = () => reject(new Error("plotly.min.js could not be loaded"))
    document.head.append(script)
  })
  return window.ganWorkbenchPlotly
}

function themed(layout, element) {
  const style = getComputedStyle(element)
  const token = (name, fallback) => style.getPropertyValue(name).trim() || fallback
  const text = token("--st-text-color", "#333")
  const line = token("--st-border-color", "#ccc")
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, tickcolor: line }
  const merged = { ...layout, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)" }
  merged.font = { family: token("--st-font", "sans-serif"), size: 12, color: text }
  merged.hoverlabel = { bgcolor: token("--st-background-color", "#fff"), bordercolor: line, font: { color: text } }
  for (const name of Object.keys(layout)) {
    if (/^[xy]axis/.test(name)) merged[name] = { ...axis, ...layout[name] }
  }
  return merged
}

// Draws at once what is on the screen, and what is not when it comes there: a live page redraws every second.
function whenSeen(element, draw) {
  element.draw = draw
  if (element.seen) return draw()
  element.watcher ??= new IntersectionObserver(
    (entries) => {
      const before = element.seen
      element.seen = entries.at(-1).isIntersecting
      if (element.seen && !before) element.draw()
    },
    { rootMargin: "200px" },
  )
  element.watcher.observe(element)
}

export default function ({ data, parentElement }) {
  const element = parentElement.querySelector(".chart")
  const message = parentElement.querySelector(".message")
  element.style.height = `${data.height}px`
  element.setAttribute("aria-label", data.alt)
  element.pending = data
  loadPlotly(data.library).then(
    (Plotly) => {
      if (element.pending !== data) return // a newer update is on its way
      whenSeen(element, () => {
        const config = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["select2d", "lasso2d"] }
        Plotly.react(element, element.pending.figure.data, themed(element.pending.figure.layout, element), config)
        element.dataset.updates = Number(element.dataset.updates ?? 0) + 1
      })
    },
    (error) => (message.textContent = `${error.message}: restart the dashboard.`),
  )
  return () => {
    element.watcher?.disconnect()
    window.Plotly?.purge(element)
  }
}
