"""The log of a process: each incident at once, but of one kind of one stage no more than one in ten seconds;
the others are counted, and the last of them is said when the ten seconds are over, or when the process ends.

Who reports waits for nothing: a thread writes to the file, another to stderr, so that neither a slow disk nor a
terminal that stands still holds a line up, nor one the other.
"""

from __future__ import annotations

import secrets
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from prometheus_client import Counter

from oreline import moment
from oreline.incidents.file import LogFile
from oreline.incidents.incident import Incident
from oreline.incidents.kinds import kind_of
from oreline.moment import Moment
from oreline.screen import Screen, say

EVERY_NS = 10_000_000_000
AGAIN_S = 1.0
"""Interval of looks for what was counted and is due, and for a disk that takes more again."""
END_S = 2.0
"""A process does not wait for longer at its end."""
MOST_WORDS = 3000
MOST_SHOWN = 100
"""Incidents that wait for a terminal that stands still; what comes then is in the file alone."""

INCIDENTS = Counter("oreline_incidents", "Things that should not happen, by kind", ["stage", "kind"], registry=None)


class Log:
    """Of one process. Without a file it is only said, and by who reports it."""

    def __init__(self, process: str = "", file: LogFile | None = None, now: Callable[[], Moment] = moment.now) -> None:
        self.began = now()
        self._process, self._file, self._now = process, file, now
        self._life, self._number = secrets.token_hex(8), 0
        self._said_ns: dict[tuple[str, str], int] = {}
        self._held: dict[tuple[str, str], Incident] = {}
        self._due: deque[Incident] = deque()
        self._silent: set[tuple[str, str]] = set()
        self._changed = threading.Condition()
        self._screen = Screen(sys.stderr, MOST_SHOWN)
        self._thread = threading.Thread(target=self._work, name="log", daemon=True) if file else None
        self._ended = False
        if self._thread:
            self._thread.start()

    def report(
        self, stage: str, kind: str, words: str = "", *, n: int = 1, run: bytes = b"", seq: int | None = None,
        aloud: bool = True,
    ) -> None:  # fmt: skip
        """Count an incident, and say it now or later; see `oreline.incidents.report`."""
        stage = stage or self._process
        INCIDENTS.labels(stage, kind).inc(n)
        at, entry = self._now(), kind_of(kind)
        with self._changed:
            (self._silent.discard if aloud else self._silent.add)((stage, kind))
            before = self._held.get((stage, kind))
            self._held[stage, kind] = Incident(
                at.text, entry.severity, self._process, stage, kind, n + (before.n if before else 0),
                run.hex() or None, seq, _shortened(words or entry.meaning), at.t_ns, at.boot.hex(), self._life, 0,
            )  # fmt: skip
            self._release(at.t_ns)
            if self._due or before is None:
                self._changed.notify()
        if self._thread is None:
            self._write()

    def close(self) -> None:
        """Say all that was held back, and wait until it is written, for a moment at most."""
        with self._changed:
            self._release(None)
            self._ended = True
            self._changed.notify()
        if self._thread:
            self._thread.join(END_S)
        else:
            self._write()
        self._screen.wait()

    def _release(self, t_ns: int | None) -> None:
        """Incidents of kinds that were not said for long enough are due; all where no time is given."""
        for key in [key for key in self._held if t_ns is None or t_ns - self._said_ns.get(key, -EVERY_NS) >= EVERY_NS]:
            incident = self._held.pop(key)
            self._said_ns[key] = incident.t_ns if t_ns is None else t_ns
            self._number += 1
            self._due.append(replace(incident, number=self._number))

    def _work(self) -> None:
        while not self._ended or self._due:
            with self._changed:
                waiting = self._held or (self._file and self._file.pending)
                if not (self._due or self._ended):
                    self._changed.wait(AGAIN_S if waiting else None)
                self._release(self._now().t_ns)
            self._write()

    def _write(self) -> None:
        with self._changed:
            incidents = list(self._due)
            self._due.clear()
        if self._file:
            failed = self._file.failure
            self._file.append(incident.json() for incident in incidents)
            if self._file.failure and not failed:
                self.report(self._process, "no_log_file", f"{self._file.path} cannot be written: {self._file.failure}")
        for incident in incidents:
            if (incident.stage, incident.kind) not in self._silent:
                self._show(str(incident))

    def _show(self, words: str) -> None:
        if self._thread:
            self._screen.show(f"{words}\n")
        else:
            say(words, sys.stderr)


def _shortened(words: str) -> str:
    """Of many words the first and the last."""
    return words if len(words) <= MOST_WORDS else f"{words[: MOST_WORDS // 2]} ... {words[-MOST_WORDS // 2 :]}"
