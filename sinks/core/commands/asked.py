"""Hole that a command is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sinks.core.source import Source, source_of


@dataclass(frozen=True, slots=True)
class Asked:
    """Hole of a `session`, whose journal is in `output`; or alone its folder, or a data set of TSG. `answer`: which of
    it is wanted, "" being the usual one."""

    session: Path
    output: Path | None = None
    answer: str = ""

    def source(self) -> Source:
        """Raises ConfigError, RecordingError, SpectraRefused."""
        return source_of(self.session, self.answer, output=self.output)
