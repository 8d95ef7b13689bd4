"""A whole line in processes of its own, as a user starts it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from hwsim.render.scene import render
from hwsim.scenes.belt import BeltScene
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
LOOK_S = 0.02


def oreline(*arguments: object, timeout_s: float = 150.0) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    command = [sys.executable, "-m", "oreline.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, cwd=ROOT, check=False)


@dataclass
class Line:
    """A line's file and what comes of running it."""

    folder: Path
    tables: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    @property
    def output(self) -> Path:
        return self.folder / "out"

    def write(self) -> Path:
        path = self.folder / "line.json"
        path.write_text(json.dumps(self.tables))
        return path

    def start(
        self, environment: Mapping[str, str] | None = None, screen: int = subprocess.PIPE,
        errors: int = subprocess.STDOUT,
    ) -> subprocess.Popen[str]:  # fmt: skip
        """`screen`, `errors`: where its output goes."""
        report = self.folder / "report.json"
        command = [sys.executable, "-m", "oreline.cli.main", "run", str(self.write()), "--json", str(report)]
        self.process = subprocess.Popen(command, stdout=screen, stderr=errors, text=True, cwd=ROOT, env=environment)
        return self.process

    def wait_for_lines(self, n: int, timeout_s: float = 90.0) -> None:
        """Until the journal holds `n` lines."""
        deadline = monotonic() + timeout_s
        while self.journalled() < n:
            assert monotonic() < deadline, f"the journal holds only {self.journalled()} lines"
            if self.process is not None and self.process.poll() is not None:
                pytest.fail(f"the line ended: {self.process.communicate()[0]}")
            sleep(LOOK_S)

    def journalled(self) -> int:
        path = self.output / "journal.sqlite"
        if not path.exists():
            return 0
        try:
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
                count: int = db.execute("SELECT count(*) FROM lines").fetchone()[0]
            db.close()
        except sqlite3.OperationalError:
            return 0
        return count

    def pid(self, name: str) -> int:
        """Process id of a running stage."""
        found = self.pid_or_none(name)
        assert found is not None, f"no process {name}"
        return found

    def pid_or_none(self, name: str) -> int | None:
        wanted = os.fsencode(self.folder / "state" / "line.json")
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                arguments = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if wanted in arguments and name.encode() in arguments:
                return int(entry.name)
        return None

    def report(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads((self.folder / "report.json").read_text())
        return said

    def runs(self) -> list[tuple[bytes, int, int | None]]:
        """Of each run in the journal: its id, the number that it expected next, and where its stream ended."""
        with sqlite3.connect(self.output / "journal.sqlite") as db:
            found = db.execute("SELECT run, next, end FROM runs ORDER BY rowid").fetchall()
        db.close()
        return found

    def covered(self, run: bytes | None = None) -> list[int]:
        """Every number for which the journal holds a line or a gap of that run, or of any, as often as it does."""
        with sqlite3.connect(self.output / "journal.sqlite") as db:
            lines = [seq for (seq,) in db.execute("SELECT seq FROM lines WHERE run = ifnull(?, run)", (run,))]
            gaps = db.execute("SELECT first, n FROM gaps WHERE run = ifnull(?, run)", (run,)).fetchall()
        db.close()
        return sorted([*lines, *(seq for first, n in gaps for seq in range(first, first + n))])


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.fixture(scope="session")
def belt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered belt of 2,000 lines, for all tests of the session."""
    folder = tmp_path_factory.mktemp("belt")
    render(BeltScene(lines=2000, counts_per_line=8.0, seed=5), folder)
    return folder


@pytest.fixture(scope="session")
def short_belt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered belt of 300 lines."""
    folder = tmp_path_factory.mktemp("short")
    render(BeltScene(lines=300, seed=6), folder)
    return folder


@pytest.fixture
def line(tmp_path: Path, belt: Path) -> Line:
    """The demo's line on that belt, with a ring that outlasts the restart of a stage."""
    tables = tomllib.loads((ROOT / "deploy" / "examples" / "demo.toml").read_text())
    tables["line"] = {"name": "test", "output": str(tmp_path / "out"), "state": str(tmp_path / "state")}
    tables["simulator"] = {"recording": str(belt), "frame_rate": 450.0, "counts_per_line": 8.0}
    tables["acquisition"]["steps"][-1]["lines"] = 2000
    tables["acquisition"]["ring_lines"] = 2048
    tables["plant"]["port"] = tables["sinks"]["conveyor"]["port"] = free_port()
    del tables["sinks"]["station"]
    return Line(tmp_path, tables)


Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cli() -> Command:
    return oreline
