"""What the line's processes use and how they do, once a second: for the eye, and for whether memory is flat."""

from __future__ import annotations

import csv
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.faults.hands import Hands
from tests.faults.plan import STAGES

EVERY_S = 1.0
COLUMNS = ("seconds", *(f"{name}_mb" for name in STAGES), *(f"{name}_cpu_s" for name in STAGES), "journal_bytes")
CLOCK_TICK_S = 0.01


class Gauges:
    """Writes a CSV file while it is entered. Memory is anonymous resident memory; NaN while a process is away."""

    def __init__(self, hands: Hands, path: Path, tables: dict[str, Any]) -> None:
        self._hands, self._path = hands, path
        self._journal = Path(tables["line"]["output"]) / "journal.sqlite"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Gauges:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        begin = time.monotonic()
        with self._path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(COLUMNS)
            while not self._stop.wait(EVERY_S):
                pids = [self._hands.pid(name) for name in STAGES]
                memory, cpu = [_memory_mb(pid) for pid in pids], [_cpu_s(pid) for pid in pids]
                size = self._journal.stat().st_size if self._journal.exists() else 0
                rows.writerow([round(time.monotonic() - begin, 2), *memory, *cpu, size])
                file.flush()


def _memory_mb(pid: int | None) -> float:
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024
    return float("nan")


def _cpu_s(pid: int | None) -> float:
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * CLOCK_TICK_S
    return float("nan")
