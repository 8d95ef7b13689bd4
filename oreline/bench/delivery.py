"""Cost of losing no line: complete delivery against plain PUSH and PULL, both at the camera's rate;
and how long a large ring takes to be recovered."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from time import perf_counter

from oreline.bench import transport
from oreline.bench.case import LINE_BYTES, Case
from oreline.cameras import CAMERAS
from oreline.errors import StageFailed
from oreline.ring import Ring, slot_bytes
from oreline.wire import HEADER_LIMIT

PUSH_PULL = Path(__file__).parents[2] / "tests" / "benchmarks" / "push_pull.py"
"""It is in a checkout, not in a wheel."""
RATE_HZ = CAMERAS["nir224"].line_rate_hz
ALLOWED = 0.15
"""Of a core, that complete delivery may take more."""
LARGE_BYTES, RECOVERED_S = 2_500_000_000, 0.1


def cases(folder: Path, quick: bool) -> list[Case]:
    """Processor time of both ends together. The ceiling is that of plain sockets with what is allowed on top."""
    lines = 1_000 if quick else 4_000
    plain = f"PUSH/PULL and {ALLOWED * 100:.0f} % of a core"
    cpu = partial(Case, amount=1, unit="lines/s", fast=False)
    compared = [
        cpu(plain, lambda: _plain(lines) + ALLOWED / RATE_HZ),
        cpu("complete delivery", lambda: _complete(folder, lines), ceiling=plain, goal=1),
    ]
    limit = f"{RECOVERED_S * 1e3:.0f} ms"
    recovery = [
        Case(limit, lambda: RECOVERED_S, 1, "1/s", line=False),
        Case("recovery of a ring of 2.5 GB", lambda: _recovery(folder), 1, "1/s", limit, 1, line=False, fast=False),
    ]
    return [*(compared if PUSH_PULL.is_file() else []), *recovery]


def _plain(lines: int) -> float:
    return _told([sys.executable, str(PUSH_PULL), str(lines), str(RATE_HZ)])


def _complete(parent: Path, lines: int) -> float:
    """Seconds of processor time a line, of a producer and a consumer in processes of their own."""
    with tempfile.TemporaryDirectory(dir=parent) as name:
        consumer = [sys.executable, "-m", "oreline.bench.delivery", "consume", name, str(lines)]
        with subprocess.Popen(consumer, stdout=subprocess.PIPE, encoding="utf-8") as process:
            produced = _told([sys.executable, "-m", "oreline.bench.delivery", "produce", name, str(lines)])
            assert process.stdout is not None
            return produced + float(json.loads(process.stdout.read())["cpu_seconds_a_line"])


def _told(command: Sequence[str]) -> float:
    ran = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if ran.returncode:
        raise StageFailed(f"{' '.join(command)} failed:\n{ran.stderr}")
    return float(json.loads(ran.stdout)["cpu_seconds_a_line"])


def _recovery(folder: Path) -> float:
    """Seconds to open a full ring that an earlier process left."""
    path, size = folder / "large.ring", slot_bytes(HEADER_LIMIT, LINE_BYTES)
    slots = LARGE_BYTES // size
    if not path.exists():
        _fill(path, slots, size)
    gc.collect()
    begin = perf_counter()
    ring = Ring.open(path, slots, size)
    seconds = perf_counter() - begin
    ring.close()
    return seconds


def _fill(path: Path, slots: int, size: int) -> None:
    with closing(Ring.open(path, slots, size)) as ring:
        for seq in range(slots):
            ring.append(seq, 1, seq, [bytes(100), bytes(LINE_BYTES)])


def main(role: str, folder: Path, lines: int) -> None:
    """One end; prints its processor time a line as JSON."""
    ends: dict[str, Callable[[Path, int], float]] = {
        "produce": partial(transport.produce, rate_hz=RATE_HZ),
        "consume": transport.consume,
    }
    print(json.dumps({"cpu_seconds_a_line": ends[role](folder, lines) / lines}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
