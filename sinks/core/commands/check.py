"""`oreline core check`: a session in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sinks.core.session import Session
from sinks.core.session_file import read_session


def check(path: Path) -> Iterator[str]:
    """A session in words, line by line. Raises ConfigError."""
    return said(read_session(path))


def said(session: Session) -> Iterator[str]:
    """What a session is."""
    yield f"hole {session.hole.id}: {len(session.boxes)} boxes"
    for box in session.boxes:
        yield f"  box {box.number}: {box.from_m:g} to {box.to_m:g} m in {box.rows} rows, {len(box.blocks)} blocks"
