"""Boxes of core at the station: which one passes, what became of the last ones, and orders to begin and end one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from oreline.config import Config
from oreline.errors import StageFailed
from sinks.core.live.orders import BoxSaid, CoreOrders
from sinks.core.qc.finding import WORDS
from sinks.station.commands import Actor, Commands, Refused, Role


class CoreDesk:
    """Desk for the boxes of a line that logs core."""

    def __init__(self, config: Config) -> None:
        self._orders = CoreOrders(config)

    def register(self, commands: Commands) -> None:
        """`begin_box` with the number of a `box`; `end_box`. Each waits, beside the loop, until the core sink has
        answered; `old` and `new` of what they return are boxes under the camera."""
        commands.register("begin_box", Role.OPERATOR, self.begin)
        commands.register("end_box", Role.OPERATOR, self.end)

    async def begin(self, actor: Actor, box: int) -> dict[str, Any]:
        """Say which box is under the camera or, where none is there, comes next."""
        if box < 1:
            raise Refused("argument", "boxes are counted from 1")
        return await self._order(lambda: self._orders.begin(box, actor.name))

    async def end(self, actor: Actor) -> dict[str, Any]:
        """End the box under the camera."""
        return await self._order(lambda: self._orders.end(actor.name))

    def state(self) -> dict[str, Any]:
        """How the boxes stand, as a face tells it. Words of a finding are to be translated and then filled with its
        values."""
        said = self._orders.said
        told: dict[str, Any] = said.model_dump(exclude={"order", "words", "refused", "verdicts"})
        return told | {"verdicts": [_told(one) for one in said.verdicts]}

    async def _order(self, order: Callable[[], str]) -> dict[str, Any]:
        before = self._under_camera
        try:
            words = await asyncio.to_thread(order)
        except StageFailed as error:
            raise Refused("state", str(error)) from None
        except OSError as error:
            raise Refused("state", f"{error.filename}: {error.strerror}") from None
        return {"old": before, "new": self._under_camera, "words": words}

    @property
    def _under_camera(self) -> int | None:
        box: BoxSaid | None = self._orders.said.scanning
        return None if box is None else box.box


def _told(verdict: Mapping[str, Any]) -> dict[str, Any]:
    """A verdict with its words as templates."""
    findings = [one for one in verdict.get("findings", ()) if one.get("check") in WORDS]
    said = [
        {"level": one["level"], "words": words, "action": action, "values": one["values"]}
        for one, (words, action) in ((one, WORDS[one["check"]]) for one in findings)
    ]
    return {**{name: verdict.get(name) for name in ("box", "scan", "verdict", "made_at")}, "findings": said}
