// A distribution drawn by hand: points in the square from -1 to 1, sent when a stroke ends.

const SPACING = 0.03 // between points of a stroke, in units of the square
const LIMIT = 1000

function paint(root) {
  const canvas = root.querySelector("canvas")
  const context = canvas.getContext("2d")
  const style = getComputedStyle(root)
  const side = canvas.width
  context.clearRect(0, 0, side, side)
  context.strokeStyle = style.getPropertyValue("--st-border-color")
  context.beginPath()
  context.moveTo(side / 2, 0)
  context.lineTo(side / 2, side)
  context.moveTo(0, side / 2)
  context.lineTo(side, side / 2)
  context.stroke()
  context.fillStyle = style.getPropertyValue("--st-text-color")
  for (const [x, y] of root.points) {
    context.beginPath()
    context.arc(((x + 1) / 2) * side, ((1 - y) / 2) * side, 3, 0, 7)
    context.fill()
  }
  root.querySelector("canvas").setAttribute("aria-label", `${root.points.length} points drawn`)
}

function placeOf(event, canvas) {
  const box = canvas.getBoundingClientRect()
  const clip = (value) => Math.round(100 * Math.min(1, Math.max(-1, value))) / 100
  return [clip((2 * (event.clientX - box.left)) / box.width - 1), clip(1 - (2 * (event.clientY - box.top)) / box.height)]
}

function add(root, [x, y]) {
  const last = root.points.at(-1)
  const near = root.drawing > 0 && last && Math.hypot(x - last[0], y - last[1]) < SPACING
  if (near || root.points.length >= LIMIT) return
  root.points.push([x, y])
  root.drawing += 1
  paint(root)
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".draw")
  const canvas = root.querySelector("canvas")
  // What was drawn here comes back late, when more may be drawn already: it says nothing new, as do ticks.
  const told = JSON.stringify(data.points)
  if (told !== root.told && !root.sent?.has(told)) {
    root.points = data.points.map((point) => [...point])
    root.sent = new Set()
  }
  root.told = told
  paint(root)
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId)
    root.drawing = 0
    root.down = true
    add(root, placeOf(event, canvas))
  }
  canvas.onpointermove = (event) => root.down && add(root, placeOf(event, canvas))
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (!root.down) return
    root.down = false
    root.sent.add(JSON.stringify(root.points))
    setTriggerValue("drawn", root.points)
  }
}
