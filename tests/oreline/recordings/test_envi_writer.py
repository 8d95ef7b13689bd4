"""Writing: what was written reads back, here and in another reader, also after the writer died."""

from __future__ import annotations

import numpy as np
import pytest
import spectral.io.envi as spy

from oreline.errors import RecordingError
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, ClassInfo
from oreline.recordings.envi_writer import EnviWriter
from oreline.recordings.label_map import read_labels
from oreline.recordings.recording import open_recording

CUBE = np.random.default_rng(0).integers(0, 4096, (6, 3, 4), dtype=np.uint16)
CLASSES = (ClassInfo("calcite", (10, 20, 30)), ClassInfo("muscovite (Fe)", (40, 50, 60)))


def fresh(header, **more):
    return EnviWriter.create(header, **{"samples": 4, "bands": 3, "dtype": np.uint16} | more)


@pytest.mark.parametrize("interleave", ["bil", "bip"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32])
def test_lines_read_back_here_and_in_spy(tmp_path, interleave, dtype):
    header = tmp_path / "new" / "a.hdr"
    lines = (CUBE % 250).astype(dtype)
    nm = (1000.0, 1001.25, 1002.5)
    with fresh(header, dtype=dtype, interleave=interleave, wavelengths_nm=nm, extra={"x start": "3"}) as writer:
        for line in lines:
            writer.write(line)

    recording = open_recording(header)
    np.testing.assert_array_equal(recording.cube, lines)
    assert (recording.wavelengths_nm, recording.x_start, recording.path.suffix) == (nm, 3, ".img")
    image = spy.open(str(header))
    np.testing.assert_array_equal(np.asarray(image.load()), lines.transpose(0, 2, 1))
    assert image.bands.centers == list(nm)


def test_a_killed_writer_leaves_the_lines_that_it_flushed(tmp_path):
    writer = fresh(tmp_path / "a.hdr", suffix=".raw")
    for line in CUBE[:4]:
        writer.write(line)
    writer.flush()
    writer.write(CUBE[4])  # never flushed: the header must not promise it

    recording = open_recording(tmp_path / "a.raw")
    np.testing.assert_array_equal(recording.cube, CUBE[:4])
    writer.close()


def test_resume_cuts_off_what_its_owner_does_not_remember(tmp_path):
    with fresh(tmp_path / "a.hdr", extra={"operator": "J. Doe"}) as writer:
        for line in CUBE[:4]:
            writer.write(line)
    with (tmp_path / "a.img").open("ab") as torn:
        torn.write(b"half a line")

    with EnviWriter.resume(tmp_path / "a.hdr", 2) as writer:
        assert writer.lines == 2
        for line in CUBE[2:]:
            writer.write(line)
    recording = open_recording(tmp_path / "a.hdr")
    np.testing.assert_array_equal(recording.cube, CUBE)
    assert recording.metadata["operator"] == "J. Doe"


def test_resume_after_lines_that_are_not_there_is_refused(tmp_path):
    with fresh(tmp_path / "a.hdr") as writer:
        writer.write(CUBE[0])
    with pytest.raises(RecordingError, match="holds 1 lines, so it cannot continue after 2"):
        EnviWriter.resume(tmp_path / "a.hdr", 2)


def test_a_label_map_lists_its_classes_and_names_every_value_that_it_holds(tmp_path):
    labels = np.array([[[0, 1, INVALID, BACKGROUND, UNKNOWN]]], np.uint8)
    with EnviWriter.create(tmp_path / "a.hdr", samples=5, bands=1, dtype=np.uint8, classes=CLASSES) as writer:
        writer.write(labels[0])

    image = spy.open(str(tmp_path / "a.hdr"))
    assert image.metadata["file type"] == "ENVI Classification"
    names, colours = image.metadata["class names"], np.array(image.metadata["class lookup"], int).reshape(-1, 3)
    found = np.asarray(image.load()).ravel().astype(int)
    assert names == ["calcite", "muscovite (Fe)", "invalid", "background", "unknown"]
    assert [names[code] for code in found] == names
    assert len(names) == len(colours) == int(image.metadata["classes"]) == len(CLASSES) + 3
    assert tuple(colours[1]) == (40, 50, 60)
    assert len({tuple(colours[code]) for code in found}) == 5
    np.testing.assert_array_equal(read_labels(tmp_path / "a.hdr").labels, labels[0])
    assert read_labels(tmp_path / "a.hdr").classes == CLASSES


def test_a_label_map_that_is_gone_on_with_keeps_its_values(tmp_path):
    line = np.array([[0, 1, INVALID, BACKGROUND, UNKNOWN]], np.uint8)
    with EnviWriter.create(tmp_path / "a.hdr", samples=5, bands=1, dtype=np.uint8, classes=CLASSES) as writer:
        writer.write(line)
    with EnviWriter.resume(tmp_path / "a.hdr", 1) as writer:
        writer.write(line)
    np.testing.assert_array_equal(read_labels(tmp_path / "a.hdr").labels, np.repeat(line, 2, axis=0))


def test_a_label_map_of_another_program_is_read_by_its_names(tmp_path):
    with EnviWriter.create(tmp_path / "a.hdr", samples=3, bands=1, dtype=np.uint8) as writer:
        writer.write(np.array([[0, 1, 7]], np.uint8))
    header = tmp_path / "a.hdr"
    header.write_text(
        header.read_text(encoding="utf-8") + "classes = 2\nclass names = {Unclassified, Calcite}\n", encoding="utf-8"
    )
    found = read_labels(header)
    assert found.labels.tolist() == [[BACKGROUND, 0, UNKNOWN]]
    assert [info.name for info in found.classes] == ["Calcite"]


def test_what_is_no_label_map_is_refused(tmp_path):
    fresh(tmp_path / "a.hdr").close()
    with pytest.raises(RecordingError, match="is no label map"):
        read_labels(tmp_path / "a.hdr")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"interleave": "bsq"}, "not as 'bsq'"),
        ({"dtype": np.complex64}, "no data type"),
        ({"classes": (ClassInfo("a, b", (0, 0, 0)),)}, "leave out commas"),
        ({"classes": CLASSES * 127}, "room for 253"),
        ({"extra": {"note": "two\nlines"}}, "line break"),
        ({"extra": {"note": "{never closed"}}, "open brace"),
        ({"wavelengths_nm": (1.0,)}, "1 values for 3 bands"),
    ],
)
def test_what_a_header_cannot_say_is_refused(tmp_path, more, says):
    with pytest.raises(RecordingError, match=says):
        fresh(tmp_path / "a.hdr", **more)


def test_a_line_of_another_shape_is_refused(tmp_path):
    with fresh(tmp_path / "a.hdr") as writer, pytest.raises(RecordingError, match=r"shape \(3, 4\), not \(4, 3\)"):
        writer.write(CUBE[0].T)
