// A lesson full-screen, for a class: arrow keys and a presenter's Page Up and Page Down step through the lessons by
// pressing the page's own buttons.

const STEPS = { ArrowRight: "next", PageDown: "next", ArrowLeft: "previous", PageUp: "previous" }

// The arrows belong to whatever has the focus and uses them itself.
function usesArrows(event) {
  const target = event.composedPath()[0]
  return Boolean(target.closest?.("input, select, textarea, [role=radio], [role=slider]"))
}

function listen(button, place) {
  const stage = () => document.querySelector(`.st-key-${place}`)
  const isFull = () => document.fullscreenElement !== null && document.fullscreenElement === stage()
  const label = () => (button.querySelector(".words").textContent = isFull() ? "Leave" : "Present")
  const press = (event) => {
    const step = STEPS[event.key]
    if (!step || !isFull() || event.ctrlKey || event.altKey || event.metaKey) return
    if (event.key.startsWith("Arrow") && usesArrows(event)) return
    event.preventDefault()
    document.querySelector(`.st-key-lesson-${step} button:enabled`)?.click()
  }
  button.onclick = () => (isFull() ? document.exitFullscreen() : stage()?.requestFullscreen())
  document.addEventListener("fullscreenchange", label)
  document.addEventListener("keydown", press)
  return () => {
    document.removeEventListener("fullscreenchange", label)
    document.removeEventListener("keydown", press)
  }
}

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button")
  button.hidden = !document.fullscreenEnabled
  button.leave ??= listen(button, data.place)
  return () => {
    button.leave?.()
    button.leave = null
  }
}
