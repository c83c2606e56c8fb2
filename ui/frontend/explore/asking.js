// Asking the server about a checkpoint: one question of a kind at a time, and after it the newest one alone.

async function post(page, run, what, question) {
  const weights = { checkpoint: run.checkpoint, raw: run.raw }
  if (page.truncation) weights.truncation = page.truncation
  const answer = await fetch(new URL(`${run.address}${what}`, document.baseURI), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...weights, ...question }),
  })
  if (!answer.ok) throw new Error(await answer.text())
  return answer
}

// `take` is given each answer in turn, as long as the same view is open. While one is on its way, a newer question
// takes the place of one that waits: a slider that is dragged asks as often as it is answered.
function ask(page, slot, run, what, question, take) {
  const key = `${slot} ${run.id}`
  const lane = (page.lanes[key] ??= { busy: false, next: null, problem: "" })
  lane.next = { run, what, question, take, opened: page.opened }
  if (!lane.busy) work(page, lane)
}

async function work(page, lane) {
  lane.busy = true
  count(page, 1)
  for (let job = lane.next; job; job = lane.next) {
    lane.next = null
    try {
      const answer = await (await post(page, job.run, job.what, job.question)).json()
      for (const name of ["sheet", "image"]) if (answer[name]) answer[name] = await unpack(answer[name])
      if (answer.step !== undefined) job.run.step = answer.step // of a run that trains, the last checkpoint moves on
      if (job.opened !== page.opened) continue
      lane.problem = ""
      await job.take(answer)
    } catch (problem) {
      if (job.opened === page.opened) lane.problem = problem.message
    }
    if (job.opened === page.opened) say(page, problemOf(page))
  }
  lane.busy = false
  count(page, -1)
}

// What went wrong last with a question of the open view and was not answered since, whatever others were.
function problemOf(page) {
  return Object.values(page.lanes).find(({ problem }) => problem)?.problem ?? ""
}

// Whether anything is on its way: what takes long, such as loading a network, says so.
function count(page, change) {
  page.asking = (page.asking ?? 0) + change
  page.root.toggleAttribute("data-asking", page.asking > 0)
}

function say(page, words) {
  const problem = page.root.querySelector(".problem")
  if (problem.textContent !== words) problem.textContent = words
}

async function save(page, run, what, question, button) {
  button.disabled = true
  try {
    const answer = await post(page, run, what, question)
    const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")
    download(await answer.blob(), name ? name[1] : what)
  } catch (problem) {
    say(page, problem.message)
  }
  button.disabled = false
}

function download(blob, name) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
