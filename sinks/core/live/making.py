"""What is made of scans while a line runs: by one child process at a time, that takes what others leave of the
processor, and dies with this one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, deque
from pathlib import Path
from typing import Any

from oreline.config import Config
from oreline.incidents import report
from oreline.process import one_thread
from sinks.core.box_scans import BoxScan
from sinks.core.hole_folder import HoleFolder
from sinks.core.live.orders import MOST_VERDICTS
from sinks.core.qc.finding import Level
from sinks.core.qc.verdicts import read_verdicts, verdict_file

MODULE = "sinks.core.live.worker"
LOG = "making.log"
"""In the hole's folder: what the last child had to say."""


class Making:
    """Making of verdicts and tables. Scans of the folder without a verdict are made first: a crash has left them."""

    def __init__(self, folder: HoleFolder, config: Config) -> None:
        self._folder, self._source = folder, config.source
        one_thread()  # Children have this one's environment.
        scans = folder.scans.read().all
        self._queue = deque(one for one in scans if not verdict_file(folder, one.box, one.scan).is_file())
        self._now: BoxScan | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._said = folder.path / LOG
        self.last: tuple[dict[str, Any], ...] = self._newest()

    @property
    def waiting(self) -> tuple[tuple[int, int], ...]:
        """Box and number of scans that wait, or are being made."""
        return tuple((one.box, one.scan) for one in (*([self._now] if self._now else ()), *self._queue))

    def add(self, scan: BoxScan) -> None:
        """Have a scan made."""
        self._queue.append(scan)

    def tick(self) -> None:
        """Look after the child, and start the next."""
        if self._child is not None and self._child.poll() is not None:
            self._ended(self._child)
        if self._child is None and self._queue:
            self._now = self._queue.popleft()
            self._start("box", str(self._now.box), str(self._now.scan))

    def finish(self) -> dict[str, str]:
        """Make all that waits, then the hole's tables, pictures and page. Returns artefacts by name."""
        while self._child is not None or self._queue:
            self.tick()
            if self._child is not None:
                self._child.wait()
        if not self._folder.scans.read().in_force:
            return {}
        self._start("hole")
        assert self._child is not None
        self._child.wait()
        self._ended(self._child)
        return artefacts(self._folder)

    def counted(self) -> dict[str, int]:
        """Boxes in force by their verdict."""
        force = {(one.box, one.scan) for one in self._folder.scans.read().in_force.values()}
        found = [one for one in read_verdicts(self._folder) if (one.box, one.scan) in force]
        return dict(Counter(one.level.words for one in found))

    def _start(self, *what: str) -> None:
        command = [sys.executable, "-P", "-m", MODULE, str(self._folder.path), self._source, *what]
        nowhere = subprocess.DEVNULL
        with self._said.open("wb") as said:
            self._child = subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=said, start_new_session=True)

    def _ended(self, child: subprocess.Popen[bytes]) -> None:
        made = self._now.name if self._now else f"the tables of {self._folder.path.name}"
        if child.returncode:
            report("core", "core_not_made", f"{made}: {self._words() or f'ended with {child.returncode}'}")
        elif self._now is not None:
            self._tell(self._now)
        self._child, self._now = None, None
        self.last = self._newest()

    def _tell(self, scan: BoxScan) -> None:
        """Call somebody where a box is to be scanned again; of one that was cut short that was said."""
        verdicts = [one for one in read_verdicts(self._folder) if (one.box, one.scan) == (scan.box, scan.scan)]
        if not scan.cut and verdicts and verdicts[0].level is Level.RESCAN:
            words = "; ".join(one.words for one in verdicts[0].findings if one.level is Level.RESCAN)
            report("core", "core_rescan", f"{scan.name}: {words}")

    def _words(self) -> str:
        """The last that a child had to say."""
        lines = self._said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def _newest(self) -> tuple[dict[str, Any], ...]:
        newest = sorted(read_verdicts(self._folder), key=lambda one: one.made_at, reverse=True)
        return tuple(one.told() for one in newest[:MOST_VERDICTS])


ARTEFACTS = "artefacts.json"
"""In the hole's folder: paths of what was made of the hole, by name."""


def artefacts(folder: HoleFolder) -> dict[str, str]:
    """What was made of a hole, by name."""
    try:
        told = json.loads((folder.path / ARTEFACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {f"{folder.path.name}_{name}": path for name, path in told.items() if Path(path).exists()}
