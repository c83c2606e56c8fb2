// A VAE's codes: where images lie in the plane, what lies between them, and images of one's own through it.

const CODE_COLORS = ["#00A06E", "#6E3CFA", "#A25200", "#C80ABE", "#FA5046", "#328CFA", "#1E6E8C", "#B478B4", "#8A8A00", "#555F6E"]
const WALK_STOPS = 6
const WALK_STEPS = 12
const PLANE_STEP = 0.02 // of the picture, for an arrow key

const CODES = {
  id: "codes",
  title: "Codes",
  fits: (run) => run.family === "vae",
  open(page, host) {
    const planes = page.runs.map((run) => planeOf(page, run))
    const walks = walksOf(page)
    const row = element("div", "runs")
    row.append(...planes.map(({ figure }) => figure))
    host.append(row)
    if (planes.length > 1) host.append(element("p", "caption", "Each run has codes of its own: a place in one plane says nothing of the same place in the other."))
    host.append(element("h3", "", "An image of your own through it"), rebuilt(page, planes), element("h3", "", "A walk from digit to digit"), walks.box)
    return () => {
      planes.forEach(({ update }) => update())
      walks.update()
    }
  },
}

// The plane of one run's codes, and what is decoded at the cross in it.
function planeOf(page, run) {
  const canvas = element("canvas", "plane")
  canvas.tabIndex = 0
  canvas.setAttribute("role", "application")
  canvas.setAttribute("aria-label", "Plane of codes: move with the pointer or the arrow keys to see what is decoded there")
  const decoded = tile("what is decoded there", "large")
  const said = element("p", "caption")
  const plane = { places: [], labels: [], at: [0, 0], own: null }
  const draw = () => plane.reach && drawPlane(canvas, run, plane)
  const go = (place) => {
    plane.at = place
    draw()
    ask(page, "decoded", run, "pictures", { points: [{ plane: place }] }, ({ sheet }) => paint(decoded, sheet))
  }
  let down = false
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId)
    down = true
    go(placeIn(canvas, plane, event))
  }
  canvas.onpointermove = (event) => down && go(placeIn(canvas, plane, event))
  canvas.onpointerup = canvas.onpointercancel = () => (down = false)
  canvas.onkeydown = (event) => {
    const arrow = ARROWS[event.key]
    if (!arrow) return
    event.preventDefault()
    const size = plane.reach * 2 * PLANE_STEP
    go([plane.at[0] + arrow[0] * size, plane.at[1] - arrow[1] * size])
  }
  const left = element("div", "moved")
  left.append(decoded, element("p", "caption", "decoded at the cross"))
  const right = element("div", "all")
  right.append(canvas, legendOf(run), said)
  const both = element("div", "beside")
  both.append(left, right)
  return {
    run,
    figure: figureOf(page, run, both),
    mark(place) {
      plane.own = place
      draw()
    },
    update() {
      ask(page, "plane", run, "plane", {}, (answer) => {
        Object.assign(plane, { places: answer.places, labels: answer.labels })
        plane.reach = 1.05 * Math.max(...answer.places.flat().map(Math.abs), 1e-6)
        said.textContent = run.nz === 2 ? "Codes of held-out images, both dimensions." : `Codes of held-out images along their two principal components, which hold ${Math.round(100 * answer.share)} % of their variance in ${run.nz} dimensions.`
        go([0, 0])
      })
    },
  }
}

function placeIn(canvas, plane, event) {
  const box = canvas.getBoundingClientRect()
  const across = (2 * (event.clientX - box.left)) / box.width - 1
  const up = 1 - (2 * (event.clientY - box.top)) / box.height
  return [across * plane.reach, up * plane.reach]
}

function drawPlane(canvas, run, plane) {
  const side = 420
  const ratio = window.devicePixelRatio || 1
  Object.assign(canvas, { width: side * ratio, height: side * ratio })
  const style = getComputedStyle(canvas)
  const pen = canvas.getContext("2d")
  pen.scale(ratio, ratio)
  const spot = ([x, y]) => [((x / plane.reach + 1) * side) / 2, ((1 - y / plane.reach) * side) / 2]
  pen.globalAlpha = 0.7
  plane.places.forEach((place, at) => {
    pen.fillStyle = CODE_COLORS[plane.labels[at] % CODE_COLORS.length]
    const [x, y] = spot(place)
    pen.fillRect(x - 2, y - 2, 4, 4)
  })
  pen.globalAlpha = 1
  pen.strokeStyle = style.getPropertyValue("--st-text-color")
  pen.lineWidth = 2
  const [x, y] = spot(plane.at)
  for (const [from, to] of [[[x - 9, y], [x + 9, y]], [[x, y - 9], [x, y + 9]]]) {
    pen.beginPath()
    pen.moveTo(...from)
    pen.lineTo(...to)
    pen.stroke()
  }
  if (!plane.own) return
  pen.beginPath()
  pen.arc(...spot(plane.own), 8, 0, 7)
  pen.stroke()
}

function legendOf(run) {
  const legend = element("div", "legend")
  for (const [label, name] of run.labels.slice(0, CODE_COLORS.length)) {
    const item = element("span", "item")
    const swatch = element("span", "swatch")
    swatch.style.background = CODE_COLORS[label % CODE_COLORS.length]
    item.append(swatch, name)
    legend.append(item)
  }
  return legend
}

// An image through each run, and its place in each plane.
function rebuilt(page, planes) {
  const shown = planes.map(({ run, mark }) => {
    const pair = strip(2, "the image and its reconstruction")
    pair.classList.add("rebuilt")
    const words = element("p", "caption")
    const show = (image) =>
      ask(page, "rebuilt", run, "reconstruct", { image }, ({ sheet, place, error, kl }) => {
        paintAll(pair, sheet)
        words.textContent = `Left the image, right what comes back. Its pixels cost ${short(error)} nats, its code ${short(kl)}; the circle in the plane is where it lies.`
        mark(place)
      })
    return { run, show, figure: figureOf(page, run, pair, words) }
  })
  const source = sourceChooser(page, page.runs[0], ["draw", "test", "file"], {}, (image, _words, _label, picture) =>
    shown.forEach(({ run, show }) => show(imageFor(page, run, image, picture))),
  )
  const row = element("div", "runs all")
  row.append(...shown.map(({ figure }) => figure))
  const both = element("div", "beside")
  both.append(source, row)
  return both
}

// Through the codes that each run has of the same held-out images.
function walksOf(page) {
  const state = { first: 0 }
  const stops = () => Array.from({ length: WALK_STOPS }, (_, at) => ({ encoded: state.first + at }))
  const question = () => ({ stops: stops(), way: "straight", steps: WALK_STEPS })
  const shown = page.runs.map((run) => {
    const film = filmOf(`a walk through the codes of ${run.name}`)
    const bar = element("div", "bar")
    bar.append(...filmButtons(page, run, question))
    return { run, film, figure: figureOf(page, run, film.box, bar) }
  })
  const update = () => shown.forEach(({ run, film }) => ask(page, "walk", run, "path", question(), ({ sheet }) => film.show(sheet)))
  const other = element("button", "", "Another walk")
  other.type = "button"
  other.onclick = () => {
    state.first = (state.first + WALK_STOPS) % 240
    update()
  }
  const bar = element("div", "bar")
  bar.append(other, element("span", "caption", `Through the codes of ${WALK_STOPS} held-out images, in straight lines.`))
  const row = element("div", "runs")
  row.append(...shown.map(({ figure }) => figure))
  const box = element("div", "walk")
  box.append(bar, row)
  return { box, update }
}
