// Images along a path, played back and forth or moved by hand.

const FRAME_MS = 80

function filmOf(label) {
  const box = element("div", "player")
  const canvas = tile(label, "large")
  const [button, range] = [element("button", "play", "▶ Play"), element("input")]
  button.type = "button"
  Object.assign(range, { type: "range", min: 0, max: 0, step: 1, value: 0 })
  range.setAttribute("aria-label", `Place in the film: ${label}`)
  const controls = element("div", "controls")
  controls.append(button, range)
  box.append(canvas, controls)
  const film = { box, sheet: null, place: 0, onward: 1, timer: null }
  const render = () => {
    if (film.sheet) paint(canvas, film.sheet, film.place)
    range.value = film.place
  }
  const stop = () => {
    clearInterval(film.timer)
    film.timer = null
    button.textContent = "▶ Play"
  }
  const start = () => {
    button.textContent = "❚❚ Hold"
    film.timer = setInterval(() => {
      if (!box.isConnected) return stop()
      const last = film.sheet.count - 1
      if (film.place + film.onward > last || film.place + film.onward < 0) film.onward *= -1
      film.place = Math.min(Math.max(film.place + film.onward, 0), last)
      render()
    }, FRAME_MS)
  }
  button.onclick = () => (film.timer ? stop() : film.sheet && start())
  range.oninput = () => {
    stop()
    film.place = Number(range.value)
    render()
  }
  film.show = (sheet) => {
    const isFirst = !film.sheet
    film.sheet = sheet
    range.max = sheet.count - 1
    film.place = Math.min(film.place, sheet.count - 1)
    render()
    if (isFirst && !matchMedia("(prefers-reduced-motion: reduce)").matches) start()
  }
  return film
}

function filmButtons(page, run, question) {
  const kinds = page.mp4 ? ["gif", "mp4"] : ["gif"]
  return kinds.map((kind) => {
    const button = element("button", kind, kind.toUpperCase())
    button.type = "button"
    button.title = `Save the film as ${kind.toUpperCase()}`
    button.onclick = () => save(page, run, "film", { ...question(), kind }, button)
    return button
  })
}
