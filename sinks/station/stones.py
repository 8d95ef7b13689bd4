"""Stones as they come to the station, beside its lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from oreline.messages import Message, StoneRecord, StreamInfo
from oreline.sink import STONES, Policy, Taker
from sinks.station.hub import Hub


class StoneTaker(Taker):
    """Taker that hands stones over to a hub. `tell`: has the hub's loop call a function."""

    policy: ClassVar[Policy] = Policy.FRESH
    stream: ClassVar[str] = STONES

    def __init__(self, hub: Hub, tell: Callable[..., Any]) -> None:
        self._hub, self._tell = hub, tell

    def resume(self) -> None:
        """What passes now is what a station shows."""
        return

    def consume(self, messages: list[Message]) -> None:
        for one in messages:
            if isinstance(one, StoneRecord):
                self._tell(self._hub.take_stone, one)
            elif isinstance(one, StreamInfo):
                self._tell(self._hub.take_stone_info, one)

    def commit(self) -> None:
        """Nothing is kept here."""

    def idle(self) -> None:
        """Nothing is due."""
