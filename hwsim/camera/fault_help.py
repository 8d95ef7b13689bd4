"""What every kind of scripted fault says of itself, for the command line and the documentation."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import NamedTuple, get_args

from hwsim.camera.fault_kinds import Fault, When


class Help(NamedTuple):
    """Names that it goes by in TOML; its own keys, with defaults; what happens."""

    kinds: tuple[str, ...]
    keys: tuple[str, ...]
    meaning: str


def described() -> Iterator[Help]:
    """All kinds, in the order in which they are declared."""
    for model in get_args(get_args(Fault)[0]):
        own = {name: field for name, field in model.model_fields.items() if name not in {*When.model_fields, "kind"}}
        keys = tuple(name if f.is_required() else f"{name} = {_said(f.default)}" for name, f in own.items())
        meaning = " ".join(inspect.cleandoc(model.__doc__ or "").split())
        yield Help(get_args(model.model_fields["kind"].annotation), keys, meaning)


def _said(value: object) -> str:
    return "-" if value is None else str(value)
