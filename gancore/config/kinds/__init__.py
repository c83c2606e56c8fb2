"""The kinds of networks that can be trained, and what is declared of each: a new one is one entry in `KINDS`.

Whatever depends on the kind looks it up here when it is asked, so an entry that is added later counts everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from gancore.config.kinds.gan import CDCGAN, CMLP, CS231N, DCGAN, MLP, OWN
from gancore.config.kinds.kind import Condition, Curve, Input, Kind, Panel, Preview
from gancore.config.kinds.semi import SEMI
from gancore.config.kinds.translator import TRANSLATOR
from gancore.config.kinds.vae import VAE

__all__ = ["KINDS", "Condition", "Curve", "Input", "Kind", "ModelKind", "Panel", "Preview", "UsedBy", "kinds_in_words"]


def _known(name: str) -> str:
    if name not in KINDS:
        raise PydanticCustomError("unknown_kind", "no such kind of networks")
    return name


ModelKind = Annotated[str, AfterValidator(_known)]


class UsedBy(Collection[str]):
    """The kinds that use the setting at a path."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __contains__(self, kind: object) -> bool:
        return kind in KINDS and self._path in KINDS[str(kind)].settings

    def __iter__(self) -> Iterator[str]:
        return (kind for kind in KINDS if kind in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def kinds_in_words() -> str:
    """A sentence for each kind, or for several with the same description."""
    names: dict[str, list[str]] = {}
    for name, kind in KINDS.items():
        names.setdefault(kind.help, []).append(name)
    return " ".join(f"{', '.join(same)}: {words}." for words, same in names.items())


KINDS: dict[str, Kind] = {
    "dcgan": DCGAN,
    "mlp": MLP,
    "cs231n": CS231N,
    "cdcgan": CDCGAN,
    "cmlp": CMLP,
    "vae": VAE,
    "translator": TRANSLATOR,
    "semi": SEMI,
    "own": OWN,
}
