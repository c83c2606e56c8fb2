// Inside a network: the views of it, and what they have in common: a seed, truncation, a class, two picked samples.

const EVERY_VIEW = [SAMPLES, BETWEEN, DIRECTIONS, CLASSES, BOLD, CODES, NEAREST, JUDGE, PLANE]
const FREE = 4 // above it, truncation is off

function buildPage(root) {
  root.replaceChildren(
    element("div", "bar views-bar"),
    element("div", "bar settings"),
    element("p", "note"),
    element("p", "problem"),
    element("div", "view"),
  )
  root.querySelector(".problem").setAttribute("role", "alert")
}

function fitting(page) {
  return EVERY_VIEW.filter((view) => view.fits(page.runs[0]))
}

function renderViews(page) {
  const views = fitting(page).map((view) => [view.id, view.title])
  const bar = page.root.querySelector(".views-bar")
  bar.replaceChildren(
    choices("View", views, page.view.id, (id) => chooseView(page, id)),
  )
}

function chooseView(page, id) {
  page.view = EVERY_VIEW.find((view) => view.id === id)
  page.root.querySelector(`.views-bar input[value="${id}"]`).checked = true
  page.tell({ view: id })
  openView(page)
}

function renderSettings(page) {
  const [run] = page.runs
  const seed = element("input", "seed")
  Object.assign(seed, { type: "number", min: 0, max: 4294967295, step: 1, value: page.seed })
  const setSeed = (value) => {
    page.seed = Math.min(Math.max(Math.floor(value) || 0, 0), 4294967295)
    seed.value = page.seed
    page.tell({ seed: page.seed })
    page.update()
  }
  seed.onchange = () => setSeed(Number(seed.value))
  const next = element("button", "", "Next seed")
  next.type = "button"
  next.onclick = () => setSeed(page.seed + 1)
  const controls = [labelled("Seed", seed), next]
  if (run.family !== "translator" || run.prior) {
    const most = run.prior === "uniform" ? 1 : FREE
    const cut = slider("Truncation", { min: 0.1, max: most, step: 0.05, value: page.truncation ?? most, words: (value) => (value < most ? `|z| ≤ ${value.toFixed(2)}` : "off") }, (value) => {
      page.truncation = value < most ? value : null
      page.update()
    })
    cut.title = "No coordinate of z beyond this (Brock et al. 2019): lower, samples look more usual and more alike; off, z is drawn as in training."
    controls.push(cut)
  }
  if (run.condition === "class" && run.family !== "toy") {
    controls.push(labelled("Class", labelSelect(run, page.label, "in turn", (label) => {
      page.label = label
      page.update()
    })))
  }
  const clear = element("button", "clear", "Clear A and B")
  clear.type = "button"
  clear.hidden = !page.picks.length
  clear.onclick = () => {
    page.picks = []
    page.tell({ picks: [] })
    page.update()
  }
  page.root.querySelector(".settings").replaceChildren(...controls, clear, element("span", "asking", "Computing …"))
}

// What is to be said of the runs.
function noteWords(page) {
  return [page.differ, ...page.runs.map((run) => run.note)].filter(Boolean).join(" ")
}

function openView(page) {
  page.opened = (page.opened ?? 0) + 1
  page.root.dataset.view = page.view.id
  const host = page.root.querySelector(".view")
  host.replaceChildren()
  page.root.querySelector(".note").textContent = noteWords(page)
  for (const lane of Object.values(page.lanes)) lane.problem = ""
  say(page, "")
  const update = page.view.open(page, host)
  page.update = () => {
    page.root.querySelector(".clear").hidden = !page.picks.length
    update()
  }
  page.update()
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".explore")
  const heard = exchange(root, data, setTriggerValue)
  const looks = JSON.stringify(data.runs.map(({ step: _step, ...rest }) => rest)) // answers say the step
  const page = (root.page ??= { root, lanes: {}, truncation: null, label: undefined })
  Object.assign(page, { differ: data.differ, noises: data.noises, mp4: data.mp4, tell: root.tell })
  // Of two runs of different kinds only the first one is shown.
  page.runs = data.runs.filter((run) => run.family === data.runs[0].family)
  const isNew = root.looks !== looks
  if (isNew) buildPage(root)
  if (isNew || heard) {
    page.seed = data.seed
    page.picks = data.picks.map(readPick)
  }
  const views = fitting(page)
  const wanted = (isNew && !page.view) || heard ? data.view : page.view?.id
  const view = views.find((each) => each.id === wanted) ?? views[0]
  if (!isNew && view === page.view) return
  page.view = view
  if (isNew && page.label !== undefined && !page.runs[0].labels.some(([label]) => label === page.label)) page.label = undefined
  root.looks = looks
  renderViews(page)
  renderSettings(page)
  openView(page)
}
