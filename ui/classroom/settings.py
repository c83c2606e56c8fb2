"""What a class is allowed: `GANCORE_CLASSROOM=1`, or the path of a TOML file with these options."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from gancore.files import read_regular

VARIABLE = "GANCORE_CLASSROOM"
MOST_BYTES = 100_000  # of the file

_OFF = ("", "0", "off", "no", "false")
_ON = ("1", "on", "yes", "true")
_PROJECT = Path(__file__).parents[2]

Code = Annotated[str, Field(min_length=6, max_length=64)]
Address = Annotated[str, Field(pattern=r"^[^@\s]*@[^@\s]+$", max_length=200)]


class BadClassroom(ValueError):
    """The options of a class make no sense; the message is one sentence."""


class Settings(BaseModel):
    """The options of a class."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    code: Code | None = None  # with which students sign in; None: one is made up
    teacher_code: Annotated[str, Field(min_length=10, max_length=64)] | None = None
    teachers: Annotated[tuple[Address, ...], Field(strict=False)] = ()  # with a login: their addresses
    members: Annotated[tuple[Address, ...], Field(strict=False)] = ()  # with a login: `@school.org`, or addresses
    students: Annotated[int, Field(ge=1, le=1_000)] = 60  # at most
    runs: Annotated[int, Field(ge=1, le=10_000)] = 50  # of a student, the trash left out
    minutes: Annotated[float, Field(strict=False, gt=0, le=1e6)] = 240.0  # that a student's runs may train, in all
    disk: Annotated[float, Field(strict=False, gt=0, le=1e7)] = 1_000.0  # MB of a student, the trash included
    jobs: Annotated[int, Field(ge=1, le=64)] = 2  # runs that train at once
    folder: str | None = None  # where the class is kept; None: `class`, beside the folder of runs

    @field_validator("teacher_code")
    @classmethod
    def _is_another(cls, value: str | None, info: object) -> str | None:
        if value is not None and value == getattr(info, "data", {}).get("code"):
            raise ValueError("must differ from the students' code")
        return value

    @property
    def place(self) -> Path:
        """The folder of the class."""
        if self.folder is not None:
            return Path(self.folder).expanduser().absolute()
        return Path(os.environ.get("GANCORE_RUNS") or _PROJECT / "runs").absolute().parent / "class"


def load(value: str) -> Settings | None:
    """The options that the variable's value names; None if there is no class. Raises `BadClassroom`."""
    text = value.strip()
    if text.lower() in _OFF:
        return None
    if text.lower() in _ON:
        return Settings()
    path = Path(text).expanduser().absolute()
    try:
        options = tomllib.loads(read_regular(path, MOST_BYTES).decode())
    except OSError as problem:
        why = (problem.strerror or str(problem)).lower()
        raise BadClassroom(
            f"{VARIABLE} is to be 1, or the path of a TOML file: {path} cannot be read ({why})."
        ) from None
    except ValueError as problem:  # no UTF-8, no TOML
        raise BadClassroom(f"{path.name} is no TOML file: {problem}.") from None
    if isinstance(folder := options.get("folder"), str):
        options["folder"] = str(path.parent / Path(folder).expanduser())
    try:
        return Settings.model_validate(options)
    except ValidationError as problem:
        raise BadClassroom(_sentence(path, problem)) from None


def _sentence(path: Path, problem: ValidationError) -> str:
    first = problem.errors(include_url=False, include_input=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = ", ".join(Settings.model_fields)
        return f"{path.name}: there is no option {name}; there are {known}."
    return f"{path.name}: {name}: {first['msg'].removeprefix('Value error, ')}."
