"""Lines of the steps that were taken in between: they count for none of the others, also in a process that is started
again, which finds their number in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from acquisition.settings import Features, Step


class Aside:
    """`lines`: how many there are so far in this run. Without a `path` nothing is kept."""

    def __init__(self, path: Path | None = None) -> None:
        self.lines = 0
        self._path = path

    def resume(self, run: bytes, following: int) -> Features:
        """Take over from an earlier process of the same run, whose next line has this number. Returns what sets the
        camera back from a step that it had begun."""
        said = self._read()
        if said.get("run") != run.hex():
            return []
        self.lines = said["lines"]
        if said["since"] is None:
            return []
        self.lines += following - said["since"]
        return [(name, value) for name, value in said["after"]]

    def begin(self, run: bytes, first: int, step: Step) -> None:
        """The step begins with this line."""
        self._write(run, first, list(step.after))

    def end(self, run: bytes, n: int) -> None:
        """It has ended, after so many lines."""
        self.lines += n
        self._write(run, None, [])

    def _read(self) -> dict[str, Any]:
        try:
            said: dict[str, Any] = json.loads(self._path.read_bytes()) if self._path else {}
        except (OSError, ValueError):
            return {}
        return said

    def _write(self, run: bytes, since: int | None, after: Features) -> None:
        if self._path is not None:
            draft = self._path.with_suffix(".new")
            draft.write_text(json.dumps({"run": run.hex(), "lines": self.lines, "since": since, "after": after}))
            draft.replace(self._path)
