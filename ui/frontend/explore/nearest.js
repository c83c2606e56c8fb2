// The training images nearest to an image, beside how near held-out images are to theirs.

const NEAREST = {
  id: "nearest",
  title: "Nearest training images",
  fits: (run) => run.family === "gan" || run.family === "vae",
  alone: true,
  open(page, host) {
    const [run] = page.runs
    const image = tile("the image", "large")
    const found = element("div", "found")
    const about = element("p", "caption", "Searching …")
    const show = (asked, words) => {
      about.textContent = "Searching …"
      ask(page, "nearest", run, "nearest", { image: asked }, async (answer) => {
        about.textContent = words
        paint(image, answer.image)
        found.replaceChildren(
          await neighbours(run, "In pixels", answer.pixels),
          await neighbours(run, "In features", answer.features),
        )
        found.querySelectorAll("canvas.ruler").forEach((canvas) => canvas.draw())
      })
    }
    const source = sourceChooser(page, run, ["sample", "test", "draw", "file"], {}, show)
    const left = element("div", "moved")
    left.append(image, about, source)
    const both = element("div", "beside")
    both.append(left, found)
    host.append(both, element("p", "caption", "Has G memorised? A copy lies much closer to a training image than a new image does; how close new images lie is what held-out ones say. The ticks are 200 of them."))
    return () => source.again()
  },
}

async function neighbours(run, title, found) {
  const box = element("section", "neighbours")
  box.append(element("h3", "", title))
  if (found.missing) {
    box.append(element("p", "caption", found.missing))
    return box
  }
  const sheet = await unpack(found.sheet)
  const row = element("div", "strip")
  row.style.setProperty("--columns", sheet.count)
  found.distances.forEach((distance, at) => {
    const cell = element("div", "cell")
    const canvas = tile(`training image ${found.places[at] + 1}, distance ${short(distance)}`)
    paint(canvas, sheet, at)
    cell.append(canvas, element("span", "caption", `${short(distance)} · ${run.classes[found.labels[at]] ?? found.labels[at]}`))
    row.append(cell)
  })
  box.append(row, element("p", "", sentence(found)))
  if (found.usual.length) {
    const canvas = ruler(title)
    canvas.draw = () =>
      drawRuler(canvas, [{ name: "held-out images to their nearest training image", color: "#6B7280", values: found.usual }], {
        value: found.distances[0],
        words: `this one ${short(found.distances[0])}`,
      })
    box.append(canvas)
  }
  return box
}

function sentence({ distances, usual, closer, searched }) {
  const [distance] = distances
  const found = `The nearest of ${searched.toLocaleString("en")} training images is ${short(distance)} away.`
  if (closer === null) return `${found} This data set has no held-out images to compare with.`
  const others = ` Held-out images are ${short(quantile(usual, 0.5))} from theirs (median), and ${Math.round(100 * closer)} % of them are further than this one.`
  if (distance < 1e-3) return `${found} It is a copy.`
  return found + others + (closer > 0.95 ? " That is unusually close: compare the two by eye." : " So it is no copy.")
}
