// The search box: what fits at the cursor is offered, what is wrong is said at its place.

const TYPING_MS = 120

function buildSearch(page) {
  const search = element("div", "search")
  const field = element("div", "field")
  const input = element("input")
  Object.assign(input, { type: "text", spellcheck: false, autocomplete: "off", maxLength: 2000 })
  input.placeholder = "Find runs: words, or lr_d > 0.01 and loss = hinge and fid < 20 and tag:homework"
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-label": "Find runs",
    "aria-expanded": "false",
    "aria-autocomplete": "list",
    "aria-controls": "offers",
    "aria-describedby": "wrong",
    autocapitalize: "off",
  }))
    input.setAttribute(name, value)
  const clear = button("", { symbol: "close", className: "plain clear", name: "Clear the search" })
  const offers = element("ul", "offers")
  offers.id = "offers"
  offers.setAttribute("role", "listbox")
  offers.setAttribute("aria-label", "What can come next")
  offers.hidden = true
  const wrong = element("div", "wrong")
  wrong.id = "wrong"
  wrong.setAttribute("role", "status")
  field.append(icon("search"), input, clear)
  search.append(field, offers, wrong)
  Object.assign(page, { input, offers, wrong, clear, active: -1 })

  const ask = () => {
    page.typing = null
    page.outbox.ask("where", { text: input.value, cursor: input.selectionStart ?? input.value.length })
  }
  page.askSoon = () => {
    clearTimeout(page.typing)
    page.typing = setTimeout(ask, TYPING_MS)
    clear.hidden = !input.value
  }
  input.oninput = () => {
    page.offering = true
    page.active = -1
    page.askSoon()
  }
  input.onfocus = () => {
    page.offering = true
    page.askSoon()
  }
  input.onblur = () => closeOffers(page)
  input.onkeydown = (event) => steerOffers(page, event)
  input.onkeyup = (event) => {
    if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) page.askSoon()
  }
  clear.onclick = () => {
    input.value = ""
    input.focus()
    page.askSoon()
  }
  return search
}

function closeOffers(page) {
  page.offering = false
  page.active = -1
  renderOffers(page)
}

function steerOffers(page, event) {
  const offers = page.offers.hidden ? [] : page.data.search.offers
  if (event.key === "Escape") {
    closeOffers(page)
  } else if (offers.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault()
    const step = event.key === "ArrowDown" ? 1 : -1
    page.active = (page.active + step + offers.length + (page.active < 0 && step < 0 ? 1 : 0)) % offers.length
    renderOffers(page)
  } else if (offers.length && page.active >= 0 && (event.key === "Enter" || event.key === "Tab")) {
    event.preventDefault()
    accept(page, offers[page.active])
  } else if (event.key === "Enter") {
    closeOffers(page)
  }
}

function accept(page, offer) {
  const { start, end } = page.data.search
  const { input } = page
  input.setRangeText(`${offer.text} `, start, end, "end")
  page.active = -1
  input.focus()
  page.askSoon()
}

function renderOffers(page) {
  const { search } = page.data
  const current = page.offering && search.text === page.input.value && !page.typing
  const offers = current ? search.offers : []
  page.offers.hidden = !offers.length
  page.input.setAttribute("aria-expanded", String(offers.length > 0))
  page.offers.replaceChildren(
    ...offers.map((offer, index) => {
      const item = element("li", index === page.active ? "active" : "")
      item.id = `offer-${index}`
      item.setAttribute("role", "option")
      item.setAttribute("aria-selected", String(index === page.active))
      item.append(element("span", "offer", offer.text), element("span", "note", offer.note))
      item.onpointerdown = (event) => {
        event.preventDefault() // the focus stays in the box
        accept(page, offer)
      }
      return item
    }),
  )
  if (page.active >= 0) {
    page.input.setAttribute("aria-activedescendant", `offer-${page.active}`)
    page.offers.children[page.active]?.scrollIntoView({ block: "nearest" })
  } else page.input.removeAttribute("aria-activedescendant")
}

function renderSearch(page) {
  const { search } = page.data
  const { input, wrong } = page
  const mine = page.typing || page.outbox.asks("where")
  if (!mine && input.value !== search.text) input.value = search.text
  page.clear.hidden = !input.value
  input.setAttribute("aria-invalid", String(Boolean(search.error)))
  if (search.error && !mine) {
    const { start, end, message } = search.error
    const mark = element("mark", "", search.text.slice(start, end) || "\u2026")
    wrong.replaceChildren(
      icon("error"),
      element("code", "", search.text.slice(0, start)),
      element("span", "message", message),
    )
    wrong.children[1].append(mark, search.text.slice(end))
  } else if (!search.error) wrong.replaceChildren()
  renderOffers(page)
}
