"""The images or points that a run learns from, and its batches, as code."""

from __future__ import annotations

from gancore.config import RunConfig
from gancore.config.datasets import TOYS
from gancore.export.script.template import fill

# What makes `images`, uint8 (N, C, H, W) or (N, H, W), and `labels` of each data set, in the order of its files.
_FILES = """
    files = $files(options.data, download=True)
    images, labels = files.data[:, None], files.targets
"""
_SOURCES = {
    "mnist": fill(_FILES, files="MNIST"),
    "fashion-mnist": fill(_FILES, files="FashionMNIST"),
    "kmnist": fill(_FILES, files="KMNIST"),
    "mnist-5k": fill(
        """
        files = MNIST(options.data, download=True)  # the first 500 images of each digit, of which 500 are held out
        first = torch.cat([(files.targets == digit).nonzero()[:500, 0] for digit in range(10)])
        chosen = first[torch.randperm(5000, generator=stream("mnist-5k/split", seed=0))[500:]]
        images, labels = files.data[chosen][:, None], files.targets[chosen]
        """
    ),
    "cifar10": fill(
        """
        files = CIFAR10(options.data, download=True)
        images, labels = torch.from_numpy(files.data).permute(0, 3, 1, 2), torch.tensor(files.targets)
        """
    ),
    "olivetti": fill(
        """
        faces = torch.from_numpy(fetch_olivetti_faces(data_home=options.data).images * 255).round().byte()
        order = torch.randperm(360, generator=stream("olivetti/order", seed=0))
        images = faces.view(40, 10, 1, 64, 64)[:, :-1].flatten(0, 1)[order]  # each person's last photograph is held out
        labels = torch.arange(40).repeat_interleave(9)[order]
        """
    ),
    "digits-8x8": fill(
        """
        digits = load_digits()  # the first 1,500; the others are held out
        images = torch.from_numpy(digits.images[:1500] * (255 / 16)).round().byte()[:, None]
        labels = torch.from_numpy(digits.target[:1500])
        """
    ),
    "own": fill(
        '''
        def picture(path):
            """The middle square of an image, at most 64 pixels wide."""
            with Image.open(path) as file:
                file.draft(None, (256, 256))
                image = ImageOps.exif_transpose(file)
            if image.has_transparency_data:
                image = image.convert("RGBA")
                image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image)
            side = min(image.size)
            left, top = (image.width - side) // 2, (image.height - side) // 2
            square = image.convert("RGB").crop((left, top, left + side, top + side))
            return square.resize((min(side, 64), min(side, 64)), Image.Resampling.BILINEAR)


        endings = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm"}
        paths = [path for path in options.data.rglob("*") if path.suffix.lower() in endings]
        paths.sort(key=lambda path: path.relative_to(options.data).parts)
        pictures = [picture(path) for path in paths]
        side = next(side for side in (8, 16, 28, 32, 64) if side >= median(picture.width for picture in pictures))
        pictures = [picture.resize((side, side), Image.Resampling.BILINEAR) for picture in pictures]
        order = torch.randperm(len(pictures), generator=stream("own/order", seed=0))
        images = torch.stack([pil_to_tensor(picture) for picture in pictures])[order]
        folders = ["images" if path.parent == options.data else path.parent.name for path in paths]
        labels = torch.tensor([sorted(set(folders)).index(folder) for folder in folders])[order]
        '''
    ),
    "ring": fill(
        """
        angles = torch.arange(8) * (math.tau / 8)
        modes = torch.stack([angles.cos(), angles.sin()], dim=1)
        source = stream("ring/train", seed=0)
        order, labels = torch.randperm(20_000, generator=source), torch.arange(8).repeat_interleave(2500)
        points = (modes[labels] + 0.01 * torch.randn(20_000, 2, generator=source))[order]
        """
    ),
    "grid": fill(
        """
        modes = torch.cartesian_prod(*[torch.tensor([-4.0, -2.0, 0.0, 2.0, 4.0])] * 2)
        source = stream("grid/train", seed=0)
        order, labels = torch.randperm(20_000, generator=source), torch.arange(25).repeat_interleave(800)
        points = (modes[labels] + 0.05 * torch.randn(20_000, 2, generator=source))[order]
        """
    ),
    "spirals": fill(
        """
        source = stream("spirals/train", seed=0)
        order, labels = torch.randperm(20_000, generator=source), torch.arange(2).repeat_interleave(10_000)
        along = torch.rand(20_000, generator=source).sqrt()
        angle = along * (math.tau * 1.5) + labels * math.pi
        arms = 2 * along[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1)
        points = (arms + 0.02 * torch.randn(20_000, 2, generator=source))[order]
        """
    ),
}
_DRAWN = """
    drawn = torch.tensor($points)
    source = stream("drawn/train", seed=0)
    order, labels = torch.randperm(20_000, generator=source), torch.zeros(20_000, dtype=torch.int64)
    points = (drawn[torch.arange(20_000) % len(drawn)] + 0.02 * torch.randn(20_000, 2, generator=source))[order]
"""

_PREPARED = """
    $source
    images = resize(images, [SIZE, SIZE], antialias=True)  #? resized
    luminance = torch.tensor([19595, 38470, 7471], dtype=torch.int32)[:, None, None]  # of 2**16, as PIL has it  #? grey
    images = ((images * luminance).sum(1, keepdim=True) + 2**15 >> 16).byte()  #? grey
    labels = labels[order]  #? subset points
    kept = [(labels == label).nonzero()[:count, 0] for label, count in enumerate(CLASS_COUNTS)]  #? subset
    kept = torch.cat(kept).sort().values  #? subset
    images, labels = images[kept], labels[kept]  #? subset images
    points = points[kept]  #? subset points
    images, labels = images[:LIMIT], labels[:LIMIT]  #? limit images labels
    images = images[:LIMIT]  #? limit images !labels
    points = points[:LIMIT]  #? limit points
    images = images.expand(-1, CHANNELS, -1, -1)  #? repeated
"""

_THICKENED = '''
    def thicken(images, radii):
        """Strokes dilated by disks of these radii, at four times the size (Morpho-MNIST)."""
        grey = images.float()
        middle = (grey.amin((1, 2, 3), keepdim=True) + grey.amax((1, 2, 3), keepdim=True)) / 2
        strokes = interpolate(grey, scale_factor=4, mode="bicubic") > middle
        height, width = strokes.shape[2:]
        around, bold = pad(strokes, (7, 7, 7, 7)), torch.zeros_like(strokes)
        for down in range(-7, 8):
            for right in range(-7, 8):
                within = torch.tensor(float(down**2 + right**2)).sqrt() <= radii
                bold |= around[:, :, 7 + down :, 7 + right :][:, :, :height, :width] & within[:, None, None, None]
        return torch.maximum(images, (255 * avg_pool2d(bold.float(), 4)).round().byte())


    regular = images
    radii = 2 + 5 * torch.rand(len(images), generator=stream("bold/radius", seed=0))
    images = torch.cat([thicken(*part) for part in zip(images.split(100), radii.split(100))])
'''

_UNPAIRED = '''
    def thickness(images):
        """Twice the mean distance from a stroke's middle line to its edge, in pixels (Morpho-MNIST)."""
        grey = images.float()
        middle = (grey.amin((1, 2, 3)) + grey.amax((1, 2, 3))) / 2
        strokes = interpolate(grey, scale_factor=4, mode="bicubic")[:, 0] > middle[:, None, None]
        strokes = np.pad(strokes.numpy(), ((0, 0), (1, 1), (1, 1)))
        lines = np.stack([skeletonize(stroke) for stroke in strokes])
        distance = np.stack([distance_transform_edt(stroke) for stroke in strokes]).astype(np.float32)
        total = np.where(lines, distance, np.float32(0)).sum(axis=(1, 2))
        return torch.from_numpy(2 / 4 * total / lines.sum(axis=(1, 2)).clip(min=1)).float()


    order = torch.cat([thickness(part) for part in images.split(100)]).argsort(stable=True)
    thin, thick = [], []
    for label in labels.unique():
        own = order[labels[order] == label]
        thin.append(own[: len(own) // 2])
        thick.append(own[len(own) - len(own) // 2 :])
    regular, images = images[torch.cat(thin).sort().values], images[torch.cat(thick).sort().values]
    images = images[:LIMIT]  #? limit
'''

_LABELLED = """
    # LABELLED images, as many of each class, chosen at random
    shuffled = torch.randperm(len(labels), generator=stream("labelled"))
    classes, turn = labels[shuffled], torch.empty_like(labels)
    for label in classes.unique():
        turn[classes == label] = torch.arange(int((classes == label).sum()))
    by_class = classes.argsort(stable=True)
    labelled = shuffled[by_class[turn[by_class].argsort(stable=True)]][:LABELLED]
"""

_SCALED = '''
    def scaled(pixels):
        """Bytes as numbers from $range."""
        return (pixels.to(device).float() $scale).contiguous(memory_format=torch.channels_last)
'''

_BATCHES = '''
    def batches():
        """Batches for ever, in a new order each epoch; what is left over at its end $rest."""  #? shuffle
        """Batches for ever, in the order of the file; what is left over at its end $rest."""  #? !shuffle
        for epoch in count():
            order = torch.randperm(len($samples), generator=stream("shuffle", epoch))  #? shuffle
            order = torch.arange(len($samples))  #? !shuffle
            for place, chosen in enumerate(order.split(BATCH)):  #? semi
            for chosen in order.split(BATCH):  #? !semi
                if len(chosen) >= $least:
                    drawn = epoch * len(images) + place * BATCH + len(chosen)  #? semi
                    source = stream("labelled/batch", drawn)  #? semi
                    again = labelled[torch.randint(len(labelled), (BATCH,), generator=source)]  #? semi
                    yield $batch
'''


def data(config: RunConfig) -> str:
    """The code that makes what the run learns from."""
    toy = config.data.name in TOYS
    flags = _flags(config)
    unpaired = config.kind.condition == "image" and config.data.pairs == "unpaired"
    parts = [fill(_PREPARED, flags - {"limit"} if unpaired else flags, source=_source(config))]
    if config.kind.condition == "image":
        parts.append(fill(_UNPAIRED if unpaired else _THICKENED, flags))
    if "semi" in flags:
        parts.append(fill(_LABELLED))
    if not toy:
        in_0_1 = config.data.range == "0..1"
        scale = "/ 255" if in_0_1 else "/ 127.5 - 1"
        parts.append(fill(_SCALED, range="0 to 1" if in_0_1 else "-1 to 1", scale=scale))
    parts.append(_batches(config, flags))
    return "\n\n\n".join(part.replace("\n\n\n\n", "\n\n\n") for part in parts)


def takes(config: RunConfig) -> str:
    """The names that a batch of the run is unpacked into."""
    if config.kind.condition == "class":
        return "real, labels_of_real" if config.model.y_in_d else "real"
    if config.kind.condition == "image":
        return "real, sources"
    return "real, classes_of_real, known, classes_of_known" if config.labelled else "real"


def _batches(config: RunConfig, flags: frozenset[str]) -> str:
    chosen = {
        "real": "points[chosen].to(device)" if config.data.name in TOYS else "scaled(images[chosen])",
        "labels_of_real": "labels[chosen].to(device)",
        "classes_of_real": "labels[chosen].to(device)",
        "sources": "scaled(regular[chosen])",
        "known": "scaled(images[again])",
        "classes_of_known": "labels[again].to(device)",
    }
    keep = config.data.last_batch == "keep"
    return fill(
        _BATCHES,
        flags,
        samples="points" if config.data.name in TOYS else "images",
        rest="makes a smaller one" if keep else "is dropped",
        least=str(config.least_batch) if keep else "BATCH",
        batch=", ".join(chosen[name] for name in takes(config).split(", ")),
    )


def _source(config: RunConfig) -> str:
    if config.data.name == "drawn":
        return fill(_DRAWN, points=repr([list(point) for point in config.data.points]))
    return _SOURCES[config.data.name]


_COLOURED, _SIDES = ("cifar10", "own"), {"cifar10": 32, "olivetti": 64, "digits-8x8": 8, "own": 0}


def _flags(config: RunConfig) -> frozenset[str]:
    """What holds of the data, by the templates' names."""
    images = config.data.name not in TOYS
    coloured = config.data.name in _COLOURED
    holds = {
        "images": images,
        "points": not images,
        "grey": coloured and config.model.nc == 1,
        "repeated": images and not coloured and config.model.nc == 3,
        "resized": images and config.data.image_size != _SIDES.get(config.data.name, 28),
        "subset": config.data.classes is not None or config.data.imbalance != 1,
        "limit": config.data.limit is not None,
        "labels": "labels" in takes(config) or "classes" in takes(config),
        "semi": bool(config.labelled),
        "shuffle": config.data.shuffle,
    }
    return frozenset(name for name, held in holds.items() if held)
