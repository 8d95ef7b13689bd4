"""What a network shall answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from inference.training.data import Spectra, load
from inference.training.minerals import BAND_GROUPS, WITHOUT_BANDS
from inference.training.pixels import Pixels, Sampler
from inference.training.targets import Targets, smooth
from oreline.cameras import CAMERAS
from oreline.palette import GROUPS, group_of
from tests.inference.training.conftest import CLASSES


def row(spectra: Spectra, mineral: str) -> int:
    return int(np.flatnonzero(spectra.mineral == mineral)[0])


def of(spectra: Spectra, major: list[int], minor: list[int], share: float, rock: bool) -> Pixels:
    n = len(major)
    return Pixels(
        np.zeros((1, n), np.float32), np.array(major), np.array(minor), np.full(n, share, np.float32), np.full(n, rock)
    )


def test_the_second_answer_names_classes_with_bands_and_the_rest_of_each_group(minerals: Spectra) -> None:
    targets = Targets.of(minerals, bands=True)
    assert targets.classes == CLASSES
    assert targets.strangers == ("other", "not rock")
    assert targets.names == (
        "calcite", "chlorite", "kaolinite", "muscovite", "other silica", "other kaolin", "other white mica",
        "other smectite", "other AlOH", "other chlorite", "other amphibole", "other serpentine", "other MgOH",
        "other epidote", "other carbonate", "other sulphate", "other bands", "no bands", "not rock",
    )  # fmt: skip
    groups = dict(zip(targets.names, targets.groups, strict=True))
    assert groups["calcite"] == "carbonate"
    assert groups["other kaolin"] == "kaolin"
    assert groups["other AlOH"] == "other AlOH"
    assert groups["no bands"] == "no bands"


def test_a_specimen_is_its_class_other_or_not_rock(minerals: Spectra) -> None:
    targets = Targets.of(minerals, bands=True)
    major = [row(minerals, "calcite"), row(minerals, "dickite"), len(minerals.mineral) + 3]
    wanted, learned = targets.majors(of(minerals, major, major, 0.0, rock=False))
    names = [*targets.classes, *targets.strangers]
    assert [names[one] for one in wanted] == ["calcite", "other", "not rock"]
    assert learned.all()
    assert targets.majors(of(minerals, major, major, 0.0, rock=True))[1].tolist() == [False, False, True]


def test_of_two_minerals_with_bands_each_has_its_share(minerals: Spectra) -> None:
    targets = Targets.of(minerals, bands=True)
    pixels = of(minerals, [row(minerals, "kaolinite")], [row(minerals, "muscovite")], 0.3, rock=True)
    shares = dict(zip(targets.names, targets.shares(pixels)[0][0].tolist(), strict=True))
    assert {name: round(share, 4) for name, share in shares.items() if share} == {"kaolinite": 0.7, "muscovite": 0.3}


def test_quartz_and_what_is_no_rock_take_no_share_from_bands(minerals: Spectra) -> None:
    targets = Targets.of(minerals, bands=True)
    quartz, clay, wood = row(minerals, "quartz"), row(minerals, "kaolinite"), len(minerals.mineral)
    wanted, learned = targets.shares(of(minerals, [clay, quartz, wood], [quartz, clay, clay], 0.4, rock=False))
    assert [targets.names[one] for one in wanted.argmax(axis=1)] == ["kaolinite", "no bands", "not rock"]
    assert wanted.max(axis=1).tolist() == [1.0, 1.0, 1.0]
    assert learned.tolist() == [True, False, True], "the library's quartz holds clay, the rock's is cleaned"
    assert targets.shares(of(minerals, [quartz], [clay], 0.0, rock=True))[1].all()


def test_targets_of_drawn_pixels_sum_to_one(minerals: Spectra) -> None:
    targets = Targets.of(minerals, bands=True)
    pixels = Sampler(minerals, np.flatnonzero(~minerals.reserved), 1).draw(500)
    wanted, _ = targets.shares(pixels)
    np.testing.assert_allclose(wanted.sum(axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose(smooth(wanted).sum(axis=1), 1.0, atol=1e-6)
    assert smooth(wanted).min() > 0


def test_a_library_without_bands_or_a_camera_that_sees_none_has_one_answer(minerals: Spectra) -> None:
    assert Targets.of(minerals, bands=False).names == ()
    plain = replace(minerals, classes=tuple(sorted(WITHOUT_BANDS)[: len(CLASSES)]))
    assert Targets.of(plain, bands=True).names == ()
    assert Targets.of(plain, bands=True).outputs == len(CLASSES) + 2


def test_a_library_without_other_minerals_has_no_output_for_them(minerals: Spectra) -> None:
    assert Targets.of(replace(minerals, reserved=minerals.target < 0), bands=False).strangers == ("not rock",)


def test_every_group_of_a_core_log_can_be_answered_from_the_shared_library(shared_data: Path) -> None:
    targets = Targets.of(load(shared_data / "minerals_open.npz", CAMERAS["swir288"]), bands=True)
    assert {*BAND_GROUPS, "vermiculite"} <= set(targets.groups)
    assert all(group in GROUPS or not group_of(group) for group in targets.groups)
    assert len([name for name in targets.names if name in targets.classes]) == 19
