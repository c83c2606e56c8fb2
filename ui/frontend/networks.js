// A picture of networks: drawn anew only when it changed, so that what is pointed at and scrolled to stays.

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".networks")
  if (root.svg === data.svg) return
  root.svg = data.svg
  root.innerHTML = data.svg
}
