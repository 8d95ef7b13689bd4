"""Rows to a PLC that is scripted: it answers, stands still, goes away and comes back as the test says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import cast

import pytest

from oreline import plc
from oreline.errors import PlcError
from oreline.plc import State
from sinks.conveyor.bank_monitor import BankMonitor
from sinks.conveyor.plc.dispatch import ModbusOutput
from sinks.conveyor.plc.modbus import ModbusLink
from sinks.conveyor.schedule import Row

MS = 1_000_000
Eventually = Callable[[Callable[[], object]], None]


class ScriptedPlc:
    """In place of a ModbusLink. It takes a batch at once while it `takes`; its heartbeat moves with each reading while
    it `beats`."""

    def __init__(self) -> None:
        self.is_open = self.answers = self.beats = self.takes = True
        self.says = {"heartbeat": 0, "acknowledged": 0, "inhibit": 0, "valve_faults": 0}
        self.rows: list[int] = []
        self.states: list[State] = []
        self.opened_in: list[str] = []
        self.may_open = threading.Event()
        self.may_open.set()

    def open(self) -> plc.Status:
        self.opened_in.append(threading.current_thread().name)
        assert self.may_open.wait(20)
        if not self.answers:
            raise PlcError("nobody there")
        self.is_open = True
        return self.status()

    def status(self) -> plc.Status:
        self._answer()
        self.says["heartbeat"] += self.beats
        return plc.Status(**self.says)

    def write(self, fields: object, registers: list[int]) -> None:
        self._answer()
        if fields is plc.COMMAND:
            batch = plc.decode(registers)
            self.rows += [batch.fire_at(i) for i, bitmap in enumerate(batch.bitmaps) if bitmap]
            self.says["acknowledged"] = batch.sequence if self.takes else 0
        else:
            self.states.append(plc.decode_pulse(registers)[0])

    def close(self) -> None:
        self.is_open = False

    def _answer(self) -> None:
        if not self.answers:
            self.is_open = False
            raise PlcError("gone")


class Desk:
    def __init__(self) -> None:
        self.now, self.plc = 10**12, ScriptedPlc()
        self.output = ModbusOutput(cast(ModbusLink, self.plc), plc.Status(), 30.0, lambda: self.now)
        self.bank = BankMonitor(self.output.status)
        self.seq = 0

    def row(self, in_ms: float = 1000) -> None:
        self.output.offer([Row(self.seq, 100 * self.seq, 1, self.now + round(in_ms * MS))])
        self.seq += 1

    def pass_ms(self, ms: int) -> None:
        for _ in range(ms):
            self.now += MS
            self.output.pump(State.RUN)
            self.bank.see(self.output.status, self.now)

    def wait_for(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < end, "it never came true"
            self.pass_ms(1)
            time.sleep(0.0005)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    desk.pass_ms(10)
    yield desk
    desk.plc.may_open.set()
    desk.output.farewell()


def test_no_row_is_sent_before_the_plc_was_seen_to_live() -> None:
    desk = Desk()
    desk.plc.beats = False
    desk.row()
    desk.pass_ms(50)
    assert desk.plc.rows == []
    desk.plc.beats = True
    desk.pass_ms(5)
    assert desk.plc.rows == [0]
    desk.output.farewell()


def test_a_plc_that_answers_but_stands_still_is_lost_alarmed_once_and_sent_nothing(desk: Desk) -> None:
    desk.plc.beats = False
    desk.pass_ms(250)
    desk.row(in_ms=100)
    desk.wait_for(lambda: len(desk.plc.opened_in) > 2)
    assert desk.bank.alarms == {"plc_lost": 1}
    assert desk.plc.rows == []
    desk.plc.beats = True
    desk.row(in_ms=60_000)
    desk.wait_for(lambda: desk.plc.rows)
    assert desk.plc.rows[-1] == 100
    assert desk.bank.alarms == {"plc_lost": 1}


def test_attempts_to_connect_keep_nobody_waiting(desk: Desk) -> None:
    desk.plc.may_open.clear()
    desk.plc.answers = False
    desk.wait_for(lambda: desk.plc.opened_in)
    assert desk.output.status.lost
    for _ in range(3):
        desk.row(in_ms=10)
        desk.pass_ms(11)
    assert desk.output.tally.late == 3
    assert not desk.plc.may_open.is_set()
    assert threading.current_thread().name not in desk.plc.opened_in
    desk.plc.answers = True
    desk.plc.may_open.set()
    desk.row(in_ms=60_000)
    desk.wait_for(lambda: desk.plc.rows)
    assert desk.plc.rows == [300]


def test_attempts_become_rarer_while_the_plc_is_away(desk: Desk) -> None:
    desk.plc.answers = False
    attempts: list[int] = []
    for n in range(1, 5):
        desk.wait_for(lambda n=n: len(desk.plc.opened_in) == n)  # type: ignore[misc]
        attempts.append(desk.now)
    waits = [(after - before) // MS for before, after in pairwise(attempts)]
    assert [round(wait / 200) for wait in waits] == [1, 2, 4]


def test_rows_that_wait_when_the_plc_is_inhibited_are_dropped_and_later_ones_go_when_it_is_armed(desk: Desk) -> None:
    desk.plc.takes = False
    desk.row()
    desk.pass_ms(5)
    desk.row()
    desk.row()
    desk.plc.says["inhibit"] = 1
    desk.pass_ms(5)
    assert desk.output.tally.dropped == 2
    desk.row()
    desk.pass_ms(5)
    assert desk.plc.rows == [0]
    desk.plc.says["acknowledged"] = 1
    desk.pass_ms(5)
    desk.plc.says["inhibit"] = 0
    desk.plc.takes = True
    desk.pass_ms(40)
    assert desk.plc.rows == [0, 300]
    assert (desk.output.tally.dropped, desk.output.tally.commands) == (3, 1)


def test_rows_that_are_dropped_while_the_plc_is_away_never_go_again(desk: Desk) -> None:
    desk.plc.takes = False
    desk.row(in_ms=60_000)
    desk.pass_ms(5)
    assert desk.plc.rows == [0]
    desk.plc.answers = False
    desk.wait_for(lambda: desk.output.status.lost)
    desk.output.drop()
    assert not desk.output.busy
    desk.plc.answers = desk.plc.takes = True
    desk.row(in_ms=60_000)
    desk.wait_for(lambda: len(desk.plc.rows) > 1)
    assert desk.plc.rows == [0, 100]
    assert desk.output.tally.dropped == 1


def test_a_state_that_changes_is_told_before_the_next_beat_is_due(desk: Desk) -> None:
    desk.wait_for(lambda: desk.plc.states and desk.plc.states[-1] is State.RUN)
    desk.pass_ms(1)
    desk.output.pump(State.REJECT_ALL)
    assert desk.plc.states[-1] is State.REJECT_ALL
