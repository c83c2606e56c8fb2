"""What a setting is: a pydantic field that also knows how to be shown, ranged and explained.

`setting(...)` makes one inside a `Part`; `describe` lists all of a model's, which is what forms, tables and the
command line are built from.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import annotated_types
from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from gancore.config.kinds import UsedBy


def setting(
    default: Any,
    help: str,
    *,
    label: str,
    group: str,
    scale: Literal["plain", "linear", "log"] = "plain",
    marks: tuple[float, ...] = (),
    main: bool = False,
    choices: Collection[Any] = (),
    when: Mapping[str, tuple[Any, ...]] | None = None,
    by_kind: bool = False,
    steer: bool = False,
    hidden: bool = False,
    empty: str = "all",
    words: str = "",
    **bounds: Any,
) -> Any:
    """A pydantic field that also tells a form how to show it.

    `scale` says whether it is moved on a slider or only typed, and `marks` are values that a log slider must reach;
    `choices` are what a text may be; `main` puts the setting among those always in view. `when` says for which other
    settings it has an effect, and `by_kind` that it has one for those kinds of networks alone that name it. `steer`
    lets it be changed while a run trains; `hidden` is for what a form fills in by itself; `empty` is what no value
    means, and `words` say what is allowed where the type alone does not.
    """
    extra: dict[str, Any] = {
        "label": label,
        "group": group,
        "scale": scale,
        "marks": marks,
        "main": main,
        "choices": choices,
        "when": dict(when or {}),
        "by_kind": by_kind,
        "steer": steer,
        "hidden": hidden,
        "empty": empty,
        "words": words,
    }
    return Field(default, description=help, json_schema_extra=extra, **bounds)


class Part(BaseModel):
    """Frozen and strict: unknown keys, wrong types, NaN and infinity are refused, on a copy too."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, validate_default=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Like pydantic's, but what it returns has been validated again."""
        copied = super().model_copy(update=update, deep=deep).model_dump(warnings=False)
        return type(self).model_validate({**(update or {}), **copied})  # what the dump lacks is unknown, and refused


@dataclass(frozen=True)
class Setting:
    """One leaf of `RunConfig`, described for forms, tables and the command line."""

    path: str
    label: str
    help: str
    group: str
    default: Any
    kind: Literal["int", "float", "bool", "choice", "text", "list"]
    optional: bool
    choices: Collection[Any]
    low: float | None
    high: float | None
    open_low: bool  # the lower bound itself is not allowed
    open_high: bool
    scale: str
    marks: tuple[float, ...]
    main: bool
    when: Mapping[str, Collection[Any]]
    steer: bool
    hidden: bool
    empty: str
    words: str


def _describe_field(path: str, info: FieldInfo) -> Setting:
    annotation: Any = info.annotation
    optional = False
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):  # of a plain, or of an annotated type
        annotation, optional = typing.get_args(annotation)[0], True
    literal = typing.get_origin(annotation) is Literal
    kinds: dict[Any, Any] = {int: "int", float: "float", bool: "bool", str: "text"}
    bounds = {type(m): m for m in info.metadata}
    ge, gt = bounds.get(annotated_types.Ge), bounds.get(annotated_types.Gt)
    le, lt = bounds.get(annotated_types.Le), bounds.get(annotated_types.Lt)
    extra: dict[str, Any] = dict(info.json_schema_extra)  # type: ignore[arg-type]  # `setting` always passes a dict
    given = extra.pop("choices")
    choices = typing.get_args(annotation) if literal else given
    by_kind = {"model.kind": UsedBy(path)} if extra.pop("by_kind") else {}
    return Setting(
        path=path,
        help=info.description or "",
        default=info.default,
        kind="choice" if choices else kinds.get(annotation, "list"),
        optional=optional,
        choices=choices,
        when=by_kind | extra.pop("when"),
        low=ge.ge if ge else gt.gt if gt else None,
        high=le.le if le else lt.lt if lt else None,
        open_low=gt is not None,
        open_high=lt is not None,
        **extra,
    )


def describe(model: type[BaseModel], prefix: str = "") -> dict[str, Setting]:
    """Every setting of `model` and of its parts, by path, in the order of definition."""
    found: dict[str, Setting] = {}
    for name, info in model.model_fields.items():
        path = prefix + name
        if isinstance(info.annotation, type) and issubclass(info.annotation, Part):
            found |= describe(info.annotation, f"{path}.")
        else:
            found[path] = _describe_field(path, info)
    return found


def allowed(leaf: Setting) -> str:
    """The values a setting takes, in words: `a whole number from 1 to 1024`."""
    if leaf.kind == "choice":
        return "one of " + ", ".join(str(choice) for choice in leaf.choices)
    if leaf.kind == "bool":
        return "true or false"
    if leaf.words:
        return leaf.words
    noun = "a whole number" if leaf.kind == "int" else "a finite number"
    low = f"{'above' if leaf.open_low else 'from'} {leaf.low:g}" if leaf.low is not None else ""
    high = f"{'below' if leaf.open_high else 'to' if not leaf.open_low else 'and at most'} {leaf.high:.10g}"
    return f"{noun} {low} {high if leaf.high is not None else ''}".strip() + (" or empty" if leaf.optional else "")
