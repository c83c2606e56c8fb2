// The adversarial losses of `gancore.losses` on one logit each, with their derivatives by it. `real` and `fake` are D's
// two terms, `g` is G's; all are minimised.

export const sigmoid = (logit) => (logit >= 0 ? 1 / (1 + Math.exp(-logit)) : Math.exp(logit) / (1 + Math.exp(logit)))
export const softplus = (logit) => Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit)))
export const logitOf = (probability) => Math.log(probability) - Math.log1p(-probability)

// -log D(x) and -log(1 - D(G(z))), whatever G minimises (Goodfellow et al. 2014).
const crossEntropy = {
  real: { loss: (logit) => softplus(-logit), slope: (logit) => -sigmoid(-logit) },
  fake: { loss: softplus, slope: sigmoid },
}

// Wasserstein's G raises D's score, and so does the hinge loss's.
const raiseScore = { loss: (logit) => -logit, slope: () => -1 }

export const LOSSES = {
  nonsaturating: {
    name: "non-saturating",
    ...crossEntropy,
    g: { loss: (logit) => softplus(-logit), slope: (logit) => -sigmoid(-logit) },
    isProbability: true,
  },
  minimax: {
    name: "minimax",
    ...crossEntropy,
    g: { loss: (logit) => -softplus(logit), slope: (logit) => -sigmoid(logit) },
    isProbability: true,
  },
  // Targets 1 and 0 with factors 1/2 (Mao et al. 2017).
  least_squares: {
    name: "least squares",
    real: { loss: (logit) => 0.5 * (logit - 1) ** 2, slope: (logit) => logit - 1 },
    fake: { loss: (logit) => 0.5 * logit ** 2, slope: (logit) => logit },
    g: { loss: (logit) => 0.5 * (logit - 1) ** 2, slope: (logit) => logit - 1 },
    isProbability: false,
  },
  // Minus the distance once D is 1-Lipschitz (Arjovsky et al. 2017).
  wasserstein: {
    name: "Wasserstein",
    real: { loss: (logit) => -logit, slope: () => -1 },
    fake: { loss: (logit) => logit, slope: () => 1 },
    g: raiseScore,
    isProbability: false,
  },
  // Lim and Ye 2017.
  hinge: {
    name: "hinge",
    real: { loss: (logit) => Math.max(0, 1 - logit), slope: (logit) => (logit < 1 ? -1 : 0) },
    fake: { loss: (logit) => Math.max(0, 1 + logit), slope: (logit) => (logit > -1 ? 1 : 0) },
    g: raiseScore,
    isProbability: false,
  },
}
