"""The shell of a process and the one loop: signals, readiness, metrics port, allocator and threads, drain.

A process tells its supervisor by systemd's notify protocol that it is ready, so `oreline run` on a desk and systemd in
a plant see the same thing. SIGTERM or SIGINT asks it to end in order; a second one ends it at once.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from oreline import metrics
from oreline.errors import OrelineError
from oreline.messages import EndOfStream, Message
from oreline.metrics import Account
from oreline.stream import Inbox, Outbox

DRAIN_S = 5.0
LINGER_S = 2.0
PUMP_S = 0.001
"""Results of a backlog are sent on this often; a result that comes alone at once."""
Stage = Callable[[Iterator[list[Message]]], Iterator[list[Message]]]


class Shell:
    """What a running process is told, and tells: `stopping`, `ready`, `report`."""

    def __init__(self, name: str, output: Path) -> None:
        self.name = name
        self.output = output
        self.stopping = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        if os.environ.get("ORELINE_SUPERVISED"):
            _die_with_parent()

    def _stop(self, number: int, _frame: object) -> None:
        if self.stopping:
            os._exit(128 + number)
        self.stopping = True

    def ready(self, metrics_port: int = 0) -> None:
        """Everything is warm and checked: freeze what lives for ever, open the metrics port, say so."""
        gc.collect()
        gc.freeze()
        gc.disable()
        port = metrics.serve(metrics_port)
        self.tell(f"READY=1\nX_METRICS_PORT={port}\nSTATUS=ready")

    def tell(self, words: str) -> None:
        """Send lines of systemd's notify protocol, where anyone listens."""
        path = os.environ.get("NOTIFY_SOCKET")
        if path:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
                notify.connect("\0" + path[1:] if path.startswith("@") else path)
                notify.send(f"X_NAME={self.name}\n{words}".encode())

    def is_set(self) -> bool:
        """Whether to stop; so a shell can stand where a library wants an event."""
        return self.stopping

    def wait(self) -> None:
        """Sleep until a signal asks to end."""
        while not self.stopping:
            signal.sigtimedwait((), 0.2)

    def report(self, **facts: Any) -> None:
        """Leave what this process counted as `{name}.json` in the output folder."""
        path = self.output / f"{self.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(facts, indent=2, default=str) + "\n")
        temporary.replace(path)


def run(inbox: Inbox, stage: Stage, outboxes: Sequence[Outbox], shell: Shell, account: Account) -> bool:
    """Feed a stage from an inbox and its results to the outboxes that want them, until the stream ends or a signal.
    `account` sees what is stored.

    Lines are borrowed from the ring; where one was overwritten while the stage looked at it, the stage is begun anew
    from the last stored line. Returns whether the stream ended.
    """
    pumped = 0.0
    while not shell.stopping:
        for results in stage(_batches(inbox, outboxes, shell)):
            if not inbox.intact():
                inbox.rewind(min(box.next for box in outboxes))
                break
            for message in results:
                _store(message, outboxes, shell)
                account.see(message)
            if time.monotonic() - pumped > PUMP_S:
                _pump(outboxes)
                pumped = time.monotonic()
            inbox.ack(committed=all(box.next >= inbox.next for box in outboxes))
            if results and isinstance(results[-1], EndOfStream):
                drain(outboxes, shell)
                return True
    return False


def _batches(inbox: Inbox, outboxes: Sequence[Outbox], shell: Shell) -> Iterator[list[Message]]:
    while not shell.stopping:
        _pump(outboxes)
        batch = inbox.receive(5)
        if batch:
            yield batch


def _pump(outboxes: Iterable[Outbox]) -> None:
    for box in outboxes:
        box.pump()


def _store(message: Message, outboxes: Iterable[Outbox], shell: Shell) -> None:
    for box in outboxes:
        if box.carries(message):
            while not box.has_room() and not shell.stopping:
                box.pump(1)
            box.put(message)


def drain(outboxes: Sequence[Outbox], shell: Shell) -> None:
    """Serve consumers until each has committed everything; after a signal for `DRAIN_S` at most.

    A process that was started again waits a moment for the `fresh` ones, which it has no record of, to come back.
    """
    deadline = None
    at_least = time.monotonic() + (LINGER_S if any(box.resumed for box in outboxes) else 0.0)
    while time.monotonic() < at_least or not all(box.drained for box in outboxes):
        if shell.stopping:
            deadline = deadline or time.monotonic() + DRAIN_S
            if time.monotonic() > deadline:
                return
        for box in outboxes:
            box.pump(5)


def tune_allocator() -> None:
    """Keep freed memory: glibc would map and trim convolution buffers on every call, which costs four times the work.
    To be called before torch is imported."""
    mallopt = ctypes.CDLL(None).mallopt
    m_trim_threshold, m_top_pad, m_mmap_threshold = -1, -2, -3
    for option, value in ((m_mmap_threshold, 1 << 30), (m_trim_threshold, 2**31 - 1), (m_top_pad, 64 << 20)):
        mallopt(option, value)


def one_thread() -> None:
    """One thread a process: barriers collapse when a core is taken away."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"


def _die_with_parent() -> None:
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def guarded(main: Callable[[], object]) -> int:
    """Run a process's main; a refusal becomes one line on stderr and its exit code."""
    try:
        main()
    except OrelineError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return error.exit_code
    return 0
