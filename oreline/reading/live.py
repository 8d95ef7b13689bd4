"""Lines of a line that runs, for a program beside it: a visitor, for whom `oreline.stream.holds` has the rules."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Generic, Literal, TypeVar, cast, overload

from oreline.config import STREAMS, Config, LineSettings
from oreline.errors import ConfigError, StreamError, nearest
from oreline.messages import (
    EndOfStream,
    FeatureLine,
    Gap,
    LabelLine,
    Line,
    Message,
    Reason,
    ReflectanceLine,
    StoneRecord,
    StreamInfo,
)
from oreline.sink import RAW, Policy
from oreline.state_folder import choose_state
from oreline.stream import Inbox

L = TypeVar("L", bound=Line)
READ = tuple(stream for stream in STREAMS if stream != RAW)
WAIT_MS = 50
"""How long nothing is listened to but the stream, so that Ctrl-C is heard."""
LOOK_S = 1.0
RESTART_S = 30.0
"""A process of the line that was killed is back within so long."""


class Lines(Generic[L]):
    """Lines of a stream, one after the other, until the run ends. Each `for` is a consumer of its own, which leaves
    when its loop ends; lines are kept for one that nobody goes on with for no longer than `line.hold_s`.

    `info`: the description that is in force at the line that came last, with its classes, wavelengths and features;
    None before the first. `missing`: by `Reason`, how many lines did not come since the first that did, as those that a
    `fresh` one was too slow for (`SHED`).
    """

    def __init__(
        self, config: Config, stream: str, policy: Policy, *, budget_ms: float = 1000.0, after: Line | None = None
    ) -> None:
        """`after`: go on behind that line. See `lines`."""
        self.info: StreamInfo | None = None
        self.missing: Counter[Reason] = Counter()
        self._site, self._stream, self._policy, self._budget_ms = config.line, stream, policy, budget_ms
        self._after = after
        self._same_clock = "remote" not in config.tables.get("inference", {})

    def __iter__(self) -> Iterator[L]:
        """Raises StreamError where the stream is refused, or nobody serves it for half a minute."""
        site, after = self._site, self._after
        inbox = Inbox(
            f"ipc://{site.socket(self._stream)}",
            f"reader-{os.getpid()}-{secrets.token_hex(4)}",
            self._policy,
            ring=site.ring(self._stream),
            cursor=(after.stamp.run, after.stamp.seq + 1) if after else None,
            budget_ms=self._budget_ms,
        )
        self.missing.clear()
        try:
            yield from self._lines(self._messages(inbox), since_first=after is None)
        finally:
            inbox.leave()

    def _lines(self, messages: Iterable[Message], *, since_first: bool) -> Iterator[L]:
        """What is not there before the first line was never meant for us."""
        count = not since_first
        for message in messages:
            if isinstance(message, StreamInfo):
                self.info = message
            elif isinstance(message, Gap) and count:
                self.missing[message.reason] += message.n
            elif isinstance(message, Line):
                count = True
                if self._is_late(message):
                    self.missing[Reason.SHED] += 1
                else:
                    yield cast(L, message)

    def _is_late(self, line: Line) -> bool:
        """True of what waited here for too long, behind lines that its reader was slow with."""
        late_ms = (time.monotonic_ns() - line.stamp.t_ns) * 1e-6
        return self._policy is Policy.FRESH and self._same_clock and late_ms > self._budget_ms

    def _messages(self, inbox: Inbox) -> Iterator[Message]:
        """All that comes up to the end of the stream. It is committed when the next is asked for."""
        answered = time.monotonic()
        while True:
            messages = inbox.receive(WAIT_MS)
            yield from messages
            inbox.ack()
            now = time.monotonic()
            if messages:
                answered = now
                if isinstance(messages[-1], EndOfStream):
                    return
            elif now - answered > LOOK_S:
                if _answers(self._site.socket(self._stream)):
                    answered = now
                elif now - answered > RESTART_S:
                    raise StreamError(
                        f"{self._site.name} has gone, and its stream has no end: see what `oreline run` says"
                    )


@overload
def lines(
    line: str | Path, stream: Literal["labels"] = "labels", *, policy: str = "fresh", budget_ms: float = 1000.0,
    after: Line | None = None,
) -> Lines[LabelLine]: ...  # fmt: skip
@overload
def lines(
    line: str | Path, stream: Literal["reflectance"], *, policy: str = "fresh", budget_ms: float = 1000.0,
    after: Line | None = None,
) -> Lines[ReflectanceLine]: ...  # fmt: skip
@overload
def lines(
    line: str | Path, stream: Literal["features"], *, policy: str = "fresh", budget_ms: float = 1000.0,
    after: Line | None = None,
) -> Lines[FeatureLine]: ...  # fmt: skip
@overload
def lines(
    line: str | Path, stream: Literal["stones"], *, policy: str = "fresh", budget_ms: float = 5000.0,
    after: Line | None = None,
) -> Lines[StoneRecord]: ...  # fmt: skip


def lines(
    line: str | Path,
    stream: str = "labels",
    *,
    policy: str = "fresh",
    budget_ms: float = 1000.0,
    after: Line | None = None,
) -> Lines[LabelLine] | Lines[ReflectanceLine] | Lines[FeatureLine] | Lines[StoneRecord]:
    """Lines of a line that runs on this host, as its user: `LabelLine`, `ReflectanceLine`, `FeatureLine` or
    `StoneRecord` of `oreline.messages`, with arrays of their own.

    `line`: its TOML file; paths in it begin at the working folder, as for `oreline run`. `policy`: "fresh" gives what
    is on the belt now and leaves out what is older than `budget_ms` milliseconds; "complete" gives every line that the
    ring still holds and all that come, as long as the reader is at most seven eighths of a ring behind. `after`: the
    last line of an earlier loop, which this one goes on behind: with "complete", none between is left out that the ring
    still holds.

    Raises ConfigError where the file is not right, StreamError where the line does not run or has no such stream.
    """
    if stream not in READ:
        raise ConfigError(f"no stream {stream!r}: there are {', '.join(READ)}.{nearest(stream, READ)}")
    if policy not in tuple(Policy):
        raise ConfigError(f"no policy {policy!r}: there are {', '.join(Policy)}.{nearest(policy, [*map(str, Policy)])}")
    config = Config.load(Path(line))
    choose_state(config)
    _must_run(config.line, stream, config.source)
    return Lines(config, stream, Policy(policy), budget_ms=budget_ms, after=after)


def _must_run(site: LineSettings, stream: str, source: str) -> None:
    """Raises StreamError, with what to do, where nobody serves a stream."""
    served = [one for one in STREAMS if _answers(site.socket(one))]
    if stream in served:
        return
    if not served:
        raise StreamError(
            f"{source} does not run here: `oreline run {source}`, in the folder that its paths begin at (this is "
            f"{Path.cwd()}) and as the same user, then ask again; it takes up to a minute to start"
        )
    maker = "it has no sorter" if stream == "stones" else f"add {stream!r} to inference.streams"
    raise StreamError(f"{source} runs and makes no {stream}, but {', '.join(served)}: {maker}")


def _answers(path: str) -> bool:
    """True where a process listens at a socket."""
    with socket.socket(socket.AF_UNIX) as caller:
        try:
            caller.connect(path)
        except OSError:
            return False
    return True
