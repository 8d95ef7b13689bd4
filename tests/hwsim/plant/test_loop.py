"""The loop closed: a perfect oracle in place of inference, the real conveyor, Modbus, and the plant.

Belt, PLC and conveyor share a clock that moves only when the test moves it, and then waits for the PLC's scans: how
fast the machine is does not matter.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwsim.plant import Route, Settings, ValveFault, VirtualPlc, run
from hwsim.plant.belt import Motion
from hwsim.plant.judge import Bar, Feed, Result, judge
from hwsim.plant.stones import FLATNESS
from oreline.messages import BACKGROUND, Flag, LabelLine, Message, Stamp
from oreline.plc import HEARTBEAT_TIMEOUT_MS
from oreline.testing import end_of_stream, stream_info
from sinks.conveyor import Conveyor
from sinks.conveyor.settings import ConveyorSettings
from tests.hwsim.bench import AIM, AT, COUNTS, EXACT, LINE_RATE, MS, PIXEL_MM, SAMPLES, VALVES, Laid, bar, feed_of

Run = tuple[Feed, VirtualPlc, dict[str, Any]]
LINES = 1500
STEADY = Motion(COUNTS * np.arange(LINES), LINE_RATE)
CLASSES = ("calcite", "kaolinite", "gypsum")
SETTINGS: dict[str, Any] = {
    "recipe": {"ore": ["calcite"], "min_pixels": AIM.min_pixels},
    "distance_counts": AT,
    "valves": VALVES,
    "deadline_ms": 150,
}
INFO = stream_info(samples=SAMPLES, counts_per_line=COUNTS, line_rate_hz=LINE_RATE)


class Loop:
    """A PLC on its network, a belt, and the clock of all."""

    def __init__(self, motion: Motion = STEADY, faults: Sequence[ValveFault] = ()) -> None:
        self.motion = motion
        self.start_ns = self.now = 10**12
        self.scans = 0
        self.conveyors: list[Conveyor] = []
        self.program = VirtualPlc(position=self._position, clock=lambda: self.now, scan_ms=1.0, faults=faults)
        self._stop = threading.Event()
        ready: queue.Queue[int] = queue.Queue()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(run(self.program, Settings(scan_ms=0.2), ready.put, self._stop))
        )
        self._thread.start()
        self.port = ready.get(timeout=20)

    def _position(self) -> int:
        self.scans += 1
        return int(self.motion.count_at((self.now - self.start_ns) / 1e9) + 1e-3)

    def pass_ms(self, ms: int) -> None:
        """Let time go on, and the PLC look at its registers afterwards."""
        self.now += ms * MS
        seen = self.scans
        end = time.monotonic() + 20
        while self.scans < seen + 2:
            assert time.monotonic() < end, "the PLC does not scan"
            time.sleep(0.0002)

    def close(self) -> None:
        """Switch the PLC off; a conveyor that is still open finds nobody to say good-bye to."""
        self._stop.set()
        self._thread.join(20)
        for conveyor in self.conveyors:
            conveyor.close()


def quarry() -> list[Laid]:
    """Stones of 30 to 90 mm; a third of them ore. None is nearer to the next along the belt than a lag of 10 ms."""
    rng = np.random.default_rng(7)
    return [
        Laid(
            45 * row + int(rng.integers(0, 3)),
            16 * column + 1,
            int(rng.integers(10, 31)),
            int(rng.integers(8, 15)),
            CLASSES[0] if rng.random() < 1 / 3 else CLASSES[1],
        )
        for row in range(LINES // 45)
        for column in range(SAMPLES // 16)
    ]


def oracle(feed: Feed, seq: int, now: int) -> LabelLine:
    """The line as inference would label it if it knew."""
    of_stone = np.array([BACKGROUND] + [CLASSES.index(next(iter(s.species))) for s in feed.stones], np.uint8)
    stamp = Stamp(INFO.run, INFO.epoch, seq, seq, now, round(feed.counts[seq]))
    labels = of_stone[feed.ids[seq]]
    return LabelLine(stamp, Flag.NONE, INFO.model, "fedcba9876543210", labels, np.full(SAMPLES, 255, np.uint8))


@pytest.fixture
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


def sort(loop: Loop, feed: Feed, folder: Path, lines: int, **changes: Any) -> Conveyor:
    """Let the oracle see some lines; the conveyor stays open."""
    table = SETTINGS | changes | {"port": loop.port}
    settings = ConveyorSettings.model_for(table).model_validate(table)
    conveyor = Conveyor.open(settings, folder, lambda: loop.now)
    loop.conveyors.append(conveyor)
    send(conveyor, INFO)
    for seq in range(lines):
        send(conveyor, oracle(feed, seq, loop.now))
        loop.pass_ms(1)
    return conveyor


def send(conveyor: Conveyor, *messages: Message) -> None:
    conveyor.consume(list(messages))
    conveyor.commit()


@pytest.fixture(scope="module")
def sorted_feed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A whole run of the oracle over the quarry."""
    return whole_run(feed_of(quarry(), LINES), tmp_path_factory.mktemp("out"))


def whole_run(feed: Feed, folder: Path, faults: Sequence[ValveFault] = (), **changes: Any) -> Run:
    """What the oracle saw, the PLC, and the conveyor's report."""
    loop = Loop(feed.motion, faults)
    try:
        lines = len(feed.ids)
        conveyor = sort(loop, feed, folder, lines, **changes)
        send(conveyor, end_of_stream(INFO, lines))
        for _ in range(300):
            conveyor.idle()
            loop.pass_ms(1)
        report = conveyor.close()
    finally:
        loop.close()
    return feed, loop.program, report


def judged(sorted_feed: Run, nozzles: Bar) -> Result:
    feed, program, _ = sorted_feed
    return judge(program.rows, program.changes, feed, nozzles, AIM)


def test_a_perfect_oracle_recovers_the_ore_and_nothing_is_late(
    sorted_feed: Run,
) -> None:
    feed, program, report = sorted_feed
    result = judged(sorted_feed, bar())
    assert result.feed.stones == len(feed.stones) > 200
    assert result.recovery is not None
    assert result.recovery >= 0.99
    assert result.concentrate.grade is not None
    assert result.concentrate.grade >= 0.99
    assert (report["late"], report["stale"], report["cut"]) == (0, 0, 0)
    said = program.summary()
    assert (said["late"], said["dropped"], said["refused"], said["safe_states"]) == (0, 0, 0, 0)
    assert result.air_shots == 0


@pytest.mark.parametrize("lag_ms", [8, 10, 15])
def test_valves_that_lag_more_than_they_should_lose_what_geometry_predicts(sorted_feed: Run, lag_ms: int) -> None:
    sound = EXACT.model_copy(update={"lift_kg_m2": 80.0})
    late = sound.model_copy(update={"open_ms": sound.open_ms + lag_ms, "close_ms": sound.close_ms + lag_ms})
    result = judged(sorted_feed, Bar(late, VALVES, bar(sound).distance))
    lag_mm = lag_ms * 3.0
    predicted = expected_recovery(sorted_feed[0], lag_mm, lift=80.0, graze=sound.graze)
    assert 0.05 < predicted < 0.9
    assert result.recovery == pytest.approx(predicted, abs=0.08)
    assert judged(sorted_feed, bar(sound)).missed == 0


def expected_recovery(feed: Feed, lag_mm: float, lift: float, graze: float) -> float:
    """A stone of length L is under the jets but for its first `lag_mm`: the share 1 - lag / L, of which it needs its
    mass per area over `lift`, and half of that to go at times."""
    got = of = 0.0
    for stone in feed.stones:
        if "calcite" not in stone.species:
            continue
        length = PIXEL_MM * (stone.last_line - stone.first_line + 1)
        area = length * PIXEL_MM * (stone.last_sample - stone.first_sample + 1) * 1e-6
        mass = 2710 * 2 / 3 * area * FLATNESS * (4 * area / np.pi) ** 0.5
        covered = max(0.0, 1 - lag_mm / length)
        chance = (covered / (mass / area / lift) - graze) / (1 - graze)
        got, of = got + mass * min(1.0, max(0.0, chance)), of + mass
    return got / of


def test_when_commands_stop_the_plant_goes_its_default_way_by_itself(loop: Loop, tmp_path: Path) -> None:
    feed = feed_of(quarry(), LINES)
    sort(loop, feed, tmp_path, 300)
    silent_from = loop.now
    for _ in range(150):
        loop.pass_ms(1)
    changes = loop.program.changes
    assert changes["route"].tolist() == [Route.SORT, Route.REJECT, Route.REJECT]
    assert changes["t_ns"][1] - silent_from <= HEARTBEAT_TIMEOUT_MS * MS
    result = judge(loop.program.rows, changes, feed, bar(), AIM)
    assert loop.program.safe_states == 1
    stones_after = [s for s in feed.stones if round(COUNTS) * s.first_line + AT > changes["count"][1]]
    assert result.missed >= sum("calcite" in stone.species for stone in stones_after) > 10


def crowd(lines: int = 600) -> Feed:
    """Round stones that all touch, a third of them ore."""
    rng, (long, wide) = np.random.default_rng(8), (15, 16)
    laid = [
        Laid(line, sample, long, wide, CLASSES[0] if rng.random() < 1 / 3 else CLASSES[1])
        for line in range(0, lines, long)
        for sample in range(0, SAMPLES, wide)
    ]
    feed = feed_of(laid, lines)
    line, sample = np.ogrid[-1 : 1 : long * 1j, -1 : 1 : wide * 1j]
    stone = np.hypot(line, sample) <= 1.07
    return replace(feed, ids=np.where(np.tile(stone, (lines // long, SAMPLES // wide)), feed.ids, 0))


def test_stones_that_touch_are_told_apart(tmp_path: Path) -> None:
    feed, recipe = crowd(), SETTINGS["recipe"]
    apart = judged(whole_run(feed, tmp_path), bar())
    as_one = judged(whole_run(feed, tmp_path, recipe=recipe | {"min_extent": 0.0, "max_pixels": feed.ids.size}), bar())
    assert apart.feed.stones == len(feed.stones) == 320
    assert apart.recovery is not None
    assert apart.recovery > 0.98
    assert apart.concentrate.grade is not None
    assert apart.concentrate.grade > 0.9
    assert as_one.recovery is not None
    assert as_one.recovery < 0.1


def test_a_belt_that_speeds_up_misses_nothing_when_the_lag_of_the_valves_is_known(tmp_path: Path) -> None:
    """From 1 to 3 m/s in 1.5 s; against a sorter that was set up for the way that its belt goes in the mean."""
    counts = np.rint(np.cumsum(np.linspace(COUNTS / 3, COUNTS, LINES)), dtype=np.float64)
    motion, lag_ms = Motion(counts, LINE_RATE), 25.0
    feed = replace(feed_of(quarry(), LINES), counts=counts, motion=motion)
    slow = EXACT.model_copy(update={"open_ms": lag_ms, "close_ms": lag_ms, "lift_kg_m2": 60.0})
    known = whole_run(feed, tmp_path, valve_lag_ms=lag_ms)
    by_mean = whole_run(feed, tmp_path, distance_counts=AT - round(motion.mean_speed * lag_ms / 1e3))
    # From when the speed is known, until the motion ends before a stone is at the nozzles.
    inner = feed.whole(range(60, 1240))
    results = [judged((inner, *run[1:]), Bar(slow, VALVES, AT + COUNTS / 2)) for run in (known, by_mean)]
    assert (results[0].missed, results[0].wrong, results[0].ejected > 50) == (0, 0, True)
    assert results[1].missed > 5
