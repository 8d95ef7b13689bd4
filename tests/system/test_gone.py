"""A line whose folder is removed under it, as the end of a session does with what its user has in memory."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from oreline.errors import StateGone
from tests.system.line import Line


@pytest.fixture
def endless(line: Line) -> Line:
    del line.tables["plant"], line.tables["sinks"]["conveyor"]
    line.tables["acquisition"]["steps"][-1].pop("lines")
    line.tables["simulator"]["loop"] = True
    return line


def remove_state(line: Line, *killed: str) -> str:
    """Run the line to a hundred lines, remove its folder, kill some of it, and wait for its end."""
    process = line.start()
    with process:
        line.wait_for_lines(100)
        pids = [line.pid(name) for name in killed]
        shutil.rmtree(Path(line.tables["line"]["state"]))
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        said = process.communicate(timeout=60)[0]
    assert process.returncode == StateGone.exit_code, said
    assert "enable-linger" in said
    assert "ConfigError" not in said
    return " ".join(said.split())


def test_it_ends_in_order_and_loses_nothing_where_its_processes_live(endless: Line) -> None:
    remove_state(endless)
    report = endless.report()
    assert report["acquired"] == report["labelled"] >= 100
    assert report["unaccounted"] == 0
    ((run, following, end),) = endless.runs()
    assert following == end
    assert endless.covered(run) == list(range(following))


@pytest.mark.long
def test_it_says_what_is_lost_where_one_dies_and_the_next_start_tells_of_the_run(endless: Line) -> None:
    said = remove_state(endless, "inference")
    report = endless.report()
    assert report["unaccounted"] == report["acquired"] - report["labelled"] > 0
    assert f"unaccounted {report['unaccounted']}" in said
    endless.tables["acquisition"]["steps"][-1]["lines"] = 20
    again = endless.start()
    with again:
        told = again.communicate(timeout=90)[0]
    assert again.returncode == 0, told
    (before, _, end), _ = endless.runs()
    assert end is None
    assert f"the run before, {before.hex()}, has no end" in " ".join(told.split())
