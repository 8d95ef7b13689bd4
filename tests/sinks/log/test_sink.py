from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from oreline.errors import RecordingError, SystemRefused
from oreline.incidents import Log as ProcessLog
from oreline.incidents.file import LogFile
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, ClassInfo, EndOfStream, Gap, Message, Reason
from oreline.testing import (
    CLASSES,
    LAYERS,
    OTHER_RUN,
    RUN,
    SinkContract,
    end_of_stream,
    label_line,
    stone_record,
    stream_info,
)
from sinks.log import Log, account
from sinks.log.reading import COLUMNS, reading, segments
from sinks.log.reading import lines as lines_of
from sinks.log.sink import LOOK_NS, LogSettings
from tests.sinks.disk import room
from tests.sinks.killed import last_said
from tests.sinks.log.journals import journal_rows

PAGE = 4096
"""Of SQLite."""


class TestLogContract(SinkContract):
    sink = Log

    def delivered(self, output: Path, run: bytes) -> list[int]:
        return [row[0] for row in journal_rows(output, "SELECT seq FROM lines WHERE run = ? ORDER BY rowid", run)]


def write(output: Path, *batches: list[Message], settings: LogSettings | None = None) -> dict[str, Any]:
    log = Log.open(settings or LogSettings(), output)
    for batch in batches:
        log.consume(batch)
        log.commit()
    return log.close()


def go_on(output: Path, messages: list[Message], *stones: Message) -> None:
    """As `write`, and let go of the journal though it is refused."""
    log = Log.open(LogSettings(), output)
    with ExitStack() as stack:
        stack.callback(log._journal.close)
        log.resume()
        log.companion("stones").consume(list(stones))
        log.companion("stones").commit()
        log.consume(messages)
        log.commit()
        log.close()
        stack.pop_all()


def test_the_row_of_a_run_has_the_numbers_of_the_whole_run_though_others_than_its_end_began_it(tmp_path: Path) -> None:
    info = stream_info()
    gaps = [Gap(RUN, 1, 0, 10, Reason.REFERENCE), Gap(RUN, 1, 15, 2, Reason.DROPPED), Gap(RUN, 1, 17, 3, Reason.SHED)]
    write(tmp_path, [info, gaps[0], *(label_line(seq, info) for seq in range(10, 15)), *gaps[1:]])
    rest = [Gap(RUN, 2, 20, 4, Reason.RING_FULL), label_line(24, info)]
    write(tmp_path, [*rest, EndOfStream(RUN, 2, 25, lines=1, lost=0, reference=0)])
    rows = journal_rows(tmp_path, "SELECT next, end, lines, lost, reference FROM runs")
    assert rows == [(25, 25, 6, 6, 10)]


def test_the_account_finds_every_line_once(tmp_path: Path) -> None:
    info = stream_info()
    gaps = [Gap(RUN, 1, 0, 10, Reason.REFERENCE), Gap(RUN, 1, 15, 2, Reason.DROPPED), Gap(RUN, 1, 17, 3, Reason.SHED)]
    lines = [label_line(seq, info) for seq in (*range(10, 15), *range(20, 30))]
    report = write(tmp_path, [info, gaps[0], *lines[:5], *gaps[1:], *lines[5:], end_of_stream(info, 30, 2, 10)])
    expected = {
        "acquired": 20,
        "labelled": 15,
        "shed": 3,
        "lost": 2,
        "reference": 10,
        "unaccounted": 0,
        "doubled": 0,
        "end": 30,
        "closed": 1,
    }
    assert account(tmp_path / "journal.sqlite") == expected
    assert expected.items() <= report.items()
    assert not list(tmp_path.glob("*.new"))
    assert not list(tmp_path.glob("*-wal"))


def test_the_account_finds_what_is_missing_and_what_is_doubled(tmp_path: Path) -> None:
    info = stream_info()
    lines = [label_line(seq, info) for seq in (0, 1, 5, 6)]
    write(tmp_path, [info, *lines, Gap(RUN, 1, 6, 3, Reason.DROPPED), end_of_stream(info, 12)])
    counted = account(tmp_path / "journal.sqlite")
    assert (counted["unaccounted"], counted["doubled"]) == (3 + 3, 1)


def test_a_line_that_comes_twice_is_kept_once_and_counted(tmp_path: Path) -> None:
    info = stream_info()
    lines: list[Message] = [label_line(seq, info) for seq in range(5)]
    report = write(tmp_path, [info, *lines], lines[3:])
    assert (report["duplicates"], report["labelled"], report["doubled"]) == (2, 5, 0)


def test_the_journal_holds_what_came(tmp_path: Path) -> None:
    info = stream_info()
    labels = np.arange(32) % 3
    log = Log.open(LogSettings(), tmp_path, clock=lambda: 5_000_000)
    log.consume([info, label_line(0, info, labels, t_ns=1_500_000)])
    log.commit()
    log.close()
    ((latency, blob, text),) = journal_rows(
        tmp_path, "SELECT latency_us, labels, info FROM lines JOIN streams USING (run)"
    )
    assert latency == 3500
    assert np.frombuffer(blob, np.uint8).tolist() == labels.tolist()
    assert [entry["name"] for entry in json.loads(text)["classes"]] == ["calcite", "kaolinite", "gypsum"]


def test_a_second_log_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    log = Log.open(LogSettings(), tmp_path)
    with pytest.raises(RecordingError, match="another process"):
        Log.open(LogSettings(), tmp_path)
    log.close()
    Log.open(LogSettings(), tmp_path).close()


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"not a database, but long enough to look like one" * 20)
    with pytest.raises(RecordingError, match="no journal"):
        Log.open(LogSettings(), tmp_path)


@pytest.mark.parametrize("damage", [b"\xa5", b"\0", b"\xff"])
def test_a_journal_with_a_damaged_page_is_refused(tmp_path: Path, damage: bytes) -> None:
    """Whichever page it is: at the start or at the end, but always with the journal's name and what to do."""
    info = stream_info(samples=300)
    whole: list[Message] = [info, *(label_line(seq, info) for seq in range(60)), Gap(RUN, 1, 60, 5, Reason.DROPPED)]
    write(tmp_path, whole, settings=LogSettings(parquet=False, label_map=False))
    go_on(tmp_path, [], info, stone_record(0), Gap(RUN, 1, 1, 5, Reason.RING_FULL))
    process = ProcessLog("acquisition", LogFile(tmp_path / "logs" / "acquisition.jsonl"))
    process.report("", "camera_lost")
    process.close()
    journal = tmp_path / "journal.sqlite"
    good = journal.read_bytes()
    for at in range(0, len(good), PAGE):
        journal.write_bytes(good[:at] + damage * PAGE + good[at + PAGE :])
        with pytest.raises(RecordingError, match=rf"{journal}: .*; .*(damaged|no journal)"):
            go_on(tmp_path, [label_line(70, info)], info, stone_record(6), Gap(RUN, 1, 7, 5, Reason.RING_FULL))


def test_a_full_disk_is_said_and_the_commit_can_be_made_again(tmp_path: Path) -> None:
    info = stream_info(samples=4096)
    log = Log.open(LogSettings(), tmp_path)
    connection = log._journal.connection
    connection.execute("PRAGMA max_page_count = 40")
    log.consume([info, *(label_line(seq, info) for seq in range(100))])
    with pytest.raises(RecordingError, match="disk is full"):
        log.commit()
    assert log.resume() is None
    connection.execute("PRAGMA max_page_count = 100000")
    log.commit()
    assert log.close()["labelled"] == 100


def test_a_journal_that_another_program_holds_is_said(tmp_path: Path) -> None:
    log = Log.open(LogSettings(), tmp_path)
    log.consume([stream_info(), label_line(0)])
    other = sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RecordingError, match="another program holds it"):
        log.commit()
    other.execute("ROLLBACK")
    other.close()
    log.commit()
    assert log.close()["labelled"] == 1


WRITER = """
import sys
from itertools import count
from pathlib import Path
from oreline.messages import Gap, Reason
from oreline.testing import label_line, stream_info
from sinks.log import Log

log = Log.open(Log.Settings(), Path(sys.argv[1]))
info, place = stream_info(), log.resume()
start = place[1] if place else 0
log.consume([info])
for first in count(start, 10):
    log.consume([label_line(seq, info) for seq in range(first, first + 8)])
    log.consume([Gap(info.run, 1, first + 8, 2, Reason.DROPPED)])
    log.commit()
    print(first + 10, flush=True)
"""


def test_nothing_committed_is_lost_through_kill_9(tmp_path: Path) -> None:
    said = last_said(WRITER, tmp_path)
    log = Log.open(LogSettings(parquet=False, label_map=False), tmp_path)
    place = log.resume()
    assert place is not None
    assert place[1] >= said
    log.consume([end_of_stream(stream_info(), place[1])])
    log.commit()
    report = log.close()
    assert report["end"] == place[1]
    assert (report["unaccounted"], report["doubled"]) == (0, 0)
    assert report["labelled"] == 4 * report["lost"]


def test_the_table_has_every_line_and_its_fractions(tmp_path: Path) -> None:
    info = stream_info()
    labels = [0] * 16 + [2] * 8 + [UNKNOWN] * 4 + [BACKGROUND] * 2 + [INVALID] * 2
    report = write(tmp_path, [info, *(label_line(seq, info, labels) for seq in range(5000))])
    table = pq.read_table(report["artefacts"]["parquet"])
    assert table["seq"].to_pylist() == list(range(5000))
    assert table["labels"][4999].as_py() == labels
    wanted = {"calcite": 0.5, "kaolinite": 0, "gypsum": 0.25, "unknown": 0.125, "background": 0.0625, "invalid": 0.0625}
    assert {name: table[f"fraction.{name}"][17].as_py() for name in wanted} == wanted
    assert pq.ParquetFile(report["artefacts"]["parquet"]).num_row_groups == 2


def test_the_table_follows_a_change_of_classes(tmp_path: Path) -> None:
    info = stream_info()
    changed = replace(info, seq=3, samples=48, classes=(ClassInfo("talc", (1, 2, 3)), CLASSES[0]))
    batches: list[list[Message]] = []
    for part, numbers in ((info, range(3)), (changed, range(3, 5))):
        batches.append([part, *(label_line(seq, part, [0] * part.samples) for seq in numbers)])
    report = write(tmp_path, *batches)
    table = pq.read_table(report["artefacts"]["parquet"])
    assert table["fraction.calcite"].to_pylist() == [1, 1, 1, 0, 0]
    talc = table["fraction.talc"].to_pylist()
    assert np.isnan(talc[:3]).all()
    assert talc[3:] == [1, 1]
    about = json.loads(table.schema.metadata[b"oreline"])
    assert [segment["first"] for segment in about["segments"]] == [0, 3]
    assert "label_map_001" in report["artefacts"]


LAYERED = stream_info(layers=LAYERS)
PLANES = np.array([[0] * 8 + [1] * 8 + [UNKNOWN] * 16, *[[n] * 32 for n in (9, 1, 0)], [UNKNOWN] * 16 + [1] * 16,
                   [7] * 32, [8] * 32, [255] * 32], np.uint8)  # fmt: skip


def test_layers_are_in_the_journal_and_the_table_and_lines_without_them_have_none(tmp_path: Path) -> None:
    plain = stream_info(epoch=2, seq=3)
    labels = [0] * 8 + [1] * 8 + [UNKNOWN] * 16
    lines = [label_line(seq, LAYERED, labels, layers=PLANES) for seq in range(3)]
    report = write(tmp_path, [LAYERED, *lines, lines[2]], [plain, label_line(3, plain), end_of_stream(plain, 4)])
    blobs = [row[0] for row in journal_rows(tmp_path, "SELECT layers FROM lines ORDER BY seq")]
    assert blobs == [PLANES.tobytes()] * 3 + [None]
    table = pq.read_table(report["artefacts"]["parquet"])
    assert table["layer.group"].to_pylist() == [PLANES[0].tolist()] * 3 + [None]
    assert table["layer.probability"][0].as_py() == PLANES[5:].ravel().tolist()
    shares = {"group.carbonate": 0.25, "group.kaolin": 0.25, "bands_group.kaolin": 1.0, "reason.unsure": 0.5}
    for name, share in shares.items():
        assert table[f"fraction_{name}"].to_pylist()[:3] == [share] * 3
        assert np.isnan(table[f"fraction_{name}"].to_pylist()[3])
    first, second = json.loads(table.schema.metadata[b"oreline"])["segments"]
    assert first["layers"][-1] == {"name": "probability", "planes": 3, "scale": 1 / 255, "legend": []}
    assert first["layers"][0]["legend"] == ["carbonate", "kaolin"]
    assert second["layers"] == []


def test_the_report_has_the_shares_of_the_rock(tmp_path: Path) -> None:
    plain = stream_info(epoch=2, seq=1)
    labels = [0] * 8 + [UNKNOWN] * 16 + [BACKGROUND] * 6 + [INVALID] * 2
    planes = PLANES.copy()
    planes[:, 24:] = UNKNOWN
    assert write(tmp_path, [LAYERED, label_line(0, LAYERED, labels, layers=planes)])["shares"] == {
        "classes": {"unknown": 2 / 3, "calcite": 1 / 3},
        "groups": {"carbonate": 1 / 3, "kaolin": 1 / 3},
        "bands": {"kaolin": 1.0},
        "reasons": {"unsure": 1 / 3},
    }
    assert write(tmp_path / "plain", [plain, label_line(1, plain, [0] * 8 + [1] * 24)])["shares"] == {
        "classes": {"kaolinite": 0.75, "calcite": 0.25}
    }


LAYERED_WRITER = (
    WRITER.replace("stream_info(), log", "stream_info(layers=LAYERS), log")
    .replace("import label_line", "import LAYERS, label_line")
)  # fmt: skip


def test_no_layer_is_lost_through_kill_9_and_what_comes_again_is_kept_once(tmp_path: Path) -> None:
    said = last_said(LAYERED_WRITER, tmp_path)
    log = Log.open(LogSettings(parquet=False, label_map=False), tmp_path)
    _, following = log.resume() or (b"", 0)
    assert following >= said
    again: list[Message] = [label_line(seq, LAYERED) for seq in range(following - 10, following - 2)]
    log.consume([LAYERED, *again, label_line(following, LAYERED), end_of_stream(LAYERED, following + 1)])
    log.commit()
    report = log.close()
    assert (report["duplicates"], report["doubled"], report["unaccounted"]) == (8, 0, 0)
    (whole,) = journal_rows(tmp_path, "SELECT count(*) FROM lines WHERE length(layers) = 8 * 32")
    assert whole == (report["labelled"],)


def test_a_journal_of_the_release_without_layers_is_read_and_goes_on(tmp_path: Path) -> None:
    info = stream_info()
    write(tmp_path, [info, *(label_line(seq, info, [0] * 32) for seq in range(3))])
    db = sqlite3.connect(tmp_path / "journal.sqlite")
    db.executescript("ALTER TABLE lines DROP COLUMN layers; PRAGMA user_version = 2;")
    db.close()
    with reading(tmp_path / "journal.sqlite") as old:
        (part,) = segments(old, RUN)
        assert [row[COLUMNS.index("layers")] for rows in lines_of(old, RUN, part) for row in rows] == [None] * 3
    layered = replace(LAYERED, seq=3, epoch=2)
    report = write(tmp_path, [layered, label_line(3, layered), end_of_stream(layered, 4)])
    assert (report["labelled"], report["unaccounted"]) == (4, 0)
    assert journal_rows(tmp_path, "SELECT length(layers) FROM lines ORDER BY seq") == [(None,)] * 3 + [(8 * 32,)]
    assert pq.read_table(report["artefacts"]["parquet"])["layer.bands"].null_count == 3


def test_a_run_that_was_killed_is_exported_when_the_next_one_ends(tmp_path: Path) -> None:
    info, other = stream_info(), stream_info(run=bytes(16))
    log = Log.open(LogSettings(), tmp_path)
    log.consume([info, label_line(0, info)])
    log.commit()
    log._journal.close()
    report = write(tmp_path, [other, label_line(0, other)])
    assert f"parquet_{info.run.hex()[:12]}" in report["artefacts"]
    assert all(Path(path).is_file() for path in report["artefacts"].values())


def test_an_export_without_space_keeps_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    log = Log.open(LogSettings(), tmp_path)
    log.consume([stream_info(), label_line(0)])
    log.commit()
    with monkeypatch.context() as patch:
        patch.setattr("sinks.log.parquet.export", full)
        with pytest.raises(RecordingError, match="the journal is complete"):
            log.close()
    assert log.close()["labelled"] == 1


def test_an_export_for_which_the_disk_has_no_room_takes_none_of_it(tmp_path: Path) -> None:
    log = Log.open(LogSettings(), tmp_path)
    log.consume([stream_info(), label_line(0)])
    log.commit()
    before = {*tmp_path.iterdir()}
    with room(100), pytest.raises(RecordingError, match="the journal is complete"):
        log.close()
    assert {*tmp_path.iterdir()} == before
    assert log.close()["labelled"] == 1


def test_the_account_of_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="does not exist"):
        account(tmp_path / "none.sqlite")


def moved(path: Path) -> None:
    path.rename(path.with_name(f"{path.name}.moved"))


def unlinked(output: Path, *endings: str) -> None:
    for ending in endings:
        (output / f"journal.sqlite{ending}").unlink()


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda output: unlinked(output, "", "-wal", "-shm"), id="removed"),
        pytest.param(lambda output: unlinked(output, ""), id="file"),
        pytest.param(lambda output: unlinked(output, "-wal"), id="wal"),
        pytest.param(lambda output: unlinked(output, "-wal", "-shm"), id="wal-and-shm"),
        pytest.param(lambda output: moved(output / "journal.sqlite"), id="moved"),
        pytest.param(shutil.rmtree, id="folder-removed"),
        pytest.param(moved, id="folder-moved"),
    ],
)
@pytest.mark.parametrize("when", ["between lines", "at the end"])
def test_a_journal_that_was_removed_is_not_written_on_in_silence_and_is_put_back_whole(
    tmp_path: Path, harm: Callable[[Path], None], when: str
) -> None:
    output, info = tmp_path / "out", stream_info()
    log = Log.open(LogSettings(), output)
    log.consume([info, *(label_line(seq, info) for seq in range(5))])
    log.commit()
    if when == "between lines":
        harm(output)
        log.consume([label_line(5, info)])
        with pytest.raises(SystemRefused, match="was removed, moved or replaced"):
            log.commit()
        log.close()
        log = Log.open(LogSettings(), output)
        assert log.resume() == (RUN, 6)
        log.consume([end_of_stream(info, 6)])
        log.commit()
    else:
        log.consume([label_line(5, info), end_of_stream(info, 6)])
        log.commit()
        harm(output)
    report = log.close()
    assert (report["labelled"], report["unaccounted"], report["closed"]) == (6, 0, 1)
    assert {"journal", "parquet", "label_map"} <= report["artefacts"].keys()
    assert [row[0] for row in journal_rows(output, "SELECT seq FROM lines ORDER BY seq")] == list(range(6))


def test_a_run_that_will_have_no_end_is_told_once_when_the_next_begins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = stream_info(), stream_info(run=OTHER_RUN)
    write(tmp_path, [first, *(label_line(seq, first) for seq in range(7))], [replace(first, seq=7, epoch=2)])
    assert "no_end" not in capsys.readouterr().err
    write(tmp_path, [second, label_line(0, second)], [replace(second, seq=1, epoch=2), end_of_stream(second, 1)])
    write(tmp_path, [stream_info(run=bytes(16))])
    (told,) = [line for line in capsys.readouterr().err.splitlines() if "no_end" in line]
    assert f"{RUN.hex()}, has no end" in told
    assert "from line 7 on" in told


def test_a_journal_that_vanishes_while_no_line_comes_is_missed_too(tmp_path: Path) -> None:
    now = 0
    log = Log.open(LogSettings(), tmp_path, lambda: now)
    (tmp_path / "journal.sqlite").unlink()
    now += LOOK_NS
    with pytest.raises(SystemRefused, match="was removed, moved or replaced"):
        log.idle()
    log.close()


def test_another_journal_in_its_place_is_not_touched_and_the_one_before_is_whole(tmp_path: Path) -> None:
    info, output, other = stream_info(), tmp_path / "out", tmp_path / "other"
    write(other, [replace(info, run=bytes(16))])
    log = Log.open(LogSettings(), output)
    log.consume([info, label_line(0, info)])
    log.commit()
    moved(output / "journal.sqlite")
    (other / "journal.sqlite").rename(output / "journal.sqlite")
    before = (output / "journal.sqlite").read_bytes()
    log.consume([label_line(1, info)])
    with pytest.raises(SystemRefused, match="was removed, moved or replaced"):
        log.commit()
    with pytest.raises(SystemRefused, match="was replaced while it was written"):
        log.close()
    log._journal.close()
    assert (output / "journal.sqlite").read_bytes() == before
    assert account(output / "journal.sqlite.moved")["labelled"] == 2
