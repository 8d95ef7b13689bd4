"""Scan of a box from a journal: what each line says, and what of those that did not come."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oreline.errors import ConfigError, RecordingError
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, Gap, Message, Reason
from oreline.testing import LAYERS, RUN, features_line, label_line, stream_info
from sinks.core.box_scans import BoxScan
from sinks.core.scan import Scan
from sinks.core.scan_reading import read_scan
from sinks.log.journal import JOURNAL, Journal
from sinks.record import FeatureRecord, RecordSettings

INFO = stream_info(layers=LAYERS, samples=4, pitch_mm=0.5)
BANDS, BANDS_GROUP, REASON = 2, 3, 4
"""Planes of the layers."""


def lines_of(numbers: Sequence[int], labels: Sequence[int], info: Any = INFO, **planes: Sequence[int]) -> list[Message]:
    """Lines that are all alike."""
    layers = np.zeros((8, 4), np.uint8)
    layers[:5] = UNKNOWN
    for name, values in planes.items():
        layers[{"bands": BANDS, "group": BANDS_GROUP, "reason": REASON}[name]] = values
    return [label_line(seq, info, labels, layers=layers if info.layers else None) for seq in numbers]


def journal(folder: Path, *messages: Message) -> Path:
    folder.mkdir(exist_ok=True)
    written = Journal(folder / JOURNAL)
    written.write(list(messages), 0)
    written.close()
    return folder


def scan(folder: Path, first: int, last: int, **more: Any) -> Scan:
    return read_scan(folder, BoxScan(3, 1, RUN.hex(), first, last, "", ""), **more)


def test_bands_are_answered_where_they_are_told_and_labels_where_they_are_asked_for(tmp_path: Path) -> None:
    said = {"bands": [0, UNKNOWN, UNKNOWN, 1], "group": [0, 0, UNKNOWN, 1], "reason": [UNKNOWN, UNKNOWN, 1, UNKNOWN]}
    journal(tmp_path, INFO, *lines_of(range(5), [0, 0, UNKNOWN, BACKGROUND], **said))
    bands, labels = scan(tmp_path, 1, 3), scan(tmp_path, 1, 3, which="labels")
    assert bands.seqs.tolist() == [1, 2, 3]
    assert [info.name for info in bands.answer.classes] == [
        "kaolinite",
        "no bands",
        "kaolin (group)",
        "no bands (group)",
    ]
    assert bands.codes.tolist() == [[0, 2, UNKNOWN, BACKGROUND]] * 3
    assert bands.rock.tolist() == [[True, True, True, False]] * 3
    assert bands.reasons[0, 2] == bands.reason_names.index("unsure")
    assert (bands.which, labels.which) == ("bands", "labels")
    assert labels.codes.tolist() == [[0, 0, UNKNOWN, BACKGROUND]] * 3
    plain = journal(
        tmp_path / "plain", stream_info(samples=4), *lines_of(range(2), [0, 1, 2, UNKNOWN], stream_info(samples=4))
    )
    assert scan(plain, 0, 1).which == "labels"


def test_rock_with_a_label_whose_bands_nobody_is_sure_of_is_unsure(tmp_path: Path) -> None:
    journal(tmp_path, INFO, *lines_of(range(1), [1, UNKNOWN, 0, 0], bands=[255, 255, 0, 0], reason=[255, 0, 255, 255]))
    seen = scan(tmp_path, 0, 0)
    assert [seen.reason_names[why] if why < 255 else "" for why in seen.reasons[0]] == ["unsure", "not rock", "", ""]
    assert seen.rock[0].tolist() == [True, False, True, True]


def test_the_way_is_that_of_the_encoder_and_lines_that_did_not_come_lie_between(tmp_path: Path) -> None:
    lines = lines_of([0, 1, 2, 5, 6], [0, 0, 1, 1])
    journal(tmp_path, INFO, *lines[:3], Gap(RUN, 1, 3, 2, Reason.DROPPED), *lines[3:])
    seen = scan(tmp_path, 1, 6)
    assert seen.seqs.tolist() == [1, 2, 3, 4, 5, 6]
    assert seen.missing.tolist() == [False, False, True, True, False, False]
    assert seen.along_mm.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
    assert (seen.codes[2:4] == INVALID).all()
    assert scan(tmp_path, 1, 6, pixel_mm=2.0).along_mm[-1] == 10.0
    oblong = scan(tmp_path, 1, 6, pixel_mm=2.0, line_mm=1.5)
    assert (oblong.along_mm[-1], oblong.pixel_mm) == (7.5, 2.0)
    assert scan(tmp_path, 3, 6).along_mm.tolist() == [0.0, 0.5, 1.0, 1.5]
    with pytest.raises(ConfigError, match="none of lines 3 to 4 came"):
        scan(tmp_path, 3, 4)


def test_dark_and_white_lines_are_no_lines_of_a_box_and_features_still_fit(tmp_path: Path) -> None:
    gap = Gap(RUN, 1, 3, 4, Reason.REFERENCE)
    journal(tmp_path, INFO, *lines_of(range(3), [0] * 4), gap, *lines_of(range(7, 12), [1] * 4))
    recorder = FeatureRecord.open(RecordSettings(what="features"), tmp_path)
    recorder.consume(
        [INFO, *(features_line(n, INFO) for n in range(3)), gap, *(features_line(n, INFO) for n in range(7, 10))]
    )
    recorder.commit()
    recorder.close()
    seen = scan(tmp_path, 2, 11)
    assert seen.seqs.tolist() == [2, 7, 8, 9, 10, 11]
    assert seen.features is not None
    assert [info.name for info in seen.feature_infos] == ["1400"]
    assert seen.features[:, 0, 1, 0].tolist() == pytest.approx([0.02, 0.07, 0.08, 0.09, np.nan, np.nan], nan_ok=True)
    assert scan(tmp_path, 2, 8).features[:, 0, 1, 0].tolist() == pytest.approx([0.02, 0.07, 0.08])  # type: ignore[index]


def test_features_of_another_run_are_not_those_of_this_one(tmp_path: Path) -> None:
    journal(tmp_path, INFO, *lines_of(range(3), [0] * 4))
    recorder = FeatureRecord.open(RecordSettings(what="features"), tmp_path)
    other = stream_info(run=bytes(16), samples=4)
    recorder.consume([other, features_line(0, other)])
    recorder.commit()
    recorder.close()
    assert (scan(tmp_path, 0, 2).features, scan(tmp_path, 0, 2).feature_infos) == (None, ())


def test_a_scan_says_what_it_was_made_from(tmp_path: Path) -> None:
    journal(tmp_path, INFO, *lines_of(range(3), [0] * 4))
    made = scan(tmp_path, 0, 2).provenance
    assert (made["model"], made["reference"]) == (["0123456789abcdef"], ["fedcba9876543210"])
    assert made["scans"] == [{"box": 3, "run": RUN.hex(), "first_seq": 0, "last_seq": 2}]


def test_a_run_without_a_pixel_size_is_taken_as_a_mm_a_sample_and_that_is_said(tmp_path: Path) -> None:
    info = stream_info(samples=4, pitch_mm=0.0)
    journal(tmp_path, info, *lines_of(range(3), [0] * 4, info))
    seen = scan(tmp_path, 0, 2)
    assert (seen.pixel_mm, [flag.words for flag in seen.flags]) == (
        1.0,
        ["no pixel size is set: a sample is taken as 1 mm"],
    )


def test_lines_that_are_not_there_or_told_in_two_ways_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="does not exist"):
        scan(tmp_path, 0, 1)
    other = stream_info(samples=4, seq=3)
    journal(tmp_path, INFO, *lines_of(range(3), [0] * 4), other, *lines_of(range(3, 6), [0] * 4, other))
    with pytest.raises(ConfigError, match=r"box 3: .*changed at line 3, while it was scanned"):
        scan(tmp_path, 1, 4)
    with pytest.raises(ConfigError, match="has no line 0 of run 0000"):
        read_scan(tmp_path, BoxScan(3, 1, bytes(16).hex(), 0, 1, "", ""))
