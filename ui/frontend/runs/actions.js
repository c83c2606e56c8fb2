// What can be done with the ticked runs, above the table and always in view.

const ACTIONS = [
  ["open", "Open", "open_in_full", false],
  ["compare", "Compare", "compare", true],
  ["explore", "Explore", "travel_explore", true],
  ["use", "Use settings", "content_copy", false],
  ["resume", "Resume", "play_arrow", true],
  ["stop", "Stop", "stop", true],
  ["star", "Star", "star", true],
  ["unstar", "Unstar", "star_border", true],
  ["tags", "Tags", "label", false],
  ["export", "Export", "download", true],
  ["delete", "Delete", "delete", true],
]

function buildActions(page) {
  const bar = element("div", "actions")
  bar.setAttribute("role", "toolbar")
  bar.setAttribute("aria-label", "Actions on the ticked runs")
  const said = element("span", "said")
  said.setAttribute("role", "status")
  const every = button("", { className: "plain every" })
  const none = button("Untick all", { className: "plain none" })
  none.onclick = () => page.outbox.ask("tick-found", { on: false })
  every.onclick = () => page.outbox.ask("tick-found", { on: true })
  const undo = button("Undo", { symbol: "undo", className: "undo" })
  undo.onclick = () => page.outbox.ask("undo")
  bar.append(said, undo, every, none, element("div", "buttons"))
  page.bar = bar
  return bar
}

function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`
}

function renderActions(page) {
  const { data, bar } = page
  const deleted = data.ticked ? [] : data.deleted
  const [undo, every, none] = ["undo", "every", "none"].map((name) => bar.querySelector(`.${name}`))
  undo.hidden = !deleted.length
  every.hidden = data.all || !data.matched
  none.hidden = !data.ticked
  setText(every, `Tick all ${data.matched.toLocaleString("en")}`)
  setText(bar.querySelector(".said"), saidOf(data, deleted))
  keyed(
    bar.querySelector(".buttons"),
    ACTIONS.filter(([name]) => data.possible[name]),
    ([name]) => name,
    ([name, label, symbol]) => {
      const made = button(label, { symbol, className: name === "compare" || name === "open" ? "first" : "" })
      made.onclick = () => page.outbox.ask("act", { name })
      return made
    },
    (node, [name, label, , many]) => {
      const count = data.possible[name]
      const words = many && data.ticked > 1 ? `${label} ${count.toLocaleString("en")}` : label
      setText(node.querySelector("span:last-child"), words)
    },
  )
}

function saidOf(data, deleted) {
  if (data.ticked) return `${data.ticked.toLocaleString("en")} ticked`
  if (deleted.length === 1) return `Deleted ${deleted[0]}.`
  if (deleted.length) return `Deleted ${counted(deleted.length, "run")}.`
  const found = data.matched === data.total ? counted(data.total, "run") : `${data.matched.toLocaleString("en")} of ${counted(data.total, "run")}`
  return data.matched ? `${found}. Tick some to compare, tag or delete them.` : `None of the ${counted(data.total, "run")} matches.`
}
