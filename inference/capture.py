"""Dark and white lines of the running stream become the reference in force from the next scene line on.

Until both are complete and saved, what was seen is held back: a process that dies in the middle sees the lines again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from inference.measured import ReferenceBuilder
from inference.reference import Reference
from oreline.errors import ReferenceRefused
from oreline.messages import Gap, Kind, RawLine, Reason, StreamInfo

CURRENT = "current"


class Capture:
    """Collects one dark and one white reference. `held` are the messages that stand for what it has seen."""

    def __init__(self) -> None:
        self.held: list[Gap | StreamInfo] = []
        self._builders: dict[Kind, ReferenceBuilder] = {}

    @property
    def pending(self) -> bool:
        """Whether any line has been taken."""
        return bool(self._builders)

    @property
    def complete(self) -> bool:
        """Whether there are lines of both kinds."""
        return len(self._builders) == 2

    def take(self, line: RawLine, info: StreamInfo) -> None:
        """Add a dark or white line."""
        if line.kind not in self._builders:
            self._builders[line.kind] = ReferenceBuilder(info)
        self._builders[line.kind].add(line.counts)
        self.hold(Gap(line.stamp.run, line.stamp.epoch, line.first, 1, Reason.REFERENCE))

    def hold(self, message: Gap | StreamInfo) -> None:
        """Keep back a message; gaps of the same reason that follow each other become one."""
        last = self.held[-1] if self.held else None
        if isinstance(message, Gap) and isinstance(last, Gap) and last.reason is message.reason:
            self.held[-1] = replace(last, n=last.n + message.n)
        else:
            self.held.append(message)

    def reference(self) -> Reference:
        """What was collected. Raises ReferenceRefused."""
        missing = [kind.name.lower() for kind in (Kind.DARK, Kind.WHITE) if kind not in self._builders]
        if missing:
            raise ReferenceRefused(f"no {missing[0]} lines were captured: add a step of kind {missing[0]!r}")
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return Reference.combine(self._builders[Kind.DARK], self._builders[Kind.WHITE], captured=now)


def keep(reference: Reference, folder: Path) -> None:
    """Save a reference below `folder` and make it current."""
    reference.save(folder / reference.id)
    link = folder / f"{CURRENT}.new"
    link.unlink(missing_ok=True)
    link.symlink_to(reference.id)
    link.replace(folder / CURRENT)
