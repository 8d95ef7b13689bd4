"""File of a session: TOML, or a folder of CSV files; written as TOML."""

from __future__ import annotations

import re
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

from oreline.config import validated
from oreline.errors import ConfigError
from oreline.files import write_whole
from oreline.text import decode
from oreline.toml_writer import toml_of
from sinks.core.session import Session
from sinks.core.session_csv import read_folder

NAME = "session.toml"
TSG = (".tsg", ".bip")
_COMMA = re.compile(r"=\s*[+-]?\d+,\d")
_ITEMS = {"boxes": "box", "blocks": "block", "runs": "run", "losses": "loss", "survey": "survey"}
_ITEM = re.compile(rf"(?:\bhole\.)?\b({'|'.join(_ITEMS)})\.(\d+)(\.?)")


def read_session(path: Path) -> Session:
    """Session from a TOML file, or from a folder: of its session.toml, of its CSV files, or of both, where the first
    has the keys that the others do not have. Raises ConfigError."""
    if path.suffix.lower() in TSG:
        raise ConfigError(
            f"{path} is a data set of TSG, which has no session: give it to `oreline core intervals` or export"
        )
    if not path.is_dir():
        return _session(_toml(path), str(path))
    table = _toml(path / NAME) if (path / NAME).exists() else {}
    if "boxes" in table:
        return _session(table, str(path / NAME))
    told = {key: value for key, value in read_folder(path).items() if value}
    twice = sorted(table.keys() & told.keys())
    if twice:
        raise ConfigError(f"{path}: {NAME} and a CSV file both tell {', '.join(twice)}: leave it in one of them")
    return _session({**table, **told}, str(path))


def write_session(path: Path, session: Session) -> None:
    """Write a session as TOML with all its keys, in place of what is there. Raises OSError."""
    write_whole(path, toml_of(session.model_dump()).encode())


def _session(table: dict[str, Any], where: str) -> Session:
    try:
        return validated(Session, table, where)
    except ConfigError as error:
        raise ConfigError(_ITEM.sub(partial(_named, table), str(error))) from None


def _named(table: dict[str, Any], item: re.Match[str]) -> str:
    """An item of a list as people call it: a box by its number, others counted from 1."""
    at, of = int(item[2]), table[item[1]] if item[1] == "boxes" else ()
    number = of[at].get("number", at + 1) if of and isinstance(of[at], dict) else at + 1
    return f"{_ITEMS[item[1]]} {number}{item[3] and ', '}"


def _toml(path: Path) -> dict[str, Any]:
    try:
        text = decode(path.read_bytes())
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        is_comma = line and _COMMA.search(text.splitlines()[int(line[1]) - 1])
        advice = ": write decimals with a point" if is_comma else ""
        raise ConfigError(f"{path} cannot be read: {error}{advice}") from None
    except FileNotFoundError:
        raise ConfigError(f"no session {path}: give its TOML file, or a folder of CSV files") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
