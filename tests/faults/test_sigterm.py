"""SIGTERM at the camera's full rate: the line ends in order, and everything that was acquired is in the journal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.faults.chaos import Run, chaos
from tests.faults.verdict import judge

pytestmark = [pytest.mark.alone, pytest.mark.long]

SECONDS = 4.0
BUFFERS = 256
"""What acquisition has not fetched when it stops the camera lies in these."""


def test_sigterm_at_full_rate_ends_the_line_in_order_with_the_journal_complete(tmp_path: Path) -> None:
    """Chaos ends its line by SIGTERM; here nothing else is done to it."""
    run = chaos(tmp_path / "run", 1, SECONDS, [])
    figures = judge(run)
    assert figures["broken"] == [], run.printed
    assert (run.exit_code, figures["closed"], figures["unaccounted"]) == (0, 1, 0)
    assert figures["labelled"] > 0
    assert produced(run) - figures["end"] <= BUFFERS


def produced(run: Run) -> int:
    """Frames of the camera: one that is not stopped goes on while the line ends, and exposes for nobody."""
    counters = json.loads((run.folder / "kept" / "camera.json").read_text())["counters"]
    return int(counters["produced"])
