"""Reflectance of a scan, as a recorder kept it beside the journal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from oreline.messages import Gap, Message, Reason
from oreline.testing import RUN, label_line, reflectance_line, stream_info
from sinks.core.box_scans import BoxScan
from sinks.core.reflectance_files import reflectance_of
from sinks.core.scan_reading import read_scan
from sinks.log.journal import JOURNAL, Journal
from sinks.record.envi import RECORDERS
from sinks.record.settings import RecordSettings

INFO = stream_info(samples=4, pitch_mm=0.5)
GAP = Gap(RUN, 1, 3, 2, Reason.REFERENCE)


def recorded(folder: Path, what: str, messages: list[Message]) -> None:
    recorder = RECORDERS[what].open(RecordSettings(what=what, name=what), folder)  # type: ignore[arg-type]
    recorder.consume(messages)
    recorder.commit()
    recorder.close()


def journal(folder: Path) -> None:
    written = Journal(folder / JOURNAL)
    lines = [label_line(n, INFO, [0, 0, 1, 1]) for n in range(9) if n not in (3, 4)]
    written.write([INFO, *lines[:3], GAP, *lines[3:]], 0)
    written.close()


def test_lines_of_a_scan_have_their_reflectance_though_references_came_between(tmp_path: Path) -> None:
    journal(tmp_path)
    lines = [reflectance_line(n, INFO) for n in range(9) if n not in (3, 4)]
    recorded(tmp_path, "reflectance", [INFO, *lines[:3], GAP, *lines[3:]])
    scan = read_scan(tmp_path, BoxScan(1, 1, RUN.hex(), 2, 7, "", ""))
    found = reflectance_of(tmp_path, scan)
    assert found is not None
    assert scan.seqs.tolist() == [2, 5, 6, 7]
    expected = np.stack([lines[at].reflectance for at in (2, 3, 4, 5)])
    np.testing.assert_array_equal(found.cube, expected)
    np.testing.assert_array_equal(found.wavelengths_nm, INFO.wavelengths_nm)


def test_neither_labels_nor_how_sure_it_is_nor_radiance_is_reflectance(tmp_path: Path) -> None:
    journal(tmp_path)
    scan = read_scan(tmp_path, BoxScan(1, 1, RUN.hex(), 2, 7, "", ""))
    assert reflectance_of(tmp_path, scan) is None
    recorded(tmp_path, "labels", [INFO, *(label_line(n, INFO, [0] * 4) for n in range(9))])
    lines = [reflectance_line(n, INFO) for n in range(9)]
    recorded(tmp_path, "uncertainty", [INFO, *(replace(line, uncertainty=line.reflectance) for line in lines)])
    radiance = replace(INFO, unit="uW")
    recorded(tmp_path / "", "reflectance", [radiance, *lines])
    assert reflectance_of(tmp_path, scan) is None
