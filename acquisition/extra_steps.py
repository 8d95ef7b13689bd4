"""Lines of the steps that were taken in between: they count for none of the others, also in a process that is started
again, which finds their number in a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from acquisition.settings import Features, Step
from oreline.files import write_whole
from oreline.incidents import report


@dataclass
class _Said:
    """`since`: the first line of a step that has begun; `after`: what sets the camera back from it."""

    run: str
    lines: int
    since: int | None
    after: Features


_SAID = TypeAdapter(_Said)


class ExtraSteps:
    """`lines`: how many there are so far in this run. Without a `path` nothing is kept."""

    def __init__(self, path: Path | None = None) -> None:
        self.lines = 0
        self._path = path

    def resume(self, run: bytes, following: int) -> Features:
        """Take over from an earlier process of the same run, whose next line has this number. Returns what sets the
        camera back from a step that it had begun."""
        said = self._read()
        if said is None or said.run != run.hex():
            return []
        self.lines = said.lines
        if said.since is None:
            return []
        self.lines += following - said.since
        return said.after

    def begin(self, run: bytes, first: int, step: Step) -> None:
        """The step begins with this line."""
        self._write(run, first, list(step.after))

    def end(self, run: bytes, n: int) -> None:
        """It has ended, after so many lines."""
        self.lines += n
        self._write(run, None, [])

    def _read(self) -> _Said | None:
        """None where there is nothing, or nothing that makes sense: that is told, and the lines count for the scene."""
        try:
            return _SAID.validate_json(self._path.read_bytes()) if self._path else None
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            report("acquisition", "aside", f"{self._path} is damaged, and passed over: {' '.join(str(error).split())}")
            return None

    def _write(self, run: bytes, since: int | None, after: Features) -> None:
        if self._path is not None:
            write_whole(self._path, _SAID.dump_json(_Said(run.hex(), self.lines, since, after)))
