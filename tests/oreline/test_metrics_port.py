"""Where the metrics of a line's processes are found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Gauge

from oreline.metrics_port import note_port, noted_port, samples_at
from oreline.metrics_server import serve


def test_what_a_process_tells_at_its_port_is_read_there(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    Gauge("belt", "Speed", ["unit"], registry=registry).labels("m/s").set(3.0)
    note_port(tmp_path, "conveyor", serve(registry, 0))
    assert samples_at(noted_port(tmp_path, "conveyor")) == {("belt", "m/s"): 3.0}


def test_a_process_that_is_gone_has_no_port(tmp_path: Path) -> None:
    noting = (
        "import sys; from pathlib import Path; from oreline.metrics_port import note_port; "
        "note_port(Path(sys.argv[1]), 'log', 9)"
    )
    subprocess.run([sys.executable, "-c", noting, str(tmp_path)], check=True)
    assert noted_port(tmp_path, "log") is None


def test_who_has_left_none_has_no_samples(tmp_path: Path) -> None:
    assert samples_at(noted_port(tmp_path, "inference")) == {}


@pytest.mark.parametrize(
    "note", ["", "[]", '{"pid": 1}', '{"pid": -1, "port": 80}', '{"pid": 1e99, "port": 1}', "x" * 500]
)
def test_a_note_that_makes_no_sense_is_none(tmp_path: Path, note: str) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "log.port").write_text(note, encoding="utf-8")
    assert noted_port(tmp_path, "log") is None


def test_a_folder_that_takes_no_note_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("no folder", encoding="utf-8")
    note_port(tmp_path, "log", 1)
    assert noted_port(tmp_path, "log") is None
