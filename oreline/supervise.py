"""`oreline run`: starts the processes of a line in order, restarts what is killed, ends them in order.

It speaks systemd's notify protocol, so a process is told nothing that it would not be told in a plant. What refuses
(it exits with a code of its own) is not tried again: its message stands on the screen, and the line ends with its code.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from oreline.config import Config
from oreline.errors import StageFailed

READY_S = 120.0
TICK_S = 0.5
DRAIN_S = 10.0
REFUSED_S = 1.0
RESTARTS = 20
BACK_OFF_S = (0.1, 0.2, 0.5, 1.0, 2.0)
KILLED = 128
"""A process that a second signal ended at once exits with this and the signal's number."""
SUPPORT = ("camera", "plant")
"""Processes that play the world around the line, and end after it."""

Samples = dict[tuple[str, ...], float]
"""Values by metric name and label values, the labels in order of their names."""


@dataclass
class Worker:
    """One process of the line."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    ready: bool = False
    port: int = 0
    restarts: int = 0
    due: float = 0.0
    ended: bool = False

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None


def _locked(path: Path) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise StageFailed(f"this line runs already ({path.parent}): stop it, or name this one otherwise") from None
    return file


def workers_of(config: Config, path: Path) -> list[Worker]:
    """The processes that a configuration asks for, in the order in which they start: consumers before producers."""
    python = [sys.executable, "-m"]
    workers = [
        Worker(name, [*python, "hwsim", name, str(path)])
        for name, table in (("camera", "simulator"), ("plant", "plant"))
        if table in config.tables
    ]
    workers += [Worker(name, [*python, "sinks", name, str(path)]) for name in config.tables.get("sinks", {})]
    workers += [Worker(name, [*python, name, str(path)]) for name in ("inference", "acquisition")]
    return workers


@dataclass
class Supervisor:
    """Runs a line to its end. `tick` is called twice a second while it runs."""

    config: Config
    path: Path
    tick: Callable[[Supervisor], None] = lambda _: None
    workers: list[Worker] = field(init=False)
    stopping: int = 0
    _over: float = 0.0

    def __post_init__(self) -> None:
        self.workers = workers_of(self.config, self.path)
        self._folder = self.config.line.folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self.config.line.output.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(self._folder / "line.lock")
        for left in (*self._folder.glob("*.ring"), *self._folder.glob("*.sock")):
            left.unlink()
        address = self._folder / "notify.sock"
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(address))
        self._environment = {
            **os.environ,
            "NOTIFY_SOCKET": str(address),
            "ORELINE_SUPERVISED": "1",
            **({"ORELINE_SIMCAM": str(self._folder / "cameras")} if "simulator" in self.config.tables else {}),
        }

    def run(self) -> None:
        """Start, watch, end. Raises StageFailed with the exit code of the process that refused."""
        before = {n: signal.signal(n, self._stop) for n in (signal.SIGINT, signal.SIGTERM)}
        try:
            self._start_all()
            while any(not worker.ended for worker in self.workers if worker.name not in SUPPORT):
                self._listen(TICK_S)
                self._watch()
                self.tick(self)
            if self.stopping > 1:
                raise StageFailed("stopped at once, as asked: the journal may lack the last lines")
        except BaseException:
            self._end_all(REFUSED_S)
            raise
        finally:
            self._end_all(DRAIN_S)
            self._notify.close()
            os.close(self._lock)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, _number: int, _frame: object) -> None:
        """The first signal ends the stream at its source, the second ends everything."""
        self.stopping += 1
        source = self.worker("acquisition")
        for worker in self.workers:
            if worker.running and worker.process and (self.stopping > 1 or worker is source):
                worker.process.send_signal(signal.SIGTERM)

    def worker(self, name: str) -> Worker:
        """The worker of a name."""
        return next(worker for worker in self.workers if worker.name == name)

    def _start_all(self) -> None:
        """The world first, then the consumers, the source of lines last; each group when the one before is ready."""
        source = self.worker("acquisition")
        world = [worker for worker in self.workers if worker.name in SUPPORT]
        for group in (world, [w for w in self.workers if w not in world and w is not source], [source]):
            for worker in group:
                self._start(worker)
            self._await_ready(group)

    def _await_ready(self, group: list[Worker]) -> None:
        deadline = time.monotonic() + READY_S
        while waiting := [worker.name for worker in group if not worker.ready]:
            if self.stopping:
                raise StageFailed("stopped before the line was ready")
            if time.monotonic() > deadline:
                raise StageFailed(f"{', '.join(waiting)} not ready within {READY_S:g} s")
            self._listen(0.05)
            for worker in group:
                self._check(worker)

    def _start(self, worker: Worker) -> None:
        worker.process = subprocess.Popen(worker.command, env=self._environment, start_new_session=True)

    def _listen(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            self._notify.settimeout(left)
            try:
                self._hear(self._notify.recv(4096).decode())
            except TimeoutError:
                return

    def _hear(self, words: str) -> None:
        said = dict(line.split("=", 1) for line in words.splitlines() if "=" in line)
        for worker in self.workers:
            if worker.name == said.get("X_NAME") and "READY" in said:
                worker.ready, worker.port = True, int(said.get("X_METRICS_PORT", 0))

    def _watch(self) -> None:
        for worker in self.workers:
            if not worker.ended:
                self._check(worker)
        self._end_orphans()

    def _end_orphans(self) -> None:
        """A sink that has not heard of the end some time after its source has ended is told to end in order."""
        if not all(self.worker(name).ended for name in ("inference", "acquisition")):
            self._over = time.monotonic() + DRAIN_S
        elif time.monotonic() > self._over:
            self._over = time.monotonic() + DRAIN_S
            for worker in self.workers:
                if worker.running and worker.process and worker.name not in SUPPORT:
                    worker.process.send_signal(signal.SIGTERM)

    def _check(self, worker: Worker) -> None:
        """Note an orderly end, restart what was killed, give up on what refused."""
        code = worker.process.poll() if worker.process else None
        if code is None:
            return
        if code == 0 or (self.stopping and (code < 0 or code > KILLED)):
            worker.ended = True
        elif code > 0:
            failure = StageFailed(f"{worker.name} refused to go on (exit code {code}); its message stands above")
            failure.exit_code = code
            raise failure
        else:
            self._restart(worker, code)

    def _restart(self, worker: Worker, code: int) -> None:
        if worker.restarts >= RESTARTS:
            raise StageFailed(f"{worker.name} died {RESTARTS} times, last by signal {-code}: the line gives up")
        if not worker.due:
            worker.due = time.monotonic() + BACK_OFF_S[min(worker.restarts, len(BACK_OFF_S) - 1)]
        if time.monotonic() >= worker.due:
            print(f"{worker.name} was killed by signal {-code}: started again", file=sys.stderr)
            worker.restarts, worker.due, worker.ready = worker.restarts + 1, 0.0, False
            self._start(worker)

    def _end_all(self, patience_s: float) -> None:
        """Ask what still runs to end; what has not after `patience_s` is killed."""
        deadline = time.monotonic() + patience_s
        for worker in self.workers:
            if worker.running and worker.process:
                worker.process.send_signal(signal.SIGTERM)
        for worker in self.workers:
            if worker.process:
                try:
                    worker.process.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    worker.process.kill()
                    worker.process.wait()

    def samples(self, name: str) -> Samples:
        """The metrics of a worker now; empty where it does not answer."""
        port = self.worker(name).port
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=1) as answer:
                text = answer.read().decode()
        except OSError:
            return {}
        families = text_string_to_metric_families(text)
        return {
            (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
            for family in families
            for sample in family.samples
        }
