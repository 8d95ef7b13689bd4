"""Keeper of the minutes and shifts of a running line: counts what the hub publishes, keeps it, and publishes sums."""

from __future__ import annotations

import asyncio
from typing import Any

from oreline.errors import OrelineError
from oreline.incidents import report
from oreline.messages import StoneRecord
from oreline.moment import Moment, now
from sinks.station.alarms.alarm import Change, Priority, What
from sinks.station.hub import Hub
from sinks.station.lines import LineBlock
from sinks.station.shifts.calendar import Calendar, S, Shift
from sinks.station.shifts.minutes import GRACE_NS, Minute, Minutes
from sinks.station.shifts.ore import ore_of
from sinks.station.shifts.settings import ShiftsSettings
from sinks.station.shifts.store import Page, Store
from sinks.station.shifts.summary import Measures, of_minute, of_shift
from sinks.station.shifts.tally import total
from sinks.station.status import Phase, Status

KEPT_S = 5.0
SUMMED_NS = 30 * S
"""The shift that goes on is summed and told so often."""
_STATES = {Phase.RUNNING: "sorting", Phase.HELD: "held", Phase.CALIBRATING: "calibrating"}
_WHY = {
    Phase.STARTING: "no line has come yet",
    Phase.NO_LINES: "no lines come",
    Phase.ENDED: "the line has ended",
}


class Keeper:
    """Keeper of one line. `shift`, `last_shift`: what the one that goes on, and the last one that is over, have come
    to; empty where there is none yet."""

    def __init__(self, settings: ShiftsSettings, hub: Hub) -> None:
        self.calendar = Calendar(settings)
        self.measures = Measures(ore_of(hub.config, settings), settings.tonnes_per_m2)
        self.store = Store(hub.config.line.output)
        self.shift: dict[str, Any] = {}
        self.last_shift: dict[str, Any] = {}
        self._hub, self._alarms, self._is_failing = hub, dict[str, tuple[Priority, str]](), False
        at = now()
        self._minutes = Minutes(self.store.cursor(), self.store.parts(at.wall_ns - 48 * 3600 * S))
        for minute in self.store.left_open():
            self._minutes.put_back(minute, at)
        self._current, self._summed_ns = self._first(at), at.t_ns
        self._listen()

    def _first(self, at: Moment) -> Shift:
        """The shift that is to be told next: that of the last minute, where it was not told."""
        last = self.store.last_start()
        shift = self.calendar.at(at.wall_ns if last is None else last)
        return self.calendar.at(shift.stop_ns) if shift.key == self._minutes.cursor.shift else shift

    def _listen(self) -> None:
        call = self._hub.bus.call
        call("info", self._minutes.take_info)
        call("gap", self._minutes.take_gap)
        call("end", lambda _end: self._minutes.take_end(now()))
        call("lines", self._take_block)
        call("stone", self._take_stone)
        call("status", self._take_status)
        call("alarm", self._take_alarm)

    async def run(self) -> None:
        """Keep what was counted, and tell what is over, until cancelled."""
        try:
            while True:
                await asyncio.sleep(KEPT_S)
                await self.keep(now())
        finally:
            await self.keep(now())

    def close(self) -> None:
        """Let go of the store, when nobody looks there any more."""
        self.store.close()

    async def keep(self, at: Moment) -> None:
        """Keep what was counted, and tell what is over."""
        ended = self._minutes.over(at)
        try:
            page = Page.of(ended, list(self._minutes.open.values()), self._minutes.cursor)
            await asyncio.to_thread(self.store.write, page)
            for minute in ended:
                self._hub.bus.publish("minute", self.tell_minute(minute))
            await self._tell_shifts(at)
            self._is_failing = False
        except OrelineError as error:
            for minute in ended:
                self._minutes.put_back(minute, at)
            if not self._is_failing:
                report("station", "store_failed", str(error))
            self._is_failing = True

    async def _tell_shifts(self, at: Moment) -> None:
        """Those that are over, each once, and the one that goes on."""
        while self._current.stop_ns + GRACE_NS + int(KEPT_S * S) < at.wall_ns:
            self.last_shift = await asyncio.to_thread(self.tell_shift, self._current, complete=True)
            self._minutes.cursor.shift = self._current.key
            if self.last_shift["lines"] or self.last_shift["seconds"]:
                self._hub.bus.publish("shift", self.last_shift)
            self._current = self.calendar.at(self._current.stop_ns)
        if self.shift and at.t_ns - self._summed_ns < SUMMED_NS:
            return
        self._summed_ns = at.t_ns
        self.shift = await asyncio.to_thread(self.tell_shift, self.calendar.at(at.wall_ns), complete=False)
        self._hub.bus.publish("shift", self.shift)

    def tell_minute(self, minute: Minute) -> dict[str, Any]:
        """What is told of a minute that is over."""
        return of_minute(minute, self.calendar, self.measures)

    def tell_shift(self, shift: Shift, *, complete: bool) -> dict[str, Any]:
        """What is told of a shift, by the minutes that were kept."""
        counted = total(minute.tally for minute in self.store.between(shift.start_ns, shift.stop_ns))
        return of_shift(shift, counted, self.calendar, self.measures, complete=complete)

    def _take_block(self, block: LineBlock) -> None:
        if self._hub.answer is not None:
            self._minutes.take_block(block, self._hub.answer, now())

    def _take_stone(self, stone: StoneRecord) -> None:
        info = self._hub.stone_info or self._hub.info
        if info is not None:
            names = [one.name for one in info.classes]
            self._minutes.take_stone(stone, names, info.pitch_mm, now())

    def _take_status(self, status: Status) -> None:
        state = _STATES.get(status.phase, "down")
        self._minutes.take_look(status.at, state, self._why(status.phase) if state == "down" else "", status.shed)
        recipe = f"{status.recipe.name} v{status.recipe.version}" if status.recipe.name else ""
        self._minutes.see(status.at, recipe=recipe, model=status.model, reference=status.reference_id)

    def _why(self, phase: Phase) -> str:
        """Why nothing is sorted: the gravest alarm, or else what is seen."""
        gravest = max(self._alarms.values(), default=None)
        return gravest[1] if gravest and gravest[0] >= Priority.MEDIUM else _WHY[phase]

    def _take_alarm(self, change: Change) -> None:
        alarm, rule = change.alarm, change.alarm.rule
        if change.what is What.RAISED:
            self._minutes.take_alarm(rule.priority.name.lower(), rule.title, now())
        if alarm.active and not alarm.hidden:
            self._alarms[alarm.key] = (rule.priority, rule.title)
        else:
            self._alarms.pop(alarm.key, None)
