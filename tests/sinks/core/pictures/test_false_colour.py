"""False colour shows three bands of what was recorded, and there is none where nothing was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from oreline.messages import Gap, Message, Reason
from oreline.testing import RUN, label_line, reflectance_line, stream_info
from sinks.core.box_scans import BoxScan
from sinks.core.pictures.false_colour import false_colour, stretched
from sinks.core.scan_reading import read_scan
from sinks.log.journal import JOURNAL, Journal
from sinks.record.envi import RECORDERS
from sinks.record.settings import RecordSettings

INFO = stream_info(samples=4, pitch_mm=0.5)
GAP = Gap(RUN, 1, 3, 1, Reason.DROPPED)


def journal(folder: Path, seqs: list[int]) -> None:
    written = Journal(folder / JOURNAL)
    written.write([INFO, *(label_line(n, INFO, [0, 0, 1, 1]) for n in seqs)], 0)
    written.close()


def test_bands_from_long_to_short_are_red_green_and_blue(tmp_path: Path) -> None:
    seqs = [0, 1, 2, 4]
    journal(tmp_path, seqs)
    ramp = np.linspace(0.1, 0.9, len(INFO.wavelengths_nm))[:, None] * np.array([0.5, 0.6, 0.8, 1.0])
    lines = [replace(reflectance_line(n, INFO), reflectance=ramp.astype(np.float32)) for n in seqs]
    recorder = RECORDERS["reflectance"].open(RecordSettings(what="reflectance"), tmp_path)
    messages: list[Message] = [INFO, *lines[:3], GAP, lines[3]]
    recorder.consume(messages)
    recorder.commit()
    recorder.close()
    scan = read_scan(tmp_path, BoxScan(1, 1, RUN.hex(), 0, 4, "", ""))
    layer = false_colour(tmp_path, scan)
    assert layer is not None
    red, green, blue = layer.nm
    assert max(INFO.wavelengths_nm) > red > green > blue > min(INFO.wavelengths_nm)
    shown = layer.values(scan)
    assert shown.shape == (5, 4, 3)
    assert (shown[3] == 0).all(), "a line that did not come is black"
    assert (np.diff(shown[0].astype(int), axis=0) > 0).all(), "what is brighter is drawn brighter"


def test_without_a_recording_there_is_none(tmp_path: Path) -> None:
    journal(tmp_path, [0, 1])
    assert false_colour(tmp_path, read_scan(tmp_path, BoxScan(1, 1, RUN.hex(), 0, 1, "", ""))) is None


def test_what_is_beyond_the_ends_is_black_or_full() -> None:
    values = np.array([[-1.0, 0.5, 2.0], [np.nan, 0.0, 1.0]])
    assert stretched(values, np.zeros(3), np.ones(3)).tolist() == [[0, 128, 255], [0, 0, 255]]
