"""A stone by the mean probability of its core: the sums are those of its samples, and what they decide."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from oreline.errors import ConfigError
from oreline.messages import BACKGROUND, UNKNOWN, LayerInfo, StreamInfo
from oreline.testing import stream_info
from sinks.conveyor.cores import Cores
from sinks.conveyor.recipe import Recipe
from sinks.conveyor.segment import Segmenter, Stone

INFO = stream_info(samples=12, layers=(LayerInfo("reason"), LayerInfo("probability", 4, scale=1 / 255)))
"""Three classes, calcite first, and "other"."""
RECIPE = Recipe(ore=("calcite",), decide="mean", min_pixels=4)
KINDS = RECIPE.kinds(INFO.classes)


def layers_of(probability: NDArray[Any]) -> NDArray[np.uint8]:
    """Of a line, float (4, samples) as bytes below a plane of another layer."""
    told = np.full((5, probability.shape[1]), 7, np.uint8)
    told[1:] = np.rint(255 * probability)
    return told


def stones_of(labels: NDArray[np.uint8], layers: NDArray[np.uint8], info: StreamInfo = INFO) -> list[list[Stone]]:
    """The stone of each sample of each line (lines, samples) at the end, by its runs."""
    segmenter, cores, runs = Segmenter(KINDS), Cores.of(info, KINDS), []
    for line, told in zip(labels, layers, strict=True):
        made, _, _ = segmenter.push(line)
        cores.push(made, told)
        runs.append(made)
    return [[run.stone.root() for run in made] for made in runs]


def belt(picture: str) -> NDArray[np.uint8]:
    """Calcite where there is an x, belt elsewhere."""
    return np.array([[0 if key == "x" else BACKGROUND for key in line] for line in picture.split()], np.uint8)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1, 2, 3, 12]), st.sampled_from([0.3, 0.6, 0.9]))
def test_sums_are_those_of_the_samples_and_of_those_with_rock_on_all_sides(
    seed: int, samples: int, share: float
) -> None:
    draw = np.random.default_rng(seed)
    rock = draw.random((9, samples)) < share
    labels = np.where(rock, draw.integers(0, 3, rock.shape), BACKGROUND).astype(np.uint8)
    layers = draw.integers(0, 64, (9, 5, samples), dtype=np.uint8)
    info = stream_info(samples=samples, layers=INFO.layers)
    segmenter, cores, where = Segmenter(KINDS), Cores.of(info, KINDS), {}
    for number, (line, told) in enumerate(zip(labels, layers, strict=True)):
        runs, _, _ = segmenter.push(line)
        cores.push(runs, told.copy())
        where |= {(number, x): run.stone for run in runs for x in range(run.start, run.stop)}
    cores.push(segmenter.push(np.full(samples, BACKGROUND, np.uint8))[0], layers[0])
    around = np.pad(rock, 1)
    core = rock & around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]
    for stone in {id(one.root()): one.root() for one in where.values()}.values():
        own = [place for place, of in where.items() if of.root() is stone]
        whole, inner = (
            sum((layers[line, 1:, x].astype(np.int64) for line, x in places), np.zeros(4, np.int64))
            for places in (own, [place for place in own if core[place]])
        )
        assert stone.sums is not None
        assert stone.sums.tolist() == whole.tolist()
        assert (np.zeros(4, np.int64) if stone.core_sums is None else stone.core_sums).tolist() == inner.tolist()


def test_the_outline_has_no_say_where_there_is_a_core() -> None:
    labels = belt("............ ..xxxxx..... ..xxxxx..... ..xxxxx..... ............")
    probability = np.zeros((5, 4, 12))
    probability[:, 1] = 1.0
    probability[2, :, 3:6] = np.array([0.6, 0.1, 0.2, 0.1])[:, None]
    stone = stones_of(labels, np.array([layers_of(line) for line in probability]))[1][0]
    ore, rival = stone.probable
    assert (ore, rival) == (pytest.approx(0.6, abs=0.01), pytest.approx(0.2, abs=0.01))
    assert RECIPE.wants(stone)


def test_a_stone_that_is_too_thin_for_a_core_is_decided_by_all_of_it() -> None:
    labels = belt("............ ..xxxxxx.... ............")
    probability = np.repeat([[0.5], [0.3], [0.1], [0.1]], 12, axis=1)
    (stone,) = stones_of(labels, np.array([layers_of(probability)] * 3))[1]
    assert stone.probable == (pytest.approx(0.5, abs=0.01), pytest.approx(0.3, abs=0.01))
    assert RECIPE.wants(stone)


@pytest.mark.parametrize(
    ("probability", "wanted"),
    [
        ([0.45, 0.15, 0.10, 0.30], True),
        ([0.45, 0.00, 0.05, 0.50], False),
        ([0.30, 0.25, 0.25, 0.20], False),
    ],
    ids=["ore before each of the others", "a stranger", "nothing that is sure"],
)
def test_what_is_most_probable_decides_also_where_no_sample_is_sure(probability: list[float], wanted: bool) -> None:
    """Each sample alone is unknown: by votes the stone is never ejected."""
    labels = np.full((6, 12), BACKGROUND, np.uint8)
    labels[1:5, 3:8] = UNKNOWN
    planes = np.repeat(np.array(probability)[:, None], 12, axis=1)
    stone = stones_of(labels, np.array([layers_of(planes)] * 6))[2][0]
    assert RECIPE.wants(stone) == wanted
    assert not RECIPE.model_copy(update={"decide": "votes"}).wants(stone)


def test_classes_of_ore_are_probable_together() -> None:
    recipe = Recipe(ore=("calcite", "kaolinite"), decide="mean", min_pixels=4)
    kinds, layers = recipe.kinds(INFO.classes), np.zeros((5, 12), np.uint8)
    layers[[1, 2]] = 128
    segmenter, cores = Segmenter(kinds), Cores.of(INFO, kinds)
    (run,) = segmenter.push(belt("..xxxxxx....")[0])[0]
    cores.push([run], layers)
    assert run.stone.probable == (1.0, 0.0)
    assert recipe.wants(run.stone)


def test_a_line_that_does_not_follow_the_last_ends_its_core() -> None:
    labels, planes = belt("xxx xxx xxx xxx"), layers_of(np.full((4, 3), 0.25))
    info = stream_info(samples=3, layers=INFO.layers)
    segmenter, cores = Segmenter(KINDS), Cores.of(info, KINDS)
    for line in labels[:2]:
        cores.push(segmenter.push(line)[0], planes)
    (before,) = segmenter.cut()
    cores.cut()
    for line in labels[2:]:
        runs = segmenter.push(line)[0]
        cores.push(runs, planes)
    assert before.core_sums is None or not before.core_sums.any()
    after = runs[0].stone.root()
    assert after.core_sums is None or not after.core_sums.any()


def test_a_stream_that_does_not_tell_the_probability_is_refused_with_what_to_set() -> None:
    with pytest.raises(ConfigError, match=r"add 'probability' to inference\.layers, or decide by 'votes'"):
        Cores.of(stream_info(), KINDS)


def test_bands_have_no_probability() -> None:
    with pytest.raises(ValueError, match="sort by 'labels', or decide by 'votes'"):
        Recipe(ore=("calcite",), decide="mean", by="bands")
