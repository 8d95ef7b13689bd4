"""Extra steps: those that are asked for while a line runs, and how many lines they have had.

They are asked for in a file that someone puts into the line's folder, taken once; who waits for what comes of it holds
its lock meanwhile. Their lines count for none of the line's own steps, also in a process that is started again: it
finds their number in a second file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from oreline.camera_settings import Features, Step
from oreline.config import ASKED
from oreline.files import write_whole
from oreline.incidents import report
from oreline.locks import is_locked

NOTE = "aside.json"
"""In a line's folder: what is known of the extra steps so far."""


@dataclass
class _Note:
    """The extra steps of a run so far."""

    run: str
    """In hex digits."""
    lines: int
    """Lines that they have had."""
    since: int | None
    """The first line of one that has begun."""
    after: Features
    """Features that set the camera back from that one."""


_NOTE, _STEPS = TypeAdapter(_Note), TypeAdapter(list[Step])


class ExtraSteps:
    """The extra steps of a line, by the files of its folder; without one nothing is asked for and nothing is kept.

    `lines`: those that they have had in this run.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Steps that an earlier process was asked for are dropped, unless somebody still waits for them."""
        self.lines = 0
        self._asked = folder / ASKED if folder else None
        self._note = folder / NOTE if folder else None
        if self._asked and not is_locked(self._asked):
            self.take()

    def take(self) -> list[Step]:
        """The steps that are asked for now; to look for them costs a few microseconds. What cannot be read, or has no
        number of lines, is said and dropped."""
        if self._asked is None:
            return []
        try:
            request = self._asked.replace(self._asked.with_suffix(".taken"))
            text = request.read_bytes()
            request.unlink()
            steps = _STEPS.validate_python(json.loads(text))
        except FileNotFoundError:
            return []
        except OSError as error:
            at = error.filename2 or error.filename
            report("acquisition", "asked", f"{at} cannot be taken ({error.strerror}): move it away")
            return []
        except ValueError as error:
            report("acquisition", "asked", f"{self._asked} was not understood and is dropped: {error}")
            return []
        return [step for step in steps if step.lines is not None]

    def resume(self, run: bytes, following: int) -> Features:
        """Take over from an earlier process of the same run, whose next line has this number. Returns what sets the
        camera back from a step that it had begun."""
        note = self._read()
        if note is None or note.run != run.hex():
            return []
        self.lines = note.lines
        if note.since is None:
            return []
        self.lines += following - note.since
        return note.after

    def begin(self, run: bytes, first: int, step: Step) -> None:
        """The step begins with this line."""
        self._write(run, first, list(step.after))

    def end(self, run: bytes, n: int) -> None:
        """It has ended, after so many lines."""
        self.lines += n
        self._write(run, None, [])

    def _read(self) -> _Note | None:
        """None where there is nothing, or nothing that makes sense: that is told, and the lines count for the scene."""
        try:
            return _NOTE.validate_json(self._note.read_bytes()) if self._note else None
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            report("acquisition", "aside", f"{self._note} is damaged, and passed over: {' '.join(str(error).split())}")
            return None

    def _write(self, run: bytes, since: int | None, after: Features) -> None:
        if self._note is not None:
            write_whole(self._note, _NOTE.dump_json(_Note(run.hex(), self.lines, since, after)))
