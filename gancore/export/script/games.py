"""What a run does at each step, as code."""

from __future__ import annotations

from collections.abc import Mapping

from gancore.config import RunConfig
from gancore.config.losses import LOSS_FACTS
from gancore.export.script.data import takes
from gancore.export.script.losses import CUT_ENTROPY, cuts, d_loss, d_parts, g_loss, penalty
from gancore.export.script.networks import names
from gancore.export.script.template import fill, nested

Held = frozenset[str]  # what holds of a run, by the templates' names

_LATENT = '''
    def latent(count, source):
        """Noise z, (count, NZ)."""
        return torch.randn(count, NZ, generator=source).to(device)  #? normal
        return (torch.rand(count, NZ, generator=source) * 2 - 1).to(device)  #? !normal
'''
_DESCEND = '''
    def descend(loss, optimizer):
        """One update of the optimizer's own parameters; returns the norm of their gradient."""
        parameters = optimizer.param_groups[0]["params"]
        optimizer.zero_grad()
        loss.backward(inputs=parameters)
        norm = get_total_norm([parameter.grad for parameter in parameters])
        optimizer.step()
        return norm
'''
_HALF_G = """
    def G(*inputs):
        with torch.autocast(device, dtype=torch.bfloat16):
            return generator(*inputs)
"""
_HALF_D = """
    def D(*inputs):
        with torch.autocast(device, dtype=torch.bfloat16):
            return discriminator(*inputs).float()
"""
_BLURRED = '''
    def blurred(images, source, done):
        """Images under instance noise, which is gone at the end of the run (Sønderby et al. 2017)."""
        noise = INSTANCE_NOISE * (1 - done) * torch.randn(images.shape, generator=source)
        return images + noise.to(images)
'''

_SCHEDULES = {
    "step": '''
        def step_down(done):
            """Two drops of the same ratio."""
            return 1.0 if done < 0.5 else math.sqrt(LR_END) if done < 0.75 else LR_END
        ''',
    "linear": """
        def linear(done):
            return 1.0 + (LR_END - 1.0) * done
        """,
    "exponential": """
        def exponential(done):
            return LR_END**done
        """,
    "cosine": """
        def cosine(done):
            return LR_END + (1.0 - LR_END) * (1.0 + math.cos(math.pi * done)) / 2
        """,
}

_OPTIMIZERS = {
    "adam": "torch.optim.Adam($of, lr=$rate, betas=BETAS, fused=True)",
    "sgd": "torch.optim.SGD($of, lr=$rate, momentum=MOMENTUM)",
    "rmsprop": "torch.optim.RMSprop($of, lr=$rate)",
}

_GAME = """
    $optimizers
    average = deepcopy(generator).eval()  # of G's weights, which samples are drawn from  #? ema
    class_counts = torch.tensor(CLASS_COUNTS, dtype=torch.float32)  #? classes
    data = batches()
    rows = []
    for step in range(1, options.steps + 1):
        $changes
        done = (step - 1) / STEPS  #? done
        $rates
        noise = stream("noise", step)
        picks = stream("labels", step)  #? classes
        Dropout.source = stream("dropout", step)  #? dropout
        blur = stream("instance noise", step)  #? blurred
        places = stream("penalty", step)  #? penalty_drawn
        $takes = next(data)

        $first

        $second

        scalars = {
            $scalars
        }
        $record
"""
_CLASSIFIER = """
    $optimizers
    data = batches()
    rows = []
    for step in range(1, options.steps + 1):
        $changes
        done = (step - 1) / STEPS  #? done
        $rates
        $turns
            real, classes_of_real, known, classes_of_known = next(data)
            loss_class = cross_entropy($D(known), classes_of_known)
            discriminator.eval()
            with torch.no_grad():
                found = $D(real)
            discriminator.train()
            norm_d = descend(loss_class, optimizer_d)
        accuracy = (found.argmax(1) == classes_of_real).float().mean()
        scalars = {"loss_class": loss_class, "accuracy": accuracy, "grad_norm_d": norm_d}
        $record
"""
_RECORD = """
    rows.append({"step": step} | {name: value.item() for name, value in scalars.items()})
    if step % 100 == 0:
        print(", ".join(f"{name} {value:.4g}" for name, value in rows[-1].items()), flush=True)
"""

_D_UPDATE = """
    with torch.autocast(device, dtype=torch.bfloat16):  #? semi half
        classes_known, classes_real = discriminator(known), discriminator(real)  #? semi half
        classes_fake = discriminator($fake)  #? semi half
    classes_known, classes_real = classes_known.float(), classes_real.float()  #? semi half
    classes_fake = classes_fake.float()  #? semi half
    classes_known, classes_real, classes_fake = map(discriminator, (known, real, $fake))  #? semi !half
    loss_class = cross_entropy(classes_known, classes_of_known)  #? semi
    on_real, on_fake = classes_real.logsumexp(1), classes_fake.logsumexp(1)  #? semi
    on_real = $D($real$label_of_real)  #? !semi
    on_fake = $D($fake$label_of_fake)  #? !semi
    $parts
    loss_d = $loss
    price = penalty($penalised)  #? penalty learns
    norm_d = descend(loss_class + UNSUPERVISED_WEIGHT * loss_d, optimizer_d)  #? semi
    norm_d = descend(loss_d + PENALTY_WEIGHT * price, optimizer_d)  #? learns penalty !semi
    norm_d = descend(loss_d, optimizer_d)  #? learns !penalty !semi
    with torch.no_grad():  #? clip learns
        for parameter in discriminator.parameters():  #? clip learns
            parameter.clamp_(-CLIP, CLIP)  #? clip learns
"""
_G_UPDATE = """
    with torch.autocast(device, dtype=torch.bfloat16):  #? semi half
        found = features(fake)  #? semi half
        on_fake_g = discriminator[1](found).float().logsumexp(1)  #? semi half
    found = features(fake)  #? semi !half
    on_fake_g = discriminator[1](found).logsumexp(1)  #? semi !half
    on_fake_g = $D($fake$label)  #? !semi !unweighted
    with torch.no_grad():  #? unweighted
        on_fake_g = $D($fake)  #? unweighted
    loss_g = $loss  #? !matching
    with torch.no_grad(), torch.autocast(device, dtype=torch.bfloat16):  #? matching half
        wanted = features(real)  #? matching half
    with torch.no_grad():  #? matching !half
        wanted = features(real)  #? matching !half
    loss_g = (found$float.mean(0) - wanted$float.mean(0)).abs().mean()  #? matching
    pixel = binary_cross_entropy_with_logits(logits, real)  #? pixel
    other_z = latent(len(real), noise)  #? diversity
    other = torch.sigmoid($G(sources, other_z)$float)  #? diversity
    diversity = (fake - other).abs().mean() / (z - other_z).abs().mean()  #? diversity
    total = $objective  #? weighted
    norm_g = descend(total, optimizer_g)  #? weighted
    norm_g = descend(loss_g, optimizer_g)  #? learns !weighted
    with torch.no_grad():  #? ema
        share = 1 - min(EMA, step / (step + 10))  #? ema
        torch._foreach_lerp_(list(average.parameters()), list(generator.parameters()), share)  #? ema
        for mine, its in zip(average.buffers(), generator.buffers()):  #? ema
            mine.copy_(its)  #? ema
"""

_VAE = """
    $optimizers
    data = batches()
    rows = []
    for step in range(1, options.steps + 1):
        $changes
        done = (step - 1) / STEPS  #? done
        $rates
        real = next(data)
        with torch.autocast(device, dtype=torch.bfloat16):  #? half
            mean, logvar = encoder(real)  #? half
            code = mean + latent(len(real), stream("noise", step)).to(mean) * torch.exp(0.5 * logvar)  #? half
            logits = decoder(code)  #? half
        mean, logvar, logits = mean.float(), logvar.float(), logits.float()  #? half
        mean, logvar = encoder(real)  #? !half
        code = mean + latent(len(real), stream("noise", step)) * torch.exp(0.5 * logvar)  #? !half
        logits = decoder(code)  #? !half
        error = binary_cross_entropy_with_logits(logits, real, reduction="none")
        recon = error.flatten(1).sum(1).sum()
        kl = (0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum(1)).sum()
        norm = descend(recon + kl, optimizer)
        recon, kl = recon.detach() / len(real), kl.detach() / len(real)
        scalars = {"loss": recon + kl, "recon": recon, "kl": kl, "grad_norm": norm}
        $record
"""


def game(config: RunConfig, ever: Mapping[str, frozenset[object]], changes: str) -> str:
    """The code that trains. `ever` are the values that settings have at some step, and `changes` the code that
    changes them."""
    return _Game(config, ever, changes).code()


class _Game:
    """The parts of the loop of one configuration."""

    def __init__(self, config: RunConfig, ever: Mapping[str, frozenset[object]], changes: str) -> None:
        self.config, self.ever, self.changes = config, ever, changes
        self.half = config.train.precision == "bf16"
        self.vae = "encoder" in names(config)
        self.semi = bool(config.labelled)
        self.classifier = self.semi and not config.objective.unsupervised_weight
        self.translator = config.kind.condition == "image"
        self.conditional = config.kind.condition == "class"
        self.y_in_d = self.conditional and config.model.y_in_d
        self.only = config.objective.only if config.uses("objective.only") else "both"
        chosen = config.objective.penalty if config.uses("objective.penalty") else "none"
        self.penalty = "none" if self.only == "g" else chosen
        self.blurred = config.uses("objective.instance_noise") and config.objective.instance_noise > 0
        self.G, self.D = ("G", "D") if self.half else ("generator", "discriminator")

    def code(self) -> str:
        """All of it."""
        helpers = [*self._schedules(), *self._pieces()]
        template = _VAE if self.vae else _CLASSIFIER if self.classifier else _GAME
        return "\n\n\n".join([*helpers, self._loop(template)])

    # --- around the loop ----------------------------------------------------------------------------------------------

    def _pieces(self) -> list[str]:
        label = ", labels" if self.y_in_d else ""
        prior = self.config.model.prior if self.config.uses("model.prior") else "normal"
        pieces = [
            (fill(_HALF_G), self.half and not self.vae and not self.classifier),
            (fill(_HALF_D), self.half and not self.vae and (self.classifier or not self.semi)),
            (fill(CUT_ENTROPY), cuts(self.config)),
            (fill(_BLURRED), self.blurred),
            (penalty(self.penalty, label), self.penalty != "none"),
            (fill(_LATENT, {prior}), not self.classifier),
            (fill(_DESCEND), True),
        ]
        return [piece for piece, used in pieces if used]

    def _rates(self) -> dict[str, tuple[str, str, str]]:
        """By optimizer: its parameters, its rate, its schedule."""
        optim = self.config.optim
        if self.vae:
            return {"optimizer": ("[*encoder.parameters(), *decoder.parameters()]", "LR", optim.schedule)}
        found = {
            "optimizer_g": ("generator.parameters()", "LR_G", optim.schedule_g),
            "optimizer_d": ("discriminator.parameters()", "LR_D", optim.schedule_d),
        }
        learning = {"both": "gd", "g": "g", "d": "d"}["d" if self.classifier else self.only]
        return {name: each for name, each in found.items() if name[-1] in learning}

    def _schedules(self) -> list[str]:
        used = {schedule: None for _, _, schedule in self._rates().values() if schedule != "constant"}
        return [fill(_SCHEDULES[schedule]) for schedule in used]

    def _loop(self, template: str) -> str:
        optim = self.config.optim
        optimizers, moving = [], []
        path = {"LR": "optim.lr", "LR_G": "optim.lr_g", "LR_D": "optim.lr_d"}
        scheduled = False
        for name, (parameters, rate, schedule) in self._rates().items():
            optimizers.append(f"{name} = {fill(_OPTIMIZERS[optim.optimizer], of=parameters, rate=rate)}")
            if schedule != "constant":
                called = "step_down" if schedule == "step" else schedule
                moving.append(f'{name}.param_groups[0]["lr"] = {rate} * {called}(done)')
                scheduled = True
            elif len(self.ever[path[rate]]) > 1:
                moving.append(f'{name}.param_groups[0]["lr"] = {rate}')
            if optim.optimizer == "sgd" and optim.momentum != optim.momentum_end:
                moving.append(f'{name}.param_groups[0]["momentum"] = MOMENTUM + (MOMENTUM_END - MOMENTUM) * done')
                scheduled = True
        flags = {
            "done": scheduled or self.blurred,
            "ema": self._averaged(),
            "classes": self.conditional,
            "dropout": self._drops(),
            "blurred": self.blurred,
            "penalty_drawn": self.penalty in ("gradient", "dragan"),
            "half": self.half,
        }
        values = {"optimizers": "\n".join(optimizers), "rates": "\n".join(moving), "changes": self.changes}
        held = {name for name, holds in flags.items() if holds}
        if template is _GAME:
            values |= self._turns()
        if template is _CLASSIFIER:
            values["turns"] = "for _ in range(D_STEPS):"
        return fill(template, held, record=fill(_RECORD), D=self.D, **values)

    def _averaged(self) -> bool:
        return self.config.uses("optim.ema") and self.config.optim.ema > 0

    def _drops(self) -> bool:
        model = self.config.model
        return self.config.uses("model.dropout") and (model.dropout > 0 or model.input_dropout > 0)

    # --- one iteration ------------------------------------------------------------------------------------------------

    def _turns(self) -> dict[str, str]:
        d_first = self.config.objective.order == "d_first"
        blocks = [self._d_block(first=d_first), self._g_block(first=not d_first)]
        first, second = blocks if d_first else reversed(blocks)
        scalars = "\n".join(f'"{name}": {value},' for name, value in self._scalars(d_first=d_first).items())
        return {"takes": takes(self.config), "first": first, "second": second, "scalars": scalars}

    def _d_block(self, *, first: bool) -> str:
        same = self.config.objective.noise == "same"
        kept = same and first and self.only != "d"  # G goes on with it
        many = self.ever["optim.d_steps"] != {1}
        generation = self._generation(with_gradient=kept)
        if same and not first:
            generation = nested(generation, under="if turn > 0:") if many else ""
        update = self._d_update(detached=kept or (same and not first and self.only != "d"))
        words = "# D: real samples apart from generated ones" + ("" if self.only != "g" else ", but it does not learn")
        body = "\n".join(filter(None, (generation, update)))
        if many:
            fresh = f"if turn > 0:\n    {takes(self.config)} = next(data)\n"
            body = nested(fresh + body, under="for turn in range(D_STEPS):")
        return f"{words}\n{body}"

    def _g_block(self, *, first: bool) -> str:
        same = self.config.objective.noise == "same"
        many = self.ever["optim.g_steps"] != {1}
        generation = self._generation(with_gradient=self.only != "d")
        if same and not first:
            generation = nested(generation, under="if turn > 0:") if many else ""
        words = "# G: pass for real" + (" with the same samples" if same and not first else "")
        words += "" if self.only != "d" else ", but it does not learn"
        body = "\n".join(filter(None, (generation, self._g_update())))
        return f"{words}\n{nested(body, under='for turn in range(G_STEPS):') if many else body}"

    def _generation(self, *, with_gradient: bool) -> str:
        if self.translator:
            code = ["z = latent(len(real), noise)", f"logits = {self.G}(sources, z){'.float()' if self.half else ''}"]
            code.append("fake = torch.sigmoid(logits)")
        elif self.conditional:
            drawn = "torch.multinomial(class_counts, len(real), replacement=True, generator=picks).to(device)"
            code = [f"labels_of_fake = {drawn}", f"fake = {self.G}(latent(len(real), noise), labels_of_fake)"]
        else:
            code = [f"fake = {self.G}(latent(len(real), noise))"]
        return "\n".join(code) if with_gradient else nested("\n".join(code), under="with torch.no_grad():")

    def _d_update(self, *, detached: bool) -> str:
        fake = "fake.detach()" if detached else "fake"
        label = ", labels_of_real" if self.y_in_d else ""
        penalised = {"gradient": f"real, {fake}, places", "r1": "real", "dragan": "real, places"}.get(self.penalty, "")
        flags = {
            "semi": self.semi,
            "half": self.half,
            "penalty": self.penalty != "none",
            "learns": self.only != "g",
            "clip": self._clips(),
        }
        code = fill(
            _D_UPDATE,
            {name for name, holds in flags.items() if holds},
            D=self.D,
            real="blurred(real, blur, done)" if self.blurred else "real",
            fake=f"blurred({fake}, blur, done)" if self.blurred else fake,
            label_of_real=label,
            label_of_fake=", labels_of_fake" if self.y_in_d else "",
            penalised=penalised + label,
            parts=d_parts(self.config),
            loss=d_loss(self.config, self.ever),
        )
        return code if self.only != "g" else nested(code, under="with torch.no_grad():")

    def _g_update(self) -> str:
        objective = self.config.objective
        flags = {
            "semi": self.semi,
            "half": self.half,
            "matching": self.semi and objective.feature_matching,
            "weighted": self.translator,
            "unweighted": self.translator and not objective.adversarial_weight,
            "pixel": self.translator and objective.pixel_weight > 0,
            "diversity": self.translator and objective.diversity_weight > 0,
            "learns": self.only != "d",
            "ema": self._averaged(),
        }
        code = fill(
            _G_UPDATE,
            {name for name, holds in flags.items() if holds},
            D=self.D,
            G=self.G,
            fake="blurred(fake, blur, done)" if self.blurred else "fake",
            label=", labels_of_fake" if self.y_in_d else "",
            float=".float()" if self.half else "",
            loss=g_loss(self.config),
            objective=self._g_objective(),
        )
        return code if self.only != "d" else nested(code, under="with torch.no_grad():")

    def _g_objective(self) -> str:
        """What the translator's G minimises."""
        objective = self.config.objective
        terms = {
            "ADVERSARIAL_WEIGHT * loss_g": objective.adversarial_weight,
            "PIXEL_WEIGHT * pixel": objective.pixel_weight,
            "DIVERSITY_WEIGHT / (diversity + 1e-5)": objective.diversity_weight,
        }
        return " + ".join(term for term, weight in terms.items() if weight)

    def _clips(self) -> bool:
        return self.config.uses("objective.clip") and self.config.objective.clip > 0

    def _scalars(self, *, d_first: bool) -> dict[str, str]:
        """The curves of a step, in the order in which the run records them."""
        probability = self.semi or LOSS_FACTS[self.config.objective.loss].output == "probability"
        score = "torch.sigmoid({}).mean()" if probability else "{}.mean()"
        of_d = {"loss_d": "loss_d"}
        if self.semi:
            of_d["loss_class"] = "loss_class"
            of_d["accuracy"] = "(classes_real.argmax(1) == classes_of_real).float().mean()"
        of_d |= {"d_real": score.format("on_real"), "d_fake": score.format("on_fake")}
        of_d |= {"penalty": "price"} if self.penalty != "none" else {}
        of_d |= {"grad_norm_d": "norm_d"} if self.only != "g" else {}
        of_g = {"loss_g": "loss_g", "d_fake_g": score.format("on_fake_g")}
        of_g |= {"loss_pixel": "pixel"} if self.translator and self.config.objective.pixel_weight else {}
        of_g |= {"diversity": "diversity"} if self.translator and self.config.objective.diversity_weight else {}
        of_g |= {"grad_norm_g": "norm_g"} if self.only != "d" else {}
        return of_d | of_g if d_first else of_g | of_d
