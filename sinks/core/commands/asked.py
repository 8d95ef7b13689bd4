"""Hole that a command is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sinks.core.source import Source, source_of
from sinks.core.whole_table import hole_of


@dataclass(frozen=True, slots=True)
class Asked:
    """Hole of a `session`, whose journal is in `output`; or alone its folder, or a data set of TSG. `answer`: which of
    it is wanted, "" being the usual one. `who` asks."""

    session: Path
    output: Path | None = None
    answer: str = ""
    who: str = ""

    def source(self) -> Source:
        """Raises ConfigError, RecordingError, SpectraRefused, StoreFailed, SystemRefused."""
        return source_of(hole_of(self.session, self.output, self.who), self.answer)
