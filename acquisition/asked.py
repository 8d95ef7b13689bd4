"""Steps that are asked for while a line runs: a file that someone puts into the line's folder, taken once.

Who waits for what comes of it holds its lock meanwhile.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import TypeAdapter

from acquisition.settings import Step
from oreline.incidents import report
from oreline.locks import is_locked

_STEPS = TypeAdapter(list[Step])


class Asked:
    """The file. Looking for it costs a few microseconds."""

    def __init__(self, path: Path) -> None:
        """What an earlier process was asked for is dropped, unless somebody still waits for it."""
        self._path = path
        if not is_locked(path):
            self.take()

    def take(self) -> list[Step]:
        """What is asked for now. What cannot be read, or has no number of lines, is said and dropped."""
        try:
            taken = self._path.replace(self._path.with_suffix(".taken"))
            text = taken.read_bytes()
            taken.unlink()
            steps = _STEPS.validate_python(json.loads(text))
        except FileNotFoundError:
            return []
        except OSError as error:
            at = error.filename2 or error.filename
            report("acquisition", "asked", f"{at} cannot be taken ({error.strerror}): move it away")
            return []
        except ValueError as error:
            report("acquisition", "asked", f"{self._path} was not understood and is dropped: {error}")
            return []
        return [step for step in steps if step.lines is not None]
