"""What a whole line tells the plant's broker and its shift's report: its stones are those of the journal."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sinks.station.shifts.calendar import Calendar
from sinks.station.shifts.report import report_of, shifts_in
from sinks.station.shifts.settings import ShiftsSettings
from sinks.station.shifts.summary import Measures
from tests.sinks.station.mqtt.broker import Broker, Listener, broker_at, needs_broker
from tests.system.line import Line

ROOT = "mine/line1"


def rows(line: Line, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(line.output / "journal.sqlite")) as db:
        return db.execute(query).fetchall()


async def run_beside(line: Line, broker: Broker) -> Listener:
    """Run a line to its end beside somebody who listens."""
    async with Listener(broker.port) as listener:
        with line.start() as run:
            await asyncio.to_thread(run.communicate, timeout=120)
        assert run.returncode == 0
        await listener.until(lambda: listener.last[f"{ROOT}/state"]["state"] == "offline")
        return listener


@pytest.mark.long
@needs_broker
def test_the_broker_and_the_report_have_the_stones_of_the_journal(line: Line, tmp_path: Path) -> None:
    line.tables["acquisition"]["steps"][-1]["lines"] = 700
    line.tables["sinks"]["conveyor"] |= {"budget_ms": 5000.0, "deadline_ms": 6000.0, "distance_counts": 30_000}
    with broker_at(tmp_path) as broker:
        mqtt = {"port": broker.port, "topic": ROOT, "batch_s": 0.2}
        line.tables["sinks"]["station"] = {"web": {"port": 0}, "mqtt": mqtt}
        listener = asyncio.run(run_beside(line, broker))
    batches = {body["id"]: body for body in listener.bodies(f"{ROOT}/stones")}.values()
    told = {one["seq"]: one for batch in batches for one in batch["stones"]}
    journal = dict(rows(line, "SELECT number, decision FROM stones"))
    assert set(told) <= set(journal)
    assert {seq: one["decision"] for seq, one in told.items()} == {seq: journal[seq] for seq in told}
    missed = sum(batch["missed"] for batch in batches)
    assert len(told) + missed == max(told) + 1 - min(batch["first"] - batch["missed"] for batch in batches)
    calendar = Calendar(ShiftsSettings())
    shifts = [shift for shift, _ in shifts_in(line.output, calendar).values()]
    decided = Counter[str]()
    for shift in shifts:
        decided.update(report_of(line.output, calendar, Measures(("kaolinite",)), shift, "line1").told["decisions"])
    assert decided == Counter(journal.values())
