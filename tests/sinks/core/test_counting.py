"""Counting: what each pixel of a row is, and what it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from oreline.messages import BACKGROUND, INVALID, UNKNOWN, FeatureInfo
from sinks.core.counting import measures_of, samples_of
from sinks.core.samples import CoreSamples
from tests.sinks.core.scans import (
    KAOLIN,
    KAOLINITE,
    MUSCOVITE,
    NO_BANDS,
    REASON_NAMES,
    WOOD,
    a_hole,
    a_scan,
    metres,
    one_row,
)

NOISY, PAINT = REASON_NAMES.index("noisy"), REASON_NAMES.index("not rock")


def by_name(samples: CoreSamples, line: int) -> dict[str, int]:
    """What is counted at an entry, without what is nowhere."""
    names = [info.name for info in samples.classes] + list(samples.reason_names)
    counts = np.concatenate([samples.counts, samples.reasons], axis=1)[line].tolist()
    return {name: n for name, n in zip(names, counts, strict=True) if n}


def test_each_pixel_of_a_row_is_counted_once_and_by_what_it_is() -> None:
    codes = np.array(
        [[KAOLINITE, KAOLIN, NO_BANDS, UNKNOWN, UNKNOWN, UNKNOWN, WOOD, INVALID, BACKGROUND, MUSCOVITE]], np.uint8
    )
    reasons = np.full(codes.shape, 255, np.uint8)
    reasons[0, 3:5] = NOISY, PAINT
    samples = samples_of("DH-1", a_scan(codes, reasons), a_hole(one_row(metres(100, 1), (0, 9))))
    assert by_name(samples, 0) == {"kaolinite": 1, "kaolin (group)": 1, "no bands": 1, "noisy": 1, "not told": 1}
    assert (samples.not_rock[0], samples.masked[0]) == (2, 1)


def test_what_a_row_does_not_hold_and_lines_without_a_depth_are_left_out() -> None:
    codes = np.full((4, 10), KAOLINITE, np.uint8)
    codes[:, 5:] = MUSCOVITE
    depth = np.array([100.3, np.nan, 100.1, np.nan])
    rows = one_row(depth, (0, 5)), one_row(np.array([100.2, 100.4, np.nan, np.nan]), (7, 10), row=2)
    samples = samples_of("DH-1", a_scan(codes), a_hole(*rows))
    assert samples.depth_m.tolist() == [100.1, 100.2, 100.3, 100.4]
    assert (samples.row.tolist(), samples.line.tolist()) == ([1, 2, 1, 2], [2, 0, 0, 1])
    assert [by_name(samples, at) for at in range(4)] == [{"kaolinite": 5}, {"muscovite": 3}] * 2


def test_a_box_without_a_depth_has_no_samples_but_the_same_columns() -> None:
    scan = a_scan(np.zeros((3, 4), np.uint8), box=7)
    samples = samples_of("DH-1", scan, a_hole())
    assert len(samples) == 0
    assert samples.counts.shape == (0, len(samples.classes))
    assert samples.reasons.shape == (0, len(samples.reason_names))


INFOS = tuple(FeatureInfo(name, 0, 1) for name in ("2200", "OH", "water"))


def test_features_count_where_rock_is_and_they_are_deep_enough() -> None:
    codes = np.full((1, 4), KAOLINITE, np.uint8)
    codes[0, 3] = WOOD
    features = np.full((1, 3, 2, 4), np.nan, np.float32)
    features[0, 0] = [[2200, 2210, 2300, 2500], [0.1, 0.3, 0.02, 0.5]]
    features[0, 1:, 1] = [[0.2, 0.2, np.nan, 0.2], [0.1, 0.4, 0.4, 0.1]]
    scan = a_scan(codes, features=features, feature_infos=INFOS)
    samples = samples_of("DH-1", scan, a_hole(one_row(metres(100, 1), (0, 4))), least_depth=0.05)
    assert samples.measures == ("2200W", "2200D", "crystallinity")
    n, total, squares = samples.sums[0].T
    assert n.tolist() == [2, 2, 2]
    assert total == pytest.approx([4410, 0.4, 2.5], rel=1e-6)
    assert squares == pytest.approx([2200**2 + 2210**2, 0.1, 4.25], rel=1e-6)


def test_crystallinity_needs_both_of_its_features() -> None:
    assert measures_of(INFOS[:2]) == ("2200W", "2200D")
    assert measures_of(()) == ()


def test_a_row_that_lies_askew_is_counted_along_itself() -> None:
    codes = np.tile(np.arange(6, dtype=np.uint8) // 2, (3, 1))
    row = one_row(metres(100, 3), (0, 2))
    askew = replace(
        row, find=replace(row.find, first=np.array([0, 1, 2], np.int32), stop=np.array([2, 3, 4], np.int32))
    )
    samples = samples_of("DH-1", a_scan(codes), a_hole(askew))
    assert [by_name(samples, at) for at in range(3)] == [
        {"kaolinite": 2},
        {"kaolinite": 1, "muscovite": 1},
        {"muscovite": 2},
    ]
