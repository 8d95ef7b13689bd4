"""What goes wrong on a line stands in its journal, with a time of day, once, and in the files of its processes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sinks.log import Log
from sinks.log.sink import LogSettings
from tests.faults.proxy import Proxy
from tests.system.line import Line


def history(line: Line) -> list[dict[str, Any]]:
    with sqlite3.connect(line.output / "journal.sqlite") as db:
        db.row_factory = sqlite3.Row
        found = [dict(row) for row in db.execute("SELECT * FROM history")]
    db.close()
    return found


def written(line: Line) -> list[dict[str, Any]]:
    files = (line.output / "logs").glob("*.jsonl")
    return [json.loads(text) for path in files for text in path.read_text().splitlines()]


def named(incidents: list[dict[str, Any]]) -> Counter[tuple[str, str, int]]:
    return Counter((one["process"], one["life"], one["number"]) for one in incidents)


def test_a_lost_camera_a_killed_log_and_a_plc_that_is_away_are_told_with_their_time_of_day(line: Line) -> None:
    proxy = Proxy(line.tables["plant"]["port"])
    line.tables["sinks"]["conveyor"]["port"] = proxy.port
    line.tables["simulator"]["faults"] = [{"kind": "disconnect", "line": 600, "ms": 1500}]
    began = datetime.now(UTC)
    run = line.start()
    with run:
        line.wait_for_lines(300)
        proxy.cut()
        os.kill(line.pid("log"), signal.SIGKILL)
        line.wait_for_lines(800)
        proxy.heal()
        output = run.communicate(timeout=120)[0]
    proxy.close()
    ended = datetime.now(UTC)
    assert run.returncode == 0, output
    found = history(line)
    by_kind = {(one["stage"], one["kind"]): one for one in found}
    lost, away, killed = (
        by_kind[key] for key in (("acquisition", "camera_lost"), ("conveyor", "plc_lost"), ("log", "restarted"))
    )
    assert (lost["severity"], lost["process"], lost["n"]) == ("alarm", "acquisition", 1)
    ((run_id, _, _),) = line.runs()
    assert lost["run"] == run_id
    assert lost["seq"] in range(200 + 600 - 5, 200 + 600 + 5)
    assert "trying to open it again" in lost["words"]
    assert (away["severity"], away["process"]) == ("alarm", "conveyor")
    assert (killed["process"], killed["words"]) == ("line", "log was killed by signal 9: started again")
    times = [datetime.fromisoformat(one["time"]) for one in found]
    assert all(began - timedelta(seconds=1) <= at <= ended + timedelta(seconds=1) for at in times)
    assert [one["t_ns"] for one in found] == sorted(one["t_ns"] for one in found)
    assert f"{lost['time']} alarm acquisition camera_lost at line {lost['seq']}" in output
    assert named([lost, away, killed]) <= named(line.report()["history"]) <= named(written(line))
    Log.open(LogSettings(), line.output).close()  # What was said when the log had ended is taken in by the next.
    assert named(history(line)) == named(written(line))


@pytest.mark.long
def test_every_line_of_a_run_was_exposed_while_it_ran(line: Line) -> None:
    line.tables["acquisition"]["steps"][-1]["lines"] = 300
    began = time.time_ns()
    run = line.start()
    with run:
        output = run.communicate(timeout=120)[0]
    assert run.returncode == 0, output
    with sqlite3.connect(line.output / "journal.sqlite") as db:
        exposed = [at for (at,) in db.execute("SELECT wall_ns FROM timed_lines ORDER BY seq")]
    db.close()
    assert len(exposed) == 300
    assert began < exposed[0] < exposed[-1] < time.time_ns()
