// A toy's samples in the plane, from the noise of any seed.

const PLANE = {
  id: "plane",
  title: "Samples",
  fits: (run) => run.family === "toy",
  open(page, host) {
    const shown = page.runs.map((run) => {
      const image = element("img", "toy")
      image.alt = `samples of ${run.name} in the plane`
      return { run, image, figure: figureOf(page, run, image) }
    })
    const row = element("div", "runs")
    row.append(...shown.map(({ figure }) => figure))
    host.append(row, element("p", "caption", "Grey: data; orange: 1,000 samples; blue: where D's output is high; arrows: where D pulls G's samples. Points have no neighbours to search and nothing to draw: the other views are for images."))
    return () => {
      for (const { run, image } of shown) {
        ask(page, "toy", run, "toy", { seed: page.seed }, ({ picture }) => (image.src = picture))
      }
    }
  },
}
