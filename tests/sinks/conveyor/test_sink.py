"""Which stones are ejected, by which valves and where. The PLC's own clock stands still, so nothing
is judged by how busy the machine is."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hwsim.plant import VirtualPlc
from oreline.errors import ConfigError, StreamError
from oreline.expected import Expected
from oreline.messages import INVALID, UNKNOWN, Flag, Gap, LayerInfo, Reason, StreamInfo
from oreline.testing import RUN, SinkContract, end_of_stream, label_line, stream_info
from sinks.conveyor import Conveyor
from tests.sinks.conftest import Eventually, RunningPlc
from tests.sinks.conveyor.belts import (
    BARREN,
    DISTANCE,
    EMPTY,
    PATIENT,
    SETTINGS,
    STONE,
    VALVES_OF_STONE,
    Clock,
    belt,
    feed,
    settings,
)


class TestConveyorContract(SinkContract):
    sink = Conveyor

    @pytest.fixture
    def options(self, plc_on_loopback: RunningPlc) -> dict[str, Any]:
        return SETTINGS | PATIENT | {"port": plc_on_loopback.port}


def test_an_ore_stone_opens_the_valves_over_it_and_a_barren_one_does_not(
    program: VirtualPlc, conveyor: Conveyor
) -> None:
    feed(conveyor, stream_info(), *belt(EMPTY, STONE, STONE, STONE, EMPTY, BARREN, BARREN, EMPTY))
    report = conveyor.close()
    rows = program.rows
    assert rows["encoder"].tolist() == [DISTANCE + 10, DISTANCE + 20, DISTANCE + 30]
    assert rows["valves"].tolist() == [VALVES_OF_STONE] * 3
    assert (report["stones"], report["ejected"], report["commands"], report["late"]) == (2, 1, 3, 0)
    assert report["classes"]["calcite"] == 12
    assert report["classes"]["background"] == 8 * 32 - 12 - 8
    assert report["latency_ms"]["max"] > 0


def test_the_report_says_by_what_settings_it_sorted_those_that_its_table_left_out_too(conveyor: Conveyor) -> None:
    said = json.loads(json.dumps(conveyor.close()))["settings"]
    assert (said["recipe"]["ore"], said["distance_counts"], said["valves"]) == (["calcite"], DISTANCE, 32)
    assert (said["recipe"]["max_pixels"], said["output"], said["device_id"]) == (10_000, "modbus", 1)


def test_a_disk_that_stands_still_keeps_neither_rows_nor_heartbeats_waiting(
    program: VirtualPlc, conveyor: Conveyor, until: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, waited = threading.Event(), list[bool]()
    monkeypatch.setattr("sinks.shots.ShotWriter.write", lambda *_: waited.append(disk.wait(20)))
    feed(conveyor, stream_info(line_rate_hz=0.1), *belt(STONE, EMPTY, STONE, EMPTY))
    until(lambda: conveyor.report()["commands"] == 2)
    heard = program.heartbeat
    until(lambda: program.heartbeat != heard)
    assert not waited
    disk.set()
    conveyor.close()
    assert waited
    assert all(waited)


def test_a_stone_split_over_two_batches_is_one_stone(program: VirtualPlc, conveyor: Conveyor) -> None:
    feed(conveyor, stream_info(), *belt(STONE, STONE))
    feed(conveyor, *belt(STONE, EMPTY, first=2))
    report = conveyor.close()
    assert (report["stones"], report["cut"]) == (1, 0)
    assert len(program.rows) == 3


def test_a_long_stone_goes_out_in_batches_of_thirteen_lines(program: VirtualPlc, conveyor: Conveyor) -> None:
    feed(conveyor, stream_info(), *belt(*[STONE] * 40, EMPTY))
    conveyor.close()
    rows = program.rows
    assert rows["encoder"].tolist() == [DISTANCE + 10 * i for i in range(40)]
    assert program.batches == 4


def test_rows_keep_their_own_encoder_when_the_belt_changes_speed(program: VirtualPlc, conveyor: Conveyor) -> None:
    info = stream_info()
    encoders = [0, 10, 20, 34, 49, 65]
    lines = [label_line(i, info, STONE) for i in range(len(encoders))]
    for line, encoder in zip(lines, encoders, strict=True):
        object.__setattr__(line.stamp, "encoder", encoder)
    feed(conveyor, info, *lines)
    feed(conveyor, end_of_stream(info, 6))
    conveyor.close()
    found = program.rows["encoder"].astype(int) - DISTANCE
    assert len(found) == 6
    assert abs(found - encoders).max() <= info.counts_per_line / 2


def test_a_command_is_never_sent_after_its_deadline(program: VirtualPlc, conveyor: Conveyor, clock: Clock) -> None:
    conveyor.consume([stream_info(), *belt(STONE, STONE, EMPTY)])
    clock.ahead_ns += 4_001_000_000
    conveyor.commit()
    report = conveyor.close()
    assert (report["ejected"], report["late"], report["commands"]) == (1, 2, 0)
    assert len(program.rows) == 0


def test_a_line_that_comes_too_late_is_counted_and_cuts_the_stone(conveyor: Conveyor) -> None:
    stale = label_line(2, labels=STONE, t_ns=time.monotonic_ns() - 5_000_000_000)
    feed(conveyor, stream_info(), *belt(STONE, STONE), stale, *belt(STONE, EMPTY, first=3))
    report = conveyor.close()
    assert (report["stale"], report["stones"], report["cut"]) == (1, 2, 1)


def test_an_open_stone_is_decided_when_its_first_line_must_leave(
    program: VirtualPlc, conveyor: Conveyor, clock: Clock, until: Eventually
) -> None:
    feed(conveyor, stream_info(), *belt(STONE, STONE))
    assert len(program.rows) == 0
    clock.ahead_ns += 3_991_000_000 - (clock() - time.monotonic_ns())
    conveyor.idle()
    until(lambda: len(program.rows) or conveyor.report()["late"])
    report = conveyor.close()
    assert report["commands"] + report["late"] == 2


def test_a_gap_cuts_the_stone_in_two(conveyor: Conveyor) -> None:
    gap = Gap(RUN, 1, 2, 1, Reason.SHED)
    feed(conveyor, stream_info(), *belt(STONE, STONE), gap, *belt(STONE, EMPTY, first=3))
    report = conveyor.close()
    assert (report["stones"], report["cut"], report["stale"]) == (2, 1, 0)


def test_a_line_without_an_encoder_is_not_fired_at(program: VirtualPlc, conveyor: Conveyor) -> None:
    feed(conveyor, stream_info(), label_line(0, labels=STONE, flags=Flag.NO_ENCODER), *belt(EMPTY, first=1))
    assert conveyor.close()["commands"] == 0
    assert len(program.rows) == 0


def test_a_stone_on_a_line_of_doubtful_position_is_counted_and_not_fired_at(
    program: VirtualPlc, conveyor: Conveyor
) -> None:
    doubtful = label_line(1, labels=STONE, flags=Flag.ENCODER)
    feed(conveyor, stream_info(), *belt(STONE), doubtful, *belt(STONE, EMPTY, STONE, EMPTY, first=2))
    report = conveyor.close()
    assert (report["stones"], report["ejected"], report["doubtful"], report["cut"]) == (2, 1, 1, 0)
    assert program.rows["encoder"].tolist() == [DISTANCE + 40]


def test_a_line_without_light_opens_nothing_and_ends_the_stones(program: VirtualPlc, conveyor: Conveyor) -> None:
    black = label_line(2, labels=[INVALID] * 32, flags=Flag.NO_LIGHT)
    feed(conveyor, stream_info(), *belt(STONE, STONE), black, *belt(STONE, EMPTY, first=3))
    report = conveyor.close()
    assert (report["stones"], report["cut"], report["classes"]["invalid"]) == (2, 1, 32)
    assert program.rows["encoder"].tolist() == [DISTANCE, DISTANCE + 10, DISTANCE + 30]


@pytest.mark.parametrize("wanted", [{"valve_lag_ms": 50}])
def test_commands_are_earlier_by_the_way_of_the_lag(program: VirtualPlc, conveyor: Conveyor, clock: Clock) -> None:
    start = clock()
    lines = [label_line(i, labels=EMPTY, t_ns=start + 10_000_000 * i) for i in range(40)]
    lines += [label_line(40 + i, labels=STONE, t_ns=start + 10_000_000 * (40 + i)) for i in range(2)]
    untimed = label_line(42, labels=EMPTY, t_ns=start + 411_000_000, flags=Flag.CLOCK)
    feed(conveyor, stream_info(), *lines, untimed)
    conveyor.close()
    assert program.rows["encoder"].tolist() == [DISTANCE + 400 - 50, DISTANCE + 410 - 50]


def test_a_recipe_for_other_classes_is_refused(conveyor: Conveyor) -> None:
    info: StreamInfo = stream_info(classes=stream_info().classes[1:])
    with pytest.raises(ConfigError, match="calcite"):
        conveyor.consume([info])
    conveyor.close()


def test_a_camera_that_says_its_temperature_cuts_no_stone(conveyor: Conveyor) -> None:
    warmer = stream_info(seq=3, temperature_c=31.0)
    feed(conveyor, stream_info(), *belt(EMPTY, STONE, STONE), warmer, *belt(STONE, EMPTY, first=3))
    assert conveyor.close()["stones"] == 1


BY_MEAN = {"recipe": {"ore": ["calcite"], "decide": "mean", "min_pixels": 4}}
TELLING = stream_info(layers=(LayerInfo("probability", 4, scale=1 / 255),))


@pytest.mark.parametrize("wanted", [BY_MEAN])
def test_by_the_mean_a_stone_of_unknown_samples_is_ejected_where_ore_is_the_most_probable(
    program: VirtualPlc, conveyor: Conveyor
) -> None:
    unknown = [UNKNOWN if label == 0 else label for label in STONE]
    likely = np.repeat(np.array([[115], [60], [40], [40]], np.uint8), 32, axis=1)
    lines = [label_line(i, TELLING, picture, layers=likely) for i, picture in enumerate([EMPTY, *[unknown] * 3, EMPTY])]
    feed(conveyor, TELLING, *lines)
    assert conveyor.close()["ejected"] == 1
    assert program.rows["valves"].tolist() == [VALVES_OF_STONE] * 3


@pytest.mark.parametrize("wanted", [BY_MEAN])
def test_by_the_mean_a_stream_must_tell_the_probability(conveyor: Conveyor) -> None:
    with pytest.raises(ConfigError, match=r"add 'probability' to inference\.layers"):
        feed(conveyor, stream_info())
    conveyor.close()
    expected = Expected(classes=stream_info().classes, layers=())
    with pytest.raises(ConfigError, match=r"add 'probability' to inference\.layers"):
        Conveyor.check(settings(**BY_MEAN), expected)
    Conveyor.check(settings(**BY_MEAN), replace(expected, layers=TELLING.layers))


def test_a_line_before_its_stream_info_is_refused(conveyor: Conveyor) -> None:
    with pytest.raises(StreamError, match="StreamInfo"):
        conveyor.consume([label_line(0)])
    conveyor.close()
