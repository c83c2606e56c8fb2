// The training images nearest to an image, beside how near held-out images are to theirs.

const NEAREST = {
  id: "nearest",
  title: "Nearest training images",
  fits: (run) => run.family === "gan" || run.family === "vae",
  open(page, host) {
    const shown = page.runs.map((run) => searchOf(page, run))
    const source = sourceChooser(page, page.runs[0], ["sample", "test", "draw", "file"], {}, (image, words, _label, picture) =>
      shown.forEach((each) => each.search(imageFor(page, each.run, image, picture), words)),
    )
    const row = element("div", "runs all")
    row.append(...shown.map(({ figure }) => figure))
    const both = element("div", "beside")
    both.append(source, row)
    host.append(both, element("p", "caption", "Has G memorised? A copy lies much closer to a training image than a new image does; how close new images lie is what held-out ones say. The ticks are 200 of them."))
    return () => source.again()
  },
}

// What one run was trained on, searched for an image.
function searchOf(page, run) {
  const image = tile("the image", "large")
  const about = element("p", "caption")
  const found = element("div", "found")
  const asked = element("div", "asked")
  asked.append(image, about)
  return {
    run,
    figure: figureOf(page, run, asked, found),
    search(question, words) {
      about.textContent = "Searching …"
      ask(page, "nearest", run, "nearest", { image: question }, async (answer) => {
        about.textContent = words
        paint(image, answer.image)
        found.replaceChildren(
          await neighbours(run, "In pixels", answer.pixels),
          await neighbours(run, "In features", answer.features),
        )
        found.querySelectorAll("canvas.ruler").forEach((canvas) => canvas.draw())
      })
    },
  }
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
