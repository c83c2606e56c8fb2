// What G makes of z: a square grid of z and two points in it, and where G puts them.

import { COLORS } from "./axes.js"
import { Gan, TARGETS, meshNoise } from "./gan.js"
import { path, roughness } from "./paths.js"
import { drawMesh, drawReal } from "./plane.js"
import { rateControls, seedControl, targetControl } from "./training.js"
import { numberText } from "../plot.js"

const ALONG = 49 // points of a path
const BUDGET_MS = 9 // of a picture's 16 for training
const MESH = meshNoise()
const PATH = "#009E73"

const zControl = (id, label, value) => ({ id, label, min: -1, max: 1, step: 0.02, value })

function pathOf({ ax, ay, bx, by, way }) {
  return path([ax, ay], [bx, by], ALONG, way)
}

const at = (points, share) => {
  const place = Math.round(share * (ALONG - 1))
  return [points[2 * place], points[2 * place + 1]]
}

const columns = (points) => [0, 1].map((axis) => Array.from({ length: points.length / 2 }, (_, each) => points[2 * each + axis]))

function drawPath(plot, points, share) {
  plot.line(...columns(points), { color: PATH, width: 2.5 })
  plot.dots(points, { color: PATH, size: 2.6 })
  plot.dot(...at(points, share), PATH, 7)
}

export default {
  panels: [
    {
      id: "z",
      title: "z, a square",
      alt: "A grid of z, and a path between two points in it",
      aspect: 1,
      axes: () => ({ x: [-1.15, 1.15], y: [-1.15, 1.15], square: true, bare: true }),
    },
    {
      id: "x",
      title: "G(z)",
      alt: "Where G puts the grid and the path, over the real points",
      aspect: 1,
      axes: () => ({ x: [-1.5, 1.5], y: [-1.5, 1.5], square: true, bare: true }),
    },
  ],
  controls: [
    { id: "share", label: "along the path", color: PATH, min: 0, max: 1, step: 1 / (ALONG - 1), value: 0.5, format: (share) => `${Math.round(100 * share)} %` },
    { id: "way", label: "path", options: [["straight", "straight"], ["around", "around the origin"]], value: "straight" },
    zControl("ax", "first z, across", -0.7),
    zControl("ay", "first z, up", -0.5),
    zControl("bx", "second z, across", 0.7),
    zControl("by", "second z, up", 0.6),
    targetControl,
    ...rateControls,
    seedControl,
  ],
  readouts: [
    { id: "step", label: "step" },
    { id: "z", label: "z", color: PATH },
    { id: "x", label: "G(z)", color: PATH },
    { id: "rough", label: "largest step of the path over its mean" },
    { id: "modes", label: "modes found", color: COLORS.g },
  ],
  start: ({ target, seed }) => ({ gan: new Gan({ target, seed }) }),
  change: (model, { target, seed }, id) => {
    if (id === "target" || id === "seed") model.gan = new Gan({ target, seed })
  },
  advance: ({ gan }, values, steps) => {
    const begin = performance.now()
    for (let step = 0; step < steps && performance.now() - begin < BUDGET_MS; step++) gan.step(values)
  },
  draw: {
    z: (plot, _model, values) => {
      drawMesh(plot, MESH)
      drawPath(plot, pathOf(values), values.share)
    },
    x: (plot, { gan }, values) => {
      drawReal(plot, values.target)
      drawMesh(plot, gan.samples(MESH))
      drawPath(plot, gan.samples(pathOf(values)), values.share)
    },
  },
  read: ({ gan }, values) => {
    const zs = pathOf(values)
    const points = gan.samples(zs)
    const text = (point) => `(${point.map((each) => each.toFixed(2)).join(", ")})`
    return {
      step: String(gan.steps),
      z: text(at(zs, values.share)),
      x: text(at(points, values.share)),
      rough: numberText(roughness(points)),
      modes: `${gan.quality(gan.samples(MESH)).modes} of ${TARGETS[values.target].modes.length}`,
    }
  },
  handles: (_model, { ax, ay, bx, by }) => [
    { panel: "z", x: ax, y: ay, color: PATH, move: (x, y) => ({ ax: x, ay: y }) },
    { panel: "z", x: bx, y: by, color: PATH, move: (x, y) => ({ bx: x, by: y }) },
  ],
}
