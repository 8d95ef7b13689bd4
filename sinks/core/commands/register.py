"""`oreline core register`: trays that passed, written down as the boxes of a hole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from oreline.errors import ConfigError
from oreline.locks import is_held
from sinks.core.session_in_force import known, take
from sinks.core.trays_in_order import count


def register(session: Path, output: Path, who: str) -> Iterator[str]:
    """Write down which lines of the journal in `output` each box of a session is; what was written, line by line.
    Raises ConfigError, RecordingError, StoreFailed, SystemRefused."""
    if is_held(output):
        raise ConfigError(f"a line writes to {output}: wait until it has ended")
    folder, hole = known(session, output)
    if folder.scans.read().all:
        raise ConfigError(f"boxes of {hole.hole.id} are written down already: put one right by `oreline core edit`")
    counted = count(folder, hole)
    take(session, output, who)
    yield from counted.notes
    for one in counted.scans.all:
        scan = folder.scans.add(replace(one, who=who))
        cut = f", cut short: {scan.cut}" if scan.cut else ""
        yield f"{scan.name}: lines {scan.first_seq} to {scan.last_seq} of run {scan.run[:12]}{cut}"
    yield f"written down: {folder.path}"
