"""Alarms of a real line: a camera that is killed calls somebody, who sees it, puts it away, and finds it so when the
station was killed, too."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from sinks.station.alarms.store import ALARMS
from sinks.station.audit import AUDIT, entries, verify
from tests.ports import free_port
from tests.system.line import Line

WITHIN_S = 1.0
PROBE = "nothing"


@pytest.fixture
def watched(line: Line) -> Line:
    """The line, longer, with a station at a port of its own."""
    line.tables["sinks"]["station"] = {"web": {"port": free_port()}}
    line.tables["acquisition"]["steps"][-1]["lines"] = 40_000
    line.tables["simulator"]["loop"] = True
    line.tables["acquisition"]["silence_s"] = 2.0
    return line


def alarms(line: Line) -> dict[str, dict[str, Any]]:
    """Those that are kept, by their names."""
    try:
        saved = json.loads((line.output / ALARMS).read_text())["alarms"]
    except FileNotFoundError:
        return {}
    return {":".join(filter(None, (one["name"], one["source"]))): one for one in saved}


def do(line: Line, verb: str, **arguments: object) -> tuple[int, str]:
    host = f"127.0.0.1:{line.tables['sinks']['station']['web']['port']}"
    connection = http.client.HTTPConnection(host, timeout=20)
    headers = {"Origin": f"http://{host}", "Content-Type": "application/json"}
    try:
        connection.request("POST", f"/do/{verb}", json.dumps(arguments), headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def eventually(line: Line, what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline, alarms(line)
        assert line.process is not None
        assert line.process.poll() is None, line.process.communicate()[0]
        time.sleep(0.05)


def calls(line: Line, key: str) -> bool:
    alarm = alarms(line).get(key)
    return alarm is not None and not (alarm["acknowledged"] or alarm["suppressed_by"] or alarm["until_ns"])


@pytest.mark.alone
@pytest.mark.long
def test_a_camera_that_is_killed_calls_somebody_and_what_he_does_outlives_the_station(watched: Line) -> None:
    run = watched.start()
    with run:
        watched.wait_for_lines(300)
        os.kill(watched.pid("camera"), signal.SIGKILL)
        killed = time.monotonic()
        eventually(watched, lambda: calls(watched, "camera_lost"))
        assert time.monotonic() - killed < WITHIN_S
        assert do(watched, "acknowledge", alarm="camera_lost", comment="cable")[0] == 200
        assert do(watched, "acknowledge", alarm="camera_lost")[0] != 200
        eventually(watched, lambda: "no_lines" in alarms(watched))
        assert set(alarms(watched)["no_lines"]["suppressed_by"]) == {"camera_lost", "process_lost"}
        eventually(watched, lambda: "camera_lost" not in alarms(watched))
        assert do(watched, "shelve", alarm="process_lost:camera", seconds=300)[0] == 200
        before = alarms(watched)["process_lost:camera"]
        station = watched.pid("station")
        os.kill(station, signal.SIGKILL)
        eventually(watched, lambda: watched.pid_or_none("station") not in (None, station) and answers(watched))
        assert alarms(watched)["process_lost:camera"]["until_ns"] == before["until_ns"]
        assert do(watched, "unshelve", alarm="process_lost:camera")[0] == 200
        assert calls(watched, "process_lost:camera") or not alarms(watched)["process_lost:camera"]["present"]
        assert do(watched, "shelve", alarm="disk_low", seconds=1)[0] == 200
        eventually(watched, lambda: "disk_low" not in alarms(watched))
        run.send_signal(signal.SIGINT)
        output = run.communicate(timeout=60)[0]
    assert run.returncode == 0, output
    log = watched.output / AUDIT
    assert verify(log).broken == {}
    told = [one.record for one in entries(log) if one.record.arguments.get("alarm") != PROBE]
    acts = [(one.verb, one.result == "done") for one in told]
    assert acts == [
        ("begun", True), ("acknowledge", True), ("acknowledge", False), ("shelve", True), ("unshelve", True),
        ("shelve", True),
    ]  # fmt: skip


def answers(line: Line) -> bool:
    try:
        return do(line, "unshelve", alarm=PROBE)[0] == 404
    except OSError:
        return False
