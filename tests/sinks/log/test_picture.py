"""Label maps say what run they are of, and show what is there, what is missing and what was ejected."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from oreline.messages import BACKGROUND, INVALID, UNKNOWN, ClassInfo, Gap, Message, Reason, StreamInfo
from oreline.moment import Moment
from oreline.recordings.label_picture import Paint
from oreline.testing import LAYERS, RUN, label_line, stream_info
from sinks.log import Log, picture
from sinks.log.pages import STRIP, Page, strips_of
from sinks.log.sink import LogSettings
from sinks.shots import ShotWriter

CALCITE, DICKITE = ClassInfo("calcite", (46, 53, 245)), ClassInfo("dickite", (156, 21, 45))
CLOCK = Moment(1_772_373_909_000_000_000, 3600, 0, bytes(16))
"""14:05:09 on the first of March 2026, an hour ahead of UTC."""


def info(**changes: object) -> StreamInfo:
    return replace(stream_info(classes=(CALCITE, DICKITE), clock=CLOCK), **changes)  # type: ignore[arg-type]


def exported(output: Path, *messages: Message, title: str = "") -> list[Path]:
    log = Log.open(LogSettings(parquet=False, title=title), output)
    log.consume(list(messages))
    log.commit()
    artefacts = log.close()["artefacts"]
    return [Path(path) for name, path in artefacts.items() if name.startswith("label_map")]


def map_of(path: Path, rows: int, samples: int) -> NDArray[np.uint8]:
    """Colours of a page's first strip, (rows, samples, 3)."""
    left, top = picture.LEFT, picture.HEAD
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))[top : top + samples, left : left + rows].transpose(1, 0, 2)


def test_lines_go_from_left_to_right_and_what_is_missing_is_hatched(tmp_path: Path) -> None:
    reference, gap = Gap(RUN, 1, 0, 7, Reason.REFERENCE), Gap(RUN, 1, 10, 2, Reason.DROPPED)
    lines = [label_line(seq, info(), [0] * 32) for seq in range(7, 10)]
    after = [label_line(seq, info(), [UNKNOWN] * 32) for seq in range(12, 14)]
    (path,) = exported(tmp_path, info(), reference, *lines, gap, *after)
    shown = map_of(path, 7, 32)
    assert (shown[:3] == CALCITE.colour).all()
    assert {tuple(pixel) for pixel in shown[3:5].reshape(-1, 3).tolist()} == {picture.LIGHT, picture.DARK}
    assert (shown[5:7] == (136, 136, 136)).all()


def test_a_mineral_with_a_pattern_is_painted_with_it() -> None:
    labels = np.array([[0] * 12, [1] * 12] * 6, np.uint8)
    shown = Paint((CALCITE, DICKITE))(labels)
    assert len(np.unique(shown[0], axis=0)) == 1
    assert len(np.unique(shown[1], axis=0)) == 2


def test_a_map_has_no_more_classes_than_it_shows_and_all_253_that_a_model_may_have() -> None:
    classes = tuple(ClassInfo(f"class {number}", (number, 255 - number, 7)) for number in range(253))
    shown = Paint(classes)(np.arange(253, dtype=np.uint8)[None])
    assert len(np.unique(shown[0], axis=0)) > 200


def page(labels: list[list[int]], missing: int = 0) -> Page:
    rows = np.array(labels + [[BACKGROUND] * len(labels[0])] * missing, np.uint8)
    is_missing = np.arange(len(rows)) >= len(labels)
    walls = (CLOCK.wall_ns, CLOCK.wall_ns + 4_000_000_000)
    return Page(rows, is_missing, np.arange(200, 200 + len(rows)), walls)


def test_shares_are_of_the_rock_and_what_is_not_there_has_none() -> None:
    shown = page([[0, 0, 0, 1], [BACKGROUND] * 3 + [INVALID]], missing=2)
    entries = picture.entries_of(shown, Paint((CALCITE, DICKITE, ClassInfo("talc", (1, 2, 3)))))
    assert entries == [(0, "calcite 75.0%"), (1, "dickite 25.0%")]
    first, second = picture.notes_of(shown, np.zeros((4, 4), bool))
    assert first == "Shares are of the rock, which is 50.0% of what was seen; background 37.5%, invalid 12.5%."
    assert second == "Hatched: lines that are missing."


def test_a_page_without_rock_has_no_shares() -> None:
    assert picture.entries_of(page([[BACKGROUND, INVALID]]), Paint((CALCITE,))) == []


@pytest.mark.parametrize(
    ("pitch_mm", "scale"), [(1.5, "a sample is 1.5 mm"), (0.0, "no scale, for acquisition.pitch_mm is not set")]
)
def test_a_page_says_which_run_when_and_how_large(pitch_mm: float, scale: str) -> None:
    about = {"camera": "FX17", "serial": "42", "model": "0123456789abcdef", "pitch_mm": pitch_mm, "offset_s": 3600}
    heading = picture.Heading("Line 3", bytes.fromhex("ab" * 16), about, 2, 5)
    assert picture.headings(page([[0]] * 1000), heading) == [
        "Line 3: label map, page 2 of 5",
        "run abababababab, 2026-03-01 15:05:09 to 15:05:13 +0100, lines 200 to 1,199",
        f"camera FX17 42, model 0123456789abcdef; across: {scale}; along: a pixel is a line",
    ]


def test_a_long_run_is_cut_into_pages_that_fit_a_screen(tmp_path: Path) -> None:
    samples, rows = 400, STRIP * strips_of(400)
    paths = exported(
        tmp_path, info(samples=samples), *(label_line(n, info(samples=samples), [0] * samples) for n in range(rows + 5))
    )
    assert [path.name[-8:] for path in paths] == ["_000.png", "_001.png"]
    for path in paths:
        with Image.open(path) as image:
            assert max(image.size) < 2000


def test_what_the_valves_were_opened_over_has_an_outline(tmp_path: Path) -> None:
    stone = [BACKGROUND] * 8 + [0] * 8 + [BACKGROUND] * 16
    lines = [label_line(seq, info(), stone if 4 <= seq < 10 else [BACKGROUND] * 32) for seq in range(14)]
    ShotWriter(tmp_path, RUN).write((seq, 4, 20, 900 + seq) for seq in range(4, 10))
    (path,) = exported(tmp_path, info(), *lines)
    white = (map_of(path, 14, 32) == picture.LIGHT).all(axis=2)
    assert white[3, 8:16].all()
    assert white[10, 8:16].all()
    assert white[4:10, 7].all()
    assert white[4:10, 16].all()
    assert white.sum() == 2 * 8 + 2 * 6


def test_shots_of_another_run_are_not_shown(tmp_path: Path) -> None:
    lines = [label_line(seq, info(), [0] * 8 + [BACKGROUND] * 24) for seq in range(6)]
    ShotWriter(tmp_path, bytes(16)).write((seq, 0, 32, 0) for seq in range(6))
    (path,) = exported(tmp_path, info(), *lines)
    assert not (map_of(path, 6, 32) == picture.LIGHT).all(axis=2).any()


def layered(output: Path) -> list[Path]:
    """A run of which the first 8 samples are calcite, 8 a carbonate, 8 unsure, 4 no rock and 4 belt; by its bands all
    is kaolinite but 16, which are a kaolin or have none. A part without layers follows."""
    shown, plain = stream_info(layers=LAYERS), stream_info(epoch=2, seq=6)
    planes = np.full((8, 32), UNKNOWN, np.uint8)
    planes[0, :16] = 0
    planes[2], planes[3] = [UNKNOWN] * 8 + [1] * 8 + [0] * 16, [0] * 8 + [1] * 8 + [0] * 16
    planes[4, 8:28] = [1] * 16 + [0] * 4
    labels = [0] * 8 + [UNKNOWN] * 20 + [BACKGROUND] * 4
    lines = [label_line(seq, shown, labels, layers=planes) for seq in range(6)]
    log = Log.open(LogSettings(parquet=False), output)
    log.consume([shown, *lines, plain, *(label_line(seq, plain, [0] * 32) for seq in range(6, 9))])
    log.commit()
    return [Path(path) for name, path in log.close()["artefacts"].items() if "map" in name]


def test_where_only_the_group_is_sure_it_is_painted_and_the_second_answer_has_a_map_of_its_own(tmp_path: Path) -> None:
    paths = layered(tmp_path)
    assert [path.name.partition("_")[2][13:] for path in paths] == ["000.png", "001.png", "bands_000.png"]
    by_label, by_bands = map_of(paths[0], 6, 32), map_of(paths[2], 6, 32)
    assert (by_label[:, :8] == (60, 120, 220)).all()
    assert (by_label[:, 8:16] == (0, 0, 255)).all(axis=2).sum() > 20  # dotted
    assert (by_label[:, 16:28] == (136, 136, 136)).all()
    assert ((by_bands[:, :8] == (255, 0, 0)).all(axis=2)).sum() > 20
    assert (by_bands[:, 8:16] == (214, 206, 170)).all()
    assert (by_bands[:, 16:28] == (99, 24, 0)).all()
    assert (by_bands[:, 28:] == (24, 24, 28)).all()


def test_what_has_a_group_is_not_counted_among_the_unknown_of_a_map(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = list[str]()
    draw = picture.draw_page
    monkeypatch.setattr(picture, "draw_page", lambda *given: (said.append(given[4]), draw(*given))[1])
    layered(tmp_path)
    assert said == ["Unknown: unsure 28.6%, not rock 14.3%.", "", ""]


def test_the_legend_says_why_what_is_unknown_is() -> None:
    planes = np.full((2, 8, 4), UNKNOWN, np.uint8)
    planes[0, 4] = 0, 1, 1, UNKNOWN
    shown = Page(np.array([[UNKNOWN] * 3 + [0], [BACKGROUND] * 4], np.uint8), np.zeros(2, bool), np.arange(2),
                 (None, None), planes)  # fmt: skip
    assert picture.reasons_of(shown, LAYERS) == "Unknown: unsure 50.0%, not rock 25.0%."
    assert picture.reasons_of(shown, LAYERS[:1]) == ""
    assert picture.reasons_of(replace(shown, labels=shown.labels[::-1]), LAYERS) == ""


@pytest.mark.parametrize("span", [1.0, 8.0, 8.1, 9.6, 10.0, 384.0, 576.0, 960.0, 999.0])
def test_lines_of_any_width_have_three_to_ten_marks(span: float) -> None:
    assert 3 <= span / picture._step(span) <= 10
