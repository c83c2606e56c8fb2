"""Networks as pictures: layers in, SVG out. Knows no Streamlit and no torch.

A feature map is a box, as high as the map and the wider the more channels it has; a vector is a bar. Text takes the
colour of its surroundings and what has the class `paper` their background, so a picture fits a light and a dark theme.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from ui import colors

if TYPE_CHECKING:
    from gancore.models.layers import Layer

PITCH = 124  # pixels from block to block, whatever their width: nothing moves while a slider does
_SIDE = 84  # height of the largest feature map
_BAR = 64  # height of the longest vector
_LONGEST = 4096  # and its length
_HEAD, _LABEL, _TEXT, _GAP = 26, 18, 68, 20  # heights of a title, of what stands above and below a block, and of space
_ARC = 12  # how much higher than the one within it a long connection rises
_SLANT = (0.34, 0.24)  # of a box's depth, to the right and upwards


class Part(NamedTuple):
    """How a network is called, and its colour."""

    letter: str
    title: str
    color: str


PARTS: dict[str, Part] = {
    "generator": Part("G", "Generator", colors.G),
    "discriminator": Part("D", "Discriminator", colors.D),
    "encoder": Part("encoder", "Encoder", "#6C8EAD"),  # neither player of a game
    "decoder": Part("decoder", "Decoder", colors.G),
}


@dataclass
class Block:
    """A layer with the normalisation and the activation that follow it, and its place in the picture."""

    layers: list[Layer]
    sources: set[int]  # places of other blocks
    is_output: bool = False
    column: int = 0
    lane: int = -1  # the main path is lane 0; others lie below it

    @property
    def shape(self) -> tuple[int, ...]:
        return self.layers[-1].output

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    @property
    def is_end(self) -> bool:
        return self.layers[0].is_end


class _Lane(NamedTuple):
    """The strip in which shapes stand, level with each other."""

    ceiling: float
    floor: float

    @property
    def middle(self) -> float:
        return (self.ceiling + self.floor) / 2


@dataclass
class _Row:
    """A network laid out."""

    part: Part
    blocks: list[Block]
    scale: float  # pixels on the screen for one of a feature map
    top: float
    lanes: list[_Lane] = field(default_factory=list)
    bottom: float = 0

    def __post_init__(self) -> None:
        spans = [b.column - self.blocks[s].column for b in self.blocks for s in b.sources]
        y = self.top + _HEAD + _ARC * max(max(spans, default=1) - 1, 0)
        for lane in range(1 + max(block.lane for block in self.blocks)):
            heights = [_room(block.shape, self.scale) for block in self.blocks if block.lane == lane]
            self.lanes.append(_Lane(y + _LABEL, y + _LABEL + max(heights)))
            y = self.lanes[-1].floor + _TEXT
        self.bottom = y


def networks_svg(networks: Mapping[str, Sequence[Layer]]) -> str:
    """Every network as a row of blocks from left to right, one row below the other."""
    sides = [side for layers in networks.values() for layer in layers for side in layer.output[1:]]
    scale = _SIDE / max(sides, default=1)
    rows: list[_Row] = []
    for name, layers in networks.items():
        part = PARTS.get(name) or Part(name, name.capitalize(), colors.D)
        rows.append(_Row(part, arrange(layers), scale, rows[-1].bottom + _GAP if rows else 0))
    width = PITCH * max(1 + block.column for row in rows for block in row.blocks)
    height = rows[-1].bottom
    summary = escape(" ".join(_sentence(row) for row in rows))
    arrow = '<marker id="tip" viewBox="0 0 6 6" refX="5.5" refY="3" markerWidth="6" markerHeight="6" orient="auto">'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" width="{width}" '
        f'height="{height:.0f}" role="img" aria-label="{summary}" font-size="12" fill="currentColor">'
        f'<defs>{arrow}<path d="M0 0 6 3 0 6z" fill="currentColor"/></marker></defs>'
        f"{''.join(_draw(row) for row in rows)}</svg>"
    )


# --- layout ---------------------------------------------------------------------------------------------------------


def arrange(layers: Sequence[Layer]) -> list[Block]:
    """The blocks of a network, each in a column as far right as what it feeds allows, and in a lane."""
    blocks = _merge(layers)
    for place in reversed(range(len(blocks))):
        blocks[place].column = min((other.column for other in blocks if place in other.sources), default=0) - 1
    first = min(block.column for block in blocks)
    for block in blocks:
        block.column -= first
    for block in sorted(blocks, key=lambda block: -block.column):
        if block.lane < 0:
            block.lane = next(lane for lane in range(len(blocks)) if _is_free(blocks, lane, block.column))
        before = [blocks[source] for source in sorted(block.sources) if blocks[source].lane < 0]
        if before:  # the lane goes on with the nearest and largest
            main = max(before, key=lambda other: (other.column, len(other.shape), math.prod(other.shape)))
            if _is_free(blocks, block.lane, main.column):
                main.lane = block.lane
    return blocks


def _is_free(blocks: Sequence[Block], lane: int, column: int) -> bool:
    return all((block.lane, block.column) != (lane, column) for block in blocks)


def _merge(layers: Sequence[Layer]) -> list[Block]:
    """Layers to blocks. Normalisation and activations join the block before them, an output what it is."""
    blocks: list[Block] = []
    home: dict[int, int] = {}  # places: of a layer -> of its block
    start: dict[int, int] = {}  # and of a block -> of its first layer
    for place, layer in enumerate(layers):
        owner = home[layer.sources[-1]] if layer.sources else -1
        others = [source for source in layer.sources if home[source] != owner]
        before = layers[layer.sources[-1]] if layer.sources else layer
        if layer.kind == "output" and layer.output in (before.output, ()) and not others:
            blocks[owner].is_output = True
        elif owner >= 0 and _follows(layer, before) and all(source < start[owner] for source in others):
            blocks[owner].layers.append(layer)
            blocks[owner].sources |= {home[source] for source in others}
        else:
            owner = len(blocks)
            start[owner] = place
            blocks.append(Block([layer], {home[source] for source in layer.sources}, layer.kind == "output"))
        home[place] = owner
    return blocks


def _follows(layer: Layer, before: Layer) -> bool:
    """Whether it only treats the values of the layer before it: not a pooling, nor anything that has weights."""
    small = layer.parameters == 0 or "Norm" in layer.kind
    return small and not layer.is_end and not before.is_end and layer.output[1:] == before.output[1:]


# --- drawing --------------------------------------------------------------------------------------------------------


def _draw(row: _Row) -> str:
    total = sum(block.parameters for block in row.blocks)
    title = (
        f'<rect y="{row.top + 3:.0f}" width="12" height="12" rx="2.5" fill="{row.part.color}"/>'
        f'<text x="20" y="{row.top + 14:.0f}" font-size="14"><tspan font-weight="600">{escape(row.part.title)}</tspan>'
        f'<tspan dx="8" opacity=".7">{total:,} parameters</tspan></text>'
    )
    edges = [_edge(row, row.blocks[source], block) for block in row.blocks for source in sorted(block.sources)]
    return f"<g>{title}{''.join(edges)}{''.join(_block(row, block) for block in row.blocks)}</g>"


def _block(row: _Row, block: Block) -> str:
    """A shape with its name above, and below what it is and how many parameters it has; more when pointed at."""
    color = colors.REAL if block.is_end else row.part.color
    x, lane = _middle(block), row.lanes[block.lane]
    lines = [('font-weight="600"', shape_text(block.shape))]
    if not block.is_end:
        first, *rest = (short_kind(layer.kind) for layer in block.layers)
        lines += [("", first), ('opacity=".7"', " · ".join(rest))]
        lines.append(('opacity=".7"', f"{block.parameters:,}" if block.parameters else ""))
    texts = [
        f'<text x="{x:.0f}" y="{lane.floor + 18 + 15 * number:.0f}" font-size="{11 if number else 12}" {style}>'
        f"{escape(text)}</text>"
        for number, (style, text) in enumerate(line for line in lines if line[1])
    ]
    name = _name(row, block)
    if name:
        above = lane.middle - _size(block.shape, row.scale)[1] / 2 - 7
        texts.append(f'<text x="{x:.0f}" y="{above:.1f}" font-style="italic">{escape(name)}</text>')
    about = "\n".join(_about(layer) for layer in block.layers)
    body = _shape(block.shape, row.scale, x, lane.middle)
    return (
        f'<g text-anchor="middle"><title>{escape(about)}</title>'
        f'<g fill="{color}" stroke="{color}" stroke-width="1.25" stroke-linejoin="round">{body}</g>{"".join(texts)}</g>'
    )


def _shape(shape: tuple[int, ...], scale: float, x: float, y: float) -> str:
    """A box, a bar or, for a single number, a dot, centred at (x, y)."""
    width, height = _size(shape, scale)
    left, top, floor = x - width / 2, y - height / 2, y + height / 2
    if not _is_map(shape):
        body = f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{width / 2:.1f}"'
        return f'{body} class="paper"/>{body} fill-opacity=".35"/>'
    right, up = _depth(shape, scale)
    near, far, low = left + width - right, left + width, top + up
    outline = _polygon((left, low), (left + right, top), (far, top), (far, floor - up), (near, floor), (left, floor))
    front = _polygon((left, low), (near, low), (near, floor), (left, floor))
    roof = _polygon((left, low), (left + right, top), (far, top), (near, low))
    side = _polygon((near, low), (far, top), (far, floor - up), (near, floor))
    return (
        f'<path class="paper" d="{outline}"/><path fill-opacity=".42" d="{front}"/>'
        f'<path fill-opacity=".14" d="{roof}"/><path fill-opacity=".26" d="{side}"/>'
    )


def _polygon(*points: tuple[float, float]) -> str:
    return "M" + " ".join(f"{x:.1f} {y:.1f}" for x, y in points) + "z"


def _edge(row: _Row, source: Block, target: Block) -> str:
    """An arrow; one that passes by other blocks in its lane takes the way above them."""
    (from_width, _), (to_width, _) = _size(source.shape, row.scale), _size(target.shape, row.scale)
    x1, x2 = _middle(source) + from_width / 2 + 5, _middle(target) - to_width / 2 - 5
    y1, y2 = row.lanes[source.lane].middle, row.lanes[target.lane].middle
    span = target.column - source.column
    if span == 1 and y1 == y2:
        path = f"M{x1:.1f} {y1:.1f}H{x2:.1f}"
    elif span == 1:
        bend = (x1 + x2) / 2
        path = f"M{x1:.1f} {y1:.1f}C{bend:.1f} {y1:.1f} {bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    else:
        above = row.lanes[source.lane].ceiling - 2 - _ARC * (span - 1)
        path = (
            f"M{x1:.1f} {y1:.1f}C{x1 + 24:.1f} {y1:.1f} {x1 + 8:.1f} {above:.1f} {x1 + 40:.1f} {above:.1f}"
            f"H{x2 - 40:.1f}C{x2 - 8:.1f} {above:.1f} {x2 - 24:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
        )
    return f'<path d="{path}" fill="none" stroke="currentColor" opacity=".45" marker-end="url(#tip)"/>'


def _middle(block: Block) -> float:
    return (block.column + 0.5) * PITCH


def _size(shape: tuple[int, ...], scale: float) -> tuple[float, float]:
    """Width and height on the screen."""
    if _is_map(shape):
        right, up = _depth(shape, scale)
        return 5 + 5 * math.log2(shape[0]) + right, max(shape[1] * scale, 4) + up
    return 9, 9 + (_BAR - 9) * min(math.log2(math.prod(shape)) / math.log2(_LONGEST), 1)


def _is_map(shape: tuple[int, ...]) -> bool:
    return len(shape) == 3 and math.prod(shape) > 1


def _depth(shape: tuple[int, ...], scale: float) -> tuple[float, float]:
    depth = max(shape[2] * scale, 4)
    return _SLANT[0] * depth, _SLANT[1] * depth


def _room(shape: tuple[int, ...], scale: float) -> float:
    """The height to keep for a shape; vectors may grow while one looks."""
    return _size(shape, scale)[1] if _is_map(shape) else _BAR


# --- words ----------------------------------------------------------------------------------------------------------


def shape_text(shape: tuple[int, ...]) -> str:
    """`128×8×8`."""
    return "×".join(map(str, shape)) or "1"


def short_kind(kind: str) -> str:
    """`ConvTranspose2d 4×4, stride 2` in the room below a block: `ConvT 4×4 ↑2`."""
    words = kind.replace("1d", "").replace("2d", "").replace(", spectral norm", " SN").replace("BatchNorm", "BN")
    up = words.startswith("ConvTranspose")
    words = words.replace("ConvTranspose", "ConvT").replace(", stride ", " ↑" if up else " ↓")
    return " ".join(word for word in words.split() if "×" in word or not word[0].isdigit())


def _name(row: _Row, block: Block) -> str:
    """What stands above a block: the name of an input, or the output as a formula."""
    if block.layers[0].kind == "input":
        return block.layers[0].branch
    if not block.is_output:
        return ""
    several = sum(other.is_output for other in row.blocks) > 1
    inputs = ", ".join(other.layers[0].branch for other in row.blocks if other.layers[0].kind == "input")
    return block.layers[0].branch if several else f"{row.part.letter}({inputs})"


def _about(layer: Layer) -> str:
    words = f"{layer.kind} → {shape_text(layer.output)}"
    words = f"{layer.branch}: {words}" if layer.branch else words
    return f"{words}, {layer.parameters:,} parameters" if layer.parameters else words


def _sentence(row: _Row) -> str:
    shapes = [shape_text(block.shape) for block in row.blocks if block.lane == 0]
    total = sum(block.parameters for block in row.blocks)
    return f"{row.part.title} with {total:,} parameters, shapes from left to right: {', '.join(shapes)}."
