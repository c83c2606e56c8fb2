// A lesson's live figure: loads the stage and the figure by their addresses, and keeps what was changed while the page
// around it is drawn anew.

async function open(root, { scripts, figure }) {
  const load = (name) => import(new URL(`${scripts}learn/${name}`, document.baseURI).href)
  const [stage, made] = await Promise.all([load("stage.js"), load(`${figure}.js`)])
  return new stage.Stage(root, { ...made.default, name: figure })
}

function show(root, data) {
  if (root.figure !== data.figure) {
    root.figure = data.figure
    root.stage?.close()
    root.stage = null
    root.opening = open(root, data)
  }
  root.opening
    .then((stage) => {
      if (root.figure !== data.figure || !root.isConnected) return stage.close()
      root.stage = stage
      stage.lock(data.locked)
    })
    .catch((reason) => (root.textContent = `The figure could not be loaded: ${reason.message}`))
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".lesson")
  root.setAttribute("aria-label", data.alt)
  show(root, data)
  return () => {
    root.stage?.close()
    root.figure = root.stage = null
  }
}
