"""Repair beside a recorder: killed or out of room at any moment, no line is doubled, and none is missing unnamed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oreline.errors import RecordingError, StageFailed, StoreFailed
from oreline.locks import alone
from oreline.messages import Kind
from oreline.recordings.envi_writer import EnviWriter
from oreline.recordings.raw import gaps
from oreline.recordings.raw.layout import LINES, data_of, gaps_of, kinds_in, path_of
from oreline.recordings.raw.lines import read_lines
from oreline.recordings.recording import open_recording
from oreline.testing import RUN, raw_line, reflectance_line, stream_info
from sinks.record import Record, RecordSettings
from sinks.record.place import Place
from sinks.record.repair import main as repair
from tests.faults.hands import small_disk, take_away

DARK, SCENE = stream_info(kind=Kind.DARK, samples=2048), stream_info(seq=40, samples=2048)
QUICK, LONG = range(2), range(2, 50)
SEEDS = [*QUICK, *(pytest.param(seed, marks=pytest.mark.long) for seed in LONG)]


def recorder(output: Path, *, packed: bool = False) -> Any:
    return Record.open(RecordSettings(what="raw", packed=packed), output)


def record_for_ever(output: Path, *, packed: bool) -> None:
    """What a recorder does with a stream that begins with 40 dark lines, and where its disk is full."""
    sink = recorder(output, packed=packed)
    place = sink.resume()
    seq = place[1] if place else 0
    sink.consume([DARK] if seq < 40 else [SCENE])
    while True:
        upto = seq + 7
        for one in range(seq, upto):
            sink.consume([*([SCENE] if one == 40 else []), raw_line(one, SCENE if one >= 40 else DARK)])
        done = False
        while not done:
            with suppress(StoreFailed):
                sink.commit()
                done = True
        seq = upto


class Recording:
    """A process that records, to be killed. A copy of this one, which is at work at once."""

    def __init__(self, output: Path, *, packed: bool) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Threads of the tests are not used in the copy.
            self.pid = os.fork()
        if not self.pid:
            try:
                record_for_ever(output, packed=packed)
            finally:
                os._exit(1)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def check(output: Path) -> int:
    """Every line before the place from which the recorder goes on is in a file once, or named. Returns how many are
    named."""
    lines: list[int] = []
    named: list[int] = []
    place = Place.read(output / "record.place.json")
    for folder in sorted(output.glob("record_*")):
        named += [seq for gap in gaps.read(gaps_of(folder)) for seq in range(gap.first, gap.first + gap.n)]
        for kind in kinds_in(folder):
            rows, recording = read_lines(path_of(folder, kind, LINES)), open_recording(data_of(folder, kind))
            lines += rows["seq"].tolist()
            assert recording.lines == len(rows)
            assert (recording.cube == (rows["seq"] % 65_536)[:, None, None]).all()
    assert sorted([*lines, *named]) == list(range(place.next))
    return len(named)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_recorder_that_is_killed_at_any_moment_has_each_line_once(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    packed = bool(seed % 2)
    for life in range(3):
        process = Recording(tmp_path, packed=packed)
        while not (tmp_path / "record.place.json").exists():
            time.sleep(0.001)
        time.sleep(rng.uniform(0.0, 0.08))
        process.kill()
        if life != 1:
            repair(tmp_path)
            assert check(tmp_path) == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    repair(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()} == before


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    if not small_disk(folder, 2 << 20):
        pytest.skip("a disk that can be filled is mounted by root only")
    yield folder
    take_away(folder)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_recorder_whose_disk_is_full_and_that_is_killed_there_has_each_line_once(disk: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    resize(disk, int(rng.integers(600_000, 2_000_000)))
    process = Recording(disk, packed=bool(seed % 2))
    while shutil.disk_usage(disk).free > 8192:
        time.sleep(0.001)
    time.sleep(rng.uniform(0.0, 0.03))
    process.kill()
    with suppress(OSError):
        repair(disk)
    resize(disk, 8 << 20)
    repair(disk)
    assert check(disk) == 0
    process = Recording(disk, packed=bool(seed % 2))
    time.sleep(0.1)
    process.kill()
    repair(disk)
    assert check(disk) == 0


def resize(disk: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)


def filled(output: Path) -> Path:
    sink = recorder(output)
    sink.consume([DARK, *(raw_line(seq, DARK) for seq in range(40))])
    sink.consume([SCENE, *(raw_line(seq, SCENE) for seq in range(40, 60))])
    sink.commit()
    sink._writer.abandon()
    return next(output.glob("record_*"))


def test_what_a_power_cut_took_is_named_and_the_recorder_goes_on_behind_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = filled(tmp_path)
    with data_of(folder, Kind.SCENE).open("r+b") as file:
        file.truncate(15 * 8 * 2048 * 2 - 1)
    sink = recorder(tmp_path)
    sink.consume([SCENE])
    with pytest.raises(RecordingError, match="`oreline repair"):
        sink.commit()
    repair(folder)
    assert "missing: 6 lines, 54 to 59 (cut)" in capsys.readouterr().out.replace("\n", " ")
    sink = recorder(tmp_path)
    assert sink.resume() == (RUN, 60)
    sink.consume([SCENE, *(raw_line(seq, SCENE) for seq in range(60, 65))])
    sink.commit()
    sink.close()
    assert check(tmp_path) == 6


def test_nothing_is_repaired_where_a_line_is_at_work(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    pid = os.fork()
    if not pid:
        alone("record", tmp_path)
        (tmp_path / "ready").touch()
        signal.pause()
    while not (tmp_path / "ready").exists():
        time.sleep(0.001)
    try:
        for place in (folder, tmp_path):
            with pytest.raises(StageFailed, match="a line is at work"):
                repair(place)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_a_header_that_promises_more_than_there_is_is_brought_to_the_whole_lines(tmp_path: Path) -> None:
    header = tmp_path / "rock.hdr"
    said = {"operator": "J. Doe"}
    with EnviWriter.create(header, samples=5, bands=3, dtype="u2", extra=said, suffix=".raw") as writer:
        for _ in range(10):
            writer.write(np.ones((3, 5), np.uint16))
    with header.with_suffix(".raw").open("r+b") as file:
        file.truncate(7 * 30 + 4)
    text = header.read_text()
    repair(tmp_path)
    assert header.read_text() == text.replace("lines = 10", "lines = 7")
    assert header.with_suffix(".raw").stat().st_size == 7 * 30
    repair(tmp_path)
    assert open_recording(header).missing_lines == 0


def test_a_recorder_of_reflectance_begins_another_file_after_what_a_power_cut_took(tmp_path: Path) -> None:
    sink: Any = Record.open(RecordSettings(), tmp_path)
    sink.consume([stream_info(), *(reflectance_line(seq) for seq in range(10))])
    sink.commit()
    sink._writer.abandon()
    (data,) = tmp_path.glob("*.img")
    with data.open("r+b") as file:
        file.truncate(6 * 8 * 32 * 4 + 5)
    repair(tmp_path)
    sink = Record.open(RecordSettings(), tmp_path)
    assert sink.resume() == (RUN, 10)
    sink.consume([stream_info(), reflectance_line(10)])
    sink.commit()
    sink.close()
    assert [open_recording(header).lines for header in sorted(tmp_path.glob("*.hdr"))] == [6, 1]


@pytest.mark.parametrize("what", ["empty", "file", "nothing"])
def test_what_holds_no_recording_is_refused(tmp_path: Path, what: str) -> None:
    folder = tmp_path / what
    if what == "empty":
        folder.mkdir()
    elif what == "file":
        folder.touch()
    with pytest.raises(RecordingError, match="give"):
        repair(folder)
