"""A journal as arrays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from oreline.errors import RecordingError
from oreline.messages import BACKGROUND, ClassInfo, Gap, Message, Reason
from oreline.moment import Moment
from oreline.reading import journal
from oreline.testing import CLASSES, LAYERS, OTHER_RUN, RUN, end_of_stream, label_line, stream_info
from sinks.log import Log
from sinks.log.sink import LogSettings


def write(output: Path, *messages: Message) -> None:
    log = Log.open(LogSettings(), output)
    log.consume(list(messages))
    log.commit()
    log.close()


@pytest.fixture
def written(tmp_path: Path) -> Path:
    info = stream_info(clock=Moment(10**18, 0, 500, bytes(16)))
    gap = Gap(RUN, 1, 3, 2, Reason.DROPPED)
    lines = [label_line(seq, info, np.full(32, seq % 3), t_ns=500 + seq) for seq in (0, 1, 2, 5, 6)]
    write(tmp_path, info, *lines[:3], gap, *lines[3:], end_of_stream(info, 7, 2))
    return tmp_path


def test_lines_are_arrays_with_their_places(written: Path) -> None:
    table = journal(written)
    assert table.run == RUN.hex()
    assert table.seq.tolist() == [0, 1, 2, 5, 6]
    assert table.encoder.tolist() == [0, 10, 20, 50, 60]
    assert table.labels[:, 0].tolist() == [0, 1, 2, 2, 0]
    assert (table.labels.shape, table.labels.dtype, table.confidence.shape) == ((5, 32), np.uint8, (5, 32))
    assert (table.time - np.datetime64(10**18, "ns")).astype(int).tolist() == [0, 1, 2, 5, 6]
    assert [(gap.first, gap.n, gap.reason) for gap in table.gaps] == [(3, 2, Reason.DROPPED)]
    assert (table.classes, table.names[0], table.layers) == (CLASSES, "calcite", {})
    assert table.info["wavelengths_nm"][0] == 1000.0


def test_a_part_of_the_lines_is_read_by_their_numbers(written: Path) -> None:
    assert journal(written / "journal.sqlite", first=2, stop=6).seq.tolist() == [2, 5]
    nothing = journal(written, first=100)
    assert (nothing.labels.shape, nothing.seq.tolist(), nothing.time.shape) == ((0, 32), [], (0,))


def test_a_run_is_named_by_the_beginning_of_its_id(written: Path) -> None:
    other = stream_info(run=OTHER_RUN)
    write(written, other, label_line(0, other), end_of_stream(other, 1))
    assert len(journal(written).seq) == 1
    assert len(journal(written, RUN.hex()[:6]).seq) == 5
    with pytest.raises(RecordingError, match=f"holds 0 runs ff: name one of {RUN.hex()[:12]}, {OTHER_RUN.hex()[:12]}"):
        journal(written, "ff")


def test_a_camera_that_changed_makes_parts_of_a_run(tmp_path: Path) -> None:
    info = stream_info()
    wider = replace(info, epoch=2, seq=2, samples=48, classes=(*CLASSES, ClassInfo("talc", (1, 2, 3))))
    lines = [label_line(0, info), label_line(1, info), wider, label_line(2, wider)]
    write(tmp_path, info, *lines, end_of_stream(wider, 3))
    last, first = journal(tmp_path), journal(tmp_path, part=0)
    assert (last.labels.shape, last.part, last.parts, len(last.classes)) == ((1, 48), 1, 2, 4)
    assert (first.labels.shape, first.part, len(first.classes)) == ((2, 32), 0, 3)
    assert (journal(tmp_path, first=1).seq.tolist(), journal(tmp_path, first=2).part) == ([1], 1)
    with pytest.raises(RecordingError, match="has 2 parts, and no part 2"):
        journal(tmp_path, part=2)


def test_layers_have_their_planes_and_what_they_stand_for(tmp_path: Path) -> None:
    info = stream_info(layers=LAYERS)
    planes = sum(layer.planes for layer in LAYERS)
    values = np.arange(planes * 32, dtype=np.uint8).reshape(planes, 32)
    write(tmp_path, info, label_line(0, info, layers=values), end_of_stream(info, 1))
    table = journal(tmp_path)
    assert {name: one.shape for name, one in table.layers.items()} == {
        layer.name: (1, layer.planes, 32) for layer in LAYERS
    }
    assert np.concatenate([one[0] for one in table.layers.values()]).tolist() == values.tolist()
    assert table.legends == LAYERS


def test_a_journal_is_read_while_it_is_written(tmp_path: Path) -> None:
    info, log = stream_info(), Log.open(LogSettings(), tmp_path)
    log.consume([info, label_line(0, info)])
    log.commit()
    assert journal(tmp_path).labels[0].tolist() == [BACKGROUND] * 32
    log.consume([label_line(1, info)])
    log.commit()
    assert journal(tmp_path).seq.tolist() == [0, 1]
    log.close()


def test_where_there_is_no_journal_or_no_run_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="does not exist: name the journal of a run"):
        journal(tmp_path)
    Log.open(LogSettings(), tmp_path).close()
    with pytest.raises(RecordingError, match="none yet"):
        journal(tmp_path)
