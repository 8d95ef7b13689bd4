"""One process of a line as its supervisor sees it: started, ready, fed or silent, dead, started again.

It dies with its supervisor, however that dies and even while it is frozen: the kernel kills it. Silence is counted in
time that the supervisor itself was awake for, so that a machine that stands still for ten seconds kills nobody.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from oreline.config import LineSettings
from oreline.errors import PASSING, StageFailed, SystemRefused
from oreline.incidents import report

BACK_OFF_S = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Before each start in a row of a process that does not live."""
PASSING_S = 1.0
"""Before each start of one that lacks what may come back: the PLC, or room on the disk. It is waited for, for ever."""
CRASHED = frozenset({1, SystemRefused.exit_code})
"""Exit codes of Python after a traceback, and of the guard after an error of the operating system: both may be over
when it is started again."""
KILLED = 128
"""A process that a second signal ended at once exits with this and the signal's number."""
_LEAST, _NUMBERS = 1, {"X_METRICS_PORT": 65_535, "WATCHDOG_USEC": 1 << 48, "X_REFUSED": 255}
"""Numbers that a process tells, and the largest that makes sense."""
_PRCTL = ctypes.CDLL(None).prctl
_PR_SET_PDEATHSIG = 1
SPECTATOR_NICE, SPECTATOR_PATIENCE = 10, 2.5


class Refusal(NamedTuple):
    """Refusal of a process to go on: when it was heard, its exit code, why."""

    at: float
    code: int
    why: str


@dataclass
class Worker:
    """`spectator`: it keeps nothing and moves nothing, so others have the processor first, and the line goes on without
    it. `port`: of its metrics. `failures`: deaths in a row, each before it had been at work for `site.steady_s`."""

    name: str
    command: Sequence[str]
    site: LineSettings
    watched: bool = True
    spectator: bool = False
    process: subprocess.Popen[bytes] | None = None
    ready: bool = False
    ended: bool = False
    terminated: bool = False
    port: int = 0
    failures: int = 0
    refusal: Refusal | None = None
    _due: float | None = None
    _ready_at: float = 0.0
    _fed_at: float = 0.0
    _silent_s: float = 0.0
    _patience_s: float = 0.0

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def watchdog_s(self) -> float:
        """How long it may be silent: a spectator, who gets what others leave of the processor, for longer."""
        return self.site.watchdog_s * (SPECTATOR_PATIENCE if self.spectator else 1.0)

    def start(self, environment: Mapping[str, str], lock: int) -> None:
        """Start it; while it lives, it holds the line's `lock`, too."""
        supervisor = os.getpid()
        watchdog = {"WATCHDOG_USEC": str(round(self.watchdog_s * 1e6))} if self.watched else {}
        self.ready, self.terminated, self._due, self.refusal = False, False, None, None
        self.process = subprocess.Popen(
            self.command,
            env={**environment, **watchdog},
            start_new_session=True,
            pass_fds=(lock,),
            preexec_fn=lambda: _begin(supervisor, SPECTATOR_NICE if self.spectator else 0),
        )

    def hear(self, fields: Mapping[str, str]) -> None:
        """Take its words in systemd's notify protocol. Other programs can say them, too: with a number that is none,
        they count for nothing."""
        if not all(_LEAST <= _number(fields[name]) <= most for name, most in _NUMBERS.items() if name in fields):
            return
        now = time.monotonic()
        if "READY" in fields:
            self.ready, self._ready_at, self.port = True, now, _number(fields.get("X_METRICS_PORT", "0"))
            self._patience_s = self.watchdog_s
        if "WATCHDOG_USEC" in fields:
            self._patience_s = _number(fields["WATCHDOG_USEC"]) * 1e-6
        if "READY" in fields or "WATCHDOG" in fields:
            self._fed_at, self._silent_s = now, 0.0
        if "X_REFUSED" in fields and self.refusal is None:
            self.refusal = Refusal(now, _number(fields["X_REFUSED"]), fields.get("STATUS", ""))

    def is_sender(self, fields: Mapping[str, str]) -> bool:
        """True where these are its words: a process gives its name or, before it has one, its number."""
        is_by_number = self.process is not None and fields.get("MAINPID") == str(self.process.pid)
        return is_by_number or fields.get("X_NAME") == self.name

    def watch(self, elapsed_s: float) -> None:
        """Kill it where it has been silent for too long. `elapsed_s`: since the last look, at most half of that time
        is believed."""
        if not (self.watched and self.ready and self.running):
            return
        self._silent_s += min(elapsed_s, self._patience_s / 2)
        if self._silent_s > self._patience_s:
            report(self.name, "silent", f"{self.name} has shown no progress for {self._patience_s:g} s: killed")
            self._silent_s = 0.0
            self.send(signal.SIGKILL)

    def send(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.running and self.process:
            self.process.send_signal(number)

    def terminate(self) -> None:
        """Ask it to end in order, once: a second time would end it at once."""
        if not self.terminated:
            self.terminated = True
            self.send(signal.SIGTERM)

    def revived(self, code: int) -> bool:
        """True where it is time to start it again, dead as it is. Raises StageFailed after enough tries."""
        if self._due is None:
            self.failures = 1 if self._was_steady() or code in PASSING else self.failures + 1
            if self.failures > self.site.restarts:
                raise StageFailed(
                    f"{self.name} died {self.failures} times in a row, last {_cause(code)}: the line gives up. "
                    f"{self._words or f'See logs/{self.name}.jsonl'}; put that right, and start the line again: it "
                    "begins with what is not committed yet"
                )
            pause = PASSING_S if code in PASSING else BACK_OFF_S[min(self.failures, len(BACK_OFF_S)) - 1]
            self._due = time.monotonic() + pause
        if time.monotonic() < self._due:
            return False
        why = f". {self._words}" if self._words else ""
        report(self.name, "restarted", f"{self.name} was {_cause(code)}: started again{why}")
        return True

    @property
    def _words(self) -> str:
        """Its refusal, if it had one."""
        return f"It said: {self.refusal.why}" if self.refusal else ""

    def _was_steady(self) -> bool:
        """The time for which it was frozen at the end counts for nothing."""
        last = self._fed_at if self.watched else time.monotonic()
        return self.ready and last - self._ready_at >= self.site.steady_s


def _number(text: str) -> int:
    """The number that a text is, -1 where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else -1


def _cause(code: int) -> str:
    if code < 0:
        return f"killed by signal {-code}"
    return "ended by an error in it" if code in CRASHED else f"ended with exit code {code}"


def _begin(supervisor: int, nice: int) -> None:
    """Between fork and exec: die with the supervisor, and stand back behind others. Where each session has its share of
    the processor, the kernel looks at the session's own number."""
    _PRCTL(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if nice:
        os.nice(nice)
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(nice), encoding="ascii")
    if os.getppid() != supervisor:
        os._exit(KILLED + signal.SIGKILL)
