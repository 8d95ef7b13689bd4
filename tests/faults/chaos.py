"""A whole line at the camera's full rate, and all that a plan does to it."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hwsim.render.scene import render
from hwsim.scenes.belt import BeltScene
from tests.faults.gauges import Gauges
from tests.faults.hands import Hands, small_disk, take_away
from tests.faults.plan import Event
from tests.faults.proxy import Proxy
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
LINES_OF_BELT = 1340
RATE_HZ = 670.0
COUNTS = 8.0
REFERENCE_LINES = 100
JOURNAL_BYTES_S = 1_800_000
"""What the journal grows by at this rate, generously: 1.25 MB were measured over an hour."""
READY_S, END_S = 120.0, 60.0
LINE = """
[line]
restarts = 100
hold_s = 2.0
[simulator]
serial = "CHAOS"
loop = true
[acquisition]
serial = "CHAOS"
preset = "nir224"
pitch_mm = 1.0
ring_lines = 6144
reconnect_s = 60.0
[inference]
model = "nir224"
ring_lines = 16384
[sinks.log]
parquet = false
label_map = false
[sinks.conveyor]
distance_counts = 900
[sinks.conveyor.recipe]
ore = ["calcite", "dolomite", "kaolinite"]
min_fraction = 0.5
min_pixels = 20
"""


@dataclass
class Done:
    """An event that was done: when it began and ended by CLOCK_MONOTONIC, and whether it could be done here."""

    event: Event
    began_ns: int
    ended_ns: int
    done: bool


@dataclass
class Run:
    """What a run leaves to be judged."""

    folder: Path
    seed: int
    seconds: float
    done: list[Done] = field(default_factory=list)
    exit_code: int = 0
    missed_by_witness: int = 0
    second_starts: list[int] = field(default_factory=list)
    """Exit codes of those who started the line though it ran."""

    @property
    def output(self) -> Path:
        return self.folder / "disk" / "out"

    @property
    def printed(self) -> str:
        """What the line said."""
        return (self.folder / "line.log").read_text()


def chaos(folder: Path, seed: int, seconds: float, events: list[Event]) -> Run:
    """Run the line for `seconds` from its first lines on, and do to it what is planned."""
    shutil.rmtree(folder, ignore_errors=True)
    run = Run(folder, seed, seconds)
    render(BeltScene(camera="nir224", lines=LINES_OF_BELT, counts_per_line=COUNTS, seed=1), folder / "belt")
    plant_port = free_port()
    proxy = Proxy(plant_port)
    mounted = small_disk(folder / "disk", int(seconds * JOURNAL_BYTES_S) + (64 << 20))
    tables = _tables(run, plant_port, proxy.port)
    state = Path(tables["line"]["state"])
    try:
        hands = Hands(state / "line.json", folder / "disk", proxy)
        with _witness(run, state), _line(run, tables) as line, Gauges(hands, run.folder / "gauges.csv", tables):
            _wait_for_lines(run, line)
            hands.spare("plant")
            _do_all(run, events, hands)
            run.second_starts = hands.second_starts
            run.exit_code = _ended(line)
        shutil.copytree(run.output, folder / "kept", dirs_exist_ok=True)
    finally:
        proxy.close()
        shutil.rmtree(state, ignore_errors=True)
        if mounted:
            take_away(folder / "disk")
    return run


def _ended(line: subprocess.Popen[bytes]) -> int:
    """Ask it to end. A line that does not is killed, which its exit code then says."""
    line.send_signal(signal.SIGTERM)
    try:
        return line.wait(END_S)
    except subprocess.TimeoutExpired:
        line.kill()
        return line.wait()


def _tables(run: Run, plant_port: int, proxy_port: int) -> dict[str, Any]:
    tables = tomllib.loads(LINE)
    state = Path("/dev/shm") / f"oreline-chaos-{plant_port}"
    tables["line"] |= {"name": "chaos", "output": str(run.output), "state": str(state)}
    tables["simulator"] |= {"recording": str(run.folder / "belt"), "frame_rate": RATE_HZ, "counts_per_line": COUNTS}
    tables["plant"] = {"port": plant_port}
    tables["sinks"]["conveyor"]["port"] = proxy_port
    tables["acquisition"] |= {
        "counts_per_line": COUNTS,
        "features": [
            ["PixelFormat", "Mono12"],
            ["AcquisitionFrameRate", RATE_HZ],
            ["ChunkModeActive", True],
            ["ChunkSelector", "EncoderValue"],
            ["ChunkEnable", True],
        ],
        "steps": [
            {"kind": "dark", "lines": REFERENCE_LINES, "features": [["Shutter", "Closed"]]},
            {
                "kind": "white",
                "lines": REFERENCE_LINES,
                "features": [["Shutter", "Open"], ["TargetSelector", "White"]],
            },
            {"kind": "scene", "features": [["TargetSelector", "Scene"]]},
        ],
    }
    return tables


@contextmanager
def _line(run: Run, tables: dict[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
    path = run.folder / "line.json"
    path.write_text(json.dumps(tables))
    with (run.folder / "line.log").open("wb") as log:
        command = [sys.executable, "-m", "oreline.cli.main", "run", str(path)]
        line = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT)
        try:
            yield line
        finally:
            line.kill()
            line.wait()


@contextmanager
def _witness(run: Run, state: Path) -> Iterator[None]:
    rings = [str(state / f"{name}.ring") for name in ("raw", "labels", "stones")]
    command = [sys.executable, "-m", "tests.faults.witness", str(run.folder / "witness.bin"), *rings]
    witness = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True)
    try:
        yield
    finally:
        witness.terminate()
        run.missed_by_witness = int(witness.communicate()[0])


def _wait_for_lines(run: Run, line: subprocess.Popen[bytes]) -> None:
    """The first scene lines are in the ring of labels: the witness has seen more than the references."""
    seen, deadline = run.folder / "witness.bin", time.monotonic() + READY_S
    while not seen.exists() or seen.stat().st_size < 37 * (4 * REFERENCE_LINES):
        if line.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"the line did not start: {run.printed}")
        time.sleep(0.05)


def _do_all(run: Run, events: list[Event], hands: Hands) -> None:
    """Each at its time, in a thread of its own: what lasts does not hold up what comes next."""
    begin, threads = time.monotonic(), []

    def do(event: Event) -> None:
        began = time.monotonic_ns()
        done = hands.do(event)
        run.done.append(Done(event, began, time.monotonic_ns(), done))

    for event in events:
        time.sleep(max(0.0, begin + event.at_s - time.monotonic()))
        threads.append(threading.Thread(target=do, args=(event,)))
        threads[-1].start()
    time.sleep(max(0.0, begin + run.seconds - time.monotonic()))
    for thread in threads:
        thread.join()


def script(run: Run) -> list[dict[str, Any]]:
    """What was done, for the report."""
    return [
        {**asdict(done.event), "done": done.done, "began_ns": done.began_ns, "ended_ns": done.ended_ns}
        for done in run.done
    ]
