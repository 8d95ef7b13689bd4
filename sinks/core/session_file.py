"""File of a session: read and written as TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path

from oreline.config import validated
from oreline.errors import ConfigError
from oreline.files import write_whole
from oreline.text import decode
from oreline.toml_writer import toml_of
from sinks.core.session import Session


def read_session(path: Path) -> Session:
    """Session from a TOML file. Raises ConfigError."""
    try:
        table = tomllib.loads(decode(path.read_bytes()))
    except FileNotFoundError:
        raise ConfigError(f"no session {path}: give its TOML file") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    return validated(Session, table, str(path))


def write_session(path: Path, session: Session) -> None:
    """Write a session as TOML, in place of what is there. Raises OSError."""
    write_whole(path, toml_of(session.model_dump(exclude_defaults=True)).encode())
