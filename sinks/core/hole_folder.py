"""Folder of a hole in a line's output: what is known of it, its scans, and what was made of them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from oreline.errors import ConfigError
from sinks.core.box_scans import SCANS, BoxScansFile

SESSION, AUDIT = "session.toml", "audit.jsonl"
CORE = "core"
"""In the output folder: a folder a hole."""
_ODD = re.compile(r"[^\w.-]|^\.")


@dataclass(frozen=True, slots=True)
class HoleFolder:
    """Folder of a hole."""

    path: Path

    @classmethod
    def of(cls, output: Path, hole: str) -> HoleFolder:
        """That of a hole by its name; what no name of a folder may have is written otherwise, and two holes never
        share one."""
        plain = _ODD.sub("_", hole)
        mark = "" if plain == hole else f"-{hashlib.sha256(hole.encode()).hexdigest()[:8]}"
        return cls(output / CORE / (plain + mark))

    @classmethod
    def at(cls, path: Path) -> HoleFolder:
        """That which somebody names, itself or by its session. Raises ConfigError where it is none."""
        folder = path.parent if path.name == SESSION else path
        if not (folder / SESSION).is_file():
            raise ConfigError(
                f"{path} is no folder of a hole: give one such as OUTPUT/{CORE}/HOLE, which a line with a sink of kind "
                "core makes"
            )
        return cls(folder)

    @property
    def output(self) -> Path:
        """Output folder of its line, where the journal is."""
        return self.path.parent.parent

    @property
    def session(self) -> Path:
        """The session in force."""
        return self.path / SESSION

    @property
    def scans(self) -> BoxScansFile:
        return BoxScansFile(self.path / SCANS)

    @property
    def audit(self) -> Path:
        return self.path / AUDIT

    @property
    def qc(self) -> Path:
        """Folder of verdicts."""
        return self.path / "qc"

    @property
    def export(self) -> Path:
        """Folder of tables, pictures and the page."""
        return self.path / "export"
