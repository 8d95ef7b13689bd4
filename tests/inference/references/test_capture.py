"""A capture becomes a reference by itself, with the half that waits, or with the reference in force."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from oreline import moment
from oreline.errors import ReferenceRefused
from oreline.messages import EndOfStream, StreamInfo
from oreline.moment import NEVER, Moment
from tests.inference.reference_builders import INFO, some_lines
from tests.inference.running_stage import WARM, Running, reference


@pytest.mark.parametrize("clock", [NEVER, moment.now()], ids=["of a release that told no time", "of this one"])
def test_a_dark_alone_waits_for_a_white(tmp_path: Path, clock: Moment) -> None:
    line = Running(tmp_path, reflectance=False)
    dark = [replace(one, clock=clock) if isinstance(one, StreamInfo) else one for one in line.dark()]
    line.feed(*dark, WARM, EndOfStream(INFO.run, 1, 20, 0, 0, 20))
    assert line.store.chosen == ""
    later = Running(tmp_path, reflectance=False)
    later.feed(*later.white(), WARM, EndOfStream(INFO.run, 1, 20, 0, 0, 20))
    made = later.store.load(later.store.chosen)
    np.testing.assert_array_equal(made.dark.mean, some_lines(INFO, 300.0, 20, seed=1).mean(axis=0))
    assert made.dark.temperature_c == 30.0
    assert later.store.waiting() is None


def test_a_half_that_is_damaged_is_said_to_be(tmp_path: Path) -> None:
    line = Running(tmp_path, reflectance=False)
    line.feed(*line.dark(), WARM, EndOfStream(INFO.run, 1, 20, 0, 0, 20))
    whole = (tmp_path / "waiting.npz").read_bytes()
    for damaged in (whole[:-100], whole[:2], b"", whole[:500] + b"\0" * 200 + whole[700:]):
        (tmp_path / "waiting.npz").write_bytes(damaged)
        later = Running(tmp_path, reflectance=False)
        with pytest.raises(ReferenceRefused, match="delete it, and capture again"):
            later.feed(*later.white(), WARM, EndOfStream(INFO.run, 1, 20, 0, 0, 20))


@pytest.mark.parametrize("reflectance", [True, False], ids=["a line", "oreline calibrate"])
@pytest.mark.parametrize("kinds", [("dark",), ("dark", "white")])
def test_a_run_that_is_cut_short_in_its_dark_or_white_makes_no_reference_of_it(
    tmp_path: Path, kinds: tuple[str, ...], reflectance: bool
) -> None:
    first = reference()
    line = Running(tmp_path, first, reflectance=reflectance)
    captured = [message for kind in kinds for message in getattr(line, kind)()]
    out = line.feed(WARM, *captured, EndOfStream(INFO.run, 1, len(captured), 0, 0, len(captured)))
    assert isinstance(out[-1], EndOfStream)
    assert (line.store.ids(), line.store.chosen) == ([first.id], first.id)
    assert line.incidents == {"cut_capture": 1}


def test_a_scene_after_a_dark_alone_is_refused(tmp_path: Path) -> None:
    line = Running(tmp_path)
    with pytest.raises(ReferenceRefused, match="no white lines"):
        line.feed(*line.dark(), WARM, *line.scene())


def test_a_newer_dark_keeps_the_light_of_the_white(tmp_path: Path) -> None:
    first = reference()
    line = Running(tmp_path, first)
    line.feed(WARM, *line.scene(), *line.dark(310.0), WARM, *line.scene())
    line.active.end()
    new = line.store.load(line.store.chosen)
    assert new.id != first.id
    np.testing.assert_allclose(new.white.mean - new.dark.mean, first.white.mean - first.dark.mean)
    assert np.median(new.dark.mean - first.dark.mean) == pytest.approx(10.0, rel=0.2)


def test_a_dark_at_another_temperature_comes_beside_the_first(tmp_path: Path) -> None:
    first = reference()
    line = Running(tmp_path, first)
    warmer = replace(WARM, temperature_c=32.0)
    line.feed(WARM, *line.scene(), *line.dark(310.0, warmer), WARM, *line.scene())
    line.active.end()
    new = line.store.load(line.store.chosen)
    np.testing.assert_array_equal(new.dark.mean, first.dark.mean)
    assert [dark.temperature_c for dark in new.darks] == [32.0]
