"""Repair: whatever cut a raw recording, each of its lines is in it once, or named as missing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from oreline.errors import RecordingError
from oreline.messages import Gap, Kind, Reason, StreamInfo
from oreline.recordings.finding import find_recording
from oreline.recordings.raw import gaps
from oreline.recordings.raw.layout import LINES, data_of, files_of, gaps_of, kinds_in, path_of
from oreline.recordings.raw.lines import ROW_BYTES, read_lines
from oreline.recordings.raw.repair import repair
from oreline.recordings.raw.unpacking import unpack
from oreline.recordings.raw.writer import RawWriter
from oreline.recordings.recording import open_recording
from oreline.testing import RUN, raw_line, stream_info

VIEWS = {Kind.DARK: range(4), Kind.WHITE: range(4, 9), Kind.SCENE: range(9, 40)}
MISSING = Gap(RUN, 1, 20, 5, Reason.DROPPED)
SEEDS = range(12)


def info_of(kind: Kind) -> StreamInfo:
    return stream_info(kind=kind, seq=VIEWS[kind].start, samples=7)


def recorded(folder: Path, *, packed: bool = False) -> Path:
    writer = RawWriter.create(folder, info_of(Kind.DARK), 0, None, packed=packed)
    for kind, seqs in VIEWS.items():
        writer.see(info_of(kind))
        for seq in seqs:
            if seq == MISSING.first:
                writer.gap(MISSING)
            if not MISSING.first <= seq < MISSING.first + MISSING.n:
                writer.write(raw_line(seq, info_of(kind), t_ns=10**9 + 1000 * seq))
        writer.flush()
    writer.close()
    return folder


@pytest.fixture(params=[False, True], ids=["plain", "packed"])
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return recorded(tmp_path / "rec_000", packed=request.param)


def check(folder: Path, end: int = 40, *, damaged: tuple[int, ...] = ()) -> None:
    """Each line of the run once, or named; what is said of it is so."""
    named = [seq for gap in gaps.read(gaps_of(folder)) for seq in range(gap.first, gap.first + gap.n)]
    seqs = []
    for kind in kinds_in(folder):
        rows, recording = read_lines(path_of(folder, kind, LINES)), open_recording(data_of(folder, kind))
        seqs += rows["seq"].tolist()
        assert recording.lines == len(rows) == int(recording.metadata["lines"])
        good = ~np.isin(rows["seq"], damaged)
        if recording.lines:
            assert (recording.cube[good] == rows["seq"][good, None, None]).all()
            assert (recording.read_stamps() == np.stack([rows["t_ns"], rows["encoder"]], axis=1)).all()
    assert sorted([*seqs, *named]) == list(range(end))
    said = json.loads((folder / "manifest.json").read_text())
    assert said["complete"]
    assert said.get("damaged", []) == list(damaged)
    assert said["files"] == {
        str(path.relative_to(folder)): {
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in files_of(folder)
    }


def contents(folder: Path) -> dict[Path, tuple[int, bytes]]:
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


def test_what_is_whole_is_left_as_it_is(whole: Path) -> None:
    before = contents(whole)
    said = repair(whole, 40)
    assert (said.changed, said.lost, said.next, said.own) == (False, (), 40, 35)
    assert contents(whole) == before
    check(whole)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_power_cut_anywhere_leaves_whole_lines_and_names_the_others(whole: Path, seed: int) -> None:
    """Each file of the scene keeps what had reached the disk; of some, pages at the end are zeros."""
    rng = np.random.default_rng(seed)
    said = json.loads((whole / "manifest.json").read_text())
    for key in ("missing", "files"):
        del said[key]
    (whole / "manifest.json").write_text(json.dumps(said | {"complete": False}))
    for suffix in (".raw", ".blosc2", ".stamps", ".lines.csv", ".gaps.csv"):
        path = path_of(whole, Kind.SCENE, suffix)
        if path.is_file() and rng.random() < 0.8:
            content, keep = path.read_bytes(), int(rng.integers(path.stat().st_size + 1))
            path.write_bytes(content[:keep] + bytes(len(content) - keep if rng.random() < 0.3 else 0))
    repair(whole, 40)
    check(whole)
    before = contents(whole)
    assert not repair(whole, 40).changed
    assert contents(whole) == before


def flip(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 0x55]))


def test_a_damaged_line_in_the_middle_is_named_and_costs_no_other(whole: Path) -> None:
    rows = read_lines(path_of(whole, Kind.SCENE, LINES))
    flip(data_of(whole, Kind.SCENE), int(rows["end"][9]) + 40)
    assert repair(whole, 40).damaged == (int(rows["seq"][10]),)
    if data_of(whole, Kind.SCENE).suffix == ".raw":
        check(whole, damaged=(int(rows["seq"][10]),))
    assert not repair(whole, 40).changed


def test_an_end_that_nobody_knows_is_that_of_the_last_line(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "rec_000")
    data = data_of(folder, Kind.SCENE)
    with data.open("r+b") as file:
        file.truncate(data.stat().st_size - 3)
    said = repair(folder)
    assert (said.next, said.lost) == (39, ())
    check(folder, end=39)


def test_references_of_another_recording_are_not_counted_as_its_own(tmp_path: Path) -> None:
    first = recorded(tmp_path / "rec_000")
    info = replace(info_of(Kind.SCENE), seq=40)
    writer = RawWriter.create(tmp_path / "rec_001", info, 1, first)
    for seq in (40, 41):
        writer.write(raw_line(seq, info))
    writer.close()
    said = repair(tmp_path / "rec_001", 42)
    assert (said.own, said.lost, said.changed) == (2, (), False)
    assert find_recording(tmp_path / "rec_001").white is not None


def test_what_is_no_recording_of_ours_is_refused(whole: Path) -> None:
    (whole / "manifest.json").write_text("{}")
    with pytest.raises(RecordingError, match="no manifest of a raw recording"):
        repair(whole)


def test_a_link_out_of_a_recording_is_not_followed(whole: Path, tmp_path: Path) -> None:
    theirs, data = tmp_path / "theirs", data_of(whole, Kind.SCENE)
    theirs.write_bytes(data.read_bytes() + b"more")
    data.unlink()
    data.symlink_to(theirs)
    before = theirs.read_bytes()
    with pytest.raises(RecordingError, match="a link out of"):
        repair(whole, 40)
    assert theirs.read_bytes() == before


def test_a_row_that_no_line_has_is_refused(whole: Path) -> None:
    rows = path_of(whole, Kind.SCENE, LINES)
    text = rows.read_bytes()
    rows.write_bytes(text[:-ROW_BYTES] + b"-" * 12 + text[12 - ROW_BYTES :])
    with pytest.raises(RecordingError, match="a seq that no line has"):
        repair(whole, 40)


def test_a_packed_recording_is_read_line_by_line_and_unpacked_to_the_same(tmp_path: Path) -> None:
    plain, packed = recorded(tmp_path / "p" / "rec_000"), recorded(tmp_path / "q" / "rec_000", packed=True)
    ours, theirs = find_recording(packed), find_recording(plain)
    for kind in ("dark", "white", "scene"):
        one, other = ours.present()[kind], theirs.present()[kind]
        assert (one.lines, one.path.suffix) == (other.lines, ".blosc2")
        np.testing.assert_array_equal(np.concatenate(list(one.pieces())), other.cube)
        np.testing.assert_array_equal(one.line(2), other.line(2))
    out = unpack(packed, tmp_path / "r" / "rec_000")
    check(out)
    assert {path.name: path.read_bytes() for path in files_of(out)} == {
        path.name: path.read_bytes() for path in files_of(plain)
    }


def test_a_damaged_packed_recording_is_not_unpacked_in_silence(tmp_path: Path) -> None:
    packed = recorded(tmp_path / "rec_000", packed=True)
    flip(data_of(packed, Kind.SCENE), 100)
    with pytest.raises(RecordingError, match="is damaged"):
        unpack(packed, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["rec_000"]
