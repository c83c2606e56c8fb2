// A Plotly chart that keeps its DOM node, and with it zoom and hover, while its data change. It shows the numbers that
// come with it, or follows the curves of a run by itself.

const ROOM_MS = 20_000 // for whose steps there is room at the right, so that the axis need not be drawn for each
const ROOM = 0.25 // of the steps so far that it is at most
const IN_SIGHT = 0.15 // of a chart, from which on it follows its run
const READ_MS = 2_000 // after which a pointer over the chart reads what has come
const POINTS = 600 // of a line of all steps: about one for each pixel; finer ones come with a zoom
const ZOOM_MS = 200 // after a zoom, until its curves are asked for
const AXIS_MS = 5_000 // between two looks at whether spikes leave the axis
const SPIKE = 0.5 // of all that was seen, by which a value is beyond it that may be one

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
  merged.modebar = { bgcolor: "rgba(0,0,0,0)", color: text, activecolor: text }
  for (const name of Object.keys(layout)) {
    if (/^[xy]axis/.test(name)) merged[name] = { ...axis, ...layout[name] }
  }
  return merged
}

function watch(element, options, take) {
  const watcher = new IntersectionObserver((entries) => take(entries.at(-1)), options)
  watcher.observe(element)
  return watcher
}

class Chart {
  constructor(element, message) {
    Object.assign(this, { element, message, near: false, seen: false, due: false, whole: true, behind: false })
    Object.assign(this, { frame: null, reading: null, updates: 0, zooms: 0, drawing: Promise.resolve() })
    this.drawDue = () => this.draw()
    element.onpointerenter = () => this.behind && this.redraw()
    element.onpointerdown = () => {
      if (this.behind) this.drawWhole() // whoever zooms or pans moves all of a line
    }
    this.watchers = [
      watch(element, { rootMargin: "200px" }, (found) => this.comes("near", found.isIntersecting)),
      watch(element, { threshold: [0, IN_SIGHT] }, (found) => this.comes("seen", found.intersectionRatio >= IN_SIGHT)),
    ]
  }

  comes(where, is) {
    this[where] = is
    if (is && this.due) this.redraw()
  }

  show(data) {
    this.data = data
    this.element.style.height = `${data.height}px`
    this.element.setAttribute("aria-label", data.alt)
    this.follow(data.run)
    this.redraw()
    loadPlotly(data.library).then(
      (Plotly) => {
        this.Plotly = Plotly
        this.redraw()
      },
      (error) => this.say(`${error.message}: restart the dashboard.`),
    )
  }

  say(sentence) {
    this.message.textContent = sentence
    if (sentence) this.element.classList.remove("loading")
  }

  // --- the curves of a run

  async follow(run) {
    const wanted = JSON.stringify(run ?? null)
    if (this.followed === wanted) return
    this.followed = wanted
    this.leave?.()
    this.leave = null
    if (!run) return
    const another = run.address !== this.run?.address || String(run.columns) !== String(this.run.columns)
    this.run = run
    if (another) this.forget()
    const { curve, client, pace, lines, replay } = await modules(run)
    if (this.followed !== wanted) return
    Object.assign(this, { client, pace, over: false, total: Infinity })
    this.continued ??= new lines.Continued(this.element)
    this.curves ??= new curve.Curves(run.weight, run.columns)
    this.replayed = null
    if (run.live) this.leave = client.follow(run.address, (message) => this.take(message))
    if (run.replay) this.replay(replay, run)
    this.fetchCurves()
  }

  // What was known of another run.
  forget() {
    Object.assign(this, { curves: null, axis: null, complete: false })
    Object.assign(this, { isZoomed: false, given: undefined, room: 0, roomFrom: null })
  }

  take(message) {
    if (message.kind === "rows" && this.fetching) this.held.push(message)
    else if (message.kind === "rows") {
      this.over = false
      const { low, high } = this.curves
      if (!this.curves.append(message)) return this.fetchCurves()
      const beyond = Math.max(low - this.curves.low, this.curves.high - high)
      const spiked = beyond > SPIKE * (high - low)
      if (spiked && performance.now() - this.fetched > AXIS_MS) return this.fetchCurves()
      this.soon()
    }
    if (message.kind === "reset") {
      this.room = 0
      this.fetchCurves()
    }
    if (message.kind === "status") this.total = message.total ?? Infinity
    if (message.kind === "end") {
      this.over = true // nothing more comes, and needs no room
      this.redraw()
    }
  }

  async fetchCurves() {
    if (this.fetching) return (this.again = true)
    const run = this.run
    this.fetching = true
    this.held = [] // rows that come meanwhile
    try {
      const found = await this.client.curves(run.address, { ...run, points: POINTS })
      if (run !== this.run) this.again = true
      else {
        this.curves.reset(found)
        if (!this.held.every((rows) => this.curves.append(rows))) this.again = true
        if (!this.isZoomed) this.axis = found.axis // or the zoom would be lost
        this.fetched = performance.now()
        this.complete = true
        this.say("")
      }
    } catch (error) {
      this.say(this.complete ? "" : `The curves could not be loaded: ${error.message}`)
    }
    this.fetching = false
    this.redraw()
    if (this.again) {
      this.again = false
      return this.fetchCurves()
    }
    this.zoomed()
  }

  // Shows what was there at the step at which a replay is.
  replay({ clockOf, taken }, { address }) {
    this.taken = taken
    this.leave = clockOf(address).follow(({ step, last, playing }) => {
      this.replayed = { step, last }
      this.element.dataset.replayed = step
      this.whole ||= !playing // somebody stopped to look closer
      this.soon()
    })
  }

  until({ step }, trace) {
    const count = this.taken(trace.x, step)
    return { ...trace, x: trace.x.slice(0, count), y: trace.y.slice(0, count) }
  }

  // What lies between two steps, finer than in the picture of all of them.
  zoomed() {
    clearTimeout(this.zooming)
    if (!this.curves || this.curves.rows <= POINTS) return
    this.zooming = setTimeout(async () => {
      if (!this.isZoomed) return this.curves.finer.size ? (this.curves.zoom(null), this.redraw()) : undefined
      const [from, to] = this.element.layout.xaxis.range.map(Number)
      try {
        this.curves.zoom(await this.client.curves(this.run.address, { ...this.run, from, to }))
        this.element.dataset.zoomed = `${from} ${to}`
        this.redraw()
      } catch {
        this.element.dataset.zoomed = "" // the picture of all steps stays
      }
    }, ZOOM_MS)
  }

  traces() {
    const { data } = this.data.figure
    if (!this.data.run) return data
    const lines = data.map((trace) => ({ trace, line: this.curves?.line(trace.meta.column, trace.meta.smoothed) }))
    const drawn = lines.filter(({ line }) => line?.x.length)
    const traces = [...drawn.map(({ trace, line }) => ({ ...trace, x: line.x, y: line.y })), ...this.marks()]
    return this.replayed ? traces.map((trace) => this.until(this.replayed, trace)) : traces
  }

  marks() {
    return this.robustAxis()?.marks ?? []
  }

  // The axis that some spikes leave, each with a mark at its edge.
  robustAxis() {
    return this.data.figure.layout.yaxis.type === "log" ? null : this.axis
  }

  layout() {
    const { layout } = this.data.figure
    if (!this.data.run) return layout
    const shown = this.replayed ? soFar(layout, this.replayed) : this.roomy(layout)
    const range = this.robustAxis()?.range
    const uirevision = `${layout.uirevision} ${this.zooms}` // of the axes: a zoom that was undone is forgotten
    const yaxis = range ? { ...shown.yaxis, range: [...range], autorange: false } : shown.yaxis
    return { ...shown, xaxis: { ...shown.xaxis, uirevision }, yaxis: { ...yaxis, uirevision } }
  }

  // With room for the steps that come until the chart is drawn anew; it stays until they have filled it.
  roomy(layout) {
    this.isZoomed ||= this.wasZoomed() // of which an event tells, but later
    const grows = this.data.run.live && !this.over
    if (!this.isZoomed && !grows) this.room = 0
    else if (!this.isZoomed && this.curves.step > this.room) this.room = this.moreRoom() // or the zoom would be lost
    return this.room ? { ...layout, xaxis: { ...layout.xaxis, range: [0, this.room], autorange: false } } : layout
  }

  // Whether the axis is another one than the chart was drawn with.
  wasZoomed() {
    if (this.given === undefined) return false
    const { range, autorange } = this.element.layout?.xaxis ?? {}
    return this.given ? range?.[1] !== this.given : autorange === false
  }

  // As many as came in such a time before.
  moreRoom() {
    const { step } = this.curves
    const [now, before] = [performance.now(), this.roomFrom]
    this.roomFrom = { step, now }
    if (!before || before.step >= step) return 0
    const more = (ROOM_MS * (step - before.step)) / (now - before.now)
    return Math.max(step, Math.min(Math.ceil(step + Math.min(more, ROOM * step)), this.total))
  }

  // --- drawing

  // The whole chart, at once: something else than its lines has changed.
  redraw() {
    this.whole = this.due = true
    if (this.near) this.frame ??= requestAnimationFrame(this.drawDue)
  }

  // What is new of a run, together with what else on the page is; never what nobody sees.
  soon() {
    this.due = true
    if (this.seen) this.pace.soon(this.drawDue)
  }

  draw() {
    cancelAnimationFrame(this.frame)
    this.frame = null
    const complete = !this.data.run || this.complete
    if (!this.due || !this.Plotly || !complete || !this.element.isConnected) return
    if (this.element._dragging) return this.pace?.soon(this.drawDue) // or the zoom that is being drawn would be lost
    this.due = false
    this.behind = !this.whole && this.goneOn()
    if (!this.behind) this.drawWhole()
    if (this.behind && this.element.matches(":hover")) this.reading ??= setTimeout(() => this.redraw(), READ_MS)
    this.element.classList.remove("loading")
    this.element.dataset.updates = this.updates += 1
    if (this.curves) this.element.dataset.step = this.replayed?.step ?? this.curves.step
    if (this.updates === 1) this.listen()
  }

  // Whether it was enough that the lines go on.
  goneOn() {
    const { layout } = this.data.figure
    const marked = this.replayed ? soFar(layout, this.replayed).shapes?.length : this.marked
    return marked === this.marked && this.continued.goOn(this.traces(), { clipped: this.isZoomed })
  }

  drawWhole() {
    clearTimeout(this.reading)
    this.reading = null
    const config = {
      displaylogo: false,
      responsive: true,
      showSendToCloud: false, // nothing of a run goes anywhere
      modeBarButtonsToRemove: ["select2d", "lasso2d"],
    }
    const drawings = Number(this.element.dataset.drawings ?? 0) + 1
    const layout = { ...themed(this.layout(), this.element), datarevision: drawings } // lines grow in their own arrays
    this.given = layout.xaxis?.range?.[1] ?? 0
    const traces = this.traces()
    this.drawing = this.Plotly.react(this.element, traces, layout, config).catch(() => {})
    this.continued?.begin(traces)
    this.whole = this.behind = false
    this.marked = layout.shapes?.length
    this.element.dataset.drawings = drawings
  }

  listen() {
    this.element.on("plotly_click", ({ points }) => this.clicked(Math.round(Number(points[0].x))))
    this.element.on("plotly_relayout", (changed) => {
      const names = Object.keys(changed)
      if (names.some((name) => name.includes("axis.range"))) this.isZoomed = true
      if (names.includes("xaxis.autorange")) this.unzoom()
      this.zoomed()
      this.redraw()
    })
    this.element.on("plotly_restyle", () => this.redraw())
    this.element.on("plotly_doubleclick", () => this.unzoom())
  }

  unzoom() {
    this.isZoomed = false
    this.given = undefined
    this.zooms += 1
    this.redraw()
  }

  // Plotly ends a drawing later than it returns: what it still wants to do must find the chart as it left it.
  close() {
    this.due = false
    for (const watcher of this.watchers) watcher.disconnect()
    this.leave?.()
    this.followed = "closed"
    this.pace?.forget(this.drawDue)
    cancelAnimationFrame(this.frame)
    clearTimeout(this.reading)
    clearTimeout(this.zooming)
    this.drawing.finally(() => this.Plotly?.purge(this.element))
  }
}

// The room of the whole run from the start, so that nothing jumps, and of what is marked in it what has happened.
function soFar(layout, { step, last }) {
  const xaxis = { ...layout.xaxis, range: [0, last], autorange: false }
  const shapes = layout.shapes?.filter(({ x0 }) => !(x0 > step))
  const annotations = layout.annotations?.filter(({ x }) => !(x > step))
  return { ...layout, xaxis, shapes, annotations }
}

async function modules({ scripts, replay }) {
  const load = (name) => import(new URL(scripts + name, document.baseURI).href)
  const names = ["curve.js", "client.js", "pace.js", "lines.js", ...(replay ? ["replay.js"] : [])]
  const [curve, client, pace, lines, replayed] = await Promise.all(names.map(load))
  return { curve, client, pace, lines, replay: replayed }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".chart")
  const chart = (element.chart ??= new Chart(element, parentElement.querySelector(".message")))
  chart.clicked = (step) => setTriggerValue("clicked", step)
  chart.show(data)
  return () => {
    chart.close()
    delete element.chart
  }
}
