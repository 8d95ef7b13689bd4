"""Lines that a run has left in its rings, and whether anybody still lacks them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from oreline.config import Config
from oreline.errors import ConfigError, RingError, WireError
from oreline.messages import EndOfStream
from oreline.ring import RingReader
from oreline.sink import raw_takers
from oreline.state_folder import CONFIGURATION
from oreline.wire import decode

SOURCE = "raw.ring"
"""The ring at the head of a line. What is in the others was made of it."""


def is_undelivered(folder: Path) -> bool:
    """True where lines, or what can no longer be read, are in rings whose stream has not ended, or not for all.

    Where each ring of results was delivered to its end, whoever made them has dealt with all that went in. Looks only:
    their owner may be about to open them.
    """
    rings = sorted(folder.glob("*.ring"))
    results = [ring for ring in rings if ring.name != SOURCE or _is_recorded(folder)]
    return any(map(_has_lines, rings)) and not all(map(_is_over, results or rings))


def _is_recorded(folder: Path) -> bool:
    """Whether somebody takes the lines as they came, who may be behind those who make something of them."""
    with suppress(ConfigError):
        return bool(raw_takers(Config.load(folder / CONFIGURATION)))
    return False


def _has_lines(path: Path) -> bool:
    if path.stat().st_size == 0:
        return False
    try:
        ring = RingReader(path)
    except RingError:
        return True
    entries = map(ring.entry, range(max(0, ring.head - ring.slots), ring.head))
    return any(entry is None or entry.n for entry in entries)


def _is_over(path: Path) -> bool:
    try:
        ring = RingReader(path)
        frames = ring.read(ring.head - 1) if ring.head else None
        return ring.tail == ring.head and frames is not None and isinstance(decode(frames), EndOfStream)
    except (RingError, WireError):
        return False
