// Curves of many runs, smoothed and averaged here, so that a slider or a pointer never waits for the server.

const SMOOTHING = "gan-workbench-smoothing" // said by the slider, heard by every chart of the page
const MOST_NAMED = 8 // runs in the legend: the page shows them all in their colours above
const MOST_GHOSTS = 12 // runs whose raw curves are drawn behind the smoothed ones; beyond, that of the highlighted one
const GRID = 400 // points on which curves of a group are aligned
const RANGED = 4_000 // points that an axis is chosen by, at least
const MARGIN = { left: 58, right: 14, top: 10, bottom: 40 }
const REACH = 60 // pixels from a curve at which the pointer still means it
const MOST_POINTS = 1_200 // of a curve that grows; beyond, each two become one
const ZOOM_MS = 250 // after a zoom, until finer curves are asked for
const MOST_FINER = 16 // runs of which they are
const TELL_MS = 5_000 // between times that the page is asked to be drawn anew

// --- numbers ---

// The exponential moving average of stretches of steps, corrected for its start: `smoothed` of gancore.comparison.curves.
function smooth(values, span, weight) {
  const found = new Float32Array(values.length)
  let [total, share, steps, fade] = [0, 0, NaN, 0]
  for (let at = 0; at < values.length; at++) {
    if (span[at] !== steps) {
      steps = span[at]
      fade = weight ** steps
    }
    total *= fade
    share *= fade
    if (!Number.isNaN(values[at])) {
      total += (1 - fade) * values[at]
      share += 1 - fade
    }
    found[at] = share > 0 ? total / share : NaN
  }
  return found
}

// The value of a curve at x, between its points; NaN outside.
function valueAt(xs, ys, x) {
  let low = 0
  let high = xs.length - 1
  if (high < 0 || x < xs[0] || x > xs[high]) return NaN
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (xs[middle] <= x) low = middle
    else high = middle
  }
  if (xs[high] === xs[low]) return ys[high]
  if (x === xs[low]) return ys[low]
  if (x === xs[high]) return ys[high]
  return ys[low] + ((ys[high] - ys[low]) * (x - xs[low])) / (xs[high] - xs[low])
}

// Where curves are averaged: an even grid for dense ones, and every place that is there for those of few points.
function gridOf(curves) {
  const places = [...new Set(curves.flatMap((curve) => [...curve.xs]))].sort((a, b) => a - b)
  if (places.length <= GRID) return places
  const [first, last] = [places[0], places.at(-1)]
  return Array.from({ length: GRID }, (_, at) => first + ((last - first) * at) / (GRID - 1))
}

// Mean and band of curves at places; `quantiles[n]` is Student's for n curves. Where one has ended, those that are left.
function averaged(curves, places, band, quantiles) {
  const size = places.length
  const [mean, low, high] = [new Float32Array(size), new Float32Array(size), new Float32Array(size)]
  const whole = new Array(size)
  places.forEach((x, at) => {
    const known = curves.map((curve) => valueAt(curve.xs, curve.ys, x)).filter((value) => !Number.isNaN(value))
    const count = known.length
    whole[at] = count === curves.length
    mean[at] = count ? known.reduce((sum, value) => sum + value, 0) / count : NaN
    if (count < 2) low[at] = high[at] = count ? mean[at] : NaN
    else if (band === "range") [low[at], high[at]] = [Math.min(...known), Math.max(...known)]
    else {
      const variance = known.reduce((sum, value) => sum + (value - mean[at]) ** 2, 0) / (count - 1)
      const half = Math.sqrt(variance / count) * (band === "interval" ? quantiles[Math.min(count, quantiles.length - 1)] : 1)
      ;[low[at], high[at]] = [mean[at] - half, mean[at] + half]
    }
  })
  return { mean, low, high, whole }
}

// The axis for these values: all of them, but for the few that would flatten the rest.
function robustRange(values, log) {
  const flat = log ? Math.log10 : (value) => value
  const sorted = Float64Array.from(values.filter((value) => Number.isFinite(value) && (!log || value > 0)), flat).sort()
  if (!sorted.length) return log ? [1, 10] : [0, 1]
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))]
  let [low, high] = [at(0.01), at(0.99)]
  const width = high - low || Math.abs(high) * 0.1 || (log ? 0.3 : 1)
  const [least, most] = [sorted[0], sorted.at(-1)]
  low = least < low - 1.5 * width ? low - 0.1 * width : least
  high = most > high + 1.5 * width ? high + 0.1 * width : most
  const room = 0.06 * (high - low) || 0.5 * width
  const zero = !log && low >= 0 && low < 0.35 * high // near enough to show where nothing is
  const ends = [zero ? 0 : low - room, high + room]
  return log ? ends.map((end) => 10 ** end) : ends
}

// --- the model: what is drawn, from what was sent ---

function decoded(data) {
  const xs = {}
  const spans = {}
  for (const sent of data.xs) {
    const [x, span] = [fromBase64(sent.x), fromBase64(sent.span)]
    for (const run of sent.runs) [xs[run], spans[run]] = [x, span]
  }
  return data.charts.map((chart) => ({
    ...chart,
    runs: chart.series.map((sent) => {
      const look = data.runs[sent.run]
      if (sent.points) {
        const [x, y] = [Float32Array.from(sent.points, ([x]) => x), Float32Array.from(sent.points, ([, y]) => y)]
        return { id: sent.run, ...look, xs: x, raw: y, points: true, ends: sent.ends ?? [] }
      }
      const raw = fromBase64(sent.mean)
      const low = sent.low ? fromBase64(sent.low) : raw
      const high = sent.high ? fromBase64(sent.high) : raw
      return { id: sent.run, ...look, xs: xs[sent.run], span: spans[sent.run], raw, low, high, ends: [] }
    }),
  }))
}

// The lines of a chart at a smoothing: of each run, or the mean of each group with its band.
function linesOf(chart, data, weight) {
  const single = chart.runs.map(refined).map((run) => {
    const ys = run.points || weight <= 0 ? run.raw : smooth(run.raw, run.span, weight)
    return { ...run, ys, members: [run.id], ghost: !run.points && (weight > 0 || run.low !== run.raw) }
  })
  if (!data.groups.length) return single
  const byRun = new Map(single.map((line) => [line.id, line]))
  return data.groups.flatMap((group) => {
    const members = group.runs.map((run) => byRun.get(run)).filter(Boolean)
    if (!members.length) return []
    const places = gridOf(members)
    const { mean, low, high, whole } = averaged(members, places, data.band, data.quantiles)
    const common = { id: group.runs[0], name: group.name, color: group.color, dash: "", members: group.runs }
    const xs = Float32Array.from(places)
    return [{ ...common, xs, ys: mean, low, high, whole, band: members.length > 1, points: members[0].points, ends: [] }]
  })
}

// --- what comes later: rows of runs that train, and finer curves where somebody looks closely ---

function joined(...parts) {
  const found = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    found.set(part, at)
    at += part.length
  }
  return found
}

// A curve with more rows at its end, each a stretch of its own.
function extended(run, xs, span, values) {
  const whole = run.low === run.raw
  const raw = joined(run.raw, values)
  const edge = (old) => (whole ? raw : joined(old, values))
  const grown = { xs: joined(run.xs, xs), span: joined(run.span, span), raw, low: edge(run.low), high: edge(run.high) }
  return { ...run, ...(raw.length > MOST_POINTS ? halved(grown) : grown) }
}

// The same with half as many stretches: each two are one, by how many steps they span.
function halved({ xs, span, raw, low, high }) {
  const count = Math.ceil(raw.length / 2)
  const found = Object.fromEntries(["xs", "span", "raw", "low", "high"].map((name) => [name, new Float32Array(count)]))
  for (let at = 0; at < count; at++) {
    const one = 2 * at
    const other = Math.min(one + 1, raw.length - 1)
    const steps = other > one ? [span[one], span[other]] : [span[one], 0]
    const total = steps[0] + steps[1]
    found.xs[at] = xs[other]
    found.span[at] = total
    found.raw[at] = Number.isNaN(raw[one]) ? raw[other] : Number.isNaN(raw[other]) || !total
      ? raw[one] : (raw[one] * steps[0] + raw[other] * steps[1]) / total
    found.low[at] = Math.min(...[low[one], low[other]].filter((value) => !Number.isNaN(value)))
    found.high[at] = Math.max(...[high[one], high[other]].filter((value) => !Number.isNaN(value)))
  }
  return found
}

// A curve with finer points in the place of its own, from the first of them to the last.
function refined(run) {
  const { finer } = run
  if (!finer?.xs.length) return run
  const [from, to] = [finer.xs[0], finer.xs.at(-1)]
  const before = run.xs.findIndex((x) => x >= from)
  const after = run.xs.findIndex((x) => x > to)
  if (before < 0) return run
  const join = (name) =>
    joined(run[name].subarray(0, before), finer[name], after < 0 ? new Float32Array() : run[name].subarray(after))
  return { ...run, xs: join("xs"), span: join("span"), raw: join("raw"), low: join("low"), high: join("high") }
}

class Follower {
  constructor(root) {
    Object.assign(this, { root, leaving: new Map(), held: new Map(), asked: 0 })
  }

  async load() {
    const names = ["client.js", "curve.js", "pace.js"]
    const found = names.map((name) => import(new URL(this.root.data.scripts + name, document.baseURI).href))
    ;[this.client, this.curve, this.pace] = await (this.loading ??= Promise.all(found))
  }

  // Follow those that train, and no others.
  async follow() {
    const { runs } = this.root.data
    const wanted = Object.keys(runs).filter((id) => runs[id].live && runs[id].apart)
    for (const [id, leave] of this.leaving) {
      if (wanted.includes(id)) continue
      leave()
      this.leaving.delete(id)
    }
    if (!wanted.length) return
    await this.load()
    for (const id of wanted) {
      if (this.closed || this.leaving.has(id) || !this.root.data.runs[id]) continue
      this.leaving.set(id, this.client.follow(`live/${id}/`, (message) => this.take(id, message)))
    }
  }

  take(id, message) {
    if (message.kind === "reset") this.root.behind()
    if (message.kind !== "rows" || !this.root.data.runs[id]) return
    if (!this.root.charts.some(({ model }) => model.runs.some((run) => run.id === id))) return this.root.behind()
    if (this.held.has(id)) this.held.get(id).push(message)
    else if (message.after > this.root.data.runs[id].last) this.catchUp(id)
    else this.append(id, this.curve.unpack(message.step), (column) => message.columns[column])
  }

  // What was written between the page's last look and this one.
  async catchUp(id) {
    this.held.set(id, [])
    const { data } = this.root
    const columns = this.root.charts.map((chart) => chart.model.key)
    try {
      const found = await this.client.curves(`live/${id}/`, { columns, weight: 0, from: data.runs[id].last, to: 1e12 })
      if (data === this.root.data) this.fill(id, found)
    } catch {
      // the next rows ask again
    }
    const held = this.held.get(id)
    this.held.delete(id)
    for (const message of held) this.take(id, message)
  }

  fill(id, { step, curves }) {
    const look = this.root.data.runs[id]
    const { last } = look
    for (const [column, { raw }] of Object.entries(curves)) {
      look.last = last // each has steps of its own
      this.append(id, this.curve.unpack(raw.x), (other) => (other === column ? raw.y : undefined))
    }
    look.last = Math.max(last, step)
  }

  append(id, steps, sent) {
    const look = this.root.data.runs[id]
    const begin = steps.findIndex((step) => step > look.last)
    if (begin < 0) return
    const fresh = steps.subarray(begin)
    const span = fresh.map((step, at) => step - (at ? fresh[at - 1] : look.last))
    const xs = fresh.map((step) => step * look.apart)
    look.last = fresh.at(-1)
    for (const { model } of this.root.charts) {
      const packed = sent(model.key)
      if (!packed) continue
      const values = this.curve.unpack(packed).subarray(begin)
      model.runs = model.runs.map((run) => (run.id === id && !run.points ? extended(run, xs, span, values) : run))
    }
    this.soon()
  }

  soon() {
    this.drawDue ??= () => this.root.charts.forEach((chart) => chart.compute())
    this.pace.soon(this.drawDue)
  }

  // Ask for what lies in the zoom, of runs of which each point stands for several rows.
  zoom(range) {
    clearTimeout(this.zooming)
    const asked = (this.asked += 1)
    const charts = this.root.charts
    for (const { model } of charts) model.runs = model.runs.map((run) => ({ ...run, finer: null }))
    if (!range) return
    this.zooming = setTimeout(async () => {
      const thinned = charts.flatMap(({ model }) => model.runs.filter((run) => !run.points && run.low !== run.raw))
      const ids = [...new Set(thinned.map((run) => run.id))].filter((id) => this.root.data.runs[id].apart)
      if (!ids.length || ids.length > MOST_FINER) return
      await this.load()
      const columns = charts.map((chart) => chart.model.key)
      const found = await Promise.all(ids.map((id) => this.finer(id, columns, range).catch(() => null)))
      if (this.closed || asked !== this.asked) return // somebody has zoomed elsewhere meanwhile
      ids.forEach((id, at) => found[at] && this.refine(id, found[at]))
      this.root.dataset.finer = range.join(" ")
      for (const chart of charts) chart.compute()
    }, ZOOM_MS)
  }

  async finer(id, columns, range) {
    const [from, to] = range.map((x) => x / this.root.data.runs[id].apart)
    return (await this.client.curves(`live/${id}/`, { columns, weight: 0, from, to })).curves
  }

  refine(id, curves) {
    const { apart } = this.root.data.runs[id]
    for (const { model } of this.root.charts) {
      const sent = curves[model.key]?.raw
      if (!sent) continue
      const steps = this.curve.unpack(sent.x)
      const raw = Float32Array.from(this.curve.unpack(sent.y))
      const span = Float32Array.from(steps, (step, at) => (at ? step - steps[at - 1] : 1))
      const finer = { xs: Float32Array.from(steps, (step) => step * apart), span, raw, low: raw, high: raw }
      model.runs = model.runs.map((run) => (run.id === id && !run.points ? { ...run, finer } : run))
    }
  }

  close() {
    this.closed = true
    this.pace?.forget(this.drawDue)
    clearTimeout(this.zooming)
    for (const leave of this.leaving.values()) leave()
  }
}

// --- drawing ---

function axesOf(chart, lines, zoom, size) {
  const box = [MARGIN.left, MARGIN.top, size[0] - MARGIN.left - MARGIN.right, size[1] - MARGIN.top - MARGIN.bottom]
  const ends = lines.flatMap((line) => (line.xs.length ? [line.xs[0], line.xs.at(-1)] : []))
  const last = Math.max(...ends, 1e-9)
  const x = zoom ?? [Math.min(0, ...ends), lines.some((line) => line.points) ? 1.02 * last : last]
  const values = []
  for (const line of lines) {
    const apart = Math.max(1, Math.floor((line.xs.length * lines.length) / RANGED))
    for (let at = 0; at < line.xs.length; at += apart) {
      if (line.xs[at] < x[0] || line.xs[at] > x[1]) continue
      values.push(line.ys[at])
      if (line.ghost || line.band) values.push(line.low[at], line.high[at])
    }
    for (const end of line.ends) if (end.x >= x[0] && end.x <= x[1]) values.push(end.y)
  }
  const y = robustRange(values, chart.log)
  const [left, top, width, height] = box
  return { box, x, y, px: scaleOf(x, [left, left + width]), py: scaleOf(y, [top + height, top], chart.log) }
}

function drawAxes(pen, chart, axes, theme, data) {
  const [left, top, width, height] = axes.box
  for (const tick of ticksOf(axes.y, chart.log, 6)) {
    const y = axes.py(tick)
    pen.line([left, left + width], [y, y], { color: theme.line })
    pen.text(numberText(tick), left - 7, y, { color: theme.text, size: 11, align: "right" })
  }
  for (const tick of ticksOf(axes.x, false, Math.max(2, Math.floor(width / 90)))) {
    const x = axes.px(tick)
    pen.line([x, x], [top + height, top + height + 4], { color: theme.text, alpha: 0.5 })
    pen.text(numberText(tick), x, top + height + 14, { color: theme.text, size: 11, align: "center" })
  }
  pen.line([left, left + width], [top + height, top + height], { color: theme.text, alpha: 0.5 })
  pen.text(data.axis, left + width / 2, top + height + 32, { color: theme.text, size: 12, align: "center" })
  pen.text(chart.y, 11, top + height / 2, { color: theme.text, size: 12, align: "center", turn: -90 })
}

// Each value to its pixel; what no logarithm has is left out.
function pixelsOf(values, place, log) {
  const found = new Float32Array(values.length)
  if (log) for (let at = 0; at < values.length; at++) found[at] = values[at] > 0 ? place(values[at]) : NaN
  else {
    const [zero, slope] = [place(0), place(1) - place(0)]
    for (let at = 0; at < values.length; at++) found[at] = zero + slope * values[at]
  }
  return found
}

function drawLine(pen, chart, line, axes, { ghost = true, strong = false, fine = false }) {
  const log = chart.log
  const xs = pixelsOf(line.xs, axes.px, false)
  const ys = pixelsOf(line.ys, axes.py, log)
  const style = { color: line.color, width: strong ? 3 : fine ? 1 : 1.8, dash: line.dash }
  const edges = () => [pixelsOf(line.low, axes.py, log), pixelsOf(line.high, axes.py, log)]
  if (line.band) pen.area(xs, ...edges(), { color: line.color, alpha: strong ? 0.3 : 0.18 })
  if (line.ghost && ghost) {
    if (line.low === line.raw) pen.line(xs, pixelsOf(line.raw, axes.py, log), { color: line.color, width: 1, alpha: 0.3 })
    else pen.area(xs, ...edges(), { color: line.color, alpha: 0.15 })
  }
  if (line.whole?.includes(false)) {
    pen.line(xs, ys.map((y, at) => (line.whole[at] || line.whole[at + 1] ? y : NaN)), style)
    pen.line(xs, ys.map((y, at) => (line.whole[at] && line.whole[at + 1] !== false ? NaN : y)), { ...style, dash: "2,4" })
  } else pen.line(xs, ys, style)
  if (line.points) xs.forEach((x, at) => Number.isNaN(ys[at]) || pen.circle(x, ys[at], strong ? 4 : 3, { color: line.color }))
  for (const end of line.ends) drawDiamond(pen, axes.px(end.x), axes.py(end.y), line.color)
}

function drawDiamond(pen, x, y, color) {
  if (Number.isFinite(y)) pen.shape([[x - 6, y], [x, y - 6], [x + 6, y], [x, y + 6]], { color })
}

// A triangle at the edge where a curve leaves the chart, with the value that it reaches there.
function drawOutliers(pen, chart, lines, axes, theme) {
  const [left, top, width, height] = axes.box
  const found = []
  for (const line of lines) {
    const [lows, highs] = [line.ghost || line.band ? line.low : line.ys, line.ghost || line.band ? line.high : line.ys]
    const beyond = { high: null, low: null }
    line.xs.forEach((x, at) => {
      if (x < axes.x[0] || x > axes.x[1]) return
      if (highs[at] > axes.y[1] && !(highs[at] <= beyond.high?.value)) beyond.high = { x, value: highs[at] }
      if (lows[at] < axes.y[0] && !(chart.log && lows[at] <= 0) && !(lows[at] >= beyond.low?.value)) beyond.low = { x, value: lows[at] }
    })
    for (const [side, mark] of Object.entries(beyond)) if (mark) found.push({ ...mark, side, color: line.color })
  }
  const written = { high: [], low: [] }
  found.sort((one, other) => Math.abs(other.value) - Math.abs(one.value))
  for (const { x, value, side, color } of found) {
    const px = axes.px(x)
    const [edge, way] = side === "high" ? [top, 1] : [top + height, -1]
    pen.shape([[px - 5, edge + way * 8], [px + 5, edge + way * 8], [px, edge]], { color })
    if (written[side].length >= 4 || written[side].some((other) => Math.abs(other - px) < 70)) continue
    written[side].push(px)
    const align = px > left + width - 60 ? "right" : "left"
    const place = px + (align === "left" ? 8 : -8)
    pen.text(numberText(value), place, edge + way * 7, { color: theme.text, size: 11, align, halo: theme.background })
  }
}

function drawMarks(pen, chart, axes, theme) {
  const [, top, , height] = axes.box
  for (const mark of chart.marks) {
    if (mark.x < axes.x[0] || mark.x > axes.x[1]) continue
    const x = axes.px(mark.x)
    pen.line([x, x], [top, top + height], { color: mark.color, width: 1, dash: "2,3" })
    pen.text(mark.text, x + 7, top + 6, { color: theme.text, size: 11, turn: 90, halo: theme.background })
  }
}

function drawAll(pen, chart, lines, axes, theme) {
  const fine = lines.length > MOST_GHOSTS
  pen.within(axes.box, () => {
    for (const line of lines) drawLine(pen, chart, line, axes, { ghost: !fine, fine })
    drawMarks(pen, chart, axes, theme)
  })
  drawOutliers(pen, chart, lines, axes, theme)
}

// The chart by itself, as a file: title, axes, curves, and below them whose they are.
function drawFigure(pen, chart, lines, data, theme, [width, height], zoom) {
  const title = 26
  const across = Math.max(1, Math.floor(width / 220))
  const below = 18 * Math.ceil(lines.length / across) + 8
  const axes = axesOf(chart, lines, zoom, [width, height - title - below])
  const shifted = { ...axes, box: [axes.box[0], axes.box[1] + title, axes.box[2], axes.box[3]] }
  const [, top, , tall] = shifted.box
  shifted.py = scaleOf(axes.y, [top + tall, top], chart.log)
  pen.text(chart.title, MARGIN.left, 15, { color: theme.text, size: 14, bold: true })
  drawAxes(pen, chart, shifted, theme, data)
  drawAll(pen, chart, lines, shifted, theme)
  lines.forEach((line, at) => {
    const x = MARGIN.left + (at % across) * ((width - MARGIN.left) / across)
    const y = height - below + 10 + 18 * Math.floor(at / across)
    pen.line([x, x + 18], [y, y], { color: line.color, width: 3, dash: line.dash })
    const most = Math.floor((width / across - 40) / 6)
    const name = line.name.length > most ? `${line.name.slice(0, most - 1)}…` : line.name
    pen.text(name, x + 24, y, { color: theme.text, size: 11 })
  })
}

// --- a chart on the page ---

class Chart {
  constructor(root, model, data) {
    this.root = root
    this.element = made("figure", "panel")
    const head = made("figcaption", "head")
    this.title = made("span", "title")
    const file = () => `${this.model.title} of ${Object.keys(this.data.runs).length} runs`
    const figure = (save) => {
      const size = [960, 460 + 18 * Math.ceil(this.lines.length / 4)]
      const theme = themeOf(root)
      save(file(), size, theme, (pen) => drawFigure(pen, this.model, this.lines, this.data, theme, size, root.zoom))
    }
    this.png = button("PNG", "", () => figure(savePng))
    this.svg = button("SVG", "", () => figure(saveSvg))
    head.append(this.title, this.png, this.svg)
    this.plot = made("div", "plot")
    this.plot.tabIndex = 0
    this.plot.setAttribute("role", "img")
    this.layers = Object.fromEntries(["axes", "lines", "over"].map((name) => [name, made("canvas", name)]))
    this.brush = made("div", "brush")
    this.brush.hidden = true
    this.tip = made("div", "tip")
    this.tip.hidden = true
    this.caption = made("p", "caption")
    this.plot.append(...Object.values(this.layers), this.brush, this.tip)
    this.element.append(head, this.plot, this.caption)
    this.listen()
    this.update(model, data)
  }

  update(model, data) {
    Object.assign(this, { model, data })
    this.title.textContent = model.title
    for (const [save, kind] of [[this.png, "PNG"], [this.svg, "SVG"]]) {
      save.title = `Save ${model.title} as ${kind}`
      save.setAttribute("aria-label", save.title)
    }
    this.caption.textContent = model.caption
    const keys = "Arrow keys read values and move between runs, Escape ends it."
    const marked = [...new Set(model.marks.map((mark) => mark.text))].join(", ")
    this.plot.setAttribute("aria-label", [model.alt, marked && `Marked: ${marked}.`, keys].filter(Boolean).join(" "))
    this.compute()
  }

  compute() {
    this.lines = linesOf(this.model, this.data, this.root.weight)
    this.draw()
  }

  draw() {
    const size = [this.plot.clientWidth, this.plot.clientHeight]
    if (!size[0]) return
    const theme = themeOf(this.root)
    this.axes = axesOf(this.model, this.lines, this.root.zoom, size)
    drawAxes(penOn(this.layers.axes, ...size, theme.font), this.model, this.axes, theme, this.data)
    drawAll(penOn(this.layers.lines, ...size, theme.font), this.model, this.lines, this.axes, theme)
    this.drawOver()
    this.plot.dataset.drawn = Number(this.plot.dataset.drawn ?? 0) + 1
  }

  // The highlighted run on top of the others, and what is read where the pointer is.
  drawOver() {
    if (!this.axes) return
    const size = [this.plot.clientWidth, this.plot.clientHeight]
    const theme = themeOf(this.root)
    const pen = penOn(this.layers.over, ...size, theme.font)
    const chosen = this.lines.filter((line) => line.members.includes(window.ganWorkbenchHighlight))
    this.plot.dataset.highlighted = chosen.map((line) => line.name).join(", ")
    this.layers.lines.style.opacity = chosen.length && this.lines.length > 1 ? 0.25 : 1
    const [, top, , height] = this.axes.box
    pen.within(this.axes.box, () => {
      for (const line of chosen) drawLine(pen, this.model, line, this.axes, { strong: true })
      if (this.at !== null && this.at !== undefined) {
        const x = this.axes.px(this.at)
        pen.line([x, x], [top, top + height], { color: theme.text, alpha: 0.45 })
      }
    })
    this.read(chosen[0])
  }

  // Values of the runs nearest to the chosen one, where the pointer is.
  read(chosen) {
    const inside = this.at !== null && this.at !== undefined
    this.tip.hidden = !inside
    if (!inside) return
    const known = this.lines
      .map((line) => ({ line, value: this.valueOf(line, this.at) }))
      .filter(({ value }) => !Number.isNaN(value))
      .sort((one, other) => other.value - one.value)
    const place = known.findIndex(({ line }) => line === chosen)
    const from = Math.max(0, Math.min(place - 4, known.length - 8))
    const rows = known.slice(from, from + 8).map(({ line, value }) => {
      const row = made("div", line === chosen ? "row chosen" : "row")
      const swatch = made("span", "swatch")
      swatch.style.background = line.color
      row.append(swatch, made("span", "name", line.name), made("span", "value", numberText(value)))
      return row
    })
    const more = known.length > rows.length ? [made("div", "more", `${known.length - rows.length} more`)] : []
    this.tip.replaceChildren(made("div", "where", `${this.data.axis} ${numberText(this.at)}`), ...rows, ...more)
    const x = this.axes.px(this.at)
    const right = x > this.plot.clientWidth / 2
    this.tip.style.left = right ? "auto" : `${x + 14}px`
    this.tip.style.right = right ? `${this.plot.clientWidth - x + 14}px` : "auto"
  }

  valueOf(line, x) {
    if (!line.points) return valueAt(line.xs, line.ys, x)
    let nearest = NaN // between few points nothing was measured: the nearest one is read
    let distance = Infinity
    line.xs.forEach((place, at) => {
      if (Math.abs(place - x) >= distance || Number.isNaN(line.ys[at])) return
      distance = Math.abs(place - x)
      nearest = line.ys[at]
    })
    return distance <= (this.axes.x[1] - this.axes.x[0]) / 10 ? nearest : NaN
  }

  nearest(x, y) {
    let found = null
    let distance = REACH
    for (const line of this.lines) {
      const value = valueAt(line.xs, line.ys, x)
      const apart = Math.abs(this.axes.py(value) - y)
      if (apart < distance) {
        distance = apart
        found = line
      }
    }
    return found
  }

  listen() {
    const { plot } = this
    const place = (event) => {
      const box = plot.getBoundingClientRect()
      return [event.clientX - box.left, event.clientY - box.top]
    }
    const within = (pixel) => {
      const [left, , width] = this.axes.box
      return Math.min(Math.max(pixel, left), left + width)
    }
    plot.onpointermove = (event) => {
      if (!this.axes) return
      const [x, y] = place(event)
      if (this.from !== undefined) return this.showBrush(this.from, within(x))
      this.at = this.axes.px.invert(within(x))
      highlight(this.nearest(this.at, y)?.id ?? null)
      this.drawOver()
    }
    plot.onpointerleave = () => {
      this.at = null
      if (this.from === undefined) highlight(null)
      this.drawOver()
    }
    plot.onpointerdown = (event) => {
      if (event.button !== 0 || !this.axes || event.pointerType === "touch") return
      this.from = within(place(event)[0])
      plot.setPointerCapture(event.pointerId)
    }
    plot.onpointerup = (event) => {
      if (this.from === undefined) return
      const ends = [this.from, within(place(event)[0])].sort((a, b) => a - b)
      this.from = undefined
      this.brush.hidden = true
      if (ends[1] - ends[0] > 8) zoomTo(this.root, ends.map(this.axes.px.invert))
    }
    plot.onpointercancel = () => {
      this.from = undefined
      this.brush.hidden = true
    }
    plot.ondblclick = () => zoomTo(this.root, null)
    plot.onkeydown = (event) => this.key(event)
    plot.onblur = () => {
      this.at = null
      highlight(null)
      this.drawOver()
    }
  }

  showBrush(from, to) {
    const [, top, , height] = this.axes.box
    Object.assign(this.brush.style, {
      left: `${Math.min(from, to)}px`, width: `${Math.abs(to - from)}px`, top: `${top}px`, height: `${height}px`,
    })
    this.brush.hidden = Math.abs(to - from) <= 8
  }

  key(event) {
    const { x } = this.axes
    const step = (x[1] - x[0]) / 50
    const order = this.lines.map((line) => line.id)
    const now = order.indexOf(window.ganWorkbenchHighlight)
    const moves = {
      ArrowLeft: () => (this.at = Math.max((this.at ?? x[1]) - step, x[0])),
      ArrowRight: () => (this.at = Math.min((this.at ?? x[0]) + step, x[1])),
      ArrowDown: () => highlight(order[(now + 1) % order.length]),
      ArrowUp: () => highlight(order[(now + order.length) % order.length === now ? (now - 1 + order.length) % order.length : 0]),
      Escape: () => {
        this.at = null
        highlight(null)
        zoomTo(this.root, null)
      },
    }
    if (!moves[event.key]) return
    event.preventDefault()
    moves[event.key]()
    this.drawOver()
  }
}

function zoomTo(root, range) {
  root.zoom = range
  root.querySelector(".zoomed").hidden = !range
  root.follower.zoom(range)
  for (const chart of root.charts) chart.compute()
}

function renderLegend(root, data) {
  const entries = data.groups.length
    ? data.groups.map((group) => ({ id: group.runs[0], name: `${group.name} (${group.count})`, color: group.color }))
    : Object.entries(data.runs).map(([id, run]) => ({ id, ...run }))
  root.querySelector(".legend").replaceChildren(
    ...(entries.length > MOST_NAMED && !data.groups.length ? [] : entries).map(({ id, name, color }) => {
      const entry = button("", `Highlight ${name}`, () => highlight(window.ganWorkbenchHighlight === id ? null : id))
      const swatch = made("span", "swatch")
      swatch.style.background = color
      entry.append(swatch, made("span", "name", name))
      entry.onpointerenter = () => highlight(id)
      entry.onpointerleave = () => highlight(null)
      return entry
    }),
  )
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".curves")
  root.data = data
  root.behind = () => {
    if (Date.now() - (root.told ?? 0) < TELL_MS) return
    root.told = Date.now()
    setTriggerValue("behind", root.told)
  }
  root.weight = data.smoothing
  root.classList.toggle("low", Boolean(data.low))
  if (root.identity !== data.id) root.zoom = null
  root.identity = data.id
  const models = decoded(data)
  const kept = new Map((root.charts ?? []).map((chart) => [chart.model.key, chart]))
  const panels = root.querySelector(".panels")
  root.charts = models.map((model) => kept.get(model.key) ?? new Chart(root, model, data))
  panels.replaceChildren(...root.charts.map((chart) => chart.element))
  root.querySelector(".zoomed").hidden = !root.zoom
  root.querySelector(".zoomed").onclick = () => zoomTo(root, null)
  renderLegend(root, data)
  root.charts.forEach((chart, at) => chart.update(models[at], data))
  root.follower ??= new Follower(root)
  root.follower.follow()
  if (root.zoom) root.follower.zoom(root.zoom)

  const stopHighlight = onHighlight(() => root.charts.forEach((chart) => chart.drawOver()))
  let waiting = 0
  const smoothTo = (event) => {
    root.weight = event.detail
    waiting ||= requestAnimationFrame(() => {
      waiting = 0
      for (const chart of root.charts) if (chart.model.runs.some((run) => !run.points)) chart.compute()
    })
  }
  window.addEventListener(SMOOTHING, smoothTo)
  const watcher = new ResizeObserver(() => requestAnimationFrame(() => root.charts.forEach((chart) => chart.draw())))
  watcher.observe(panels)
  const scheme = new MutationObserver(() => root.charts.forEach((chart) => chart.draw()))
  scheme.observe(parentElement.host ?? root, { attributes: true, attributeFilter: ["style", "class"] })
  return () => {
    root.follower.close()
    root.follower = null
    stopHighlight()
    window.removeEventListener(SMOOTHING, smoothTo)
    watcher.disconnect()
    scheme.disconnect()
  }
}
