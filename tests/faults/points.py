"""A supervisor that gets a signal at each point of its work that has a name (`points.c`), and what the next start makes
of what it leaves: every line that was acquired is there once, as a line or in a gap, and every stream has its end."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from oreline import errors
from oreline.messages import Message
from oreline.ring import RingReader, layout
from oreline.stream.sockets import run_of
from oreline.wire import decode
from tests.system.line import ROOT, Line

SHIM = Path(__file__).with_name("points.c")
STRUCK = "struck"
NOT_REACHED = "this point was not reached"
"""Nothing was struck: how often some are come to depends on the machine's pace."""
LONGEST_S = 120.0
STOPPED = (0, errors.STOPPED)
"""What a supervisor ends with after Ctrl-C: in order, or before the line was ready."""


class Point(NamedTuple):
    """The `times`-th call of that name."""

    name: str
    times: int


def compiled(folder: Path) -> Path:
    """The shim."""
    library = folder / "points.so"
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run(["cc", *flags, "-o", str(library), str(SHIM), "-ldl"], check=True)
    return library


@dataclass
class Campaign:
    """A line with an earlier run that was cut short. `kept`: a copy of all that was left, for every strike anew."""

    line: Line
    library: Path
    kept: Path

    def points(self) -> list[Point]:
        """All of a start that finishes the run before, of the run, and of its end."""
        code, names, said = self._started()
        assert code == 0, said
        return numbered(names)

    def strike(self, number: signal.Signals, point: Point) -> str:
        """Start the line, send the signal at that point, make it ready once more. Returns what is wrong then, in words,
        or nothing."""
        code, names, said = self._started(f"{int(number)} {point.times} {point.name}")
        if STRUCK not in names:
            return NOT_REACHED
        if code not in ((-number,) if number is signal.SIGKILL else STOPPED) or "Traceback" in said:
            return f"it ended with {code}: {said}"
        acquired = acquired_in(self.line.folder / "state" / "raw.ring")
        code, said = self._made_ready()
        return f"the next start ended with {code}: {said}" if code else self._lacking(acquired)

    def _started(self, strike: str = "") -> tuple[int, list[str], str]:
        """Its exit code, the names of its points, and what it said."""
        for part in ("state", "out"):
            shutil.rmtree(self.line.folder / part, ignore_errors=True)
            shutil.copytree(
                self.kept / part, self.line.folder / part, symlinks=True, ignore=shutil.ignore_patterns("*.sock")
            )
        names = self.line.folder / "points"
        names.unlink(missing_ok=True)
        shim = {"LD_PRELOAD": self.library, "ORELINE_WITHIN": self.line.folder, "ORELINE_POINTS": names}
        environment = {**os.environ, **{name: str(value) for name, value in shim.items()}}
        with self.line.start({**environment, **({"ORELINE_STRIKE": strike} if strike else {})}) as run:
            said = run.communicate(timeout=LONGEST_S)[0]
        return run.returncode, names.read_text().splitlines(), said

    def _made_ready(self) -> tuple[int, str]:
        """What is left is finished, as it is before a line starts."""
        address = self.line.folder / "told.sock"
        address.unlink(missing_ok=True)
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as told:
            told.bind(str(address))
            told.settimeout(0.1)
            command = [sys.executable, "-m", "oreline.supervision.recovery", str(self.line.folder / "line.json")]
            environment = {**os.environ, "NOTIFY_SOCKET": str(address)}
            with subprocess.Popen(
                command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            ) as unit:
                while unit.poll() is None and not _is_ready(told):
                    pass
                unit.terminate()
                said = unit.communicate(timeout=LONGEST_S)[1]
        return unit.returncode, said

    def _lacking(self, acquired: tuple[bytes, int] | None) -> str:
        runs = {run: end for run, _, end in self.line.runs()}
        for run, end in runs.items():
            if end is None:
                return f"run {run.hex()} has no end"
            if self.line.covered(run) != list(range(end)):
                return f"of run {run.hex()} not every number is there once"
        if acquired and (runs.get(acquired[0]) or 0) < acquired[1]:
            return f"{acquired[1]} lines were acquired, the journal ends at {runs.get(acquired[0])}"
        return ""


def _is_ready(told: socket.socket) -> bool:
    try:
        return b"READY=1" in told.recv(4096)
    except TimeoutError:
        return False


def numbered(names: list[str]) -> list[Point]:
    """Each name with how often it has come so far."""
    seen: Counter[str] = Counter()
    points = []
    for name in names:
        seen[name] += 1
        points.append(Point(name, seen[name]))
    return points


def acquired_in(ring: Path) -> tuple[bytes, int] | None:
    """Acquisition's own count: the run in its ring, and how many numbers it has given. None where there are none."""
    if not ring.exists() or not ring.stat().st_size:
        return None
    reader = RingReader(ring)
    _, numbers = layout.unpacked(reader._bytes, layout.PUBLISHED_AT, layout.PUBLISHED) or (0, 0)
    frames = reader.read(reader.head - 1) if numbers else None
    message: Message | None = decode(frames) if frames else None
    return None if message is None else (run_of(message), numbers)
