// D's score of an image, and the pixels that it hangs on.

const G_COLOR = "#D55E00"

const JUDGE = {
  id: "judge",
  title: "What D says",
  fits: (run) => run.plays && run.family !== "toy",
  alone: true,
  open(page, host) {
    const [run] = page.runs
    const [image, map] = [tile("the image", "large"), tile("where D's score comes from", "large")]
    const score = element("p", "score", "")
    const canvas = ruler("D's score")
    const told = { label: undefined }
    let last = null
    const show = (asked, _words, label) => {
      if (label !== undefined && run.labels.some(([each]) => each === label)) setLabel(label)
      last = asked
      const question = { image: asked, ...(told.label === undefined ? {} : { label: told.label }) }
      ask(page, "judge", run, "judge", question, async (answer) => {
        paint(image, answer.image)
        paint(map, await unpack({ src: answer.map, width: answer.image.width, height: answer.image.height, columns: 1, count: 1 }))
        score.textContent = scoreWords(answer)
        const name = answer.output === null ? "not a number" : answer.probability ? `D(x) = ${short(answer.output)}` : `score ${short(answer.output)}`
        const rows = [
          { name: "held-out images", color: "#6B7280", values: answer.real },
          { name: "samples", color: G_COLOR, values: answer.fake },
        ]
        drawRuler(canvas, rows, { value: answer.output ?? 0, words: name }, answer.boundary)
      })
    }
    const left = element("div", "moved")
    let setLabel = () => {}
    if (run.told) {
      const select = labelSelect(run, run.labels[0][0], "", (label) => {
        told.label = label
        if (last) show(last)
      })
      setLabel = (label) => {
        told.label = label
        select.value = label
      }
      left.append(labelled("D is told the class", select))
    }
    const kinds = run.family === "translator" ? ["test", "train", "draw", "file"] : ["sample", "test", "train", "draw", "file"]
    const source = sourceChooser(page, run, kinds, {}, show)
    left.append(source)
    const right = element("div", "all")
    const pair = element("div", "pair")
    const [one, two] = [element("figure"), element("figure")]
    one.append(image, element("figcaption", "caption", "the image"))
    two.append(map, element("figcaption", "caption", "the gradient of D's logit"))
    pair.append(one, two)
    right.append(pair, score, canvas, element("p", "caption", "Blue pixels: brighter there, and D takes the image for more real. Vermilion: brighter there, and it looks more generated. It is the gradient in the image as it is (Simonyan et al. 2014): what a small change does, not what D sees in it."))
    const both = element("div", "beside")
    both.append(left, right)
    host.append(both)
    return () => source.again()
  },
}

function scoreWords({ output, probability, boundary, real, fake }) {
  if (output === null) return "D's output is not a finite number."
  const above = (values) => Math.round((100 * values.filter((value) => value < output).length) / Math.max(values.length, 1))
  const said = probability ? `D says real with a probability of ${short(output)}.` : `D gives it ${short(output)}; scores have no fixed scale.`
  const side = boundary === null ? "" : output > boundary ? " So D takes it for real." : " So D takes it for generated."
  const others = real.length ? ` It scores above ${above(real)} % of held-out images and ${above(fake)} % of samples.` : ` It scores above ${above(fake)} % of samples.`
  return said + side + others
}
