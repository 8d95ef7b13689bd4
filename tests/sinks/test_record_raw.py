"""Raw recording: what the camera saw, whole, once, with an account of every line."""

from __future__ import annotations

import errno
import hashlib
import json
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio
import spectral.io.envi as spy

from oreline.errors import StoreFailed, StreamError, SystemRefused
from oreline.messages import Flag, Gap, Kind, Reason
from oreline.recordings.appended import AppendedFile
from oreline.recordings.finding import find_recording
from oreline.recordings.raw.lines import read_lines
from oreline.testing import OTHER_RUN, RUN, SinkContract, end_of_stream, label_line, raw_line, stream_info
from sinks.record import Record, RecordSettings
from tests.sinks.disk import room

SCENE = stream_info(
    seq=6, exposure_us=1000.0 / 3, gain=10**0.3, wavelengths_nm=tuple(1e7 / (4000.0 + 10 * band) for band in range(8))
)

DARK, WHITE = replace(SCENE, kind=Kind.DARK, seq=0), replace(SCENE, kind=Kind.WHITE, seq=3)


def folders(output: Path, run: bytes = RUN) -> list[Path]:
    return sorted(output.glob(f"record_{run.hex()[:12]}_*"))


def numbers(output: Path, run: bytes = RUN, prefix: str = "") -> list[int]:
    tables = [folder / "capture" / f"{prefix}{folder.name}.lines.csv" for folder in folders(output, run)]
    return [int(seq) for table in tables if table.is_file() for seq in read_lines(table)["seq"]]


class TestRawContract(SinkContract):
    sink = Record
    settings = {"what": "raw"}

    def delivered(self, output: Path, run: bytes) -> list[int]:
        """The contract's counts are their own sequence number, too."""
        scenes = [find_recording(folder, references=False).scene for folder in folders(output, run)]
        assert [int(n) for scene in scenes for n in scene.cube[:, 0, 0]] == numbers(output, run)
        return numbers(output, run)


def recorder(output: Path) -> Any:
    return Record.open(RecordSettings(what="raw"), output)


def kill(sink: Any) -> None:
    """As far as files go: nothing more is written."""
    sink._writer.abandon()


def session(sink: Any, *, lines: int = 4) -> None:
    """Dark, white, and a scene."""
    sink.consume([DARK, *(raw_line(seq, DARK) for seq in range(3))])
    sink.consume([WHITE, *(raw_line(seq, WHITE) for seq in range(3, 6))])
    sink.consume([SCENE, *(raw_line(seq, SCENE) for seq in range(6, 6 + lines))])
    sink.commit()


def manifest(folder: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return said


def test_dark_white_and_scene_become_a_folder_of_lumo_that_says_how_each_was_taken(tmp_path: Path) -> None:
    sink = recorder(tmp_path)
    session(sink)
    sink.close()
    (folder,) = folders(tmp_path)
    found = find_recording(folder)
    assert found.dark is not None
    assert found.white is not None
    assert [one.cube[:, 0, 0].tolist() for one in (found.dark, found.white, found.scene)] == [
        [0, 1, 2],
        [3, 4, 5],
        [6, 7, 8, 9],
    ]
    assert {one.path.name for one in found.present().values()} == {
        f"{prefix}{folder.name}.raw" for prefix in ("", "DARKREF_", "WHITEREF_")
    }
    assert (found.scene.conditions.exposure_us, found.scene.conditions.gain) == (SCENE.exposure_us, SCENE.gain)
    assert found.scene.conditions.serial == "1"
    assert (found.scene.full_scale, found.scene.wavelengths_nm) == (4095, SCENE.wavelengths_nm)
    said = manifest(folder)["views"]["scene"]
    assert (said["exposure_us"], said["gain"], said["lines"], said["seq"]) == (1000.0 / 3, 10**0.3, 4, [6, 9])
    assert said["encoder"] == [60, 90]


def test_another_reader_sees_the_same_counts(tmp_path: Path) -> None:
    sink = recorder(tmp_path)
    session(sink)
    sink.close()
    (folder,) = folders(tmp_path)
    image = spy.open(str(folder / "capture" / f"{folder.name}.hdr"))
    assert np.asarray(image.load())[:, 0, 0].tolist() == [6, 7, 8, 9]


def test_gdal_sees_the_same_counts(tmp_path: Path) -> None:
    sink = recorder(tmp_path)
    session(sink)
    sink.close()
    (folder,) = folders(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(folder / "capture" / f"{folder.name}.raw") as image:
            assert (image.driver, image.count, image.shape) == ("ENVI", 8, (4, 32))
            assert image.read(1)[:, 0].tolist() == [6, 7, 8, 9]


def test_everything_that_is_known_of_a_line_stands_in_a_table_for_pandas(tmp_path: Path) -> None:
    sink, info = recorder(tmp_path), stream_info()
    odd = raw_line(0, info)
    odd = replace(
        odd, flags=Flag.ENCODER | Flag.CLOCK, stamp=replace(odd.stamp, block_id=2**64 - 1, encoder=-5, t_ns=2**62)
    )
    sink.consume([info, odd, raw_line(1, info)])
    sink.commit()
    sink.close()
    (folder,) = folders(tmp_path)
    path = folder / "capture" / f"{folder.name}.lines.csv"
    table = pd.read_csv(path)
    assert table.to_dict("records")[0] | {"crc32c": 0} == {
        "seq": 0, "epoch": 1, "block_id": 2**64 - 1, "t_ns": 2**62, "encoder": -5, "flags": 12, "end": 512, "crc32c": 0,
    }  # fmt: skip
    ours = read_lines(path)
    assert all((table[name].to_numpy() == ours[name]).all() for name in ours.dtype.names or ())
    assert np.fromfile(path.with_name(f"{folder.name}.stamps"), "<i8").reshape(2, 2)[0].tolist() == [2**62, -5]


def test_the_manifest_has_the_sha256_of_each_file_also_where_the_recorder_died_in_between(tmp_path: Path) -> None:
    sink = recorder(tmp_path)
    session(sink)
    kill(sink)
    again = recorder(tmp_path)
    assert again.resume() == (RUN, 10)
    again.consume([SCENE, raw_line(10, SCENE), end_of_stream(SCENE, 11)])
    again.commit()
    again.close()
    (folder,) = folders(tmp_path)
    files = manifest(folder)["files"]
    assert {folder / name for name in files} == set((folder / "capture").iterdir())
    for name, said in files.items():
        content = (folder / name).read_bytes()
        assert said == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    assert numbers(tmp_path) == [6, 7, 8, 9, 10]


def test_lines_that_never_came_are_named_and_take_no_room(tmp_path: Path) -> None:
    sink, info = recorder(tmp_path), stream_info()
    sink.consume([info, raw_line(0), Gap(RUN, 1, 1, 1_000_000, Reason.RESTART), raw_line(1_000_001)])
    sink.commit()
    sink.close()
    (folder,) = folders(tmp_path)
    assert numbers(tmp_path) == [0, 1_000_001]
    gaps = pd.read_csv(folder / "capture" / f"{folder.name}.gaps.csv")
    assert gaps.to_dict("records") == [{"first": 1, "n": 1_000_000, "reason": "restart"}]
    assert manifest(folder)["missing"] == {"lines": 1_000_000, "gaps": 1}


def test_a_reference_that_is_taken_anew_begins_a_recording_which_has_the_other_one_too(tmp_path: Path) -> None:
    sink = recorder(tmp_path)
    session(sink)
    dark = replace(DARK, seq=10)
    sink.consume([dark, raw_line(10, dark), raw_line(11, dark)])
    sink.consume([replace(SCENE, seq=12), raw_line(12, SCENE)])
    sink.commit()
    sink.close()
    first, second = (find_recording(folder) for folder in folders(tmp_path))
    assert [second.dark.cube[:, 0, 0].tolist(), second.scene.cube[:, 0, 0].tolist()] == [[10, 11], [12]]  # type: ignore[union-attr]
    assert second.white.cube[:, 0, 0].tolist() == first.white.cube[:, 0, 0].tolist() == [3, 4, 5]  # type: ignore[union-attr]
    assert first.scene.cube[:, 0, 0].tolist() == [6, 7, 8, 9]
    assert manifest(folders(tmp_path)[1])["views"]["white"]["from"] == folders(tmp_path)[0].name


def test_another_exposure_begins_a_recording_and_both_references_serve_it(tmp_path: Path) -> None:
    sink = recorder(tmp_path)
    session(sink)
    brighter = replace(SCENE, seq=10, exposure_us=500.0)
    sink.consume([brighter, raw_line(10, brighter)])
    sink.commit()
    kill(sink)
    again = recorder(tmp_path)
    again.consume([brighter, raw_line(11, brighter)])
    again.commit()
    again.close()
    found = [find_recording(folder) for folder in folders(tmp_path)]
    assert [one.scene.conditions.exposure_us for one in found] == [1000.0 / 3, 500.0]
    assert found[1].scene.cube[:, 0, 0].tolist() == [10, 11]
    assert [len(one.present()) for one in found] == [3, 3]
    assert found[1].white.cube[:, 0, 0].tolist() == [3, 4, 5]  # type: ignore[union-attr]


def test_a_full_disk_costs_and_doubles_no_line(tmp_path: Path) -> None:
    sink, info = recorder(tmp_path), stream_info()
    sink.consume([info, *(raw_line(seq) for seq in range(40))])
    with room(512 * 20 + 100), pytest.raises(StoreFailed):
        sink.commit()
    sink.commit()
    sink.close()
    assert numbers(tmp_path) == list(range(40))
    assert find_recording(folders(tmp_path)[0], references=False).scene.cube[:, 0, 0].tolist() == list(range(40))


def test_labels_are_no_raw_lines(tmp_path: Path) -> None:
    sink = recorder(tmp_path)
    sink.consume([stream_info(), label_line(0)])
    with pytest.raises(StreamError, match="takes raw lines, but a LabelLine came"):
        sink.commit()
    sink.close()


def test_a_recording_that_was_removed_is_not_written_on_in_silence_and_is_put_back_whole(tmp_path: Path) -> None:
    sink = recorder(tmp_path)
    session(sink)
    (folder,) = folders(tmp_path)
    (folder / "capture" / f"{folder.name}.raw").unlink()
    with pytest.raises(SystemRefused, match="was removed, moved or replaced"):
        sink.idle()
    sink.close()
    assert find_recording(folder).scene.cube[:, 0, 0].tolist() == [6, 7, 8, 9]


def test_what_others_have_put_under_its_name_is_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / f"record_{RUN.hex()[:12]}_000"
    theirs.mkdir()
    (theirs / "notes.txt").write_text("mine")
    sink = recorder(tmp_path)
    session(sink)
    sink.close()
    assert [path.name for path in theirs.iterdir()] == ["notes.txt"]
    assert len(folders(tmp_path)) == 2


def test_a_run_may_follow_in_the_same_folder(tmp_path: Path) -> None:
    for run in (RUN, OTHER_RUN):
        info, sink = stream_info(run=run), recorder(tmp_path)
        sink.consume([info, raw_line(0, info), end_of_stream(info, 1)])
        sink.commit()
        sink.close()
    assert [numbers(tmp_path, run) for run in (RUN, OTHER_RUN)] == [[0], [0]]


def test_a_disk_that_fails_behind_the_recorder_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written was taken by the system, and could not be put on the disk."""
    monkeypatch.setattr("oreline.recordings.raw.syncer.EVERY_S", 0.001)
    sink, info = recorder(tmp_path), stream_info()
    sink.consume([info, raw_line(0)])
    sink.commit()
    with monkeypatch.context() as disk:
        disk.setattr(AppendedFile, "sync", failing)
        while sink._writer._syncer.failed is None:
            time.sleep(0.001)
        sink.consume([raw_line(1)])
        with pytest.raises(StoreFailed, match="Input/output error; see to the disk"):
            sink.commit()
    sink.commit()
    sink.close()
    assert numbers(tmp_path) == [0, 1]


def failing(_: AppendedFile) -> None:
    raise OSError(errno.EIO, "Input/output error")
