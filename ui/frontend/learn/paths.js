// Paths between two points of the plane, and how evenly what they lead to changes.

// `count` points, x and y in turn: straight, or around the origin, with angle and radius changing evenly.
export function path([ax, ay], [bx, by], count, way = "straight") {
  const points = new Float64Array(2 * count)
  const [from, radius, otherRadius] = [Math.atan2(ay, ax), Math.hypot(ax, ay), Math.hypot(bx, by)]
  const turn = Math.atan2(ax * by - ay * bx, ax * bx + ay * by) // the shorter way
  for (let at = 0; at < count; at++) {
    const share = at / (count - 1)
    if (way === "straight") {
      points[2 * at] = ax + share * (bx - ax)
      points[2 * at + 1] = ay + share * (by - ay)
    } else {
      const [angle, far] = [from + share * turn, radius + share * (otherRadius - radius)]
      points[2 * at] = far * Math.cos(angle)
      points[2 * at + 1] = far * Math.sin(angle)
    }
  }
  return points
}

// The largest step over the mean step: 1 for even steps, large for a leap.
export function roughness(points) {
  let [sum, most] = [0, 0]
  for (let at = 2; at < points.length; at += 2) {
    const step = Math.hypot(points[at] - points[at - 2], points[at + 1] - points[at - 1])
    sum += step
    most = Math.max(most, step)
  }
  return sum > 0 ? (most * (points.length / 2 - 1)) / sum : 1
}
