"""The losses and penalties of a run, as code."""

from __future__ import annotations

from collections.abc import Mapping

from gancore.config import RunConfig
from gancore.config.losses import LossName
from gancore.config.objective import PenaltyName
from gancore.export.script.template import fill
from gancore.expressions import loss_of_d, loss_of_g, mean_of

CUT_ENTROPY = '''
    def cut_entropy(logits, target):
        """PyTorch's BCELoss of D's sigmoid, which cuts logarithms at -100."""
        probabilities = torch.sigmoid(logits)
        return binary_cross_entropy(probabilities, torch.full_like(probabilities, target))
'''

_PENALTIES = {
    "gradient": '''
        def penalty(real, fake, source$label):
            """(|gradient of D| - 1)^2 at random points between real and fake samples (WGAN-GP)."""
            shares = torch.rand(len(real), *[1] * (real.dim() - 1), generator=source).to(real)
            at = torch.lerp(fake.to(real), real, shares).detach().requires_grad_()
            $gradient
            return ((gradient.square().sum(1) + 1e-12).sqrt() - 1).square().mean()
        ''',
    "r1": '''
        def penalty(real$label):
            """|gradient of D|^2 / 2 at real samples (Mescheder et al. 2018)."""
            at = real.detach().requires_grad_()
            $gradient
            return 0.5 * gradient.square().sum(1).mean()
        ''',
    "dragan": '''
        def penalty(real, source$label):
            """(|gradient of D| - 1)^2 near real samples (Kodali et al. 2017)."""
            shift = 0.5 * real.std() * torch.rand(real.shape, generator=source).to(real)
            at = (real + shift).detach().requires_grad_()
            $gradient
            return ((gradient.square().sum(1) + 1e-12).sqrt() - 1).square().mean()
        ''',
}
_GRADIENT = "gradient = torch.autograd.grad(discriminator(at$label).sum(), at, create_graph=True)[0].flatten(1)"

# D's loss of `on_real` and `on_fake`, and G's of `on_fake_g`.
_D_LOSSES = {
    "nonsaturating": "softplus(-on_real).mean() + softplus(on_fake).mean()",
    "least_squares": "0.5 * (on_real - 1).square().mean() + 0.5 * on_fake.square().mean()",
    "wasserstein": "on_fake.mean() - on_real.mean()",
    "hinge": "relu(1 - on_real).mean() + relu(1 + on_fake).mean()",
}
_D_SMOOTHED = {
    "nonsaturating": "(softplus(-on_real) + SMOOTHING * on_real).mean() + softplus(on_fake).mean()",
    "least_squares": "0.5 * (on_real - (1 - SMOOTHING)).square().mean() + 0.5 * on_fake.square().mean()",
}
_G_LOSSES = {
    "nonsaturating": "softplus(-on_fake_g).mean()",
    "minimax": "-softplus(on_fake_g).mean()",
    "least_squares": "0.5 * (on_fake_g - 1).square().mean()",
    "wasserstein": "-on_fake_g.mean()",
    "hinge": "-on_fake_g.mean()",
}


def penalty(name: PenaltyName, label: str) -> str:
    """The function that computes a penalty on D's gradient, or nothing. `label` is D's further argument, if any."""
    return fill(_PENALTIES.get(name, ""), label=label, gradient=fill(_GRADIENT, label=label))


def cuts(config: RunConfig) -> bool:
    """Whether cross-entropy is that of probabilities, with its logarithms cut: `CUT_ENTROPY`."""
    return config.uses("objective.cross_entropy") and config.objective.cross_entropy == "probabilities"


def d_loss(config: RunConfig, ever: Mapping[str, frozenset[object]]) -> str:
    """D's loss, an expression in `on_real` and `on_fake`, or in what `d_parts` names.

    `ever` are the values that settings have at some step.
    """
    smoothed = config.uses("objective.label_smoothing") and ever["objective.label_smoothing"] != {0.0}
    if cuts(config):
        return f"cut_entropy(on_real, {'1 - SMOOTHING' if smoothed else '1.0'}) + cut_entropy(on_fake, 0.0)"
    loss = _loss(config)
    if loss == "own":
        constant = loss_of_d(config.objective.own_d).constant
        return f"of_real + of_fake + {constant!r}" if constant else "of_real + of_fake"
    named = "nonsaturating" if loss == "minimax" else loss  # D plays the same
    return (_D_SMOOTHED if smoothed else _D_LOSSES)[named]


def g_loss(config: RunConfig) -> str:
    """G's loss, an expression in `on_fake_g`."""
    loss = _loss(config)
    if cuts(config):
        return "cut_entropy(on_fake_g, 1.0)" if loss == "nonsaturating" else "-cut_entropy(on_fake_g, 0.0)"
    if loss == "own":
        return mean_of(loss_of_g(config.objective.own_g), "on_fake_g")
    return _G_LOSSES[loss]


def d_parts(config: RunConfig) -> str:
    """What an expression of one's own says of real and of generated samples, a line each; nothing for other losses."""
    if cuts(config) or _loss(config) != "own":
        return ""
    parts = loss_of_d(config.objective.own_d)
    assert parts.real is not None
    assert parts.fake is not None
    return f"of_real = {mean_of(parts.real, 'on_real')}\nof_fake = {mean_of(parts.fake, 'on_fake')}"


def _loss(config: RunConfig) -> LossName:
    return "nonsaturating" if config.labelled else config.objective.loss
