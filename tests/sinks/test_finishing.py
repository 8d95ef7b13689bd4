"""What a killed sorter has left comes by a process that touches no plant, to a log that takes it beside lines."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from oreline.config import Config
from oreline.messages import LabelLine
from oreline.ring import Ring, slot_bytes
from oreline.stream import Outbox
from oreline.testing import end_of_stream, label_line, stone_record, stream_info
from sinks.streams import open_streams
from tests.deploy.unit import ROOT
from tests.sinks.conveyor.belts import SETTINGS
from tests.sinks.log.journals import journal_rows

INFO = stream_info()


def started(path: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sinks", words[0], str(path), *words[1:]]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_stones_in_the_ring_of_a_killed_sorter_come_to_the_journal_once_and_their_run_ends(tmp_path: Path) -> None:
    log = {"parquet": False, "label_map": False}
    line = Config(
        {"line": {"state": str(tmp_path / "s"), "output": str(tmp_path)}, "sinks": {"log": log, "conveyor": SETTINGS}}
    )
    line.line.folder.mkdir(mode=0o700)
    path = tmp_path / "line.json"
    line.save(path)
    (left,) = open_streams(line, "conveyor")
    for message in (INFO, *map(stone_record, range(5))):
        left.put(message)
    left.close()
    ring = Ring.open(line.line.ring("labels"), 64, slot_bytes(512, 16_384, 8_192))
    with closing(Outbox(line.line.endpoint("labels"), ring, ["log"], LabelLine)) as labels:
        for one in (INFO, label_line(0), end_of_stream(INFO, 1)):
            labels.put(one)
        with started(path, "log") as log_process, started(path, "conveyor", "finish") as finish:
            deadline = time.monotonic() + 90
            while (log_process.poll() is None or finish.poll() is None) and time.monotonic() < deadline:
                labels.pump(10)
            log_process.kill()
            finish.kill()
            said = log_process.communicate()[0] + finish.communicate()[0]
    assert (log_process.returncode, finish.returncode) == (0, 0), said
    assert journal_rows(tmp_path, "SELECT number FROM stones ORDER BY rowid") == [(n,) for n in range(5)]
    assert journal_rows(tmp_path, "SELECT next, end FROM stone_runs") == [(5, 5)]
    assert json.loads((tmp_path / "log.json").read_text())["stones"]["ejected"] == 5
