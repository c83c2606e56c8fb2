// D's score of an image, and the pixels that it hangs on.

const G_COLOR = "#D55E00"

const JUDGE = {
  id: "judge",
  title: "What D says",
  fits: (run) => run.plays && run.family !== "toy",
  open(page, host) {
    const [run] = page.runs
    const shown = page.runs.map((each) => (each.plays ? judgementOf(page, each) : silent(page, each)))
    const chosen = { label: undefined }
    let last = null
    const show = (image, _words, label, picture) => {
      if (label !== undefined && run.labels.some(([each]) => each === label)) setLabel(label)
      last = [image, picture]
      shown.forEach((each) => each.judge(imageFor(page, each.run, image, picture), chosen.label))
    }
    const left = element("div", "source")
    let setLabel = () => {}
    if (page.runs.some(({ told }) => told)) {
      const select = labelSelect(run, run.labels[0][0], "", (label) => {
        chosen.label = label
        if (last) show(last[0], "", undefined, last[1])
      })
      setLabel = (label) => {
        chosen.label = label
        select.value = label
      }
      left.append(labelled("D is told the class", select))
    }
    const kinds = run.family === "translator" ? ["test", "train", "draw", "file"] : ["sample", "test", "train", "draw", "file"]
    const source = sourceChooser(page, run, kinds, {}, show)
    left.append(source)
    const right = element("div", "all")
    const row = element("div", "runs")
    row.append(...shown.map(({ figure }) => figure))
    right.append(row, element("p", "caption", "Blue pixels: brighter there, and D takes the image for more real. Vermilion: brighter there, and it looks more generated. It is the gradient in the image as it is (Simonyan et al. 2014): what a small change does, not what D sees in it."))
    if (shown.length > 1) right.append(element("p", "caption", "Each D has learned against its own G: compare where the image lies among the images that each of them scores, rather than the two numbers."))
    const both = element("div", "beside")
    both.append(left, right)
    host.append(both)
    return () => source.again()
  },
}

// What one run's D says of an image.
function judgementOf(page, run) {
  const [image, map] = [tile("the image", "large"), tile("where D's score comes from", "large")]
  const [one, two] = [element("figure"), element("figure")]
  one.append(image, element("figcaption", "caption", "the image"))
  two.append(map, element("figcaption", "caption", "the gradient of D's logit"))
  const pair = element("div", "pair")
  pair.append(one, two)
  const score = element("p", "score")
  const canvas = ruler("D's score")
  return {
    run,
    figure: figureOf(page, run, pair, score, canvas),
    judge(asked, label) {
      const isTold = run.told && run.labels.some(([each]) => each === label)
      ask(page, "judge", run, "judge", { image: asked, ...(isTold ? { label } : {}) }, async (answer) => {
        paint(image, answer.image)
        paint(map, await unpack({ src: answer.map, width: answer.image.width, height: answer.image.height, columns: 1, count: 1 }))
        score.textContent = scoreWords(answer)
        drawScore(canvas, answer)
      })
    },
  }
}

function drawScore(canvas, { output, probability, boundary, real, fake }) {
  const words = output === null ? "not a number" : probability ? `D(x) = ${short(output)}` : `score ${short(output)}`
  const rows = [
    { name: "held-out images", color: "#6B7280", values: real },
    { name: "samples", color: G_COLOR, values: fake },
  ]
  drawRuler(canvas, rows, { value: output ?? 0, words }, boundary)
}

// In place of what it says: a run whose D tells no real images from generated ones.
function silent(page, run) {
  const words = element("p", "caption", "This run has no discriminator that tells real images from generated ones.")
  return { run, figure: figureOf(page, run, words), judge() {} }
}

function scoreWords({ output, probability, boundary, real, fake }) {
  if (output === null) return "D's output is not a finite number."
  const above = (values) => Math.round((100 * values.filter((value) => value < output).length) / Math.max(values.length, 1))
  const said = probability ? `D says real with a probability of ${short(output)}.` : `D gives it ${short(output)}; scores have no fixed scale.`
  const side = boundary === null ? "" : output > boundary ? " So D takes it for real." : " So D takes it for generated."
  const others = real.length ? ` It scores above ${above(real)} % of held-out images and ${above(fake)} % of samples.` : ` It scores above ${above(fake)} % of samples.`
  return said + side + others
}
