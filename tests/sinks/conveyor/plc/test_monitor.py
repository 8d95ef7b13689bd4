"""What the status of a PLC tells from one reading to the next."""

from __future__ import annotations

import pytest

from oreline.errors import PlcError
from oreline.plc import Status
from sinks.conveyor.plc.monitor import PlcMonitor

MS = 1_000_000


def test_a_plc_lives_once_its_heartbeat_was_seen_to_move() -> None:
    monitor = PlcMonitor(Status(heartbeat=7))
    monitor.see(Status(heartbeat=7), 0)
    assert not monitor.alive
    monitor.see(Status(heartbeat=8), 10 * MS)
    assert monitor.alive


def test_a_heartbeat_that_stands_for_150_ms_is_a_lost_plc() -> None:
    monitor = PlcMonitor(Status(heartbeat=7))
    for ms in (0, 30, 149):
        monitor.see(Status(heartbeat=7), ms * MS)
    with pytest.raises(PlcError, match="stood still"):
        monitor.see(Status(heartbeat=7), 150 * MS)


def test_a_heartbeat_that_moves_now_and_then_is_not_lost() -> None:
    monitor = PlcMonitor(Status())
    for ms in range(0, 1000, 20):
        monitor.see(Status(heartbeat=ms // 140), ms * MS)
    assert monitor.alive


def test_when_nobody_looked_for_a_long_time_nothing_is_known_yet() -> None:
    monitor = PlcMonitor(Status(heartbeat=7))
    monitor.see(Status(heartbeat=8), 0)
    monitor.see(Status(heartbeat=8), 4000 * MS)
    assert monitor.alive


def test_a_plc_that_is_found_again_must_show_that_it_lives() -> None:
    monitor = PlcMonitor(Status(heartbeat=7))
    monitor.see(Status(heartbeat=8), 0)
    monitor.reopened(Status(heartbeat=9))
    assert not monitor.alive


def test_late_rows_are_counted_on_through_the_wrap_and_not_from_before_a_connection() -> None:
    monitor = PlcMonitor(Status(late=65_530))
    monitor.see(Status(heartbeat=1, late=65_535), 0)
    monitor.see(Status(heartbeat=2, late=3), 0)
    assert monitor.late == 9
    monitor.reopened(Status(late=0))
    monitor.see(Status(heartbeat=1, late=2), 0)
    assert monitor.late == 11
