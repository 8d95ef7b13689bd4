"""Sinks. Each is a file or folder in `sinks/` and one line in its table `SINKS`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from oreline.config import Config, Section
from oreline.expected import Expected
from oreline.messages import Message

if TYPE_CHECKING:
    from oreline.stream import Outbox

STONES = "stones"
"""Stream that a sorter makes, of the stones that have passed it."""
LOG, SORTER, RECORDER = "log", "conveyor", "record"
"""Kinds of sinks whose reports a line's report is made from; what they are called is their site's affair."""
RAW = "raw"
"""Stream of acquisition: what the camera saw, which recorders take that are to keep it."""
CORE = "core"
"""Kind of the sink that logs drill core."""


class Policy(StrEnum):
    """Delivery of lines. `complete`: every one, however late. `fresh`: none older than the budget."""

    COMPLETE = "complete"
    FRESH = "fresh"


OPTIONAL = "budget_ms", "companions", "makes", "needs", "join", "companion", "outbox", "serve"
"""Of `Sink`, what a class that is not made on it need not have."""


class Taker(Protocol):
    """Takes one stream: `consume`, then `commit`, over and over."""

    policy: ClassVar[Policy]
    stream: ClassVar[str]
    """Stream that it reads: "labels", "reflectance" or "features" of inference, "stones" of a sorter, or "raw" of
    acquisition."""

    def resume(self) -> tuple[bytes, int] | None:
        """The run and the next sequence number after the last committed one; None where nothing was committed."""

    def consume(self, messages: list[Message]) -> None:
        """Take messages in order, each once; what they refer to is only borrowed until `commit` returns."""

    def commit(self) -> None:
        """Make all that was consumed durable; it is acknowledged to the source afterwards.

        Raises StoreFailed where the store takes no more just now: what was consumed is kept, and the call made again.
        """

    def idle(self) -> None:
        """Called at least every 50 ms while no messages come: heartbeats, time-outs."""


class Sink(Taker, Protocol):
    """Lines in, an effect outside. Single-threaded: `consume`, then `commit`, over and over, then `close`.

    A class need not be made on this one; one that is has `check`, an `idle` that does nothing, and all of `OPTIONAL`.
    """

    acts_on_plant: ClassVar[bool]
    """True where it moves something there by what it gets, so that a late line does harm: it must be on the host of the
    camera, whose clock tells how old a line is, and no sink that is behind holds its lines up."""
    Settings: ClassVar[type[Section]]
    budget_ms: ClassVar[float] = 100.0
    """Where its policy is fresh, how old a line may be, unless its table says so."""
    companions: ClassVar[tuple[str, ...]] = ()
    """Streams that it takes besides, where the line has somebody to make them: each by a `companion` of its policy,
    with a cursor and commits of its own."""
    makes: ClassVar[tuple[str, ...]] = ()
    """Streams that it makes for other sinks; of several sinks that could, the first in the line's file does."""

    needs: ClassVar[tuple[str, ...]] = ()
    """Kinds of sinks that its line must have on the same host, since it reads what they write."""

    @classmethod
    def check(cls, settings: Any, expected: Expected) -> None:  # noqa: ARG003
        """Raises an OrelineError where the stream, as far as it is known before the line runs, would be refused; where
        nothing makes it, if a sink has no more to say."""
        expected.must_have(cls.stream)

    @classmethod
    def open(cls, settings: Any, output: Path) -> Self:
        """Start, or resume after a crash, with `output` as the folder for files. Raises an OrelineError."""

    def join(self, config: Config) -> None:
        """Called once after `open`, with the configuration of the line: for a sink that serves others there, or hears
        them. Raises an OrelineError."""

    def companion(self, stream: str) -> Taker:
        """Taker of one of the `companions`."""
        raise NotImplementedError(stream)

    @classmethod
    def outbox(cls, stream: str, settings: Any, config: Config) -> Outbox:
        """One of the streams that it `makes`, open. Raises RingError, SecurityError, StreamError."""
        raise NotImplementedError(stream)

    def serve(self, outboxes: Sequence[Outbox]) -> None:
        """Called once before the first `consume` with the streams that it makes, in that order: to put into, and to
        pump whenever it has time. After `close` they are drained."""

    def close(self) -> dict[str, Any]:
        """End in order, export, and report: {"artefacts": {name: path}, ...}. Also called after a signal."""


def raw_takers(config: Config) -> list[str]:
    """Recorders of raw lines on the host of a line's camera: acquisition keeps every line until they have it."""
    tables = config.tables.get("sinks", {})
    own = (name for name in config.sinks(RECORDER) if "remote" not in tables[name])
    return [name for name in own if tables[name].get("what") == RAW]


def infers(config: Config) -> bool:
    """Whether something is made of a line's lines here: not where its sinks only record them as they are."""
    sinks = config.tables.get("sinks", {})
    return "inference" in config.tables or not sinks or len(raw_takers(config)) < len(sinks)


def made_by(kind: type[Sink]) -> tuple[str, ...]:
    """Streams that sinks of a kind make, also of one that is not made on `Sink`."""
    made: tuple[str, ...] = getattr(kind, "makes", ())
    return made


def companions_of(kind: type[Sink]) -> tuple[str, ...]:
    """Streams that sinks of a kind take beside their own."""
    taken: tuple[str, ...] = getattr(kind, "companions", ())
    return taken
