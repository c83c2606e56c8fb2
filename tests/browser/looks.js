// What a page's layout gets wrong, measured in the DOM: text over text, text beyond the window, a page that scrolls
// sideways. Components live in shadow roots, which are looked into, too. Returns a sentence for each.
() => {
  const found = []
  const main = document.querySelector("[data-testid=stMain]") ?? document.scrollingElement
  if (main.scrollWidth > main.clientWidth + 1) found.push(`the page is ${main.scrollWidth} px wide in ${main.clientWidth}`)

  const parentOf = (node) => node.assignedSlot ?? node.parentElement ?? node.getRootNode().host ?? null

  // What of a box is to be seen: cut by whatever scrolls or hides what overflows; null if nothing, or see-through.
  function visible(element, box) {
    let { left, right, top, bottom } = box
    for (let node = element, child = null; node; child = node, node = parentOf(node)) {
      if (node.matches("details:not([open])") && child && !child.matches("summary")) return null // folded away
      const style = getComputedStyle(node)
      if (style.visibility === "hidden" || Number(style.opacity) < 0.1 || style.display === "none") return null
      if (style.overflowX !== "visible" || style.overflowY !== "visible" || style.clipPath !== "none") {
        const edge = node.getBoundingClientRect()
        left = Math.max(left, edge.left)
        right = Math.min(right, edge.right)
        top = Math.max(top, edge.top)
        bottom = Math.min(bottom, edge.bottom)
      }
    }
    return right - left > 2 && bottom - top > 2 ? { left, right, top, bottom } : null
  }

  // Things that lie over the page on purpose.
  const FLOATING = "[role=tooltip], [role=dialog], [data-testid=stToast], [data-testid=stHeader], .hoverlayer, .modebar"
  const floats = (element) => {
    for (let node = element; node; node = parentOf(node)) {
      if (node.matches?.(FLOATING)) return true
      if (["fixed", "sticky"].includes(getComputedStyle(node).position)) return true
    }
    return false
  }

  const texts = []
  function collect(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT)
    for (let node = walker.currentNode; node; node = walker.nextNode()) {
      if (node.shadowRoot) collect(node.shadowRoot)
      if (node.nodeType !== Node.TEXT_NODE || !node.data.trim()) continue
      const element = node.parentElement
      if (!element || ["STYLE", "SCRIPT", "TITLE", "OPTION", "NOSCRIPT"].includes(element.tagName) || floats(element)) continue
      if (element.closest(".katex")) continue // a formula is set with boxes that overlap, its words are in MathML, too
      const range = document.createRange()
      range.selectNodeContents(node)
      for (const box of range.getClientRects()) {
        const seen = visible(element, box)
        if (seen) texts.push({ ...seen, element, words: node.data.trim().slice(0, 40) })
      }
    }
  }
  collect(document.body)

  for (const text of texts) {
    if (text.right > innerWidth + 1) found.push(`“${text.words}” ends ${Math.round(text.right - innerWidth)} px beyond the window`)
  }
  texts.sort((a, b) => a.top - b.top)
  texts.forEach((a, index) => {
    for (const b of texts.slice(index + 1)) {
      if (b.top > a.bottom - 3) break
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left)
      const down = Math.min(a.bottom, b.bottom) - b.top
      if (across > 3 && down > 3 && a.element !== b.element) found.push(`“${a.words}” and “${b.words}” lie over each other`)
    }
  })
  return [...new Set(found)]
}
