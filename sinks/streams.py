"""Streams that sinks make for others of their line, as a sorter makes one of stones: who makes them, and who takes
them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self

from oreline.config import Config, Section
from oreline.messages import EndOfStream, Message, StreamInfo
from oreline.sink import RAW, SORTER, STONES, Policy, Sink, companions_of, made_by
from oreline.stream import Outbox
from oreline.stream.sockets import NO_RUN
from sinks.settings import settings_of


def maker_of(config: Config, stream: str) -> str | None:
    """The sink that makes a stream: the first in the line's file that can; None where there is none."""
    return next((name for name in config.kinds if stream in made_by(settings_of(config, name)[1])), None)


def takers_of(config: Config, stream: str) -> list[str]:
    """Those on this host who take every record of a stream that a sink makes."""
    return [name for name in config.kinds if _takes_all(config, name, stream)]


def _takes_all(config: Config, name: str, stream: str) -> bool:
    common, kind, settings = settings_of(config, name)
    taken = getattr(settings, "stream", kind.stream), *companions_of(kind)
    return kind.policy is Policy.COMPLETE and not common.remote and stream in taken


def owner_of(stream: str) -> str:
    """Under whose key another host serves a stream."""
    return {STONES: SORTER, RAW: "acquisition"}.get(stream, "inference")


def open_streams(config: Config, name: str) -> list[Outbox]:
    """The streams that a sink makes. Raises RingError, SecurityError, StreamError."""
    _, kind, settings = settings_of(config, name)
    return [kind.outbox(stream, settings, config) for stream in made_by(kind) if maker_of(config, stream) == name]


def end(outbox: Outbox) -> None:
    """End the run of a stream, unless it has ended."""
    if outbox.run != NO_RUN and not isinstance(outbox.last, EndOfStream):
        outbox.put(EndOfStream(outbox.run, outbox.epoch, outbox.next, outbox.next, 0, 0))


class Finish(Sink):
    """Stands in for a sink that makes streams, where a run is finished that was cut short: no plant is touched, and
    what the rings have left is delivered, and ended where the run ends."""

    policy: ClassVar[Policy] = Policy.FRESH
    stream: ClassVar[str] = "labels"
    acts_on_plant: ClassVar[bool] = False
    Settings: ClassVar[type[Section]] = Section

    _outboxes: Sequence[Outbox] = ()

    @classmethod
    def open(cls, settings: Section, output: Path) -> Self:  # noqa: ARG003
        return cls()

    def serve(self, outboxes: Sequence[Outbox]) -> None:
        """Deliver these."""
        self._outboxes = outboxes

    def resume(self) -> None:
        """What is on the belt has passed."""
        return

    def consume(self, messages: Iterable[Message]) -> None:
        for message in messages:
            for box in self._outboxes:
                if isinstance(message, StreamInfo) and message.run != box.run:
                    box.put(replace(message, seq=0, classes=(), layers=(), features=()))
                elif isinstance(message, EndOfStream):
                    end(box)

    def commit(self) -> None:
        self.idle()

    def idle(self) -> None:
        for box in self._outboxes:
            box.pump()

    def close(self) -> dict[str, Any]:
        """End the run, also where nobody has said that it ended."""
        for box in self._outboxes:
            end(box)
        return {"artefacts": {}}
