"""A sorter whose valves are at the other end of a UDP socket; datagrams are lost as a test says."""

from __future__ import annotations

import socket
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwsim.plant import VirtualPlc
from oreline.errors import PlcError
from oreline.messages import BACKGROUND
from oreline.plc import State
from oreline.testing import SinkContract, label_line, stream_info
from sinks.conveyor import Conveyor
from sinks.conveyor.outputs.output import BankStatus
from sinks.conveyor.outputs.udp_bank import UdpBank, UdpSettings
from sinks.conveyor.schedule import Row
from tests.sinks.conftest import Eventually, idling
from tests.sinks.conveyor.belts import BARREN, DISTANCE, EMPTY, SETTINGS, STONE, Clock, belt, feed, settings
from tests.sinks.conveyor.outputs.bank import Bank

FOUR = 0b11110000


class Standing:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 10**12

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def standing() -> Standing:
    return Standing()


@pytest.fixture
def bank(standing: Standing) -> Iterator[Bank]:
    bank = Bank(position=lambda: 0, clock=standing)
    bank.start()
    yield bank
    bank.stop()


@pytest.fixture
def sorter(bank: Bank, clock: Clock, tmp_path: Path) -> Iterator[Conveyor]:
    sorter = Conveyor.open(settings(output="udp", port=bank.port, answer_ms=100), tmp_path, clock)
    yield sorter
    sorter.close()


@pytest.fixture
def until(sorter: Conveyor, eventually: Eventually) -> Eventually:
    return idling(sorter, eventually)


class TestUdpContract(SinkContract):
    sink = Conveyor

    @pytest.fixture
    def options(self, bank: Bank) -> dict[str, Any]:
        return SETTINGS | {"output": "udp", "port": bank.port}


def test_an_ore_stone_opens_the_valves_over_it_and_a_barren_one_does_not(bank: Bank, sorter: Conveyor) -> None:
    feed(sorter, stream_info(), *belt(EMPTY, STONE, STONE, STONE, EMPTY, BARREN, BARREN, EMPTY))
    report = sorter.close()
    assert bank.rows == {DISTANCE + 10: FOUR, DISTANCE + 20: FOUR, DISTANCE + 30: FOUR}
    assert (report["commands"], report["late"], report["unanswered"]) == (3, 0, 0)
    assert (bank.model_crc, bank.counts_per_line) == (zlib.crc32(stream_info().model.encode()), 10)
    assert (bank.missing, bank.repeated) == (0, 0)


def test_a_bank_that_says_which_valves_fail_is_understood_and_so_is_one_that_says_how_many(
    bank: Bank, sorter: Conveyor, eventually: Eventually
) -> None:
    until = idling(sorter, eventually)
    bank.faults = 2
    until(lambda: sorter.status.valve_faults == 2)
    assert sorter.status.faulty == 0
    bank.faulty = 1 << 127 | 1
    until(lambda: sorter.status.faulty == bank.faulty)
    assert sorter.close()["faulty_valves"] == [0, 127]


def test_a_belt_of_many_stones_fires_as_over_modbus(
    bank: Bank, sorter: Conveyor, program: VirtualPlc, conveyor: Conveyor
) -> None:
    rng, pictures = np.random.default_rng(3), np.full((200, 32), BACKGROUND, np.uint8)
    for _ in range(60):
        line, sample = rng.integers(0, 190), rng.integers(0, 27)
        pictures[line : line + rng.integers(2, 9), sample : sample + rng.integers(2, 6)] = rng.integers(0, 3)
    for one in (sorter, conveyor):
        feed(one, stream_info())
        for first in range(0, 200, 8):
            feed(one, *(label_line(first + i, labels=pictures[first + i]) for i in range(8)))
    report, its = sorter.close(), conveyor.close()
    differ = {name for name in report if report[name] != its[name]}
    assert differ <= {"settings", "recipe", "latency_ms", "unanswered", "incidents", "register_map"}
    over_modbus = {
        int(row["encoder"]): sum(int(word) << 16 * i for i, word in enumerate(row["valves"])) for row in program.rows
    }
    assert bank.rows == over_modbus
    assert len(over_modbus) > 50
    assert bank.late == report["dropped"] == 0


def test_a_command_that_is_lost_is_noticed_on_both_sides_and_goes_again(
    bank: Bank, sorter: Conveyor, until: Eventually
) -> None:
    feed(sorter, stream_info(), *belt(EMPTY))
    until(lambda: sorter.status.seen_ns)
    swallowed = iter([True, True])
    bank.loses_commands = lambda rows: rows > 0 and next(swallowed, False)
    feed(sorter, *belt(STONE, STONE, EMPTY, first=1))
    until(lambda: sorter.report()["commands"] == 2)
    report = sorter.close()
    assert bank.rows == {DISTANCE + 10: FOUR, DISTANCE + 20: FOUR}
    assert report["unanswered"] >= 2
    assert report["incidents"]["unanswered"] >= 1
    assert (report["late"], report["outages"]) == (0, 0)


def test_a_heartbeat_that_is_lost_is_missing_in_the_banks_count(
    bank: Bank, sorter: Conveyor, until: Eventually
) -> None:
    swallowed = iter([True])
    bank.loses_commands = lambda _: next(swallowed, False)
    feed(sorter, stream_info(line_rate_hz=0.1), *belt(EMPTY))
    until(lambda: bank.missing and sorter.status.unanswered)
    assert State.RUN in bank.state


def test_rows_whose_answer_is_lost_go_again_and_fire_once(bank: Bank, sorter: Conveyor, until: Eventually) -> None:
    swallowed = iter([True])
    bank.loses_answers = lambda rows: rows > 0 and next(swallowed, False)
    feed(sorter, stream_info(), *belt(STONE, STONE, EMPTY))
    until(lambda: sorter.report()["commands"] == 2)
    assert bank.rows == {DISTANCE: FOUR, DISTANCE + 10: FOUR}
    assert (bank.repeated, bank.late) == (1, 0)


def test_rows_that_never_arrive_are_late_when_their_deadline_is_over(
    bank: Bank, sorter: Conveyor, clock: Clock, until: Eventually
) -> None:
    bank.loses_commands = lambda rows: rows > 0
    feed(sorter, stream_info(line_rate_hz=0.1), *belt(STONE, STONE, EMPTY))
    until(lambda: sorter.status.unanswered)
    clock.ahead_ns += 4_001_000_000
    until(lambda: sorter.report()["late"] == 2)
    report = sorter.close()
    assert (bank.rows, report["commands"], report["ejected"]) == ({}, 0, 1)


def test_rows_under_way_to_a_bank_that_is_lost_are_late_once(
    bank: Bank, sorter: Conveyor, clock: Clock, until: Eventually
) -> None:
    bank.loses_commands = lambda _: True
    feed(sorter, stream_info(line_rate_hz=0.1), *belt(STONE, EMPTY))
    until(lambda: sorter.status.lost)
    feed(sorter, *belt(STONE, EMPTY, first=2))
    clock.ahead_ns += 4_001_000_000
    for _ in range(3):
        sorter.idle()
    assert sorter.report()["late"] == 2


def test_a_bank_that_falls_silent_is_lost_once_gets_no_rows_and_what_is_in_time_when_it_is_back(
    bank: Bank, sorter: Conveyor, until: Eventually
) -> None:
    feed(sorter, stream_info(line_rate_hz=0.1), *belt(EMPTY))
    until(lambda: State.RUN in bank.state)
    bank.loses_commands = lambda _: True
    until(lambda: sorter.status.lost)
    with_rows: list[int] = []
    bank.loses_commands = lambda rows: bool(with_rows.append(rows)) or True
    feed(sorter, *belt(STONE, STONE, EMPTY, first=1))
    until(lambda: len(with_rows) > 3)
    assert not any(with_rows)
    bank.loses_commands = lambda _: False
    until(lambda: bank.rows)
    assert bank.rows == {DISTANCE + 10: FOUR, DISTANCE + 20: FOUR}
    until(lambda: sorter.report()["commands"] == 2)
    report = sorter.close()
    assert (report["outages"], report["incidents"]["plc_lost"]) == (1, 1)


def test_a_sorter_that_falls_silent_makes_the_bank_safe_and_hears_so(
    bank: Bank, standing: Standing, sorter: Conveyor, until: Eventually, eventually: Eventually
) -> None:
    feed(sorter, stream_info(line_rate_hz=0.1), *belt(STONE, EMPTY))
    until(lambda: sorter.report()["commands"] == 1)
    standing.now += 151_000_000
    eventually(lambda: bank.inhibited)
    eventually(lambda: not bank.rows)
    feed(sorter, *belt(STONE, EMPTY, first=2))
    until(lambda: sorter.status.inhibit and sorter.report()["dropped"])
    bank.inhibited = False
    until(lambda: not sorter.status.inhibit)
    feed(sorter, *belt(STONE, EMPTY, first=4))
    until(lambda: sorter.report()["commands"] == 2)
    assert bank.rows == {DISTANCE + 40: FOUR}
    assert sorter.close()["incidents"] == {"plc_inhibit": 1}


def test_rows_that_come_when_they_are_due_already_are_reported(bank: Bank, clock: Clock, tmp_path: Path) -> None:
    bank.position = lambda: DISTANCE + 15
    sorter = Conveyor.open(settings(output="udp", port=bank.port), tmp_path, clock)
    long_ago = clock() - 300_000_000
    pictures = (EMPTY, STONE, STONE, STONE, EMPTY)
    feed(sorter, stream_info(), *(label_line(i, labels=seen, t_ns=long_ago) for i, seen in enumerate(pictures)))
    report = sorter.close()
    assert (report["plc_late"], report["commands"]) == (1, 3)


def test_no_bank_is_refused() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(PlcError, match="no bank of valves answers at 127"):
            UdpBank.open(UdpSettings(port=taken.getsockname()[1]), Standing())
    with pytest.raises(PlcError, match=r"at nowhere\.invalid:5021"):
        UdpBank.open(UdpSettings(host="nowhere.invalid"), Standing())


@given(st.lists(st.binary(max_size=40) | st.binary(min_size=20, max_size=20)))
def test_what_is_no_answer_changes_nothing(datagrams: list[bytes]) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        ours.setblocking(False)
        output = UdpBank(ours, UdpSettings(), Standing())
        output.offer([Row(0, 100, 1, 10**12)])
        output.pump(State.RUN)
        for datagram in datagrams[:100]:
            theirs.send(datagram)
        output.pump(State.RUN)
        assert output.status == BankStatus()
        assert output.busy
