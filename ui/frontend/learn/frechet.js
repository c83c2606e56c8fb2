// Of points in the plane: the Gaussian that fits, the Fréchet distance between two of them, precision and recall.

// The mean and the unbiased covariance of `points`, x and y in turn.
export function gaussianOf(points) {
  const count = points.length / 2
  let [meanX, meanY] = [0, 0]
  for (let at = 0; at < points.length; at += 2) {
    meanX += points[at] / count
    meanY += points[at + 1] / count
  }
  let [xx, xy, yy] = [0, 0, 0]
  for (let at = 0; at < points.length; at += 2) {
    const [x, y] = [points[at] - meanX, points[at + 1] - meanY]
    xx += (x * x) / (count - 1)
    xy += (x * y) / (count - 1)
    yy += (y * y) / (count - 1)
  }
  return { mean: [meanX, meanY], xx, xy, yy }
}

// |m - m'|^2 + tr(C + C' - 2 (C C')^1/2) (Heusel et al. 2017). Of two 2 x 2 matrices the last trace has a closed form: the
// eigenvalues of C C' are real and not negative, and (sqrt a + sqrt b)^2 = a + b + 2 sqrt(a b).
export function frechetDistance(one, other) {
  const apart = (one.mean[0] - other.mean[0]) ** 2 + (one.mean[1] - other.mean[1]) ** 2
  const trace = one.xx * other.xx + 2 * one.xy * other.xy + one.yy * other.yy // of C C'
  const determinant = (one.xx * one.yy - one.xy ** 2) * (other.xx * other.yy - other.xy ** 2)
  const overlap = Math.sqrt(Math.max(0, trace + 2 * Math.sqrt(Math.max(0, determinant))))
  return Math.max(0, apart + one.xx + one.yy + other.xx + other.yy - 2 * overlap)
}

// The squared distance from each point to its k-th nearest other one.
function reaches(points, k) {
  const count = points.length / 2
  const found = new Float64Array(count)
  const nearest = new Float64Array(k)
  for (let at = 0; at < count; at++) {
    nearest.fill(Infinity)
    for (let other = 0; other < count; other++) {
      if (other === at) continue
      let apart = (points[2 * at] - points[2 * other]) ** 2 + (points[2 * at + 1] - points[2 * other + 1]) ** 2
      for (let place = 0; place < k && apart < Infinity; place++) {
        if (apart < nearest[place]) [nearest[place], apart] = [apart, nearest[place]]
      }
    }
    found[at] = nearest[k - 1]
  }
  return found
}

// The share of `points` within the ball of one of `others`, whose squared radii are `reach`.
function shareWithin(points, others, reach) {
  let held = 0
  for (let at = 0; at < points.length; at += 2) {
    for (let other = 0; other < reach.length; other++) {
      const apart = (points[at] - others[2 * other]) ** 2 + (points[at + 1] - others[2 * other + 1]) ** 2
      if (apart <= reach[other] * (1 + 1e-9) + 1e-15) {
        held += 1
        break
      }
    }
  }
  return held / (points.length / 2)
}

// The share of fakes in a real point's ball, and of real points in a fake one's (Kynkaanniemi et al. 2019).
export function precisionRecall(real, fake, k = 5) {
  return {
    precision: shareWithin(fake, real, reaches(real, k)),
    recall: shareWithin(real, fake, reaches(fake, k)),
  }
}

// The ellipse of a Gaussian `sigmas` standard deviations from its mean.
export function ellipse({ mean, xx, xy, yy }, sigmas, count = 64) {
  const [half, gap] = [(xx + yy) / 2, Math.hypot((xx - yy) / 2, xy)]
  const [long, short] = [half + gap, Math.max(0, half - gap)].map(Math.sqrt)
  const turn = 0.5 * Math.atan2(2 * xy, xx - yy)
  const points = Array.from({ length: count + 1 }, (_, at) => {
    const [along, across] = [long * Math.cos((2 * Math.PI * at) / count), short * Math.sin((2 * Math.PI * at) / count)]
    return [
      mean[0] + sigmas * (along * Math.cos(turn) - across * Math.sin(turn)),
      mean[1] + sigmas * (along * Math.sin(turn) + across * Math.cos(turn)),
    ]
  })
  return [points.map(([x]) => x), points.map(([, y]) => y)]
}
