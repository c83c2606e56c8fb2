"""The networks of a run and their starting weights, as code."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gancore.config import RunConfig
from gancore.config.datasets import TOYS
from gancore.export.script.layers import CONDITIONAL, DOWN, DROPOUT, MAXOUT, SPECTRAL, UP
from gancore.export.script.template import fill

_DCGAN_G = """
    generator = nn.Sequential(
        nn.Unflatten(1, (NZ, 1, 1)),
        *up(NZ, 4 * NGF, stride=1, padding=0),  # 4 x 4
        *up(4 * NGF, 2 * NGF),  # 8 x 8
        *up(2 * NGF, NGF),  # 16 x 16
        nn.ConvTranspose2d(NGF, CHANNELS, 4, 2, 1, bias=False),  # 32 x 32
        nn.Tanh(),
    )
"""
_DCGAN_D = """
    discriminator = nn.Sequential(
        *down(CHANNELS, NDF),  # 16 x 16
        *down(NDF, 2 * NDF),  # 8 x 8
        *down(2 * NDF, 4 * NDF),  # 4 x 4
        nn.Conv2d(4 * NDF, 1, 4, bias=False),
        nn.Flatten(0),
    )
"""
_SEMI_D = """
    features = nn.Sequential(
        *down(CHANNELS, NDF),  # 16 x 16
        *down(NDF, 2 * NDF),  # 8 x 8
        *down(2 * NDF, 4 * NDF),  # 4 x 4
        nn.Flatten(),
    )
    discriminator = nn.Sequential(features, nn.Linear(4 * 4 * 4 * NDF, CLASSES))
"""
_CS231N = """
    generator = nn.Sequential(
        *(nn.Linear(NZ, 1024), nn.ReLU(), nn.BatchNorm1d(1024)),
        *(nn.Linear(1024, 7 * 7 * 128), nn.ReLU(), nn.BatchNorm1d(7 * 7 * 128)),
        nn.Unflatten(1, (128, 7, 7)),
        *(nn.ConvTranspose2d(128, 64, 4, 2, 1), nn.ReLU(), nn.BatchNorm2d(64)),  # 14 x 14
        *(nn.ConvTranspose2d(64, CHANNELS, 4, 2, 1), nn.Tanh()),  # 28 x 28
    )
    discriminator = nn.Sequential(
        *(nn.Conv2d(CHANNELS, 32, 5), nn.LeakyReLU(0.01), nn.MaxPool2d(2)),  # 12 x 12
        *(nn.Conv2d(32, 64, 5), nn.LeakyReLU(0.01), nn.MaxPool2d(2)),  # 4 x 4
        *(nn.Flatten(), nn.Linear(4 * 4 * 64, 4 * 4 * 64), nn.LeakyReLU(0.01)),
        nn.Linear(4 * 4 * 64, 1),
        nn.Flatten(0),
    )
"""
_CDCGAN_G = '''
    class Generator(nn.Module):
        """Noise and class meet after a layer of their own."""

        def __init__(self):
            super().__init__()
            self.from_z = nn.Sequential(*up(NZ, 8 * NGF, stride=1, padding=0))  # 4 x 4
            self.from_y = nn.Sequential(*up(CLASSES, 8 * NGF, stride=1, padding=0))  # 4 x 4
            self.layers = nn.Sequential(
                *up(16 * NGF, 8 * NGF),  # 8 x 8
                *up(8 * NGF, 4 * NGF),  # 16 x 16
                nn.ConvTranspose2d(4 * NGF, CHANNELS, 4, 2, 1, bias=False),  # 32 x 32
                nn.Tanh(),
            )

        def forward(self, z, y):
            y = one_hot(y, CLASSES).float()
            return self.layers(torch.cat([self.from_z(z[:, :, None, None]), self.from_y(y[:, :, None, None])], 1))


    generator = Generator()
'''
_CDCGAN_D = '''
    class Discriminator(nn.Module):
        """Image and class meet after a layer of their own."""

        def __init__(self):
            super().__init__()
            self.from_x = nn.Sequential(*down(CHANNELS, 2 * NDF$plain))  # 16 x 16
            self.from_y = nn.Sequential(*down(CLASSES, 2 * NDF$plain))  # 16 x 16
            self.layers = nn.Sequential(
                *down(4 * NDF, 8 * NDF),  # 8 x 8
                *down(8 * NDF, 16 * NDF),  # 4 x 4
                nn.Conv2d(16 * NDF, 1, 4, bias=False),
            )

        def forward(self, images, y):
            planes = torch.eye(CLASSES, device=device)[:, :, None, None].expand(-1, -1, *images.shape[2:])
            found = self.from_y(planes).permute(0, 2, 3, 1)  # of each class once: all images of a class have the same
            chosen = embedding(y, found.flatten(1)).view(-1, *found.shape[1:]).permute(0, 3, 1, 2)
            return self.layers(torch.cat([self.from_x(images), chosen], 1)).flatten()


    discriminator = Discriminator()
'''
_CDCGAN_D_WITHOUT = """
    discriminator = nn.Sequential(
        *down(CHANNELS, 2 * NDF$plain),  # 16 x 16
        *down(2 * NDF, 8 * NDF),  # 8 x 8
        *down(8 * NDF, 16 * NDF),  # 4 x 4
        nn.Conv2d(16 * NDF, 1, 4, bias=False),
        nn.Flatten(0),
    )
"""

_LAYERS = """
    $name = $kind(
        $layers
    )
"""

_VAE = '''
    class Encoder(nn.Module):
        """Images -> mean of the code, and the logarithm of its variance."""

        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(
                $encoding
            )
            self.mean = nn.Linear($width, NZ)
            self.logvar = nn.Linear($width, NZ)

        def forward(self, images):
            found = self.layers(images.flatten(1))
            return self.mean(found), self.logvar(found)


    encoder = Encoder()
    decoder = nn.Sequential(
        $decoding
    )
'''

_TRANSLATOR = '''
    class Modulated(nn.Module):
        """Twice as large, and every channel scaled and shifted by what z says (FiLM)."""

        def __init__(self, inputs, outputs):
            super().__init__()
            convolution = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False)
            self.layers = nn.Sequential(convolution, nn.BatchNorm2d(outputs))
            self.style = nn.Linear(NZ, 2 * outputs)

        def forward(self, x, z):
            scale, shift = self.style(z)[:, :, None, None].chunk(2, 1)
            return relu(self.layers(x) * (1 + scale) + shift)


    class Generator(nn.Module):
        """A small U-Net: regular images and z -> logits of bold images."""

        def __init__(self):
            super().__init__()
            self.outer = nn.Sequential(*down(1, NGF, norm=False))  # 14 x 14
            self.inner = nn.Sequential(*down(NGF, 2 * NGF))  # 7 x 7
            self.up = Modulated(2 * NGF, NGF)  # 14 x 14
            self.out = Modulated(2 * NGF, NGF)  # 28 x 28
            self.last = nn.Conv2d(NGF + 1, 1, 3, padding=1)

        def forward(self, images, z):
            outer = self.outer(images)
            found = self.out(torch.cat([self.up(self.inner(outer), z), outer], 1), z)
            return self.last(torch.cat([found, images], 1))


    generator = Generator()
    discriminator = nn.Sequential(
        *down(1, NDF, norm=False),  # 14 x 14
        *down(NDF, 2 * NDF),  # 7 x 7
        nn.Conv2d(2 * NDF, 1, 7, bias=False),
        nn.Flatten(0),
    )
'''

_INIT = '''
    def initialise(network, source):
        """$words"""
        for layer in network.modules():
            if isinstance(layer, $norms):  #? norms custom
                nn.init.normal_(layer.weight, 1, 0.02, generator=source)  #? norms custom
            $otherwise isinstance(layer, $weighted):  #? custom
                nn.init.normal_(layer.weight, 0, 0.02, generator=source)  #? custom
                if layer.bias is not None:  #? custom some_biases
                    nn.init.zeros_(layer.bias)  #? custom some_biases
                nn.init.zeros_(layer.bias)  #? custom biases
            if isinstance(layer, $weighted):  #? !custom
                nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=source)  #? !custom
                bound = 1 / math.sqrt(layer.weight[0].numel())  #? !custom biases
                nn.init.uniform_(layer.bias, -bound, bound, generator=source)  #? !custom biases
                if layer.bias is not None:  #? !custom some_biases
                    bound = 1 / math.sqrt(layer.weight[0].numel())  #? !custom some_biases
                    nn.init.uniform_(layer.bias, -bound, bound, generator=source)  #? !custom some_biases
            if isinstance(layer, nn.Embedding):  #? embedding
                nn.init.normal_(layer.weight, generator=source)  #? embedding
        for layer in network.modules():  #? xavier
            if isinstance(layer, $redrawn):  #? xavier
                nn.init.xavier_uniform_(layer.weight, generator=source)  #? xavier


    $each
'''
_ONE = """
    source = stream("init/$name")
    initialise($name, source)
    for layer in list($name.modules()):  #? spectral
        if isinstance(layer, (nn.Conv2d, nn.Linear)):  #? spectral
            parametrize.register_parametrization(layer, "weight", SpectralNorm(layer.weight, source))  #? spectral
    $name.to(device, memory_format=torch.channels_last)
"""
_BRIEF = """
    initialise($name, stream("init/$name"))
    $name.to(device, memory_format=torch.channels_last)
"""
_WORDS = {
    "custom": "Weights from N(0, 0.02), scales of batch normalisation from N(1, 0.02), no biases.",
    "default": "What PyTorch's layers do by themselves, from `source`.",
    "xavier": "What PyTorch's layers do by themselves, from `source`, but Xavier-uniform weights in some.",
}


@dataclass(frozen=True)
class Networks:
    """The code of two networks, and what there is to initialise in them."""

    parts: Sequence[str]  # functions and classes, and last the networks themselves
    weighted: Sequence[str]  # layers with weights
    norms: Sequence[str] = ()  # layers of batch normalisation
    biases: str = ""  # `biases` if all of the former have one, `some_biases` if some have
    embedding: bool = False  # whether there is one


def networks(config: RunConfig) -> str:
    """The code that builds the networks and draws their weights."""
    build: Callable[[RunConfig], Networks] = pkgutil.resolve_name(config.kind.script)
    built = build(config)
    spectral = config.model.spectral_norm and config.uses("model.spectral_norm")
    return "\n\n\n".join([*([fill(SPECTRAL)] if spectral else []), *built.parts, _initialised(config, built)])


def names(config: RunConfig) -> tuple[str, ...]:
    """Of the two networks: the one that generates is a generator or a decoder."""
    return tuple(config.kind.inputs(config))


def _initialised(config: RunConfig, built: Networks) -> str:
    init = config.model.init
    redrawn = [layer for layer in built.weighted if layer != "nn.Conv2d"]
    has_norms = bool(built.norms) and init == "custom"
    flags = {init, built.biases, "norms" if has_norms else "", "embedding" if built.embedding else ""}
    return fill(
        _INIT,
        flags,
        words=_WORDS[init],
        norms=_either(built.norms),
        weighted=_either(built.weighted),
        otherwise="elif" if has_norms else "if",
        redrawn=_either(redrawn),
        each="\n".join(_one(config, name) for name in names(config)),
    )


def _one(config: RunConfig, name: str) -> str:
    spectral = name == "discriminator" and config.model.spectral_norm and config.uses("model.spectral_norm")
    return fill(_ONE, {"spectral"}, name=name) if spectral else fill(_BRIEF, name=name)


def _either(layers: Sequence[str]) -> str:
    return "".join(layers) if len(layers) < 2 else f"({', '.join(layers)})"


def _down(config: RunConfig, *, mixed: bool = False) -> str:
    norm = config.model.d_norm == "batch"
    return fill(DOWN, {"mixed" if mixed else "", "norm" if norm else ""})


_CONVOLUTIONS = ("nn.Conv2d", "nn.ConvTranspose2d")
_NORMS = ("nn.BatchNorm2d",)


def dcgan(config: RunConfig) -> Networks:
    """Report 002's."""
    return Networks([fill(UP), _down(config), f"{fill(_DCGAN_G)}\n{fill(_DCGAN_D)}"], _CONVOLUTIONS, _NORMS)


def semi(config: RunConfig) -> Networks:
    """The same with a D that classifies."""
    parts = [fill(UP), _down(config), f"{fill(_DCGAN_G)}\n{fill(_SEMI_D)}"]
    return Networks(parts, (*_CONVOLUTIONS, "nn.Linear"), _NORMS, "some_biases")


def cs231n(_config: RunConfig) -> Networks:
    """Report 004's."""
    return Networks([fill(_CS231N)], (*_CONVOLUTIONS, "nn.Linear"), ("nn.BatchNorm1d", *_NORMS), "biases")


def cdcgan(config: RunConfig) -> Networks:
    """The conditional one of report 002."""
    mixed = config.model.d_norm == "batch"  # D's first layer is without
    template = _CDCGAN_D if config.model.y_in_d else _CDCGAN_D_WITHOUT
    discriminator = fill(template, plain=", norm=False" if mixed else "")
    return Networks([fill(UP), _down(config, mixed=mixed), fill(_CDCGAN_G), discriminator], _CONVOLUTIONS, _NORMS)


def translator(_config: RunConfig) -> Networks:
    """Report 000's."""
    parts = [fill(DOWN, {"mixed"}), fill(_TRANSLATOR)]
    return Networks(parts, (*_CONVOLUTIONS, "nn.Linear"), _NORMS, "some_biases")


def mlp(config: RunConfig) -> Networks:
    """Fully connected ones, conditional or not."""
    model, sample = config.model, config.shape
    conditional = config.kind.condition == "class"
    sees = conditional and model.y_in_d
    pixels = _product(sample)
    last = {"tanh": "nn.Tanh(),", "sigmoid": "nn.Sigmoid(),", "linear": ""}[model.g_output]
    reshaped = "" if config.data.name in TOYS else f"nn.Unflatten(1, {sample}),"
    made = _hidden(_start("NZ", conditional), model.g_hidden, _activation(model.g_leak))
    made += filter(None, [f"nn.Linear({model.g_hidden[-1]}, {pixels}),", last, reshaped])
    seen = [] if sees or config.data.name in TOYS else ["nn.Flatten(),"]
    seen += ["Dropout(INPUT_DROPOUT),"] if model.input_dropout else []
    after = ", Dropout(DROPOUT)" if model.dropout else ""
    if model.maxout > 1:
        widths = (_start(str(pixels), sees), *model.d_hidden)
        pairs = zip(widths, model.d_hidden, strict=False)
        pieces = [f"Maxout({inputs}, {units}, {model.maxout}){after}" for inputs, units in pairs]
        seen += [f"*({piece})," if after else f"{piece}," for piece in pieces]
    else:
        seen += _hidden(_start(str(pixels), sees), model.d_hidden, _activation(model.d_leak) + after)
    seen += [f"nn.Linear({model.d_hidden[-1]}, 1),", "nn.Flatten(0),"]
    uses_dropout = model.dropout or model.input_dropout
    own = [template for template, used in ((DROPOUT, uses_dropout), (MAXOUT, model.maxout > 1)) if used]
    parts = [fill(template) for template in (*own, *([CONDITIONAL] if conditional else []))]
    made_by, seen_by = ("Conditional" if joined else "nn.Sequential" for joined in (conditional, sees))
    built = f"{_layers('generator', made_by, made)}\n{_layers('discriminator', seen_by, seen)}"
    return Networks([*parts, built], ("nn.Linear",), biases="biases", embedding=conditional)


def vae(config: RunConfig) -> Networks:
    """Report 003's."""
    model, pixels = config.model, _product(config.shape)
    decoding = _hidden("NZ", model.hidden[::-1], "nn.ReLU()")
    decoding += [f"nn.Linear({model.hidden[0]}, {pixels}),", f"nn.Unflatten(1, {config.shape}),"]
    encoding = "\n".join(_hidden(str(pixels), model.hidden, "nn.ReLU()"))
    code = fill(_VAE, encoding=encoding, width=str(model.hidden[-1]), decoding="\n".join(decoding))
    return Networks([code], ("nn.Linear",), biases="biases")


def _start(inputs: str, conditional: bool) -> str:
    return f"{inputs} + CLASSES" if conditional else inputs


def _hidden(inputs: str, widths: Sequence[int], activation: str) -> list[str]:
    """A line for each hidden layer."""
    lines = []
    for width in widths:
        lines.append(f"*(nn.Linear({inputs}, {width}), {activation}),")
        inputs = str(width)
    return lines


def _layers(name: str, kind: str, layers: Sequence[str]) -> str:
    return fill(_LAYERS, name=name, kind=kind, layers="\n".join(layers))


def _activation(leak: float) -> str:
    return f"nn.LeakyReLU({leak!r})" if leak else "nn.ReLU()"


def _product(shape: Sequence[int]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total
