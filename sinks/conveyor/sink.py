"""Conveyor: label lines in, valve commands out, in time or not at all.

`segment` finds stones, `recipe` decides them, `schedule` makes rows of valves, and one of `outputs` gets them to the
valves. Nothing is kept for a restart: a stone that was not fired in time has passed. A gap, a line that is too old, one
without an encoder count or one without light cuts the stones that are open: they are decided by what was seen of them,
and what follows is a new stone. A stone on a line whose position is doubtful is not ejected, and nothing is while the
bank of valves counts the belt otherwise than the camera does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from oreline.config import Config, Section
from oreline.errors import StreamError
from oreline.expected import Expected
from oreline.messages import EndOfStream, Flag, Gap, LabelLine, Message, Reason, StreamInfo
from oreline.metrics import LatencyHistogram
from oreline.sink import STONES, Policy
from oreline.stream import Outbox
from sinks.conveyor.encoder_check import EncoderCheck
from sinks.conveyor.gauges import tell
from sinks.conveyor.line_state import LineState
from sinks.conveyor.operator import Operator
from sinks.conveyor.outputs import find
from sinks.conveyor.outputs.output import BankStatus, ValveOutput
from sinks.conveyor.products import fitting
from sinks.conveyor.recipe_in_force import RecipeInForce
from sinks.conveyor.rules import Cut, Rules
from sinks.conveyor.schedule import Row, Schedule
from sinks.conveyor.settings import ConveyorSettings
from sinks.conveyor.shot_queue import ShotQueue
from sinks.conveyor.speed import Speed
from sinks.conveyor.stand_ins import valves_in
from sinks.conveyor.stone_stream import StoneStream, open_stones
from sinks.conveyor.stones import Stones
from sinks.conveyor.totals import Totals
from sinks.conveyor.valve_care import ValveCare
from sinks.conveyor.wear import Wear
from sinks.shots import ShotWriter, path_of

_FOR_EVER_NS = 1 << 62
_READ_S = 0.05
"""The PLC's count may be so old when it is read, or so long on its way."""


class Conveyor:
    """Sink that ejects ore. `clock`: CLOCK_MONOTONIC in ns."""

    policy: ClassVar[Policy] = Policy.FRESH
    stream: ClassVar[str] = "labels"
    acts_on_plant: ClassVar[bool] = True
    makes: ClassVar[tuple[str, ...]] = (STONES,)
    Settings: ClassVar[type[Section]] = ConveyorSettings

    def __init__(self, settings: ConveyorSettings, output: ValveOutput, folder: Path, clock: Callable[[], int]) -> None:
        self._settings, self._output, self._folder, self._clock = settings, output, folder, clock
        self._valves = ValveCare(settings, output, clock)
        self._bank = self._valves.monitor
        self._info: StreamInfo | None = None
        self._state = LineState(settings.fail_safe)
        self._rules: Rules
        self._schedule: Schedule
        self._speed: Speed
        self._encoder_check: EncoderCheck
        self._compared_ns = 0
        self._next_seq = 0
        self._handled: list[int] = []
        self._latency = LatencyHistogram()
        self._totals = Totals()
        self._recipe = RecipeInForce(settings.recipe)
        self._wear = Wear(folder, settings.valves, settings.valve_life, clock)
        self._shots = ShotQueue(self._wear)
        self._operator = Operator(settings.valves, output, self._shots.put_tested, clock, held=settings.held_at_start)
        self._stones: Stones
        self._stream: StoneStream | None = None
        self._ended = False
        output.took = self._took
        self._report: dict[str, Any] | None = None

    @classmethod
    def check(cls, settings: ConveyorSettings, expected: Expected) -> None:
        """Raises ConfigError where the recipe's ore is neither class nor group, or its stones would pass before they
        are decided."""
        expected.must_have(cls.stream)
        if expected.classes is not None:
            fitting(settings.recipe, expected.classes, expected.layers or ())
        if expected.counts_per_line is not None:
            settings.check(expected.counts_per_line, expected.line_rate_hz or 0.0)

    @classmethod
    def open(cls, settings: ConveyorSettings, output: Path, clock: Callable[[], int] = time.monotonic_ns) -> Conveyor:
        """Connect to the valves. Raises PlcError."""
        return cls(settings, find(settings.output).open(settings, clock), output, clock)

    def join(self, config: Config) -> None:
        """Hear who asks for another recipe, or to hold fire."""
        self._recipe.join(config.line.recipes_folder)
        self._operator.join(config.line.folder)
        tell(self._operator, self._bank, self._wear)

    @classmethod
    def outbox(cls, stream: str, settings: ConveyorSettings, config: Config) -> Outbox:  # noqa: ARG003
        """The stream of stones."""
        return open_stones(config, settings.ring_stones, settings.listen)

    def serve(self, outboxes: Sequence[Outbox]) -> None:
        """Tell of stones from now on."""
        self._stream = StoneStream(*outboxes)

    def resume(self) -> None:
        """A sorter starts with what is on the belt now."""
        return

    def consume(self, messages: list[Message]) -> None:
        for message in messages:
            if isinstance(message, LabelLine):
                self._line(message)
            elif isinstance(message, StreamInfo):
                self._begin(message)
            elif isinstance(message, Gap):
                self._gap(message)
            elif isinstance(message, EndOfStream) and self._info is not None:
                self._cut()
                self._ended = True

    def commit(self) -> None:
        """Send what is decided, and note how old the lines are by then."""
        self.idle()
        now = self._clock()
        for t_ns in self._handled:
            self._latency.observe_ns(now - t_ns)
        self._handled.clear()

    def idle(self) -> None:
        self._operator.follow(self._totals.stones, self._bank.status)
        if self._info is not None:
            self._recipe.follow(self._rules)
            self._compare()
            self._release()
        misplaced = self._info is not None and self._encoder_check.off
        self._output.pump(self._operator.state(self._state.at(self._clock(), self._bank, misplaced=misplaced)))
        self._valves.hear()
        if self._info is not None:
            self._tell(self._clock())
        if self._stream is not None:
            self._stream.pump()

    def close(self) -> dict[str, Any]:
        """Cut what is open, send what is still in time, and say good-bye to the valves."""
        if self._report is None:
            if self._info is not None:
                self._cut()
            self._operator.close()
            self._drain()
            if self._info is not None:
                self._tell(_FOR_EVER_NS)
            if self._stream is not None and self._ended:
                self._stream.end()
            self._output.farewell()
            self._valves.hear()
            self._shots.close()
            self._recipe.close()
            self._report = self.report()
        return self._report

    @property
    def status(self) -> BankStatus:
        """Status of the valves, as they last said."""
        return self._bank.status

    def report(self) -> dict[str, Any]:
        """Report so far: what `Totals` and `Tally` count, `plc_late`, the rows that came to the bank after they were
        due, `unanswered`, the messages that it did not answer, `faulty_valves`, those that do not answer now,
        `valve_shots`, how often each has opened since it is new, `register_map`, the version that a PLC speaks,
        `outages`, how often it was lost, and the `settings` that all this is by, and the `recipe` that is in force,
        since when."""
        tally, bank = self._output.tally, self._bank
        return {
            **self._totals.report(),
            "late": tally.late,
            "dropped": tally.dropped,
            "commands": tally.commands,
            "plc_late": bank.status.late,
            "unanswered": bank.status.unanswered,
            "faulty_valves": valves_in(bank.status.faulty),
            "valve_shots": list(self._wear.shots),
            "register_map": bank.status.register_map,
            "outages": bank.alarms["plc_lost"],
            "incidents": dict(bank.alarms),
            "latency_ms": self._latency.summary(),
            "settings": self._settings.model_copy(update={"recipe": self._recipe.recipe}).model_dump(mode="json"),
            "recipe": self._recipe.report(),
            "artefacts": self._artefacts(),
        }

    def _artefacts(self) -> dict[str, str]:
        shots = path_of(self._folder, self._info.run) if self._info is not None else None
        return {"shots": str(shots)} if shots is not None and shots.is_file() else {}

    def _begin(self, info: StreamInfo) -> None:
        before = self._info
        self._state.begin(info)
        if before is not None and (before.run, before.epoch) == (info.run, info.epoch) and info.same_setting(before):
            return
        settings = self._settings
        counts_per_line = settings.check(info.counts_per_line, info.line_rate_hz)
        rules = self._recipe.begin(info, settings.max_lines)
        if self._info is not None:
            self._cut()
            self._release()
            self._tell(_FOR_EVER_NS)
        self._info = info
        self._totals.begin(info.classes, info.layers)
        self._rules = rules
        self._speed = Speed(info.counts_per_line * info.line_rate_hz)
        bank = self._valves.begin(info.samples)
        while_read = round(_READ_S * counts_per_line * info.line_rate_hz)
        self._encoder_check = EncoderCheck(max(settings.distance_counts // 2, while_read, counts_per_line))
        self._schedule = Schedule(bank, settings.distance_counts, settings.max_lines)
        self._stones = Stones(bank)
        if self._stream is not None:
            self._stream.begin(info, rules.classes)
        self._shots.begin(ShotWriter(self._folder, info.run), bank)
        self._operator.begin(counts_per_line, info.model)

    def _line(self, line: LabelLine) -> None:
        if self._info is None:
            raise StreamError("a line came before the StreamInfo that describes it")
        stamp, now = line.stamp, self._clock()
        self._handled.append(stamp.t_ns)
        self._state.came(line, now)
        self._totals.line(line)
        deadline = stamp.t_ns + int(self._settings.deadline_ms * 1e6)
        if now > deadline or Flag.NO_ENCODER in line.flags:
            self._totals.stale += 1
            self._trouble()
            return
        if stamp.seq != self._next_seq:
            self._cut()
        self._look_at(line, now)
        cuts = self._cut_up(self._rules.push(line))
        self._stones.push(line, deadline, cuts)
        self._schedule.push(stamp.seq, stamp.encoder, deadline - int(self._settings.send_ms * 1e6), deadline, cuts)
        self._stones.end(cuts, stamp.seq)
        self._next_seq = stamp.seq + 1
        if self._rules.is_overdue:
            self._cut()

    def _look_at(self, line: LabelLine, now: int) -> None:
        """Take note of what the line says of the belt and of the light."""
        if Flag.ENCODER in line.flags:
            self._speed.restart()
            self._state.trouble(now)
        elif Flag.CLOCK not in line.flags:
            self._speed.see(line.stamp.t_ns, line.stamp.encoder)
            self._encoder_check.line(line.stamp.t_ns, line.stamp.encoder)
        if not self._state.see(line.flags, now):
            self._trouble()

    def _gap(self, gap: Gap) -> None:
        if gap.reason is not Reason.REFERENCE and self._info is not None:
            self._trouble()

    def _trouble(self) -> None:
        self._state.trouble(self._clock())
        self._cut()

    def _cut(self) -> None:
        cuts = self._cut_up(self._rules.cut())
        self._schedule.close(cuts)
        self._stones.end(cuts, self._next_seq - 1)

    def _cut_up(self, cuts: list[Cut]) -> list[Cut]:
        """Stones that a line is of, or that it ended, before they are decided."""
        if self._operator.held:
            for cut in cuts:
                cut.hold()
        return cuts

    def _took(self, rows: list[Row]) -> None:
        self._shots.put(rows)
        self._stones.took(rows)

    def _tell(self, now_ns: int) -> None:
        """Count the stones that are settled, and tell others of them."""
        for told in self._stones.settled(now_ns):
            self._totals.stone(told)
            if self._stream is not None:
                self._stream.put(told)

    def _compare(self) -> None:
        """The bank's count of the belt with the camera's, at each reading of it."""
        status = self._bank.status
        if status.seen_ns != self._compared_ns:
            self._compared_ns = status.seen_ns
            if self._encoder_check.see(status.encoder, status.seen_ns, self._speed.counts_per_s):
                self._bank.alarm("encoder_mismatch", status.seen_ns)

    def _release(self) -> None:
        lead = self._speed.lead(self._settings.valve_lag_ms, self._settings.distance_counts)
        rows = self._schedule.release(self._clock(), lead)
        self._stones.left(rows, held=self._operator.held)
        if self._operator.testing:
            return
        if self._operator.held or self._encoder_check.off:
            self._output.drop(rows)
        else:
            self._output.offer(rows)

    def _drain(self) -> None:
        """Rows still queued are sent or late when the deadline is over."""
        end = self._clock() + int(self._settings.deadline_ms * 1e6)
        self.idle()
        while (self._output.busy or self._operator.testing) and not self._bank.status.lost and self._clock() <= end:
            time.sleep(0.001)
            self.idle()
