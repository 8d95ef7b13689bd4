"""A whole line whose valves are at the other end of a UDP socket: its bank reads the belt of the simulated camera."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hwsim.plant.belt import CameraBelt
from tests.sinks.conveyor.outputs.bank import Bank
from tests.system.line import Line

pytestmark = pytest.mark.long


@pytest.fixture
def bank(line: Line) -> Iterator[Bank]:
    belt = CameraBelt(line.folder / "state" / "cameras", line.tables["acquisition"]["serial"])
    bank = Bank(belt.position, time.monotonic_ns)
    bank.start()
    yield bank
    bank.stop()


def test_a_line_opens_the_valves_of_a_bank_over_udp(line: Line, bank: Bank) -> None:
    del line.tables["plant"]
    line.tables["sinks"]["conveyor"] |= {"output": "udp", "port": bank.port}
    with line.start() as run:
        output = run.communicate(timeout=120)[0]
    assert run.returncode == 0, output
    report = line.report()
    with Path(report["artefacts"]["shots"]).open(encoding="utf-8") as file:
        shots = {int(row["encoder"]) for row in csv.DictReader(file)}
    assert bank.rows.keys() == shots
    assert max(shots) > 10_000, "the valves opened to the belt's end"
    assert (report["unaccounted"], bank.late, bank.inhibited) == (0, 0, False)
