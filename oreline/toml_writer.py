"""TOML as text: the standard library reads it and writes none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def toml_of(table: Mapping[str, Any]) -> str:
    """A table as TOML, to which lists of tables make a heading each, and other tables stand in line.

    Values are strings, finite numbers, booleans, and lists and tables of them; None stands for a key that is not given.
    Raises TypeError for others.
    """
    plain = {key: value for key, value in table.items() if value is not None}
    headed = {key: value for key, value in plain.items() if _is_headed(value)}
    said = "".join(f"{key_of(key)} = {value_of(value)}\n" for key, value in plain.items() if key not in headed)
    for key, rows in headed.items():
        for row in rows:
            pairs = (f"{key_of(name)} = {value_of(value)}\n" for name, value in row.items() if value is not None)
            said += f"\n[[{key_of(key)}]]\n{''.join(pairs)}"
    return said


def _is_headed(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(one, Mapping) for one in value)


def key_of(name: str) -> str:
    """A key, in quotes where TOML wants them."""
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else value_of(name)


def value_of(value: Any) -> str:
    """A value in one line. Raises TypeError."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case int() | float():
            return repr(value)
        case list() | tuple():
            return f"[{', '.join(map(value_of, value))}]"
        case Mapping():
            pairs = (f"{key_of(name)} = {value_of(one)}" for name, one in value.items() if one is not None)
            return f"{{ {', '.join(pairs)} }}"
    raise TypeError(f"{value!r} has no form in TOML")
