from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from oreline.errors import ConfigError, RecordingError, StoreFailed, StreamError, SystemRefused
from oreline.expected import Expected
from oreline.features import METHOD
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, Gap, Reason
from oreline.recordings.envi_header import read_header
from oreline.recordings.envi_writer import EnviWriter
from oreline.recordings.label_map import read_labels
from oreline.recordings.recording import open_recording
from oreline.testing import (
    LAYERS,
    OTHER_RUN,
    RUN,
    SinkContract,
    end_of_stream,
    features_line,
    label_line,
    reflectance_line,
    stream_info,
)
from sinks.record import FeatureRecord, Record, RecordSettings
from tests.sinks.killed import last_said


def cubes(output: Path, run: bytes) -> list[NDArray[Any]]:
    headers = sorted(output.glob(f"record_{run.hex()[:12]}_*.hdr"))
    return [open_recording(header).cube for header in headers]


class TestReflectanceContract(SinkContract):
    sink = Record

    def delivered(self, output: Path, run: bytes) -> list[int]:
        """The contract's reflectance says its own sequence number."""
        image = np.concatenate([cube[:, 0, 0] for cube in cubes(output, run)])
        return [round(value * 100) for value in image.tolist() if not np.isnan(value)]


class TestLabelContract(SinkContract):
    sink = Record
    settings = {"what": "labels"}

    def lines(self, sink: Any, numbers: Any, info: Any) -> Any:  # noqa: ARG002
        """Each says its own number, in base 3: so many classes has the stream."""
        return [
            label_line(seq, info, [seq // 3**i % 3 for i in range(5)] + [0] * (info.samples - 5)) for seq in numbers
        ]

    def delivered(self, output: Path, run: bytes) -> list[int]:
        headers = sorted(output.glob(f"record_{run.hex()[:12]}_*.hdr"))
        image = np.concatenate([read_labels(header).labels[:, :5] for header in headers])
        return [int(row @ 3 ** np.arange(5)) for row in image if (row != INVALID).all()]


class TestFeatureContract(SinkContract):
    sink = FeatureRecord
    settings = {"what": "features"}

    def delivered(self, output: Path, run: bytes) -> list[int]:
        """The contract's depths say their own sequence number."""
        image = np.concatenate([cube[:, 1, 0] for cube in cubes(output, run)])
        return [round(value * 100) for value in image.tolist() if not np.isnan(value)]


def record(output: Path, what: str = "reflectance") -> Record:
    return Record.open(RecordSettings(what=what), output)  # type: ignore[arg-type]


def test_how_sure_reflectance_is_can_be_recorded_where_lines_say_it(tmp_path: Path) -> None:
    sink, line = record(tmp_path, "uncertainty"), reflectance_line(0)
    sink.consume([stream_info(), replace(line, uncertainty=np.full_like(line.reflectance, 0.25))])
    sink.commit()
    cube = open_recording(Path(sink.close()["artefacts"]["uncertainty"])).cube
    assert (cube == np.float32(0.25)).all()
    other = record(tmp_path / "other", "uncertainty")
    other.consume([stream_info(), line])
    with pytest.raises(StreamError, match=r"inference\.uncertainty = true"):
        other.commit()
    other.close()


def test_the_header_says_the_unit_of_radiance_and_none_of_reflectance(tmp_path: Path) -> None:
    said = []
    for name, unit in (("radiance", "W m-2 sr-1 nm-1"), ("reflectance", "")):
        sink = record(tmp_path / name)
        sink.consume([stream_info(unit=unit), reflectance_line(0)])
        sink.commit()
        said.append(Path(sink.close()["artefacts"]["reflectance"]).read_text(encoding="utf-8"))
    assert "data units = W m-2 sr-1 nm-1" in said[0]
    assert "data units" not in said[1]


def test_missing_lines_are_nan_and_reference_lines_are_not_there(tmp_path: Path) -> None:
    sink = record(tmp_path)
    sink.consume([stream_info(), Gap(RUN, 1, 0, 4, Reason.REFERENCE), reflectance_line(4)])
    sink.consume([Gap(RUN, 1, 5, 2, Reason.DROPPED), reflectance_line(7)])
    sink.commit()
    header = Path(sink.close()["artefacts"]["reflectance"])
    cube = open_recording(header).cube
    assert cube.shape == (4, 8, 32)
    assert np.isnan(cube[1:3]).all()
    assert np.allclose(cube[[0, 3]], np.array([0.04, 0.07])[:, None, None])
    assert read_header(header).wavelengths_nm == stream_info().wavelengths_nm


def test_labels_become_a_classification(tmp_path: Path) -> None:
    sink = record(tmp_path, "labels")
    sink.consume([stream_info(), label_line(0, labels=[1] * 32), Gap(RUN, 1, 1, 1, Reason.DROPPED)])
    sink.commit()
    header = Path(sink.close()["artefacts"]["labels"])
    assert read_labels(header).labels[:, 0].tolist() == [1, INVALID]
    fields = read_header(header).fields
    assert fields["file type"] == "ENVI Classification"
    assert "kaolinite" in fields["class names"]


def test_the_wrong_stream_is_refused(tmp_path: Path) -> None:
    sink = record(tmp_path, "labels")
    sink.consume([stream_info()])
    sink.consume([reflectance_line(0)])
    with pytest.raises(StreamError, match="takes labels, but reflectance came: set what = 'reflectance'"):
        sink.commit()
    sink.close()


def test_features_are_bands_with_their_names_and_the_windows_and_nan_where_lines_are_missing(tmp_path: Path) -> None:
    sink, info = record(tmp_path, "features"), stream_info()
    sink.consume([info, features_line(7, info), Gap(RUN, 1, 8, 1, Reason.DROPPED)])
    sink.commit()
    header = Path(sink.close()["artefacts"]["features"])
    cube = np.asarray(open_recording(header).cube)
    assert cube[0, :, 0].tolist() == [1360.0, np.float32(0.07)]
    assert np.isnan(cube[1]).all()
    fields = read_header(header).fields
    assert fields["band names"] == "{1400 nm, 1400 depth}"
    assert fields["feature windows"] == "1400 of 1360-1448 nm"
    assert (fields["feature method"], fields["least depth"]) == (METHOD, "0.01")


def test_a_stream_without_features_is_not_recorded_as_such(tmp_path: Path) -> None:
    sink = record(tmp_path, "features")
    sink.consume([stream_info(features=())])
    with pytest.raises(StreamError, match=r"add 'features' to inference\.streams"):
        sink.commit()
    sink.close()


def test_a_damaged_sidecar_is_refused(tmp_path: Path) -> None:
    (tmp_path / "record.place.json").write_text("{")
    with pytest.raises(RecordingError, match="damaged"):
        record(tmp_path)


def filled(output: Path, numbers: range, run: bytes = RUN) -> Record:
    sink = record(output)
    sink.consume([stream_info(run=run), *(reflectance_line(seq, stream_info(run=run)) for seq in numbers)])
    sink.commit()
    return sink


def test_a_recording_whose_place_nobody_knows_any_more_is_not_written_over(tmp_path: Path) -> None:
    filled(tmp_path, range(10)).close()
    (tmp_path / "record.place.json").unlink()
    filled(tmp_path, range(10, 13)).close()
    first, second = cubes(tmp_path, RUN)
    assert np.allclose(first[:, 0, 0], np.arange(10) / 100)
    assert np.allclose(second[:, 0, 0], np.arange(10, 13) / 100)


def test_files_of_others_that_have_its_name_are_left_alone(tmp_path: Path) -> None:
    theirs = [tmp_path / f"record_{RUN.hex()[:12]}_00{part}" for part in range(2)]
    theirs[0].with_suffix(".hdr").write_text("mine")
    theirs[1].with_suffix(".img").write_text("mine")
    (header,) = filled(tmp_path, range(3)).close()["artefacts"].values()
    assert header.endswith("_002.hdr")
    assert [path.read_text() for path in sorted(tmp_path.glob("*00[01].*"))] == ["mine", "mine"]


def test_a_run_may_begin_though_the_recording_of_the_last_was_moved_away(tmp_path: Path) -> None:
    (header,) = filled(tmp_path, range(3)).close()["artefacts"].values()
    for suffix in (".hdr", ".img"):
        Path(header).with_suffix(suffix).unlink()
    filled(tmp_path, range(5), OTHER_RUN).close()
    assert [len(cube) for cube in cubes(tmp_path, OTHER_RUN)] == [5]


def rename(path: Path) -> None:
    path.rename(path.with_name(f"{path.name}.moved"))


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda output: next(output.glob("*.img")).unlink(), id="removed"),
        pytest.param(lambda output: rename(next(output.glob("*.img"))), id="moved"),
        pytest.param(shutil.rmtree, id="folder-removed"),
        pytest.param(rename, id="folder-moved"),
    ],
)
@pytest.mark.parametrize("when", ["between lines", "at the end"])
def test_a_recording_that_was_removed_is_not_written_on_in_silence_and_is_put_back_whole(
    tmp_path: Path, harm: Callable[[Path], None], when: str
) -> None:
    output = tmp_path / "out"
    sink = filled(output, range(3))
    if when == "between lines":
        harm(output)
        with pytest.raises(SystemRefused, match="was removed, moved or replaced"):
            sink.idle()
        sink.consume([reflectance_line(3)])
        with pytest.raises(SystemRefused, match="was removed, moved or replaced"):
            sink.commit()
        sink.close()
        sink = record(output)
        assert sink.resume() == (RUN, 3)
        sink.consume([stream_info()])
    sink.consume([reflectance_line(3)])
    sink.commit()
    if when == "at the end":
        harm(output)
    sink.close()
    assert [np.round(cube[:, 0, 0] * 100).tolist() for cube in cubes(output, RUN)] == [[0, 1, 2, 3]]


def test_another_recording_in_its_place_is_not_touched(tmp_path: Path) -> None:
    sink = filled(tmp_path, range(3))
    (data,) = tmp_path.glob("*.img")
    rename(data)
    data.write_text("mine")
    for refuses in (sink.idle, sink.close):
        with pytest.raises(SystemRefused, match="was removed, moved or replaced"):
            refuses()
    assert sink._writer is not None
    sink._writer.abandon()
    assert data.read_text() == "mine"


def test_only_what_belongs_to_the_run_is_reported(tmp_path: Path) -> None:
    filled(tmp_path, range(3)).close()
    (header,) = filled(tmp_path, range(5), OTHER_RUN).close()["artefacts"].values()
    assert OTHER_RUN.hex()[:12] in header


def test_a_disk_that_is_full_where_the_camera_changes_costs_and_doubles_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wider = stream_info(samples=48, seq=5, epoch=2)
    sink = record(tmp_path)
    sink.consume([stream_info(), *(reflectance_line(seq) for seq in range(5)), wider])
    sink.consume([reflectance_line(seq, wider) for seq in range(5, 8)])
    with monkeypatch.context() as full:
        full.setattr(EnviWriter, "create", fail_second(EnviWriter.create))
        with pytest.raises(StoreFailed):
            sink.commit()
    sink.commit()
    sink.close()
    assert [np.round(cube[:, 0, 0] * 100).tolist() for cube in cubes(tmp_path, RUN)] == [[0, 1, 2, 3, 4], [5, 6, 7]]


def fail_second(create: Any) -> Any:
    made: list[Path] = []

    def failing(header: Path, **options: Any) -> Any:
        made.append(header)
        if len(made) == 2:
            header.with_suffix(".img").touch()
            raise OSError(errno.ENOSPC, "No space left on device")
        return create(header, **options)

    return failing


WRITER = """
import sys
from itertools import count
from pathlib import Path
from oreline.testing import reflectance_line, stream_info
from sinks.record import Record

sink = Record.open(Record.Settings(), Path(sys.argv[1]))
place = sink.resume()
sink.consume([stream_info()])
for first in count(place[1] if place else 0, 10):
    sink.consume([reflectance_line(seq) for seq in range(first, first + 10)])
    sink.commit()
    print(first + 10, flush=True)
"""


def test_nothing_committed_is_lost_through_kill_9(tmp_path: Path) -> None:
    said = last_said(WRITER, tmp_path)
    sink = record(tmp_path)
    place = sink.resume()
    assert place is not None
    assert place[1] >= said
    sink.consume([end_of_stream(stream_info(), place[1])])
    sink.commit()
    sink.close()
    (cube,) = cubes(tmp_path, RUN)
    assert np.allclose(cube[:, 0, 0], np.arange(place[1]) % 100 / 100)


LAYERED = stream_info(layers=LAYERS)
PLANES = np.zeros((8, 32), np.uint8)
PLANES[0], PLANES[2], PLANES[3] = [1] * 16 + [UNKNOWN] * 16, [UNKNOWN] * 8 + [1] * 24, [0] * 8 + [1] * 24
LABELS = [1] * 8 + [UNKNOWN] * 20 + [BACKGROUND] * 4


@pytest.mark.parametrize(
    ("what", "wanted"),
    [
        ("groups", ["kaolin"] * 16 + ["unknown"] * 12 + ["background"] * 4),
        ("bands", ["kaolin (group)"] * 8 + ["no bands"] * 20 + ["background"] * 4),
    ],
)
def test_groups_and_whose_bands_are_label_files_of_their_own(tmp_path: Path, what: str, wanted: list[str]) -> None:
    sink = record(tmp_path, what)
    sink.consume([LAYERED, label_line(0, LAYERED, LABELS, layers=PLANES), Gap(RUN, 1, 1, 1, Reason.DROPPED)])
    sink.commit()
    found = read_labels(Path(sink.close()["artefacts"][what]))
    names = {UNKNOWN: "unknown", BACKGROUND: "background"} | {i: one.name for i, one in enumerate(found.classes)}
    assert [names[label] for label in found.labels[0].tolist()] == wanted
    assert (found.labels[1] == INVALID).all()


def test_all_that_stands_beside_labels_is_recorded_as_bands_with_names(tmp_path: Path) -> None:
    sink = record(tmp_path, "layers")
    sink.consume([LAYERED, label_line(0, LAYERED, LABELS, layers=PLANES), Gap(RUN, 1, 1, 1, Reason.DROPPED)])
    sink.commit()
    recording = open_recording(Path(sink.close()["artefacts"]["layers"]))
    np.testing.assert_array_equal(recording.cube[0], PLANES)
    assert recording.cube[1, :, 0].tolist() == [255, 0, 255, 255, 255, 0, 0, 0]
    names = ["group", "group_confidence", "bands", "bands_group", "reason"]
    classes = [f"probability {name}" for name in ("calcite", "kaolinite", "gypsum")]
    assert recording.metadata["band names"].strip("{} ").replace(", ", ",").split(",") == [*names, *classes]


@pytest.mark.parametrize("what", ["groups", "bands", "layers"])
def test_what_the_model_does_not_tell_is_refused_before_and_at_the_line(tmp_path: Path, what: str) -> None:
    settings = RecordSettings.model_validate({"what": what})
    with pytest.raises(ConfigError, match=r"inference\.layers"):
        Record.check(settings, Expected(classes=(), layers=()))
    Record.check(settings, Expected(classes=(), layers=LAYERS))
    sink = record(tmp_path, what)
    sink.consume([stream_info()])
    with pytest.raises((ConfigError, StreamError), match=r"inference\.layers"):
        sink.commit()
