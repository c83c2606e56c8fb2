// A Plotly chart that keeps its DOM node, and with it zoom and hover, while its data change. It shows the numbers that
// come with it, or follows the curves of a run by itself.

const LIVE_MS = 150 // between drawings of a run that trains, at least
const SHARE = 0.15 // of the time that drawing may take
const LONGEST_MS = 1_000 // between drawings, however long they take
const ZOOM_MS = 200 // after a zoom, until its curves are asked for
const AXIS_MS = 5_000 // between two looks at whether spikes leave the axis

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

class Chart {
  constructor(element, message) {
    Object.assign(this, { element, message, seen: false, due: false, drawn: 0, cost: 0, updates: 0 })
    this.waiting = null
    this.drawing = Promise.resolve()
    this.watcher = new IntersectionObserver(
      (entries) => {
        this.seen = entries.at(-1).isIntersecting
        if (this.seen && this.due) this.soon()
      },
      { rootMargin: "200px" },
    )
    this.watcher.observe(element)
  }

  show(data) {
    this.data = data
    this.element.style.height = `${data.height}px`
    this.element.setAttribute("aria-label", data.alt)
    this.follow(data.run)
    this.soon(0)
    loadPlotly(data.library).then(
      (Plotly) => {
        this.Plotly = Plotly
        this.soon(0)
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
    if (another) Object.assign(this, { curves: null, axis: null, isZoomed: false, complete: false })
    const { curve, client, replay } = await modules(run)
    if (this.followed !== wanted) return
    this.client = client
    this.curves ??= new curve.Curves(run.weight)
    this.replayed = null
    if (run.live) this.leave = client.follow(run.address, (message) => this.take(message))
    if (run.replay) this.replay(replay, run)
    this.fetchCurves()
  }

  take(message) {
    if (message.kind === "rows" && this.fetching) this.held.push(message)
    else if (message.kind === "rows") {
      const { low, high } = this.curves
      if (!this.curves.append(message)) return this.fetchCurves()
      const spiked = this.curves.low < low || this.curves.high > high
      if (spiked && performance.now() - this.fetched > AXIS_MS) return this.fetchCurves()
      this.soon()
    }
    if (message.kind === "reset") this.fetchCurves()
  }

  async fetchCurves() {
    if (this.fetching) return (this.again = true)
    const run = this.run
    this.fetching = true
    this.held = [] // rows that come meanwhile
    try {
      const found = await this.client.curves(run.address, run)
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
    this.soon(0)
    if (this.again) {
      this.again = false
      return this.fetchCurves()
    }
    this.zoomed()
  }

  // Shows what was there at the step at which a replay is.
  replay({ clockOf, taken }, { address }) {
    this.taken = taken
    this.leave = clockOf(address).follow(({ step, last }) => {
      this.replayed = { step, last }
      this.element.dataset.replayed = step
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
    const { autorange, range } = this.element.layout?.xaxis ?? {}
    if (!this.curves || this.curves.rows <= 1_000) return
    const whole = autorange !== false || !range
    this.zooming = setTimeout(async () => {
      if (whole) return this.curves.zoom(null) ?? this.soon(0)
      const [from, to] = range.map(Number)
      try {
        this.curves.zoom(await this.client.curves(this.run.address, { ...this.run, from, to }))
        this.element.dataset.zoomed = `${from} ${to}`
        this.soon(0)
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
    const layout = this.replayed ? soFar(this.data.figure.layout, this.replayed) : this.data.figure.layout
    const axis = this.robustAxis()
    return axis ? { ...layout, yaxis: { ...layout.yaxis, range: [...axis.range], autorange: false } } : layout
  }

  // --- drawing

  // Draw after a while, so that drawing takes a small share of the time, and never what nobody sees.
  soon(pause = LIVE_MS) {
    this.due = true
    if (this.waiting !== null || !this.seen) return
    const wanted = Math.max(pause, Math.min(this.cost / SHARE, LONGEST_MS))
    const wait = Math.max(0, wanted - (performance.now() - this.drawn))
    this.waiting = setTimeout(() => requestAnimationFrame(() => this.draw()), pause ? wait : 0)
  }

  draw() {
    this.waiting = null
    const complete = !this.data.run || this.complete
    if (!this.due || !this.Plotly || !complete || !this.element.isConnected) return
    if (this.element._dragging) return this.soon() // or the zoom that is being drawn would be lost
    this.due = false
    const begin = performance.now()
    const config = {
      displaylogo: false,
      responsive: true,
      showSendToCloud: false, // nothing of a run goes anywhere
      modeBarButtonsToRemove: ["select2d", "lasso2d"],
    }
    const layout = themed(this.layout(), this.element)
    this.drawing = this.Plotly.react(this.element, this.traces(), layout, config).catch(() => {})
    this.drawn = performance.now()
    this.cost = this.drawn - begin
    this.element.classList.remove("loading")
    this.element.dataset.updates = this.updates += 1
    if (this.updates === 1) this.listen()
  }

  listen() {
    this.element.on("plotly_click", ({ points }) => this.clicked(Math.round(Number(points[0].x))))
    this.element.on("plotly_relayout", (changed) => {
      if (Object.keys(changed).some((name) => name.includes("axis.range"))) this.isZoomed = true
      this.zoomed()
    })
    this.element.on("plotly_doubleclick", () => (this.isZoomed = false))
  }

  // Plotly ends a drawing later than it returns: what it still wants to do must find the chart as it left it.
  close() {
    this.due = false
    this.watcher.disconnect()
    this.leave?.()
    this.followed = "closed"
    clearTimeout(this.waiting)
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
  const names = ["curve.js", "client.js", ...(replay ? ["replay.js"] : [])]
  const [curve, client, replayed] = await Promise.all(names.map(load))
  return { curve, client, replay: replayed }
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
