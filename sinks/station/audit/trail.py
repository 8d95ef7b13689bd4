"""Trail of the commands: each act goes into the audit log, and where that takes nothing, none is done."""

from __future__ import annotations

import asyncio

from oreline.errors import OrelineError
from oreline.incidents import report
from sinks.station.audit.chain import Record
from sinks.station.audit.log import AuditLog
from sinks.station.bus import Bus
from sinks.station.commands import Act, Refused

STOPPING = frozenset({"hold", "stop"})
"""Verbs that make a line safer: they are done, whatever can be written."""


class Trail:
    """Trail of one line's commands, told on the bus under "audit", too."""

    def __init__(self, log: AuditLog, bus: Bus) -> None:
        self._log, self._bus = log, bus

    async def refuse(self, verb: str) -> None:
        """Raise Refused where an act could not be written."""
        if verb in STOPPING:
            return
        try:
            await asyncio.to_thread(self._log.refuse_full)
        except OrelineError as error:
            report("station", "no_audit", str(error))
            raise Refused("audit", f"it is not done, since the audit log cannot be written: {error}") from None

    async def note(self, act: Act) -> None:
        """Write an act; where that fails after all, it is an incident."""
        actor, result = act.actor, act.result
        record = Record(
            act.verb, actor.name, actor.role.words, actor.face, actor.address, act.arguments,
            result.get("old"), result.get("new"), act.refused or "done",
        )  # fmt: skip
        try:
            await asyncio.to_thread(self._log.append, record)
        except OrelineError as error:
            report("station", "no_audit", f"{actor.name} {act.verb} {act.refused or 'done'}: {error}")
        self._bus.publish("audit", act)
