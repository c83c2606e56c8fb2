// Menus under the search box: facets, what runs are grouped by, and which columns are shown.

function buildMenu(page, label, symbol = "") {
  const menu = element("div", "menu")
  const opener = button(label, { symbol, className: "opener" })
  opener.append(icon("expand_more"))
  opener.setAttribute("aria-expanded", "false")
  const panel = element("div", "panel")
  panel.setAttribute("role", "group")
  panel.setAttribute("aria-label", label)
  panel.hidden = true
  menu.append(opener, panel)
  opener.onclick = () => (panel.hidden ? openMenu(page, menu) : closeMenu(page))
  menu.onkeydown = (event) => {
    if (event.key !== "Escape" || panel.hidden) return
    event.stopPropagation()
    closeMenu(page)
    opener.focus()
  }
  return menu
}

function openMenu(page, menu) {
  closeMenu(page)
  page.menu = menu
  menu.querySelector(".panel").hidden = false
  menu.querySelector(".opener").setAttribute("aria-expanded", "true")
}

function closeMenu(page) {
  if (!page.menu) return
  page.menu.querySelector(".panel").hidden = true
  page.menu.querySelector(".opener").setAttribute("aria-expanded", "false")
  page.menu = null
}

function buildMenus(page) {
  const menus = element("div", "menus")
  page.facets = element("div", "facets")
  page.groupMenu = buildMenu(page, "Group", "account_tree")
  page.columnMenu = buildMenu(page, "Columns", "view_column")
  const folding = element("div", "folding")
  for (const [label, on] of [
    ["Fold all", true],
    ["Unfold all", false],
  ]) {
    const fold = button(label, { className: "plain" })
    fold.onclick = () => page.outbox.ask("fold-all", { on })
    folding.append(fold)
  }
  page.folding = folding
  const right = element("div", "aside")
  right.append(folding, page.groupMenu, page.columnMenu)
  menus.append(page.facets, right)
  buildColumns(page)
  return menus
}

function renderMenus(page) {
  const { data } = page
  keyed(
    page.facets,
    data.facets.filter((facet) => facet.values.length),
    (facet) => facet.name,
    (facet) => buildMenu(page, facet.title),
    (menu, facet) => renderFacet(page, menu, facet),
  )
  const chosen = data.groups.find((group) => group.id === data.group)
  setText(page.groupMenu.querySelector(".opener span:nth-child(2)"), chosen ? `By ${chosen.title.toLowerCase()}` : "Group")
  page.folding.hidden = !data.group
  keyed(
    page.groupMenu.querySelector(".panel"),
    [{ id: "", title: "Not grouped" }, ...data.groups],
    (group) => group.id,
    (group) => {
      const choice = button(group.title, { className: "choice" })
      choice.onclick = () => {
        page.outbox.ask("group", { by: group.id })
        closeMenu(page)
      }
      return choice
    },
    (choice, group) => choice.setAttribute("aria-pressed", String(group.id === data.group)),
  )
  renderColumns(page)
}

function renderFacet(page, menu, facet) {
  const chosen = new Set(facet.chosen)
  const isChosen = (value) => chosen.has(value.toLowerCase())
  const label = chosen.size ? `${facet.title}: ${facet.chosen.join(", ")}` : facet.title
  setText(menu.querySelector(".opener span"), label)
  menu.querySelector(".opener").classList.toggle("chosen", chosen.size > 0)
  keyed(
    menu.querySelector(".panel"),
    facet.values,
    ([value]) => value,
    ([value]) => {
      const line = element("label", "option")
      const tick = checkbox(value)
      tick.removeAttribute("aria-label") // the label says it
      line.append(tick, element("span", "word", value), element("span", "count"))
      return line
    },
    (line, [value, count]) => {
      const tick = line.querySelector("input")
      tick.checked = isChosen(value)
      setText(line.querySelector(".count"), count.toLocaleString("en"))
      tick.onchange = () => {
        const now = facet.values.map(([each]) => each).filter((each) => (each === value ? tick.checked : isChosen(each)))
        page.outbox.ask("facet", { name: facet.name, values: now })
      }
    },
  )
}

function buildColumns(page) {
  const panel = page.columnMenu.querySelector(".panel")
  panel.classList.add("wide")
  const filter = element("input")
  Object.assign(filter, { type: "text", placeholder: "Add a column: type to find one" })
  filter.setAttribute("aria-label", "Find a column to add")
  filter.oninput = () => renderColumns(page)
  const usual = button("The usual columns", { symbol: "restart_alt", className: "plain" })
  usual.onclick = () => page.outbox.ask("columns", { columns: page.data.usual })
  panel.append(element("ol", "shown"), filter, element("div", "found"), usual)
}

function renderColumns(page) {
  const panel = page.columnMenu.querySelector(".panel")
  const { chosen, offered } = page.data
  const ids = chosen.map((column) => column.id)
  const ask = (columns) => page.outbox.ask("columns", { columns })
  keyed(
    panel.querySelector(".shown"),
    chosen,
    (column) => column.id,
    (column) => buildChosen(column),
    (item, column) => {
      const place = ids.indexOf(column.id)
      const moved = (to) => {
        const others = ids.filter((id) => id !== column.id)
        others.splice(to, 0, column.id)
        ask(others)
      }
      const [up, down, remove] = item.querySelectorAll("button")
      up.disabled = place === 0
      down.disabled = place === ids.length - 1
      remove.disabled = ids.length === 1
      up.onclick = () => moved(place - 1)
      down.onclick = () => moved(place + 1)
      remove.onclick = () => ask(ids.filter((id) => id !== column.id))
      item.ondragstart = (event) => event.dataTransfer.setData("text/plain", column.id)
      item.ondragover = (event) => event.preventDefault()
      item.ondrop = (event) => {
        event.preventDefault()
        const id = event.dataTransfer.getData("text/plain")
        if (ids.includes(id) && id !== column.id) {
          const others = ids.filter((each) => each !== id)
          others.splice(place, 0, id)
          ask(others)
        }
      }
    },
  )
  const typed = panel.querySelector("input").value.trim().toLowerCase()
  const free = offered.filter((column) => !ids.includes(column.id) && `${column.title} ${column.id}`.toLowerCase().includes(typed))
  keyed(
    panel.querySelector(".found"),
    free,
    (column) => column.id,
    (column) => button(column.title, { symbol: "add", className: "choice" }),
    (choice, column) => {
      choice.onclick = () => ask([...page.data.chosen.map((each) => each.id), column.id])
    },
  )
}

function buildChosen(column) {
  const item = element("li")
  item.draggable = true
  item.append(
    icon("drag_indicator"),
    element("span", "word", column.title),
    button("", { symbol: "arrow_upward", className: "plain", name: `Move ${column.title} to the left` }),
    button("", { symbol: "arrow_downward", className: "plain", name: `Move ${column.title} to the right` }),
    button("", { symbol: "close", className: "plain", name: `Remove ${column.title}` }),
  )
  return item
}
