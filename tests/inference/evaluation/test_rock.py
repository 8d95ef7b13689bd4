"""Real rock, as its log names it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.evaluation.answers import NO_BANDS, NOT_ROCK, OTHER_BANDS, Answers, Heads
from inference.evaluation.decisions import Thresholds, band_species_told, bands_told, group_told, species_told
from inference.evaluation.library import Library
from inference.evaluation.rock import Rock, kaolin_share
from inference.evaluation.rock_measures import rock_measures
from inference.evaluation.trials import Trial, asked, splits
from oreline.cameras import CAMERAS
from oreline.errors import SpectraRefused
from tests.inference.evaluation.conftest import Nearest

HEADS = Heads(
    ("calcite", "kaolinite"),
    ("other", "not rock"),
    ("calcite", "kaolinite", "other kaolin", OTHER_BANDS, NO_BANDS, NOT_ROCK),
    ("carbonate", "kaolin", "kaolin", OTHER_BANDS, NO_BANDS, NOT_ROCK),
)
SURE = Thresholds(0.5, 0.9, 0.6, 0.5)


def _answers(first: list[float], second: list[float]) -> Answers:
    return Answers(HEADS, np.log(np.array([first + second], np.float32)))


def _rock(small: Library) -> Rock:
    """Kaolinite and mica of the library, as a log that takes every fourth for the other, and wood at the end."""
    rows = np.concatenate([np.flatnonzero(small.species == name) for name in ("kaolinite", "muscovite", "quartz")])
    seen = small.seen(small.spectra[rows])
    first = np.array(["kaolin"] * 16 + ["white mica"] * 16 + ["not rock"] * 16)
    second = np.array(["white mica"] * 16 + ["kaolin"] * 16 + [""] * 16)
    turned = np.arange(48) % 4 == 0
    turned[32:] = False
    groups = np.stack([np.where(turned, second, first), np.where(turned, first, second)])
    weights = np.tile([[0.7], [0.3]], (1, 48))
    return Rock("tray", seen, groups.copy(), groups, weights, 60 + np.arange(48) * 0.01, np.ones(48))


@pytest.fixture(scope="module")
def trial(small: Library) -> Trial:
    train, test = next(splits(small, 1))
    maker = Nearest(small)
    return asked(small, maker.heads, maker.network(train, 1), (_rock(small),), test, 1)


def test_either_is_right_where_the_log_put_the_other_first(small: Library, trial: Trial) -> None:
    name, _, n, _, figures = next(iter(rock_measures(_rock(small), [trial], Thresholds(0.0, 0.0))))
    found = {of: float(sampled[0, 0]) for (_, of), sampled in figures.items()}
    assert (name, n) == ("tray", 32)
    assert found["group"] == found["right"] == pytest.approx(0.75)
    assert found["either"] == 1.0
    assert found["neither and sure"] == 0.0
    assert found["right"] + found["wrong"] + found["unknown"] == pytest.approx(1.0)


def test_nothing_is_told_above_a_threshold_that_nothing_reaches(small: Library, trial: Trial) -> None:
    parts = {name: figures for name, _, _, _, figures in rock_measures(_rock(small), [trial], Thresholds(1.1, 1.1))}
    assert parts["tray"]["network", "unknown"][0, 0] == 1.0
    assert parts["tray, no rock"]["network", "refused by species"][0, 0] == 1.0


def test_what_the_log_calls_no_rock_is_not_judged_as_rock(small: Library, trial: Trial) -> None:
    counts = {name: n for name, _, n, _, _ in rock_measures(_rock(small), [trial], SURE)}
    assert counts == {"tray": 32, "tray, no rock": 16}


def test_magnesite_is_judged_with_and_without(small: Library, trial: Trial) -> None:
    rock = _rock(small)
    minerals = rock.minerals.copy()
    minerals[0, :4] = "Magnesite"
    found = {name: n for name, _, n, _, _ in rock_measures(replace(rock, minerals=minerals), [trial], SURE)}
    assert (found["tray"], found["tray without magnesite"]) == (32, 28)


def test_share_of_kaolin_is_that_of_the_two_and_of_nothing_else() -> None:
    answers = _answers([0.25] * 4, [0.2, 0.3, 0.1, 0.1, 0.2, 0.1])
    assert kaolin_share(answers) == pytest.approx(1.0), "no mica in this list"
    groups = np.array([["kaolin", "kaolin", "calcite"], ["white mica", "calcite", ""]])
    weights = np.array([[0.6, 0.3, 1.0], [0.3, 0.7, np.nan]])
    rock = Rock("r", np.zeros((2, 3), np.float32), groups.copy(), groups, weights, np.arange(3.0), np.ones(3))
    assert rock.kaolin_share == pytest.approx([2 / 3, np.nan, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("first", "told"),
    [([0.6, 0.2, 0.1, 0.1], True), ([0.4, 0.3, 0.2, 0.1], False), ([0.45, 0.0, 0.05, 0.5], False)],
    ids=["sure", "unsure", "rather no rock"],
)
def test_species_is_told_where_it_is_sure_and_rock(first: list[float], told: bool) -> None:
    answers = _answers([one + 1e-6 for one in first], [1 / 6] * 6)
    assert species_told(answers, SURE).tolist() == [told]


def test_group_is_told_where_no_species_is() -> None:
    heads = Heads(("chlorite", "clinochlore", "quartz"))
    answers = Answers(heads, np.log(np.array([[0.48, 0.46, 0.06], [0.9, 0.06, 0.04]], np.float32)))
    assert group_told(answers, Thresholds(0.6, 0.9)).tolist() == [True, False]
    assert bands_told(answers, Thresholds(0.6, 0.9)).tolist() == [True, True], "of its first answer, having no second"


@pytest.mark.parametrize(
    ("second", "told", "species"),
    [
        ([0.7, 0.1, 0.1, 0.04, 0.03, 0.03], True, True),
        ([0.1, 0.4, 0.4, 0.04, 0.03, 0.03], True, False),
        ([0.1, 0.1, 0.7, 0.04, 0.03, 0.03], True, False),
        ([0.1, 0.1, 0.1, 0.64, 0.03, 0.03], False, False),
        ([0.2, 0.15, 0.15, 0.1, 0.4, 0.0], False, False),
        ([0.2, 0.15, 0.15, 0.1, 0.0, 0.4], False, False),
        ([0.55, 0.1, 0.1, 0.1, 0.1, 0.05], False, False),
    ],
    ids=["species", "group alone", "another of the group", "in no list", "no bands", "no rock", "unsure"],
)
def test_bands_are_told_by_group(second: list[float], told: bool, species: bool) -> None:
    answers = _answers([0.25] * 4, [one + 1e-6 for one in second])
    assert bands_told(answers, SURE).tolist() == [told]
    assert band_species_told(answers, SURE).tolist() == [species]


def test_spectra_that_nobody_named_judge_nothing(tmp_path: Path) -> None:
    lines = "Wavelength," + ",".join(f"{nm}" for nm in range(400, 2501, 10))
    (tmp_path / "field.csv").write_text(lines + "\nrock," + ",".join(["0.4"] * 211) + "\n")
    with pytest.raises(SpectraRefused):
        Rock.load(tmp_path / "field.csv", CAMERAS["swir288"])


@pytest.mark.shared
@pytest.mark.parametrize(
    ("folder", "file", "judged", "wood", "aspectral", "mixed"),
    [
        ("tsg_core_PE257D", "PE257D_0001_tsg", 575, 19, 21, 401),
        ("tsg_testrocks_HL4", "HL4_testrocks_tsg", 94, 23, 84, 0),
    ],
)
def test_real_logs_have_as_many_samples_of_each_kind_as_an_independent_reader_counts(
    shared_data: Path, folder: str, file: str, judged: int, wood: int, aspectral: int, mixed: int
) -> None:
    rock = Rock.load(shared_data / "field" / folder / f"{file}.tsg", CAMERAS["swir288"])
    assert rock.judged.sum() == judged
    assert (rock.groups[0] == "not rock").sum() == wood
    assert (rock.groups[0] == "invalid").sum() == aspectral
    if mixed:
        assert ((rock.kaolin_share > 0) & (rock.kaolin_share < 1)).sum() == pytest.approx(mixed, abs=15)
    assert np.isfinite(rock.seen).all()
