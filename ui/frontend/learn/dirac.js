// The Dirac-GAN (Mescheder et al. 2018): the data are a point at 0, G a point theta, D a line of slope psi. Its
// equilibrium is (0, 0), and whether a game gets there is up to how it is played.

import { LOSSES } from "./losses.js"

// What each player goes down, with a price on D's slope at the data (R1). D's logit there is 0 whatever psi is: its term
// for real data pulls at nothing.
export function slopes({ theta, psi }, { loss, penalty }) {
  const { fake, g } = LOSSES[loss]
  const logit = psi * theta
  return {
    theta: g.slope(logit) * psi,
    psi: fake.slope(logit) * theta + penalty * psi,
  }
}

// One round: both at once, or D first, so many times, and then G against the new D.
export function round(place, rules) {
  const { rateG, rateD, dSteps, order, clip } = rules
  let { theta, psi } = place
  const within = (value) => (clip ? Math.min(clip, Math.max(-clip, value)) : value)
  if (order === "simultaneous") {
    const down = slopes(place, rules)
    return { theta: theta - rateG * down.theta, psi: within(psi - rateD * down.psi) }
  }
  for (let turn = 0; turn < dSteps; turn++) psi = within(psi - rateD * slopes({ theta, psi }, rules).psi)
  theta -= rateG * slopes({ theta, psi }, rules).theta
  return { theta, psi }
}

export const distance = ({ theta, psi }) => Math.hypot(theta, psi)
