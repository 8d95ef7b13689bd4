"""Service: a running process that is told, and tells, by signals and by systemd's notify protocol.

`oreline run` on a desk and systemd in a plant hear the same words: READY, WATCHDOG, STOPPING. The watchdog is fed by
progress alone: where there was something to do and nothing was done, it is not. So a process that is frozen,
dead-locked or going round in a circle is killed and started again, and one that rightly waits is left alone.
"""

from __future__ import annotations

import gc
import math
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oreline import notify
from oreline.facts import leave_facts
from oreline.incidents import open_log, report
from oreline.metrics import REGISTRY
from oreline.metrics_port import note_port
from oreline.metrics_server import serve
from oreline.stops import heed

FEEDS = 4
"""So often is the watchdog fed in its time, if there is progress."""
READY_TIMEOUT_S = 5.0
COLLECT = 10_000, 20, 20
"""Of what came after `gc.freeze`, cycles are collected this rarely: it takes less than a millisecond."""


class Service:
    """`stopping`, `ready`, `progress`, `patient`, `tell`, `report`: one a process, in its main thread."""

    def __init__(self, name: str, output: Path) -> None:
        self.name = name
        self.output = output
        open_log(name, output)
        self.stopping = False
        self._watchdog_us = _watchdog_us()
        self._fed = -math.inf if self._watchdog_us else math.inf
        self._done: object = None
        self._due: object = None
        heed(self._stop)

    def _stop(self, number: int, _frame: object) -> None:
        if self.stopping:
            os._exit(128 + number)
        self.stopping = True
        self.tell("STOPPING=1")

    def ready(self, metrics_port: int = 0) -> None:
        """Everything is warm and checked: freeze what lives for ever, open the metrics port, say so."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT)
        port = serve(REGISTRY, metrics_port)
        note_port(self.output, self.name, port)
        self.tell(f"READY=1\nX_METRICS_PORT={port}\nSTATUS=ready", READY_TIMEOUT_S)

    def progress(self, done: object, due: object = None) -> None:
        """Feed the watchdog, if it is time, unless `done` is what it was when it was fed last though `due` is not.

        done: where this process stands. due: what there is for it to do; None where there is nothing. Made for the
        line path: it costs a look at the clock.
        """
        now = time.monotonic()
        if now - self._fed < self._watchdog_us * 1e-6 / FEEDS:
            return
        if done != self._done or due is None or due == self._due:
            self._fed, self._done, self._due = now, done, due
            self.tell("WATCHDOG=1")

    @contextmanager
    def patient(self, seconds: float) -> Iterator[None]:
        """For what takes long and shows no progress, as to open a camera does: the watchdog waits for so long."""
        if not self._watchdog_us:
            yield
            return
        self.tell(f"WATCHDOG_USEC={round(seconds * 1e6)}\nWATCHDOG=1")
        try:
            yield
        finally:
            self.tell(f"WATCHDOG_USEC={self._watchdog_us}\nWATCHDOG=1")

    def tell(self, words: str, timeout_s: float = 0.0) -> None:
        """Send lines of systemd's notify protocol, with our name, where anyone listens."""
        notify.tell(f"X_NAME={self.name}\n{words}", timeout_s)

    def is_set(self) -> bool:
        """True where it is to stop; so a service can stand where a library wants an event."""
        return self.stopping

    def wait(self) -> None:
        """Sleep until a signal asks to end."""
        while not self.stopping:
            signal.sigtimedwait((), 0.2)

    def report(self, **facts: Any) -> None:
        """Leave what this process counted as `{name}.json` in the output folder. Where there is no room for it, say so:
        it is worth no second start."""
        try:
            leave_facts(self.output, self.name, facts)
        except OSError as error:
            report("", "no_report", f"its report is not in {self.output}: {error.strerror}")


def _watchdog_us() -> int:
    """The time in us that systemd or `oreline run` gives this process; 0 where nobody watches it."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0
    return int(os.environ.get("WATCHDOG_USEC", "0"))
