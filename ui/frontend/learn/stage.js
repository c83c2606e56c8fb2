// What carries every lesson's figure: panels on canvases, controls, Play, Step and Reset, and what is read off it.
//
// A figure is
//   panels    [{ id, alt, aspect, axes(values, model) }]    drawn by draw[id](plot, model, values)
//   controls  see controls.js; their values are `values`
//   start     (values) => the model, whatever it is
//   draw      { [panel]: (plot, model, values) => undefined }
//   readouts  [{ id, label, color }], read by read(model, values) => { [id]: text }
// and, where it applies,
//   change    (model, values, id) => what a control did to the model; without it, the model is made anew
//   advance   (model, values, steps) => some steps further on; then there are Play, Step, Reset and a speed
//   handles   (model, values) => [{ panel, x, y, color, move(x, y) => changes of values, or of the model }]
//   steps     [{ label, act(model, values) }], more buttons beside Step
//   isBusy, takeFresh   where others compute, such as workers: whether they do, and whether they said something new
//   restores  whether Reset brings back the values that the controls had at first, too
//   close     (model)
// Everything is computed here, in the browser, and only while the figure is to be seen.

import { buildControl } from "./controls.js"
import { Plot } from "./axes.js"
import { button, made, penOn, themeOf } from "../plot.js"

const STEP_MS = 1000 / 60 // a step at 1x, whatever the screen's rate
const MOST_MS = 100 // of a pause that is made up for: a tab that comes back does not race
const SPEEDS = [[0.1, "slow motion"], [1, "1x"], [4, "4x"], [16, "16x"]]
const REACH = 26 // pixels around a handle in which it can be taken
const SAID_AFTER = 600 // milliseconds without a change, after which what is read is said to those who cannot see it
const CALM_MS = 250 // between two pictures for those who asked for less motion
const READ_EVERY = 6 // pictures, while it plays: digits that change more often cannot be read

export class Stage {
  constructor(root, figure) {
    Object.assign(this, { root, figure, playing: false, locked: false, owed: 0, before: 0, pictures: 0, drawn: 0, seen: false })
    this.values = Object.fromEntries(figure.controls.map(({ id, value }) => [id, value]))
    this.defaults = { ...this.values }
    this.speed = figure.speed ?? 1
    this.build()
    this.model = figure.start(this.values)
    this.watch()
    this.refresh()
  }

  // --- what it is made of ---

  build() {
    const { figure, root } = this
    this.panels = figure.panels.map((panel) => this.buildPanel(panel))
    const panels = made("div", `panels columns-${figure.columns ?? figure.panels.length}`)
    panels.append(...this.panels.map((panel) => panel.element))
    this.fields = made("fieldset", "controls")
    this.fields.append(made("legend", "unseen", "Controls of the figure"))
    this.controls = new Map(figure.controls.map((control) => [control.id, buildControl(control, (value) => this.set({ [control.id]: value }))]))
    if (figure.advance) this.fields.append(this.buildPlay())
    this.fields.append(...[...this.controls.values()].map((control) => control.element))
    this.outputs = new Map()
    const readouts = made("dl", "readouts")
    for (const { id, label, color } of figure.readouts ?? []) {
      const pair = made("div")
      const name = made("dt", color ? "swatch" : "", label)
      if (color) name.style.setProperty("--swatch", color)
      this.outputs.set(id, { label, element: made("dd"), text: "" })
      this.outputs.get(id).element.dataset.of = id
      pair.append(name, this.outputs.get(id).element)
      readouts.append(pair)
    }
    this.said = made("p", "unseen")
    this.said.setAttribute("role", "status")
    root.replaceChildren(panels, readouts, this.fields, this.said)
  }

  buildPanel(panel) {
    const element = made("figure", "panel")
    const canvas = made("canvas")
    canvas.setAttribute("role", "img")
    canvas.setAttribute("aria-label", panel.alt)
    element.style.setProperty("--aspect", panel.aspect ?? 1.6)
    if (panel.title) {
      const caption = made("figcaption", panel.color ? "swatch" : "", panel.title)
      if (panel.color) caption.style.setProperty("--swatch", panel.color)
      element.append(caption)
    }
    element.append(canvas)
    const built = { ...panel, element, canvas, plot: null }
    this.listen(built)
    return built
  }

  buildPlay() {
    const play = made("div", "play")
    this.playButton = button("▶ Play", "Play", () => (this.playing ? this.pause() : this.play()))
    const step = button("Step", "One step", () => this.step())
    const more = (this.figure.steps ?? []).map(({ label, act }) => button(label, label, () => this.only(act)))
    const reset = button("Reset", "Reset", () => this.reset())
    const speed = made("select")
    speed.setAttribute("aria-label", "Speed")
    speed.append(...SPEEDS.map(([factor, words]) => new Option(words, factor)))
    speed.value = String(this.speed)
    speed.onchange = () => (this.speed = Number(speed.value))
    play.append(this.playButton, step, ...more, reset, speed)
    return play
  }

  // --- what is asked of it ---

  set(changes) {
    Object.assign(this.values, changes)
    for (const id of Object.keys(changes)) {
      if (this.figure.change) this.figure.change(this.model, this.values, id)
    }
    if (!this.figure.change) this.model = this.figure.start(this.values)
    this.refresh()
    this.sayLater()
  }

  play() {
    this.playing = true
    this.before = performance.now()
    this.showPlaying()
    this.wake()
  }

  pause() {
    this.playing = false
    this.showPlaying()
    this.refresh()
    this.sayLater()
  }

  step() {
    this.only((model, values) => this.figure.advance(model, values, 1))
  }

  only(act) {
    this.playing = false
    this.showPlaying()
    act(this.model, this.values)
    this.refresh()
    this.sayLater()
  }

  reset() {
    this.figure.close?.(this.model)
    if (this.figure.restores) Object.assign(this.values, this.defaults)
    this.model = this.figure.start(this.values)
    this.pause()
  }

  // A question comes first: until it is answered the figure stands still.
  lock(locked) {
    if (locked && this.playing) this.pause()
    this.locked = this.fields.disabled = locked
  }

  showPlaying() {
    if (!this.playButton) return
    this.playButton.textContent = this.playing ? "Pause" : "▶ Play"
    this.playButton.setAttribute("aria-label", this.playing ? "Pause" : "Play")
    this.playButton.title = this.playing ? "Pause" : "Play"
  }

  // --- pictures ---

  watch() {
    this.calm = matchMedia("(prefers-reduced-motion: reduce)")
    this.sizes = new ResizeObserver(() => this.refresh())
    this.panels.forEach((panel) => this.sizes.observe(panel.canvas))
    this.view = new IntersectionObserver((entries) => {
      this.seen = entries.at(-1).isIntersecting
      this.wake()
    })
    this.view.observe(this.root)
    this.dark = matchMedia("(prefers-color-scheme: dark)")
    this.onTheme = () => this.refresh()
    this.dark.addEventListener("change", this.onTheme)
    this.root.dataset.ready = this.figure.name
  }

  // Draw anew at the next picture.
  refresh() {
    this.stale = true
    this.showValues()
    this.wake()
  }

  showValues() {
    for (const [id, control] of this.controls) control.show(this.values[id])
  }

  wake() {
    if (this.seen && !this.waiting) this.waiting = requestAnimationFrame((now) => this.picture(now))
  }

  picture(now) {
    this.waiting = 0
    if (!this.root.isConnected) return this.close()
    if (this.playing && !(this.calm.matches && now - this.drawn < CALM_MS)) {
      const since = Math.max(0, now - this.before) // a picture's time is that of its frame, which may have begun before Play
      this.owed += (this.speed * Math.min(since, MOST_MS)) / STEP_MS
      const whole = Math.floor(this.owed + 1e-9)
      this.owed -= whole
      if (whole && this.figure.advance(this.model, this.values, whole) === "done") this.pause()
      this.stale = this.stale || (whole > 0 && !this.figure.takeFresh)
    }
    if (this.figure.takeFresh?.(this.model) || this.stale) {
      this.drawn = now
      this.draw()
    }
    this.before = now
    if (this.playing || this.figure.isBusy?.(this.model)) this.wake()
  }

  draw() {
    this.stale = false
    this.pictures += 1
    const theme = { ...themeOf(this.root) }
    for (const panel of this.panels) {
      const [width, height] = [panel.canvas.clientWidth, panel.canvas.clientHeight]
      if (!width || !height) continue
      const pen = sharpPen(panel.canvas, width, height, theme.font)
      panel.plot = new Plot(pen, width, height, panel.axes(this.values, this.model), theme)
      panel.plot.frame()
      this.figure.draw[panel.id](panel.plot, this.model, this.values)
      for (const handle of this.handlesOf(panel)) panel.plot.handle(handle.x, handle.y, handle.color)
    }
    if (!this.playing || this.pictures % READ_EVERY === 0) this.read()
  }

  read() {
    if (this.playing) this.showValues() // a game may move them
    const texts = this.figure.read?.(this.model, this.values) ?? {}
    for (const [id, output] of this.outputs) {
      if (output.text === texts[id]) continue
      output.text = output.element.textContent = texts[id] ?? "–"
    }
  }

  sayLater() {
    clearTimeout(this.saying)
    this.saying = setTimeout(() => {
      this.said.textContent = [...this.outputs.values()].map(({ label, text }) => `${label} ${text}`).join(", ")
    }, SAID_AFTER)
  }

  // --- dragging ---

  handlesOf(panel) {
    return (this.figure.handles?.(this.model, this.values) ?? []).filter((handle) => handle.panel === panel.id)
  }

  listen(panel) {
    const { canvas } = panel
    let taken = -1
    const pixel = (event) => {
      const box = canvas.getBoundingClientRect()
      return [event.clientX - box.left, event.clientY - box.top]
    }
    const nearest = ([across, down]) => {
      const apart = this.handlesOf(panel).map(({ x, y }) => Math.hypot(panel.plot.x(x) - across, panel.plot.up(y) - down))
      const best = apart.indexOf(Math.min(...apart))
      return apart[best] <= REACH ? best : -1
    }
    canvas.onpointerdown = (event) => {
      if (this.locked || !panel.plot || (taken = nearest(pixel(event))) < 0) return
      canvas.setPointerCapture(event.pointerId)
      event.preventDefault()
    }
    canvas.onpointermove = (event) => {
      if (this.locked || !panel.plot) return
      if (taken < 0) return (canvas.style.cursor = nearest(pixel(event)) < 0 ? "" : "grab")
      canvas.style.cursor = "grabbing"
      const changes = this.handlesOf(panel)[taken]?.move(...panel.plot.place(...pixel(event)))
      this.set(this.bounded(changes ?? {}))
    }
    canvas.onpointerup = canvas.onpointercancel = () => (taken = -1)
    canvas.style.touchAction = this.figure.handles ? "pan-y" : ""
  }

  // What a drag asks for, within what the sliders allow.
  bounded(changes) {
    return Object.fromEntries(
      Object.entries(changes).map(([id, value]) => {
        const { min, max, step } = this.figure.controls.find((control) => control.id === id)
        const stepped = Math.round((value - min) / step) * step + min
        return [id, Number(Math.min(max, Math.max(min, stepped)).toFixed(6))]
      }),
    )
  }

  close() {
    cancelAnimationFrame(this.waiting)
    clearTimeout(this.saying)
    this.sizes.disconnect()
    this.view.disconnect()
    this.dark.removeEventListener("change", this.onTheme)
    this.playing = false
    this.figure.close?.(this.model)
  }
}

// The canvas has its size from the style sheet; `penOn` would fix it, and it could not shrink with the window.
function sharpPen(canvas, width, height, font) {
  const pen = penOn(canvas, width, height, font)
  canvas.style.width = canvas.style.height = ""
  return pen
}

export function open(root, figure) {
  return new Stage(root, figure)
}
