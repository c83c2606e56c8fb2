// What differs between runs and what came of them, in one table: sorted, chosen and saved here, a row for each run.

const REMEMBERED = "gan-workbench-results" // the measures that somebody chose, in this browser
const VIEWS = { end: "at the end", last: "last", best: "best", step: "at a step" }

function remembered() {
  try {
    const found = JSON.parse(localStorage.getItem(REMEMBERED))
    return Array.isArray(found) ? found.filter((key) => typeof key === "string") : null
  } catch {
    return null
  }
}

function remember(keys) {
  try {
    localStorage.setItem(REMEMBERED, JSON.stringify(keys))
  } catch {
    // a browser that keeps nothing shows the usual measures again
  }
}

// --- what stands in a cell ---

// A measured value in the view that is shown, such as {value, step, way}; undefined where there is none.
function valueOf(root, row, measure) {
  const known = row.values[measure.key]
  if (!known) return undefined
  if (known.single) return known.single
  if (root.view === "end") return known.end
  if (root.view === "last") return known.line.at(-1)
  if (root.view === "step") return known.line.findLast((each) => each.step <= root.step)
  if (!measure.better) return undefined
  const sign = measure.better === "low" ? 1 : -1
  return known.line.reduce((best, each) => (!best || sign * each.value < sign * best.value ? each : best), undefined)
}

// Per measure: the way of measuring that most values share, and the best value among those.
function judged(root, measure) {
  const found = root.rows.map((row) => valueOf(root, row, measure)).filter(Boolean)
  const count = new Map()
  for (const each of found) count.set(each.way, (count.get(each.way) ?? 0) + 1)
  const way = [...count].sort((one, other) => other[1] - one[1])[0]?.[0]
  const values = found.filter((each) => each.way === way).map((each) => each.value)
  const best = measure.better === "low" ? Math.min(...values) : measure.better === "high" ? Math.max(...values) : NaN
  return { way, best: new Set(values).size > 1 ? best : NaN }
}

function columnsOf(root) {
  const settings = root.settings.map((setting) => ({ ...setting, kind: "setting" }))
  const shown = root.measures.filter((measure) => root.chosen.includes(measure.key))
  return [...settings, ...shown.map((measure) => ({ ...measure, kind: "measure", ...judged(root, measure) }))]
}

function sortValue(root, row, column) {
  if (!column) return row.name
  if (column.kind === "setting") return row.cells[column.key]?.sort
  return valueOf(root, row, column)?.value
}

// Rows in the chosen order; those without a value come last, whichever way.
function sorted(root, columns) {
  if (!root.order) return root.rows
  const column = columns.find((each) => each.key === root.order.key)
  if (!column && root.order.key !== "name") return root.rows
  const sign = root.order.down ? -1 : 1
  const missing = (value) => value === undefined || value === null || Number.isNaN(value)
  return [...root.rows].sort((one, other) => {
    const [a, b] = [sortValue(root, one, column), sortValue(root, other, column)]
    if (missing(a) || missing(b)) return missing(a) - missing(b)
    if (typeof a === "number" && typeof b === "number") return sign * (a - b)
    return sign * String(a).localeCompare(String(b), "en", { numeric: true })
  })
}

// --- drawing ---

function headOf(root, column) {
  const head = made("th", column?.kind === "measure" ? "number-head" : "")
  head.scope = "col"
  const key = column?.key ?? "name"
  const active = root.order?.key === key
  head.setAttribute("aria-sort", active ? (root.order.down ? "descending" : "ascending") : "none")
  const words = column?.label ?? "run"
  const sort = button("", `Sort by ${words}`, () => {
    const first = column?.better === "high" // the best on top
    root.order = !active ? { key, down: first } : root.order.down === first ? { key, down: !first } : null
    render(root)
    root.querySelector(`[data-key="${key}"]`)?.focus()
  })
  sort.dataset.key = key
  sort.title = column?.help ?? sort.title
  sort.append(made("span", "", words), made("span", "arrow", active ? (root.order.down ? "▼" : "▲") : ""))
  head.append(sort)
  return head
}

function nameCell(root, row) {
  const cell = made("th")
  cell.scope = "row"
  const swatch = made("span", "swatch")
  swatch.style.background = row.color
  const open = button(row.name, `Open ${row.name} in Train`, () => root.open(row.id))
  open.className = "open"
  const line = made("div", "line")
  line.append(swatch, open)
  cell.append(line, ...row.notes.map((note) => made("div", "note", note)))
  return cell
}

function settingCell(row, column) {
  const { text, changed } = row.cells[column.key]
  const cell = made("td", changed ? "changed" : "", text)
  if (changed) cell.title = "differs from most of these runs"
  return cell
}

function measureCell(root, row, column) {
  const found = valueOf(root, row, column)
  const cell = made("td", "number")
  if (!found) {
    cell.textContent = "–"
    return cell
  }
  const other = found.way !== column.way
  const best = !other && found.value === column.best
  cell.append(made("span", best ? "best" : "", found.text + (other ? " †" : "")))
  if (best) cell.append(made("span", "unseen", " (best)"))
  if (found.step !== undefined) cell.title = `step ${found.step.toLocaleString("en")}; ${root.ways[found.way]}`
  root.foot ||= other
  return cell
}

function render(root) {
  root.foot = false
  const columns = columnsOf(root)
  const head = made("tr")
  head.append(headOf(root, null), ...columns.map((column) => headOf(root, column)))
  const body = sorted(root, columns).map((row) => {
    const line = made("tr")
    line.dataset.run = row.id
    line.append(
      nameCell(root, row),
      ...columns.map((column) => (column.kind === "setting" ? settingCell(row, column) : measureCell(root, row, column))),
    )
    line.onpointerenter = () => highlight(row.id)
    line.onpointerleave = () => highlight(null)
    return line
  })
  root.querySelector("thead").replaceChildren(head)
  root.querySelector("tbody").replaceChildren(...body)
  root.querySelector(".foot").textContent = root.foot
    ? "† Measured in another way than most (features, reference or number of samples): not to be compared."
    : ""
  for (const choice of root.querySelectorAll(".views input")) choice.checked = choice.value === root.view
  const step = root.querySelector(".step")
  step.hidden = root.view !== "step"
  step.querySelector("input").value = root.steps.indexOf(root.step)
  step.querySelector("output").textContent = root.step === undefined ? "" : `step ${root.step.toLocaleString("en")}`
  show(root, window.ganWorkbenchHighlight)
}

function show(root, run) {
  for (const line of root.querySelectorAll("tbody tr")) line.classList.toggle("highlighted", line.dataset.run === run)
}

// --- choices ---

function buildViews(root) {
  root.querySelector(".views").replaceChildren(
    ...Object.entries(VIEWS).map(([view, words]) => {
      const label = made("label")
      const choice = made("input")
      Object.assign(choice, { type: "radio", name: "view", value: view })
      choice.onchange = () => {
        root.view = view
        render(root)
      }
      label.append(choice, made("span", "", words))
      return label
    }),
  )
  const range = root.querySelector(".step input")
  Object.assign(range, { min: 0, max: Math.max(root.steps.length - 1, 0), step: 1 })
  range.oninput = () => {
    root.step = root.steps[Number(range.value)]
    render(root)
  }
}

function buildColumns(root) {
  root.querySelector(".choices").replaceChildren(
    ...root.measures.map((measure) => {
      const label = made("label")
      const choice = made("input")
      Object.assign(choice, { type: "checkbox", checked: root.chosen.includes(measure.key) })
      choice.onchange = () => {
        root.chosen = root.measures
          .map((each) => each.key)
          .filter((key) => (key === measure.key ? choice.checked : root.chosen.includes(key)))
        remember(root.chosen)
        render(root)
      }
      label.append(choice, made("span", "", measure.label))
      label.title = measure.help
      return label
    }),
  )
}

function save(root) {
  const columns = columnsOf(root)
  const lines = [["run", "id", ...columns.map((column) => column.label)]]
  for (const row of sorted(root, columns)) {
    const cells = columns.map((column) =>
      column.kind === "setting" ? row.cells[column.key].text : (valueOf(root, row, column)?.value ?? ""),
    )
    lines.push([row.name, row.id, ...cells])
  }
  saveCsv("comparison", lines)
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".results")
  const { rows, settings, measures, ways, steps } = data
  const usual = remembered()?.filter((key) => measures.some((measure) => measure.key === key))
  Object.assign(root, { rows, settings, measures, ways, steps })
  root.chosen ??= usual?.length ? usual : data.chosen
  root.view ??= data.view
  if (!steps.includes(root.step)) root.step = steps.at(-1)
  root.open = (run) => setTriggerValue("open", run)
  root.querySelector(".save").onclick = () => save(root)
  buildViews(root)
  buildColumns(root)
  render(root)
  return onHighlight((run) => show(root, run))
}
