"""`oreline run`: starts the processes of a line in order, starts again what dies, ends them in order.

It speaks systemd's notify protocol, so a process is told nothing that it would not be told in a plant. What is killed,
crashes or shows no progress is started again; what refuses (it exits with a code of its own) is not: the line ends with
its message and its code. What processes refuse the supervisor says to the user, once and with who it was; their logs
have all. `oreline.supervision.recovery` says what becomes of a run that was cut short.
"""

from __future__ import annotations

import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from oreline.config import Config
from oreline.errors import PASSING, StageFailed, StateGone, Stopped, Undelivered
from oreline.incidents import report
from oreline.metrics_port import Samples, samples_at
from oreline.notify import SPEAKS
from oreline.sink import Policy, Sink, infers, made_by, raw_takers
from oreline.standing import Standing
from oreline.stops import heed
from oreline.supervision.worker import CRASHED, KILLED, Worker
from oreline.undelivered import is_undelivered

READY_S = 120.0
LOOK_S = 0.02
TICK_S = 0.5
DRAIN_S = 5.0
END_S = 1.0
SUPPORT = ("camera", "plant")
"""Processes that play the world around the line, and end after it."""
SOURCES = ("inference", "acquisition")
NOTIFY = "notify.sock"
"""In the line's folder: where its processes speak to their supervisor."""
FINISH = "finish"
"""Argument of an acquisition, or of a sink that makes a stream, that has only to end what is in its ring."""
STAY = (
    "Where the end of a session does that (logind's RemoveIPC), `loginctl enable-linger` keeps it, or name a folder on "
    "disk in line.state"
)


def workers_of(config: Config, path: Path, *, finishing: bool = False) -> list[Worker]:
    """The processes that a configuration asks for, in the order in which they start: consumers before producers.

    `finishing`: those that deliver what is left in the rings, without a world around them.
    """
    site = config.line

    def worker(name: str, module: str, *arguments: str, watched: bool = True, spectator: bool = False) -> Worker:
        return Worker(name, [sys.executable, "-m", module, *arguments], site, watched, spectator)

    world = () if finishing else (("camera", "simulator"), ("plant", "plant"))
    complete = {name: _is_complete(config, name) for name in config.kinds}
    sinks = [name for name in config.kinds if not finishing or complete[name] or made_by(_kind(config, name))]
    ending = {name: [FINISH] if finishing and not complete[name] else [] for name in sinks}
    return [
        *(worker(name, "hwsim", name, str(path), watched=False) for name, table in world if table in config.tables),
        *(
            worker(name, "sinks", name, str(path), *ending[name], spectator=_is_spectator(config, name))
            for name in sinks
        ),
        *([worker("inference", "inference", str(path))] if infers(config) else []),
        worker("acquisition", "acquisition", str(path), *([FINISH] if finishing else [])),
    ]


def _kind(config: Config, sink: str) -> type[Sink]:
    kind: type[Sink] = import_module("sinks.settings").settings_of(config, sink)[1]
    return kind


def _is_complete(config: Config, sink: str) -> bool:
    return _kind(config, sink).policy is Policy.COMPLETE


def _is_spectator(config: Config, sink: str) -> bool:
    """True of a sink that keeps nothing and moves nothing: a line that is at work goes on without it."""
    kind = _kind(config, sink)
    return kind.policy is Policy.FRESH and not kind.acts_on_plant


@dataclass
class Supervisor:
    """Runs a line to its end. `lock`: the line's, an open file. `tick` is called twice a second while it runs,
    and at once when it is stopped."""

    config: Config
    path: Path
    lock: int
    tick: Callable[[Supervisor], None] = lambda _: None
    finishing: bool = False
    workers: list[Worker] = field(init=False)
    stopping: int = 0
    _up: bool = False
    _refusal: StageFailed | None = None
    _waiting: list[str] = field(default_factory=list)
    _over: float = 0.0
    _kill_at: float = math.inf
    _rings: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.workers = workers_of(self.config, self.path, finishing=self.finishing)
        self._line = [worker for worker in self.workers if worker.name not in SUPPORT]
        self.config.line.output.mkdir(parents=True, exist_ok=True)
        folder = self.config.line.folder
        address = self.config.line.socket("notify")
        Path(address).unlink(missing_ok=True)
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(address)
        Path(address).chmod(0o700)
        self._standing = Standing(Path(address), self.path)
        simcam = {"ORELINE_SIMCAM": str(folder / "cameras")} if "simulator" in self.config.tables else {}
        self._environment = {**os.environ, "NOTIFY_SOCKET": address, SPEAKS: "1", **simcam}

    def run(self) -> None:
        """Start, watch, end. Raises StageFailed with the exit code of the process that refused, StateGone, Stopped."""
        patience_s = END_S
        put_back = heed(self._stop)
        try:
            self._start_all()
            self._serve()
            if self.stopping > 1:
                raise StageFailed("stopped at once, as asked: the journal may lack the last lines")
            if self._refusal is not None:
                raise self._refusal
        except BaseException as error:
            failed = "not_finished" if self.finishing else "gave_up"
            report("", "stopped" if isinstance(error, Stopped) else failed, str(error), aloud=False)
            if isinstance(error, StateGone):
                patience_s += DRAIN_S
            if not self.finishing:
                self._drain()
            raise
        finally:
            self._end_all(patience_s)
            self._notify.close()
            put_back()

    def _serve(self) -> None:
        looked = ticked = time.monotonic()
        stopping = self.stopping
        while any(not worker.ended for worker in self._line):
            self._listen(LOOK_S)
            now = time.monotonic()
            self._watch(now - looked)
            looked = now
            for worker in self.workers if now > self._kill_at else ():
                worker.send(signal.SIGKILL)
            if now - ticked > TICK_S or stopping != self.stopping:
                ticked, stopping = now, self.stopping
                self._refuse_gone()
                self.tick(self)

    def _refuse_gone(self) -> None:
        """Raise StateGone where what the processes share has no name any more: before those who cannot be heard are
        taken for silent, and those who find nothing for a cause. They still have it open, and can deliver."""
        folder = self.config.line.folder
        rings = {*folder.glob("*.ring")}
        if self._standing.gone or self._rings - rings:
            raise StateGone(
                f"{folder} was removed, or files in it, while the line ran. It ends in order; what was on the way and "
                f"is in no account is lost. {STAY}"
            )
        self._rings = rings

    def _stop(self, _number: int, _frame: object) -> None:
        """The first signal ends the stream at its source, the second ends everything. A stream that is being finished
        has ended: what nobody has yet stays where it is."""
        self.stopping += 1
        if self.finishing:
            return
        if self.stopping == 1:
            source = self.worker("acquisition")
            source.terminate()
            source.command = [*source.command, *([] if FINISH in source.command else [FINISH])]
        else:
            self._kill_at = time.monotonic() + END_S
            for worker in self.workers:
                worker.send(signal.SIGTERM)

    def worker(self, name: str) -> Worker:
        """The worker of a name."""
        return next(worker for worker in self.workers if worker.name == name)

    def _start_all(self) -> None:
        """The world first, then the sinks, the source of lines last, each when those before are ready. Inference needs
        nobody to start, and takes longest: it is under way from the beginning."""
        sources = [worker for worker in self._line if worker.name in SOURCES]
        world = [worker for worker in self.workers if worker.name in SUPPORT]
        sinks = [worker for worker in self._line if worker.name not in SOURCES]
        *inference, source = sources
        for group, needed in (([*inference, *world], world), (sinks, [*inference, *sinks]), ([source], [source])):
            for worker in group:
                self._start(worker)
            self._await_ready(needed)
        self._up = True

    def _await_ready(self, group: list[Worker]) -> None:
        deadline = time.monotonic() + READY_S
        while waiting := [worker.name for worker in group if not worker.ready]:
            if self.stopping:
                raise Stopped("stopped before the line was ready")
            if time.monotonic() > deadline:
                raise StageFailed(f"{', '.join(waiting)} not ready within {READY_S:g} s")
            self._listen(LOOK_S)
            for worker in group:
                self._check(worker)

    def _start(self, worker: Worker) -> None:
        worker.start(self._environment, self.lock)

    def _listen(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while (remaining_s := deadline - time.monotonic()) > 0:
            self._notify.settimeout(remaining_s)
            try:
                words = self._notify.recv(4096).decode(errors="replace")
            except TimeoutError:
                return
            fields = dict(line.split("=", 1) for line in words.splitlines() if "=" in line)
            for worker in self.workers:
                if worker.is_sender(fields):
                    worker.hear(fields)

    def _watch(self, elapsed_s: float) -> None:
        for worker in self.workers:
            if not worker.ended:
                worker.watch(elapsed_s)
                self._check(worker)
        self._end_orphans()

    def _end_orphans(self) -> None:
        """Who has nobody left to hear from, or to wait for, and does not end by itself, is told to end in order."""
        orphans = self._orphans()
        if orphans != self._waiting:
            self._waiting, self._over = orphans, time.monotonic() + DRAIN_S
        elif time.monotonic() > self._over:
            for name in orphans:
                self.worker(name).terminate()

    def _orphans(self) -> list[str]:
        sinks = [worker for worker in self._line if worker.name not in SOURCES]
        if sinks and all(sink.ended for sink in sinks):
            return [worker.name for worker in self._line]
        raw = raw_takers(self.config)
        recording = [sink.name for sink in sinks if sink.name in raw and not sink.ended]
        if self._inferred:
            at_work = [*recording, "acquisition"] if recording else []
            return [worker.name for worker in self._line if worker.name not in at_work]
        fed = [worker.name for worker in self._line if worker.name in ("inference", *raw)]
        return fed if self.stopping and self.worker("acquisition").ended else []

    @property
    def _inferred(self) -> bool:
        """True where inference has ended, in a line that has it."""
        return any(worker.name == "inference" and worker.ended for worker in self._line)

    def _check(self, worker: Worker) -> None:
        """Note an orderly end, start again what died, give up on what refused."""
        try:
            self._settle(worker)
        except StageFailed as failure:
            if not self._up or not worker.spectator or isinstance(failure, StateGone):
                raise
            worker.ended = True
            report(worker.name, "left_out", f"{failure}; the line goes on without it")

    def _settle(self, worker: Worker) -> None:
        code = worker.process.poll() if worker.process else None
        if code is None:
            return
        self._refuse_gone()
        if code > 0 and worker.refusal is None:
            self._listen(LOOK_S)
        lacks = self._up and code in PASSING
        crashed = code < 0 or code > KILLED or self._passes(code)
        if code == 0 or (crashed and self.stopping > 1) or (worker.spectator and worker.terminated):
            worker.ended = True
        elif code == Undelivered.exit_code and self._up:
            worker.ended = True
            if not self._has_everything:
                self._refusal = self._refusal or self._refused(worker, code)
        elif lacks and (self.stopping or self._inferred):
            worker.ended, self._refusal = True, self._refusal or self._refused(worker, code)
        elif not crashed:
            raise self._refused(worker, code)
        elif worker.revived(code):
            self._start(worker)

    @property
    def _has_everything(self) -> bool:
        """True where each sink that takes every line has ended by itself, as it does when the end of the stream is
        committed."""
        sinks = [worker for worker in self._line if worker.name not in SOURCES]
        return all(sink.ended and not sink.terminated for sink in sinks if _is_complete(self.config, sink.name))

    def _refused(self, worker: Worker, code: int) -> StageFailed:
        """Of all that have refused, the first that did: what came later may have come of it. One that will be started
        again is none of them, and what was not delivered is never a cause."""
        self._listen(LOOK_S)
        causes = [
            (other.refusal, other.name)
            for other in self.workers
            if other.refusal and (other is worker or not self._is_consequence(other.refusal.code))
        ]
        (_, code, why), name = min(causes, default=((0, code, f"see logs/{worker.name}.jsonl"), worker.name))
        failure = StageFailed(f"{name} refused to go on (exit code {code}): {why}")
        failure.exit_code = code
        return failure

    def _is_consequence(self, code: int) -> bool:
        return code == Undelivered.exit_code or self._passes(code)

    def _passes(self, code: int) -> bool:
        return self._up and code in CRASHED | PASSING

    def _drain(self) -> None:
        """Something has failed: if lines can still go all the way, end the stream at its source and let them."""
        source = self.worker("acquisition")
        takers = [worker for worker in self._line if worker.name in ("inference", *raw_takers(self.config))]
        if any(worker.running for worker in takers) and (source.running or is_undelivered(self.config.line.folder)):
            source.terminate()
            deadline = time.monotonic() + DRAIN_S
            while any(worker.running for worker in self._line) and time.monotonic() < deadline:
                self._listen(LOOK_S)

    def _end_all(self, patience_s: float) -> None:
        """Ask what still runs to end; what has not after `patience_s` is killed."""
        deadline = time.monotonic() + patience_s
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            if worker.process:
                try:
                    worker.process.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    worker.process.kill()
                    worker.process.wait()

    def samples(self, name: str) -> Samples:
        """The metrics of a worker now; empty where it does not answer, or where there is none of that name."""
        return next((samples_at(worker.port) for worker in self.workers if worker.name == name), {})
