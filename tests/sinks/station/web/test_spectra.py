"""Spectra of stones, and how false colours are made of reflectance."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from oreline.messages import StoneRecord
from oreline.ring import Ring, slot_bytes
from oreline.testing import RUN, reflectance_line, stone_record, stream_info
from oreline.wire import encode
from sinks.station.passing import PassingReflectance
from sinks.station.web.colours import FalseColours, coloured
from sinks.station.web.spectra import MOST_LINES, StoneSpectra

INFO = stream_info()


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[Ring]:
    with closing(Ring.open(tmp_path / "reflectance.ring", 128, slot_bytes(512, 8192, 8192))) as ring:
        yield ring


@pytest.fixture
def spectra(ring: Ring) -> StoneSpectra:
    return StoneSpectra(PassingReflectance(ring.path))


def put(ring: Ring, seq: int, values: NDArray[np.float32]) -> None:
    ring.append(seq, 1, 0, encode(replace(reflectance_line(seq), reflectance=values)))


def values(seq: int) -> NDArray[np.float32]:
    """A different value in each band, sample and line."""
    return np.arange(8 * 32, dtype=np.float32).reshape(8, 32) / 1000 + seq / 100


def stone(number: int, *runs: tuple[int, int, int], first_line: int = 0) -> StoneRecord:
    last = first_line + max(line for line, _, _ in runs)
    return stone_record(number, first_line=first_line, last_line=last, outline=np.array(runs, np.int32))


def test_a_stone_has_the_mean_of_its_own_samples_where_they_are_known(ring: Ring, spectra: StoneSpectra) -> None:
    for seq in range(3):
        unknown = values(seq)
        unknown[2, 4:] = np.nan
        unknown[5] = np.nan
        put(ring, seq, unknown)
    spectra.take(stone(7, (0, 3, 5), (1, 3, 6), (1, 8, 9)))
    found = spectra.find(7)
    assert found is not None
    samples = [values(0)[:, [3, 4]], values(1)[:, [3, 4, 5, 8]]]
    wanted = np.concatenate(samples, axis=1).mean(axis=1)
    wanted[2] = (values(0)[2, 3] + values(1)[2, 3]) / 2
    wanted[5] = np.nan
    np.testing.assert_allclose(found.mean, wanted, rtol=1e-5)
    assert (found.lines, found.samples) == (2, 6)


def test_of_a_long_stone_lines_all_over_it_are_taken(ring: Ring, spectra: StoneSpectra) -> None:
    for seq in range(100):
        put(ring, seq, values(seq))
    spectra.take(stone(1, *((line, 0, 2) for line in range(100))))
    found = spectra.find(1)
    assert found is not None
    assert 0.8 * MOST_LINES <= found.lines <= MOST_LINES
    assert found.mean[0] == pytest.approx(values(50)[0, :2].mean(), abs=0.03)


def test_a_stone_whose_lines_are_gone_has_none_and_those_of_another_run_go(ring: Ring, spectra: StoneSpectra) -> None:
    put(ring, 0, values(0))
    spectra.take(stone(1, (0, 0, 2)))
    spectra.take(stone(2, (0, 0, 2), first_line=50))
    assert (spectra.find(1) is not None, spectra.find(2)) == (True, None)
    other = stone(3, (0, 0, 2))
    spectra.take(replace(other, stamp=replace(other.stamp, run=bytes(16))))
    assert spectra.find(1) is None


def test_false_colours_are_of_three_bands_and_black_where_nothing_is_known(ring: Ring) -> None:
    colours = FalseColours(PassingReflectance(ring.path))
    assert colours.newest(INFO)[1].shape == (0, 32, 3)
    line = values(0)
    line[:, 5] = np.nan
    put(ring, 0, line)
    seq, shown = colours.newest(INFO)
    assert (seq.tolist(), shown.shape) == ([0], (1, 32, 3))
    assert shown[0, 5].tolist() == [0, 0, 0]
    assert shown[0, 6].tolist() == coloured(line[[5, 4, 0], 6]).tolist()
    assert coloured(np.array([0.0, 0.8, 2.0, -1.0], np.float32)).tolist() == [0, 255, 255, 0]
    assert INFO.run == RUN
