// The table itself, its headings and pages, and what happens when the server has something new.

const COOKIE = "gan-workbench-runs"
const YEAR = 365 * 24 * 3600

function buildTable(page) {
  const frame = element("div", "frame")
  frame.tabIndex = 0
  frame.setAttribute("role", "region")
  frame.setAttribute("aria-label", "Table of runs")
  const table = element("table")
  const head = element("thead")
  const headings = element("tr")
  const tick = element("th", "tick")
  tick.scope = "col"
  page.all = checkbox("Tick all runs on this page")
  tick.append(page.all)
  const name = buildHeading(page, { id: "name", title: "name", help: "The run's name." })
  name.classList.add("name")
  const picture = element("th", "picture")
  picture.scope = "col"
  picture.append(element("span", "unseen", "samples"))
  headings.append(tick, picture, name)
  head.append(headings)
  page.headings = headings
  page.body = element("tbody")
  table.append(head, page.body)
  frame.append(table)
  page.frame = frame
  return frame
}

function buildHeading(page, column) {
  const heading = element("th", "value")
  heading.scope = "col"
  const sort = button(column.title, { className: "plain sort" })
  sort.title = column.help
  sort.append(icon("arrow_upward"))
  sort.onclick = () => page.outbox.ask("sort", { by: column.id })
  heading.append(sort)
  return heading
}

function renderHeading(heading, column, data) {
  const isSorted = data.by === column.id
  heading.classList.toggle("right", Boolean(column.right))
  heading.setAttribute("aria-sort", isSorted ? (data.descending ? "descending" : "ascending") : "none")
  setText(heading.querySelector(".icon"), data.descending ? "arrow_downward" : "arrow_upward")
}

function renderHeadings(page) {
  const { data, headings } = page
  renderHeading(headings.querySelector(".name"), { id: "name" }, data)
  keyed(
    after(headings, 3),
    data.columns,
    (column) => column.id,
    (column) => buildHeading(page, column),
    (heading, column) => renderHeading(heading, column, data),
  )
}

// The headings of a table that is too narrow for them.
function buildSorting(page) {
  const sorting = element("label", "sorting")
  const by = element("select")
  by.onchange = () => page.outbox.ask("sort", { by: by.value })
  const way = button("", { symbol: "arrow_downward", name: "Sort the other way round" })
  way.onclick = () => page.outbox.ask("sort", { by: page.data.by })
  sorting.append("Sort by ", by, way)
  page.sorting = sorting
  return sorting
}

function renderSorting({ data, sorting }) {
  const by = sorting.querySelector("select")
  const options = [{ id: "name", title: "name" }, ...data.columns]
  const known = JSON.stringify(options.map(({ id, title }) => [id, title]))
  if (sorting.dataset.known !== known) by.replaceChildren(...options.map(({ id, title }) => new Option(title, id)))
  sorting.dataset.known = known
  if (by.getRootNode().activeElement !== by) by.value = data.by
  setText(sorting.querySelector(".icon"), data.descending ? "arrow_downward" : "arrow_upward")
}

function buildPages(page) {
  const pages = element("nav", "pages")
  pages.setAttribute("aria-label", "Pages of the table")
  const to = (number) => () => {
    page.outbox.ask("page", { to: number() })
    page.frame.scrollTop = 0
  }
  const [back, on] = [
    button("", { symbol: "chevron_left", name: "Previous page" }),
    button("", { symbol: "chevron_right", name: "Next page" }),
  ]
  back.onclick = to(() => page.data.page - 1)
  on.onclick = to(() => page.data.page + 1)
  const size = element("select")
  size.setAttribute("aria-label", "Runs a page")
  size.onchange = () => page.outbox.ask("size", { to: Number(size.value) })
  pages.append(back, element("span", "where"), on, size)
  page.pages = pages
  return pages
}

function renderPages(page) {
  const { data, pages } = page
  const [back, on] = pages.querySelectorAll("button")
  const size = pages.querySelector("select")
  pages.hidden = data.pages === 1 && data.size <= Math.min(...data.sizes)
  back.disabled = data.page === 0
  on.disabled = data.page >= data.pages - 1
  setText(pages.querySelector(".where"), `Page ${data.page + 1} of ${data.pages}`)
  if (size.length !== data.sizes.length) size.replaceChildren(...data.sizes.map((each) => new Option(`${each} a page`, each)))
  if (size.getRootNode().activeElement !== size) size.value = String(data.size)
}

function remember(page) {
  const { remember } = page.data
  if (page.remembered !== undefined && page.remembered !== remember) {
    const path = new URL(".", document.baseURI).pathname
    document.cookie = `${COOKIE}=${remember}; path=${path}; max-age=${YEAR}; samesite=lax`
  }
  page.remembered = remember
}

function build(root) {
  const page = { outbox: new Outbox(), menu: null, active: -1, offering: false }
  const tags = element("datalist")
  tags.id = "known-tags"
  page.knownTags = tags
  const above = element("div", "above")
  above.append(buildSearch(page), buildMenus(page), buildActions(page), buildSorting(page))
  root.replaceChildren(above, buildTable(page), buildPages(page), tags)
  document.addEventListener("pointerdown", function outside(event) {
    if (!root.isConnected) document.removeEventListener("pointerdown", outside)
    else if (page.menu && !event.composedPath().includes(page.menu)) closeMenu(page)
  })
  return page
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".runs")
  const page = (root.page ??= build(root))
  page.data = data
  page.outbox.update(data, setStateValue)
  renderSearch(page)
  renderMenus(page)
  renderActions(page)
  renderHeadings(page)
  renderSorting(page)
  renderRows(page)
  renderPages(page)
  page.knownTags.replaceChildren(...data.tags.map((tag) => new Option(tag, tag)))
  remember(page)
}
