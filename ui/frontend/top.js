// Another place on the same page begins at its top, as another page does.

export default function ({ data }) {
  if (window.ganWorkbenchPlace !== data.place) document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0)
  window.ganWorkbenchPlace = data.place
}
