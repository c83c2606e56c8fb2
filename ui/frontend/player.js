// The controls of a replay: play and pause, how fast, at which step; and what has happened up to there.

const SPEEDS = [1, 2, 5, 10, 20, 50, 100]
const WANTED_SECONDS = 30 // that a whole replay takes at the speed it begins with

function duration(seconds) {
  const whole = Math.round(seconds)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const two = (number) => String(number).padStart(2, "0")
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`
}

function show(root, clock) {
  const { step, last } = clock
  root.button.textContent = clock.playing ? "❚❚ Pause" : clock.over ? "↺ Again" : "▶ Play"
  root.range.value = step
  const reading = `step ${step.toLocaleString("en")} of ${last.toLocaleString("en")}`
  root.range.setAttribute("aria-valuetext", reading)
  root.output.textContent = `${reading} · ${duration(clock.seconds)} of ${duration(clock.duration)}`
  const numbers = root.data.numbers.findLast((each) => each.step <= step)
  root.numbers.textContent = numbers ? numbers.text : "Nothing measured yet."
  let newest = -1
  ;[...root.list.children].forEach((item, place) => {
    const reached = root.data.moments[place].step <= step
    item.classList.toggle("reached", reached)
    item.inert = !reached
    if (reached) newest = place
  })
  if (newest !== root.newest && newest >= 0 && clock.playing) root.news.textContent = root.data.moments[newest].text
  root.newest = newest
}

function item(moment, seek) {
  const made = document.createElement("li")
  const button = document.createElement("button")
  button.type = "button"
  button.textContent = `step ${moment.step.toLocaleString("en")}`
  button.title = "Go to this step"
  button.onclick = () => seek(moment.step)
  const words = document.createElement("span")
  words.className = moment.kind
  words.textContent = moment.text
  made.append(button, words)
  return made
}

async function begin(root, { data, run }) {
  const load = (name) => import(new URL(run.scripts + name, document.baseURI).href)
  const [{ clockOf }, client, { unpack }] = await Promise.all(["replay.js", "client.js", "curve.js"].map(load))
  const clock = clockOf(run.address)
  const fresh = root.address !== run.address
  root.address = run.address
  if (fresh) {
    const { curves } = await client.curves(run.address, { columns: ["time"], weight: 0 }).catch(() => ({ curves: {} }))
    const { x, y } = curves.time?.raw ?? {}
    clock.record(x ? [...unpack(x)] : [], y ? [...unpack(y)] : [], data.last)
    clock.seconds = 0
    clock.speed = SPEEDS.find((speed) => clock.duration / speed <= WANTED_SECONDS) ?? SPEEDS.at(-1)
  }
  if (root.closed) return
  root.range.max = clock.last
  root.range.step = Math.max(1, Math.round(clock.last / 500))
  root.select.value = clock.speed
  root.range.oninput = () => {
    const wanted = Number(root.range.value) // before the clock, which stops, moves it back
    clock.hold()
    clock.seek(wanted)
  }
  root.button.onclick = () => (clock.playing ? clock.hold() : clock.play())
  root.select.onchange = () => (clock.speed = Number(root.select.value))
  root.list.replaceChildren(...data.moments.map((moment) => item(moment, (step) => clock.seek(step))))
  root.list.hidden = !data.moments.length
  const before = root.leave // left only now: a clock that nobody follows stops
  root.leave = clock.follow(() => show(root, clock))
  before?.()
  if (fresh) clock.play()
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".player")
  const find = (name) => root.querySelector(name)
  Object.assign(root, { data, closed: false, button: find("button"), range: find("input"), output: find("output") })
  Object.assign(root, { select: find("select"), list: find("ol"), numbers: find(".numbers"), news: find(".news") })
  if (!root.select.options.length) {
    root.select.replaceChildren(...SPEEDS.map((speed) => new Option(`${speed}×`, speed)))
  }
  begin(root, { data, run: data.run })
  return () => {
    root.closed = true
    root.address = null
    root.leave?.()
  }
}
