"""The stream of stones: numbered without a break over restarts, never waited for, and as many as the report counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from oreline import keys
from oreline.config import Config
from oreline.errors import StreamError
from oreline.keys import client_keys
from oreline.messages import ClassInfo, Decision, EndOfStream, Gap, Message, Reason, StoneRecord, StreamInfo
from oreline.metrics import Account
from oreline.sink import SORTER, STONES, Policy
from oreline.stream import Inbox, Outbox
from oreline.stream.curve import new_pair
from oreline.testing import end_of_stream, stone_record, stream_info
from sinks.conveyor import Conveyor
from sinks.conveyor.stone_stream import StoneStream
from sinks.conveyor.stones import ToldStone
from sinks.feed import Feed
from sinks.ndjson import Ndjson, NdjsonSettings
from sinks.streams import Finish, maker_of, open_streams, takers_of
from tests.ports import free_port
from tests.sinks.conftest import Eventually, RunningPlc
from tests.sinks.conveyor.belts import BARREN, EMPTY, PATIENT, SETTINGS, STONE, belt, feed, settings

Sorter = Callable[[], Conveyor]


@pytest.fixture
def line(tmp_path: Path) -> Config:
    log = {"sink": "log", "remote": "tcp://127.0.0.1:7402"}
    tables = {"conveyor": SETTINGS | {"ring_stones": 64}, "far": log}
    return Config({"line": {"state": str(tmp_path / "state"), "output": str(tmp_path)}, "sinks": tables})


class Outboxes:
    """The streams of a conveyor's process; those of the one before are gone when it starts again."""

    def __init__(self, line: Config) -> None:
        self._line, self._stack = line, ExitStack()
        self.opened: list[Outbox] = []

    def __call__(self) -> list[Outbox]:
        self._stack.close()
        self.opened = [self._stack.enter_context(closing(box)) for box in open_streams(self._line, "conveyor")]
        return self.opened

    def pump(self) -> None:
        for box in self.opened:
            box.pump()

    def close(self) -> None:
        self._stack.close()


@pytest.fixture
def outboxes(line: Config) -> Iterator[Outboxes]:
    with closing(Outboxes(line)) as outboxes:
        yield outboxes


@pytest.fixture
def sorter(outboxes: Outboxes, plc_on_loopback: RunningPlc, tmp_path: Path) -> Sorter:
    def start() -> Conveyor:
        conveyor = Conveyor.open(settings(port=plc_on_loopback.port, **PATIENT), tmp_path)
        conveyor.serve(outboxes())
        return conveyor

    return start


class Taker:
    """A consumer of stones on the line's host."""

    def __init__(self, line: Config, outboxes: Outboxes) -> None:
        self.inbox = Inbox(line.line.endpoint(STONES), "far", Policy.COMPLETE, ring=line.line.ring(STONES))
        self._outboxes = outboxes
        self.got: list[Message] = []

    def take(self) -> bool:
        self._outboxes.pump()
        self.got += self.inbox.receive(1)
        self.inbox.ack()
        return bool(self.got)

    def close(self) -> None:
        self.inbox.close()

    @property
    def ended(self) -> bool:
        return self.take() and isinstance(self.got[-1], EndOfStream)

    @property
    def stones(self) -> list[StoneRecord]:
        return [one for one in self.got if isinstance(one, StoneRecord)]


@pytest.fixture
def taker(line: Config, outboxes: Outboxes) -> Iterator[Taker]:
    with closing(Taker(line, outboxes)) as taker:
        yield taker


def left_by(conveyor: Conveyor, eventually: Eventually, *lines: Message) -> None:
    """What a sorter has in its ring that is killed when its stones have passed."""
    feed(conveyor, stream_info(), *lines)

    def passed() -> bool:
        conveyor.idle()
        return conveyor.report()["stones"] == len(lines) // 2

    eventually(passed)
    conveyor._stream = None
    conveyor.close()


def test_stones_are_described_told_and_ended_and_the_report_counts_as_many(
    sorter: Sorter, taker: Taker, eventually: Eventually
) -> None:
    conveyor = sorter()
    feed(
        conveyor,
        stream_info(),
        *belt(EMPTY, STONE, STONE, EMPTY, BARREN, BARREN, EMPTY, STONE),
        end_of_stream(stream_info(), 8),
    )
    report = conveyor.close()
    eventually(lambda: taker.ended)
    info, *stones, end = taker.got
    assert isinstance(info, StreamInfo)
    assert isinstance(end, EndOfStream)
    assert [one.name for one in info.classes] == [one.name for one in stream_info().classes]
    assert [one.first for one in stones] == [0, 1, 2]
    assert (end.seq, end.lines) == (3, 3)
    ore, barren, cut = taker.stones
    assert [one.decision for one in taker.stones] == [Decision.EJECTED, Decision.PASSED, Decision.EJECTED]
    assert (ore.valves, barren.valves, cut.cut) == (0b11110000, 0, True)
    assert (report["stones"], report["ejected"], report["cut"]) == (3, 2, 1)


def test_a_sorter_that_is_started_again_goes_on_after_the_last_stone_in_the_ring(
    sorter: Sorter, taker: Taker, eventually: Eventually
) -> None:
    left_by(sorter(), eventually, *belt(STONE, EMPTY, STONE, EMPTY))
    conveyor = sorter()
    feed(conveyor, stream_info(), *belt(STONE, EMPTY, first=9))
    conveyor.close()
    eventually(lambda: taker.take() and len(taker.stones) == 3)
    assert [one.first for one in taker.stones] == [0, 1, 2]
    assert [one.first_line for one in taker.stones] == [0, 2, 9]
    assert not any(isinstance(one, EndOfStream) for one in taker.got)


def test_a_ring_that_is_full_loses_its_oldest_stones_by_an_alarm_and_a_gap(
    sorter: Sorter, taker: Taker, eventually: Eventually, capsys: pytest.CaptureFixture[str]
) -> None:
    conveyor = sorter()
    feed(conveyor, stream_info())
    eventually(taker.take)
    feed(conveyor, *belt(*[STONE, EMPTY] * 100))
    conveyor.close()
    assert "ring_full" in capsys.readouterr().err
    eventually(lambda: taker.take() and taker.got[-1].first == 99)
    gaps = [one for one in taker.got if isinstance(one, Gap)]
    assert {gap.reason for gap in gaps} == {Reason.RING_FULL}
    assert sum(gap.n for gap in gaps) + len(taker.stones) == 100


def test_a_recipe_of_other_classes_is_described_before_its_stones(outboxes: Outboxes) -> None:
    (box,) = outboxes()
    stream, bands = StoneStream(box), (ClassInfo("Al-OH", (1, 2, 3)),)
    stream.begin(stream_info(), stream_info().classes)
    stream.put(ToldStone(stone_record(0), stream_info().classes))
    stream.put(ToldStone(stone_record(0), bands))
    assert box.info is not None
    assert (box.info.classes, box.info.seq, box.next) == (bands, 1, 2)


def test_what_a_sorter_has_left_is_ended_with_its_run_and_delivered_without_a_plant(
    sorter: Sorter, outboxes: Outboxes, taker: Taker, eventually: Eventually
) -> None:
    left_by(sorter(), eventually, *belt(STONE, EMPTY))
    finish = Finish()
    finish.serve(outboxes())
    finish.consume([stream_info(), end_of_stream(stream_info(), 2)])
    finish.close()
    eventually(lambda: taker.ended)
    assert [one.first for one in taker.stones] == [0]
    assert isinstance(taker.got[-1], EndOfStream)
    assert taker.got[-1].seq == 1


def test_a_run_of_which_a_sorter_saw_nothing_ends_without_a_stone(
    outboxes: Outboxes, taker: Taker, eventually: Eventually
) -> None:
    finish = Finish()
    finish.serve(outboxes())
    finish.close()
    finish.consume([stream_info(), end_of_stream(stream_info(), 2)])
    eventually(lambda: taker.ended)
    assert [one.first for one in taker.got] == [0, 0]


def test_of_two_sorters_the_first_makes_the_stream(line: Config) -> None:
    two = Config(line.tables | {"sinks": {"log": {}, "left": {"sink": "conveyor"} | SETTINGS, **line.tables["sinks"]}})
    assert maker_of(two, STONES) == "left"
    assert open_streams(two, "conveyor") == []
    assert maker_of(Config({"sinks": {"log": {}}}), STONES) is None
    assert takers_of(two, STONES) == ["log"]


def test_whoever_holds_an_allowed_key_has_every_stone_in_a_file_on_another_host_and_nobody_else_has_one(
    line: Config, tmp_path: Path, plc_on_loopback: RunningPlc, eventually: Eventually
) -> None:
    plant, office = tmp_path / "plant", tmp_path / "office"
    for folder, name, other in ((plant, SORTER, office), (office, "stones", plant), (office, "stranger", None)):
        keys.save(folder, name, new_pair())
        if other:
            keys.allow(other, folder / f"{name}.key")
    tables = {**line.tables, "line": {**line.tables["line"], "keys": str(plant)}}
    tables["sinks"]["conveyor"]["listen"] = address = f"tcp://127.0.0.1:{free_port()}"
    with ExitStack() as stack:
        outboxes = stack.enter_context(closing(Outboxes(Config(tables))))
        conveyor = Conveyor.open(settings(port=plc_on_loopback.port, **PATIENT), tmp_path)
        conveyor.serve(outboxes())

        def subscriber(name: str) -> Feed:
            held = client_keys(address, office, name, SORTER)
            inbox = stack.enter_context(closing(Inbox(address, name, Policy.COMPLETE, ring=None, keys=held)))
            file = stack.enter_context(closing(Ndjson.open(NdjsonSettings(stream="stones", name=name), tmp_path)))
            return Feed(file, inbox, Account(name))

        def turned(feed: Feed) -> bool:
            outboxes.pump()
            return feed.turn(1)

        allowed, stranger = subscriber("stones"), subscriber("stranger")
        lines = belt(EMPTY, STONE, EMPTY, BARREN, EMPTY, STONE)
        feed(conveyor, stream_info(), *lines, end_of_stream(stream_info(), 6))
        conveyor.close()
        eventually(lambda: turned(allowed))
        with pytest.raises(StreamError, match="does not allow the key of stranger"):
            eventually(lambda: turned(stranger))
    told = [json.loads(one) for one in (tmp_path / "stones.ndjson").read_text().splitlines()]
    assert [(one["first"], one["first_line"], one["decision"]) for one in told] == [
        (0, 1, "ejected"),
        (1, 3, "passed"),
        (2, 5, "ejected"),
    ]
    assert (tmp_path / "stranger.ndjson").read_text() == ""
