"""Hub of the station: the one model of the line's state. Everything here happens on the station's loop."""

from __future__ import annotations

import asyncio
import importlib
import math
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from oreline.answers import Answer, answer_of
from oreline.config import Config
from oreline.incidents import Incident
from oreline.messages import EndOfStream, Flag, Gap, Line, Reason, StoneRecord, StreamInfo
from oreline.metrics_port import Samples
from oreline.moment import now
from oreline.sink import CORE, SORTER
from sinks.recipes.choosing import Stream
from sinks.recipes.what_if import Stones
from sinks.station.alarms.desk import AlarmDesk
from sinks.station.audit import AUDIT, AuditLog
from sinks.station.audit.trail import Trail
from sinks.station.bus import Bus
from sinks.station.commands import Commands
from sinks.station.core import CoreDesk
from sinks.station.gather import INCIDENTS_S, METRICS_S, Gatherer
from sinks.station.latency import RecentLatency
from sinks.station.lines import LineBlock
from sinks.station.rates import Rates, StoneRate
from sinks.station.readings import by_label, gap_lines, plc_of, setting_of
from sinks.station.recipes import RecipeDesk
from sinks.station.settings import StationSettings
from sinks.station.status import UNKNOWN_NUMBER, Phase, Recipe, Status

if TYPE_CHECKING:
    from sinks.station.accounts import Accounts
    from sinks.station.shifts.keeper import Keeper

LOOK_S = 0.25
SILENT_NS = 1_000_000_000
"""A line that has given none for so long gives none."""
MOST_STONES = 2048
HELD = {"held": True, "resumed": False}
"""Kinds of incidents of a sorter that say whether it is."""
GAUGED_NS = int(2.5 * METRICS_S * 1e9)
"""So long after an incident each gauge has been read anew."""
STONES = "oreline_stones_total"
RING_LINES = {"raw": ("acquisition", 512), "labels": ("inference", 8192)}
"""By stream, whose table says how many records its ring has, and how many it has otherwise."""


class Hub:
    """Hub of one line. `config`: the line's. `info`: what the stream says of itself, and `answer` what its codes stand
    for. `status`: now. `stones`: the last ones, and `stone_info`, what their stream says of itself. `bus`: what
    happens. `commands`: what a face may have done. `alarms`: those of the line. `recipes`: those of its sorter, None
    where it has none. `core`: its boxes of core, None where it logs none. `accounts`: of people, None where everybody
    on this host is believed. `shifts`: what counts them. `addresses`: where faces are found, by their names. `broker`:
    see Status."""

    def __init__(self, config: Config, settings: StationSettings | None = None) -> None:
        self.config = config
        self.bus = Bus()
        settings = settings or StationSettings()
        audit = AuditLog(config.line.output / AUDIT, config.line.name)
        self.accounts = _accounts(settings, audit)
        trail = Trail(audit, self.bus)
        self.commands = Commands(trail.note, trail.refuse)
        self.alarms = AlarmDesk(self.bus, config.line.output, _rings(config), settings.alarms)
        self.alarms.register(self.commands)
        self.recipes: RecipeDesk | None = None
        if config.sinks(SORTER):
            self.recipes = RecipeDesk(config, self._stream, self._passed, partial(setattr, self, "recipe"))
            self.recipes.register(self.commands)
        self.core = CoreDesk(config) if config.sinks(CORE) else None
        if self.core is not None:
            self.core.register(self.commands)
        self.info: StreamInfo | None = None
        self.answer: Answer | None = None
        self.stone_info: StreamInfo | None = None
        self.stones: deque[Line] = deque(maxlen=MOST_STONES)
        self.addresses: dict[str, str] = {}
        self.rates, self._stone_rate = Rates(), StoneRate()
        self.recipe = Recipe()
        self._passed_over_ns: int | None = None
        self.broker: str | None = None
        self.shifts: Keeper | None = None
        self._sorter = next(iter(config.sinks(SORTER)), None)
        processes = ("acquisition", "inference", *config.tables.get("sinks", {}))
        self._gatherer = Gatherer(config.line.output, processes)
        self._latency = RecentLatency(self._sorter or "inference")
        self._flags, self._reference_id = Flag.NONE, ""
        self._ended, self._held_told = False, (False, -GAUGED_NS)
        self.status = Status(site=config.line.name)

    async def run(self) -> None:
        """Look at the line until cancelled."""
        try:
            desks = [desk.run() for desk in (self.alarms, self.recipes) if desk is not None]
            await asyncio.gather(*desks, self._follow(), self._measure(), self._watch())
        finally:
            self._gatherer.close()

    def take_block(self, block: LineBlock) -> None:
        """Lines that have come."""
        self._ended = False
        self.rates.see(block)
        self._flags = Flag(int(np.bitwise_or.reduce(block.flags)))
        self.bus.publish("lines", block)

    def take_reference(self, identity: str) -> None:
        """The reference of the lines that come now."""
        self._reference_id = identity

    def take_stone_info(self, info: StreamInfo) -> None:
        """Stones are described anew; those before them have other classes, or are of another run."""
        before, self.stone_info = self.stone_info, info
        if before is not None and (before.run, before.classes) != (info.run, info.classes):
            self.stones.clear()

    def take_stone(self, stone: Line) -> None:
        """A stone that is decided."""
        self.stones.append(stone)
        self.bus.publish("stone", stone)

    def _stream(self) -> Stream | None:
        return None if self.info is None else Stream(self.info.classes, self.info.layers)

    def _passed(self) -> Stones | None:
        """The last stones; may be called from another thread."""
        info, stones = self.stone_info, tuple(self.stones)
        if info is None:
            return None
        length = len(info.classes) + 1
        records = [one for one in stones if isinstance(one, StoneRecord) and len(one.counts) == length]
        return Stones.of(records, info.classes)

    def take_info(self, info: StreamInfo) -> None:
        """The stream is described anew."""
        before, self.info = self.info, info
        if before is None or not info.same_setting(before) or info.run != before.run:
            self.answer = answer_of("labels", info.classes, info.layers)
            self.rates.restart()
        self._ended = False
        self.bus.publish("info", info)

    def take_gap(self, gap: Gap) -> None:
        """Lines that do not come. Those that only this station was too slow for are nobody's loss, and came."""
        if gap.reason is Reason.SHED:
            self._passed_over_ns = time.monotonic_ns()
        self.bus.publish("gap", gap)

    def take_end(self, end: EndOfStream) -> None:
        """The stream has ended."""
        self._ended = True
        self.bus.publish("end", end)
        self.look()

    def take_incident(self, incident: Incident) -> None:
        """Something happened. That sorting is held, or goes on, shows at once: the sorter's gauge is read later."""
        self.bus.publish("incident", incident)
        if incident.kind in HELD:
            self._held_told = HELD[incident.kind], time.monotonic_ns()
            self.look()

    async def _follow(self) -> None:
        while True:
            for incident in self._gatherer.incidents():
                self.take_incident(incident)
            await asyncio.sleep(INCIDENTS_S)

    async def _measure(self) -> None:
        while True:
            counts = await self._gatherer.read_metrics()
            self._latency.see(counts.get(self._sorter or "inference", {}))
            self._stone_rate.see(by_label(counts.get(self._sorter or "", {}), STONES), time.monotonic_ns())
            await asyncio.sleep(METRICS_S)

    async def _watch(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Make the status anew, and publish it."""
        self.status = self._status(time.monotonic_ns())
        self.bus.publish("status", self.status)

    def _status(self, now_ns: int) -> Status:
        counts, info = self._gatherer.counts, self.info
        acquisition, inference = counts.get("acquisition", {}), counts.get("inference", {})
        sorter = counts.get(self._sorter or "", {})
        lines_per_s = self.rates.lines_per_s(now_ns)
        held = self._held(now_ns, gauge=bool(sorter.get(("oreline_held",), 0)))
        return Status(
            at=now(),
            site=self.config.line.name,
            phase=self._phase(now_ns, acquisition, held=held),
            run=info.run.hex() if info else "",
            camera=info.camera if info else "",
            serial=info.serial if info else "",
            model=info.model if info else "",
            samples=info.samples if info else 0,
            pitch_mm=info.pitch_mm if info else 0.0,
            line_rate_hz=acquisition.get(("oreline_camera_lines_per_second",), info.line_rate_hz if info else math.nan),
            lines_per_s=lines_per_s,
            belt_m_per_s=self._belt(now_ns),
            last_line_age_s=math.nan if self._last_ns is None else (now_ns - self._last_ns) * 1e-9,
            latency_p50_ms=self._latency.quantile(0.5),
            latency_p99_ms=self._latency.quantile(0.99),
            budget_ms=float(setting_of(self._sorter_table, "deadline_ms")) if self._sorter else math.nan,
            lines=int(inference.get(("oreline_lines_total", "scene", "inference"), 0)),
            lost=gap_lines(inference, "inference", shed=False),
            shed=gap_lines(sorter, self._sorter or "", shed=True),
            shares=self.rates.shares(now_ns, self.answer) if self.answer else {},
            stones=by_label(sorter, STONES),
            stones_per_minute=self._stone_rate.per_minute,
            ejected_share=self._stone_rate.ejected,
            camera_temperature_c=acquisition.get(("oreline_camera_temperature_celsius",), UNKNOWN_NUMBER),
            flags=self._flags,
            lamp_ok=Flag.LAMP not in self._flags,
            reference_id=self._reference_id,
            reference_age_s=inference.get(("oreline_reference_age_seconds",), UNKNOWN_NUMBER),
            reference_limit_s=inference.get(("oreline_reference_limit_seconds",), UNKNOWN_NUMBER),
            reference_stale=Flag.STALE in self._flags,
            held=held,
            sorts=self._sorter is not None,
            plc=plc_of(sorter, self._sorter_table),
            recipe=self.recipe,
            core=None if self.core is None else self.core.state(),
            queues={k: int(v) for k, v in by_label({**acquisition, **inference}, "oreline_queue_depth").items()},
            broker=self.broker,
            processes={name: bool(samples) for name, samples in counts.items()},
            counts=counts,
        )

    @property
    def _last_ns(self) -> int | None:
        """When lines last came, be it that this station was too slow for them."""
        return max(filter(None, (self.rates.last_ns, self._passed_over_ns)), default=None)

    def _held(self, now_ns: int, *, gauge: bool) -> bool:
        """What the sorter has said just now, and otherwise what its gauge was when it was read last."""
        said, at_ns = self._held_told
        return said if now_ns - at_ns < GAUGED_NS else gauge

    def _phase(self, now_ns: int, acquisition: Samples, *, held: bool) -> Phase:
        if self._ended:
            return Phase.ENDED
        if acquisition.get(("oreline_calibrating",)):
            return Phase.CALIBRATING
        if self._last_ns is None:
            return Phase.STARTING
        if now_ns - self._last_ns > SILENT_NS:
            return Phase.NO_LINES
        return Phase.HELD if held else Phase.RUNNING

    def _belt(self, now_ns: int) -> float:
        """Metres a second, where samples are square: a line is as long as a sample is wide."""
        info = self.info
        if info is None or not info.pitch_mm or not info.counts_per_line:
            return math.nan
        return self.rates.counts_per_s(now_ns) / info.counts_per_line * info.pitch_mm * 1e-3

    @property
    def _sorter_table(self) -> dict[str, Any]:
        table: dict[str, Any] = self.config.tables.get("sinks", {}).get(self._sorter or "", {})
        return table


def _accounts(settings: StationSettings, audit: AuditLog) -> Accounts | None:
    """Those of the file. Raises an OrelineError where it cannot be believed."""
    if settings.accounts is None:
        return None
    accounts = importlib.import_module("sinks.station.accounts")
    return cast("Accounts", accounts.Accounts(accounts.AccountFile(settings.accounts), audit))


def _rings(config: Config) -> dict[str, int]:
    tables = config.tables
    return {one: tables.get(table, {}).get("ring_lines", usual) for one, (table, usual) in RING_LINES.items()}
