// An image to ask about: a picked sample, one of the data, one drawn here, or a file.

const SIDE = 280
const PEN = 22
const MOST_FILE = 4_000_000
const DATA_SHOWN = 40
const SOURCES = { sample: "The picked sample", test: "Held-out", train: "Training image", draw: "Draw", file: "Upload" }

// `take(image, words, label, picture)` is called with what is chosen, again and again while somebody draws; `picture` is a
// canvas of it where it is one of the data.
function sourceChooser(page, run, kinds, { sources = false } = {}, take) {
  const box = element("div", "source")
  const place = element("div", "place")
  const chosen = { kind: kinds[0] }
  const open = (kind) => {
    chosen.kind = kind
    place.replaceChildren()
    if (kind === "sample") offerSample(page, place, take)
    else if (kind === "draw") offerCanvas(place, take)
    else if (kind === "file") offerFile(page, place, take)
    else offerData(page, run, kind, sources, place, take)
  }
  box.append(choices("Image", kinds.map((kind) => [kind, SOURCES[kind]]), kinds[0], open), place)
  open(kinds[0])
  box.again = () => chosen.kind === "sample" && open("sample")
  return box
}

// What is chosen as each run is asked about it: a second run, whose data may be others, is given the picture itself.
function imageFor(page, run, image, picture) {
  return picture && run !== page.runs[0] ? asFile(picture) : image
}

function asFile(canvas) {
  return { file: canvas.toDataURL("image/png").split(",")[1] }
}

function offerSample(page, place, take) {
  const pick = picked(page, 0)
  place.append(element("p", "caption", `${pickWords(page, pick)}: pick another one under Samples.`))
  take({ point: pick }, pickWords(page, pick), classOf(page.runs[0], pick))
}

function offerData(page, run, split, sources, place, take) {
  const state = { start: 0, total: 0 }
  const grid = element("div", "data")
  const [before, after] = ["‹ Before", "Next ›"].map((words) => element("button", "", words))
  const where = element("span", "caption")
  const turn = (by) => {
    state.start = Math.max(0, Math.min(state.start + by * DATA_SHOWN, Math.max(0, state.total - 1)))
    show()
  }
  before.onclick = () => turn(-1)
  after.onclick = () => turn(1)
  const show = () =>
    ask(page, `data ${split}`, run, "real", { split, start: state.start, count: DATA_SHOWN, sources }, (answer) => {
      state.total = answer.total
      before.disabled = state.start === 0
      after.disabled = state.start + DATA_SHOWN >= state.total
      where.textContent = `${(state.start + 1).toLocaleString("en")} to ${(state.start + answer.sheet.count).toLocaleString("en")} of ${state.total.toLocaleString("en")}`
      grid.replaceChildren(
        ...Array.from({ length: answer.sheet.count }, (_, at) => {
          const words = `${split === "test" ? "held-out" : "training"} image ${state.start + at + 1}, ${run.classes[answer.labels[at]] ?? answer.labels[at]}`
          const button = element("button", "pick")
          button.type = "button"
          button.title = words
          const canvas = tile(words)
          paint(canvas, answer.sheet, at)
          button.append(canvas)
          button.onclick = () => {
            grid.querySelectorAll("button").forEach((each) => each.setAttribute("aria-pressed", String(each === button)))
            take({ split, index: state.start + at }, words, answer.labels[at], canvas)
          }
          return button
        }),
      )
      if (state.start === 0) grid.firstChild?.click()
    })
  const pages = element("div", "bar")
  pages.append(before, after, where)
  place.append(grid, pages)
  show()
}

function offerCanvas(place, take) {
  const canvas = element("canvas", "drawing")
  canvas.width = canvas.height = SIDE
  canvas.setAttribute("role", "img")
  canvas.setAttribute("aria-label", "Draw here, white on black")
  const pen = canvas.getContext("2d")
  Object.assign(pen, { lineCap: "round", lineJoin: "round", lineWidth: PEN, strokeStyle: "#fff", fillStyle: "#000" })
  const send = () => take(asFile(canvas), "what you drew")
  const clear = () => pen.fillRect(0, 0, SIDE, SIDE)
  const placeOf = (event) => {
    const box = canvas.getBoundingClientRect()
    return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height]
  }
  let last = null
  const stroke = (event) => {
    const next = placeOf(event)
    pen.beginPath()
    pen.moveTo(...(last ?? next))
    pen.lineTo(...next)
    pen.stroke()
    last = next
    send()
  }
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId)
    last = null
    stroke(event)
  }
  canvas.onpointermove = (event) => last && stroke(event)
  canvas.onpointerup = canvas.onpointercancel = () => (last = null)
  const wipe = element("button", "", "Clear")
  wipe.type = "button"
  wipe.onclick = clear
  clear()
  // A first stroke, so that there is an answer to look at, and something to draw over.
  pen.beginPath()
  pen.moveTo(0.55 * SIDE, 0.2 * SIDE)
  pen.lineTo(0.45 * SIDE, 0.8 * SIDE)
  pen.stroke()
  place.append(canvas, wipe, element("p", "caption", "Draw with the mouse or a finger: the answer follows the stroke."))
  send()
}

function offerFile(page, place, take) {
  const input = element("input")
  Object.assign(input, { type: "file", accept: "image/*" })
  input.setAttribute("aria-label", "Image file")
  input.onchange = () => {
    const [file] = input.files
    if (!file) return
    if (file.size > MOST_FILE) return say(page, `An image must have at most ${MOST_FILE / 1e6} MB.`)
    const reader = new FileReader()
    reader.onload = () => take({ file: reader.result.split(",")[1] ?? "" }, file.name)
    reader.readAsDataURL(file)
  }
  place.append(input, element("p", "caption", "Its middle square is scaled to the size of the run's images. Digits and garments are bright on black."))
}
