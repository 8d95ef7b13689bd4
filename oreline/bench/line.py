"""Whole lines: the real processes from the simulated camera to the log, beside what one would write first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from time import perf_counter

import numpy as np

from oreline.bench.case import BANDS, SAMPLES, Case
from oreline.bench.ceilings import CAMERA
from oreline.cameras import CAMERAS
from oreline.config import Config
from oreline.errors import StageFailed
from oreline.recordings.envi_writer import EnviWriter
from oreline.supervision.recovery import supervise
from oreline.supervision.supervisor import Supervisor

BASELINE = Path(__file__).parents[2] / "tests" / "benchmarks" / "baseline.py"
"""Code that one would throw away; it is in a checkout, not in a wheel."""
RECORDED, REFERENCES = 64, 100
"""Lines of scene that the camera plays over and over, and of dark and of white."""
CAMERA_THREAD = "simcam"
COUNTED_FROM = 200
"""Labelled lines that pass before the clock starts."""
KMAC_MODEL, PRESET = "bench", "nir224"


def cases(folder: Path, quick: bool) -> list[Case]:
    """End to end with that network against the baseline with the same weights, in each precision that this processor
    has, the last of which has the goal; and with a shipped model against the camera's full rate; then, at that rate,
    what acquisition takes of a core, whose goal is under a tenth, and under a fifth with the simulated camera.

    The supervisor looks twice a second, and lines that come as fast as they can are through in few looks, so they are
    twice as many.
    """
    model = folder / KMAC_MODEL
    lines, first_lines = (3000, 200) if quick else (4000, 500)
    at_once = 2 * lines
    whole = partial(Case, amount=1, unit="lines/s", fast=False)
    size = f"{json.loads((model / 'card.json').read_text(encoding='utf-8'))['kmac']:.0f} kMAC"
    first = whole(f"baseline, {size}", lambda: _baseline(model, first_lines))

    def same(name: str, precision: str, goal: float | None) -> Case:
        return whole(name, lambda: _run(folder, str(model), at_once, precision).seconds, ceiling=first.name, goal=goal)

    fast = import_module("inference.backends.bfloat16").available()
    networks = [same(f"end to end, {size}", "float32", None if fast else 6)]
    if fast:
        networks.append(same(f"end to end, {size}, bfloat16", "bfloat16", 6))
    shipped = whole(f"end to end, {PRESET}", lambda: _run(folder, PRESET, at_once).seconds, ceiling=CAMERA, goal=1)
    watches: list[_Watch] = []

    def paced() -> float:
        watches.append(_run(folder, PRESET, lines, paced=True))
        return watches[-1].acquisition_cpu

    alone = whole("acquisition's CPU time", paced, ceiling=CAMERA, goal=10)
    both = whole("the same and the camera's", lambda: watches[-1].process_cpu, ceiling=CAMERA, goal=5)
    return [*([first] if BASELINE.is_file() else []), *networks, shipped, alone, both]


def _baseline(model: Path, lines: int) -> float:
    """Seconds a line, with the threads that libraries choose by themselves."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    command = [sys.executable, str(BASELINE), str(model / "model.pt"), str(lines)]
    ran = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
    if ran.returncode:
        raise StageFailed(f"the baseline failed:\n{ran.stderr}")
    return float(json.loads(ran.stdout)["seconds_a_line"])


@dataclass
class _Watch:
    """Called by the supervisor: how many lines were labelled in the log by when, and acquisition's processor time
    without and with the simulated camera."""

    looks: list[tuple[float, float, float, float]] = field(default_factory=list)

    def __call__(self, supervisor: Supervisor) -> None:
        labelled = supervisor.samples("log").get(("oreline_lines_total", "scene", "log"), 0.0)
        process = supervisor.worker("acquisition").process
        cpu_s = _processor_seconds(process.pid) if process is not None and process.poll() is None else None
        if labelled >= COUNTED_FROM and cpu_s is not None:
            self.looks.append((perf_counter(), labelled, *cpu_s))

    def _per_line(self, column: int) -> float:
        first, last = self.looks[0], self.looks[-1]
        if last[1] - first[1] < COUNTED_FROM:
            raise StageFailed("the line ended before its rate could be measured: run without --quick")
        return (last[column] - first[column]) / (last[1] - first[1])

    @property
    def seconds(self) -> float:
        return self._per_line(0)

    @property
    def acquisition_cpu(self) -> float:
        return self._per_line(2)

    @property
    def process_cpu(self) -> float:
        return self._per_line(3)


def _run(folder: Path, model: str, lines: int, precision: str = "float32", *, paced: bool = False) -> _Watch:
    output = folder / "line"
    network = {"model": model, "precision": precision}
    config = Config(_tables(folder, output, network, lines, paced), "bench")
    config.check()
    watch = _Watch()
    supervise(config, watch)
    (output / "journal.sqlite").unlink()
    return watch


def _tables(folder: Path, output: Path, network: dict[str, str], lines: int, paced: bool) -> dict[str, object]:
    steps = [
        {"kind": "dark", "lines": REFERENCES, "features": [["Shutter", "Closed"]]},
        {"kind": "white", "lines": REFERENCES, "features": [["Shutter", "Open"], ["TargetSelector", "White"]]},
        {"kind": "scene", "lines": lines, "features": [["TargetSelector", "Scene"]]},
    ]
    return {
        "line": {"name": "bench", "output": str(output), "state": str(folder / "state")},
        "simulator": {
            "recording": str(_recording(folder)),
            "frame_rate": CAMERAS[PRESET].line_rate_hz,
            "speed": 1.0 if paced else "max",
            "loop": True,
        },
        "acquisition": {
            "preset": PRESET,
            "features": [["PixelFormat", "Mono12"]],
            "steps": steps,
            "on_full": "gap" if paced else "wait",
        },
        "inference": network,
        "sinks": {"log": {"parquet": False, "label_map": False}},
    }


@cache
def _recording(folder: Path) -> Path:
    """Counts of a sensor that sees dark, white, and something between."""
    rng = np.random.default_rng(1)
    scene = folder / "recording" / "bench.hdr"
    kinds = (("DARKREF_bench", REFERENCES, 300, 340), ("WHITEREF_bench", REFERENCES, 3000, 3800))
    for name, lines, least, most in (*kinds, ("bench", RECORDED, 350, 3500)):
        with EnviWriter.create(
            scene.with_name(f"{name}.hdr"), samples=SAMPLES, bands=BANDS, dtype=np.uint16, suffix=".raw",
            wavelengths_nm=CAMERAS[PRESET].wavelengths_nm,
        ) as file:  # fmt: skip
            for _ in range(lines):
                file.write(rng.integers(least, most, (BANDS, SAMPLES), np.uint16))
    return scene


def _processor_seconds(pid: int) -> tuple[float, float] | None:
    """User and system time of a process so far: without what the simulated camera takes of it, whose thread lives in
    it while it runs, and with that; None while it does not."""
    process = Path(f"/proc/{pid}")
    try:
        camera = [
            task
            for task in (process / "task").iterdir()
            if (task / "comm").read_text(encoding="utf-8").strip() == CAMERA_THREAD
        ]
        whole = _ticks(process)
        return (whole - sum(map(_ticks, camera)), whole) if camera else None
    except OSError:
        return None


def _ticks(task: Path) -> float:
    fields = (task / "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
