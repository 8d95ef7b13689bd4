"""File of a session: TOML, or a folder of CSV files; written as TOML."""

from __future__ import annotations

import tomllib
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


def read_session(path: Path) -> Session:
    """Session from a TOML file, or from a folder: of its session.toml, of its CSV files, or of both, where the first
    has the keys that the others do not have. Raises ConfigError."""
    if not path.is_dir():
        return validated(Session, _toml(path), str(path))
    table = _toml(path / NAME) if (path / NAME).exists() else {}
    if "boxes" in table:
        return validated(Session, table, str(path / NAME))
    told = {key: value for key, value in read_folder(path).items() if value}
    twice = sorted(table.keys() & told.keys())
    if twice:
        raise ConfigError(f"{path}: {NAME} and a CSV file both tell {', '.join(twice)}: leave it in one of them")
    return validated(Session, {**table, **told}, str(path))


def write_session(path: Path, session: Session) -> None:
    """Write a session as TOML with all its keys, in place of what is there. Raises OSError."""
    write_whole(path, toml_of(session.model_dump()).encode())


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(decode(path.read_bytes()))
    except FileNotFoundError:
        raise ConfigError(f"no session {path}: give its TOML file, or a folder of CSV files") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
