"""The station as a sink: what comes to it is in its hub."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from oreline.config import Config
from oreline.messages import EndOfStream, Gap, Reason
from oreline.testing import RUN, label_line, stone_record, stream_info
from sinks.station import Station
from sinks.station.hub import Hub
from sinks.station.lines import LineBlock, block_of
from sinks.station.settings import StationSettings
from sinks.station.status import Phase
from sinks.station.web.settings import WebSettings
from tests.sinks.conftest import Eventually
from tests.sinks.station.web.belt import happens

QUIET = StationSettings(web=WebSettings(port=0))


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    station = Station.open(QUIET, tmp_path)
    station.join(Config({"line": {"output": str(tmp_path)}, "sinks": {"conveyor": {}, "station": {}}}))
    yield station
    station.close()


def test_lines_are_in_the_hub_and_the_line_runs(station: Station, eventually: Eventually) -> None:
    blocks: list[LineBlock] = []
    station.hub.take_block = lambda block: (blocks.append(block), Hub.take_block(station.hub, block))  # type: ignore[method-assign,assign,return-value]
    station.consume([stream_info(), *(label_line(seq, labels=np.full(32, 1, np.uint8)) for seq in range(100))])
    station.idle()
    eventually(lambda: station.hub.status.phase is Phase.RUNNING)
    assert [int(seq) for block in blocks for seq in block.seq] == list(range(100))
    assert station.hub.status.shares == {"kaolinite": 1.0}
    assert station.hub.status.run == RUN.hex()


def test_a_stream_that_has_ended_is_said_to_have(station: Station, eventually: Eventually) -> None:
    station.consume([stream_info(), label_line(0), EndOfStream(RUN, 1, 1, 1, 0, 0)])
    eventually(lambda: station.hub.status.phase is Phase.ENDED)


def test_lines_that_stop_are_missed(station: Station, eventually: Eventually) -> None:
    station.consume([stream_info(), label_line(0)])
    station.idle()
    eventually(lambda: station.hub.status.phase is Phase.NO_LINES)


def test_a_line_whose_station_is_behind_does_not_stand_still(tmp_path: Path) -> None:
    hub = Hub(Config({"line": {"output": str(tmp_path)}, "sinks": {"station": {}}}))
    hub.take_info(stream_info())
    assert hub.answer is not None
    hub.take_block(block_of([label_line(0)], hub.answer, time.monotonic_ns() - 5_000_000_000))
    phases = []
    for reason in (Reason.RING_FULL, Reason.SHED):
        hub.take_gap(Gap(RUN, 1, 1, 100, reason))
        hub.look()
        phases.append(hub.status.phase)
    assert phases == [Phase.NO_LINES, Phase.RUNNING]


def test_a_line_that_is_held_is_said_to_be(
    station: Station, monkeypatch: pytest.MonkeyPatch, eventually: Eventually
) -> None:
    async def read_metrics() -> dict[str, dict[tuple[str, ...], float]]:
        station.hub._gatherer.counts = {"conveyor": {("oreline_held",): 1.0}}
        return station.hub._gatherer.counts

    monkeypatch.setattr(station.hub._gatherer, "read_metrics", read_metrics)
    station.consume([stream_info(), label_line(0)])
    station.idle()
    eventually(lambda: station.hub.status.phase is Phase.HELD)
    assert station.hub.status.held


def test_a_sorter_that_says_that_it_is_held_is_shown_so_before_its_gauge_is_read(
    station: Station, eventually: Eventually
) -> None:
    station.consume([stream_info(), label_line(0)])
    station.idle()
    eventually(lambda: station.hub.status.phase is Phase.RUNNING)
    for number, (kind, held) in enumerate((("held", True), ("resumed", False))):
        at_once: list[bool] = []
        happens(station, kind, number, stage="conveyor")
        station._tell(lambda looks=at_once: looks.append(station.hub.status.held))
        eventually(lambda looks=at_once, held=held: looks == [held])


def test_an_error_in_the_hub_ends_the_station(tmp_path: Path, eventually: Eventually) -> None:
    station = Station.open(QUIET, tmp_path)
    station.join(Config({"line": {"output": str(tmp_path)}, "sinks": {"station": {}}}))
    station.hub.look = lambda: 1 / 0  # type: ignore[method-assign,assign,return-value]
    with pytest.raises(ZeroDivisionError):
        eventually(station.idle)
    station.close()


def test_stones_come_beside_lines_with_the_classes_that_they_are_counted_by(
    station: Station, eventually: Eventually
) -> None:
    taker, info = station.companion("stones"), stream_info()
    taker.consume([info, stone_record(0), stone_record(1)])
    eventually(lambda: len(station.hub.stones) == 2)
    assert station.hub.stone_info == info
    taker.consume([replace(info, classes=info.classes[:1])])
    eventually(lambda: not station.hub.stones)
