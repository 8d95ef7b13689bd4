"""The light of each line is watched: none at all, and a lamp that is not as it was."""

from __future__ import annotations

import numpy as np
import pytest

from inference.calibration.calibrator import Quality
from inference.illumination import IlluminationCheck, WhiteStrip
from oreline.messages import INVALID, Flag

SAMPLES = 40
STRIP = WhiteStrip(first=0, samples=4)


def judged(light: IlluminationCheck, mean: np.ndarray, invalid: int = 0, lamp: float = 1.0) -> tuple[Flag, np.ndarray]:
    """The flag, and what is left of labels that were all 7."""
    labels = np.full(SAMPLES, 7, np.uint8)
    flag, unlabelled = light.judge(mean.astype(np.float32), np.full(SAMPLES, invalid, np.uint8), lamp)
    labels[unlabelled] = INVALID
    return flag, labels


def belt(lamp: float = 1.0) -> np.ndarray:
    """A dark belt, a stone, and the strip at its edge."""
    mean = np.full(SAMPLES, 0.04)
    mean[10:20] = 0.5
    mean[:4] = 0.99
    return mean * lamp


def test_a_lit_line_is_not_flagged_and_keeps_its_labels() -> None:
    flag, labels = judged(IlluminationCheck(None), belt())
    assert (flag, set(labels)) == (Flag.NONE, {7})


@pytest.mark.parametrize("light", [IlluminationCheck(None), IlluminationCheck(STRIP)])
def test_a_line_without_light_gets_no_labels(light: IlluminationCheck) -> None:
    flag, labels = judged(light, np.full(SAMPLES, 0.0005))
    assert (flag, set(labels)) == (Flag.NO_LIGHT, {INVALID})


def test_an_empty_belt_is_not_taken_for_darkness() -> None:
    assert judged(IlluminationCheck(None), np.full(SAMPLES, 0.02))[0] is Flag.NONE


@pytest.mark.parametrize("lamp", [0.9, 1.1])
def test_a_lamp_that_is_off_by_more_than_the_tolerance_is_flagged_and_labels_are_kept(lamp: float) -> None:
    flag, labels = judged(IlluminationCheck(STRIP), belt(lamp))
    assert flag is Flag.LAMP
    assert set(labels[4:]) == {7}


def test_a_lamp_that_is_off_by_more_than_the_limit_leaves_no_labels() -> None:
    flag, labels = judged(IlluminationCheck(STRIP), belt(0.5))
    assert (flag, set(labels)) == (Flag.LAMP, {INVALID})


def test_the_strip_is_never_labelled() -> None:
    flag, labels = judged(IlluminationCheck(STRIP), belt())
    assert flag is Flag.NONE
    assert list(labels[:5]) == [INVALID] * 4 + [7]


def test_a_strip_that_has_no_valid_reference_is_no_proof_of_light() -> None:
    mean = belt()
    mean[:4] = np.nan
    assert judged(IlluminationCheck(STRIP), mean)[0] is Flag.LAMP


def test_samples_without_a_reference_do_not_hide_the_dark() -> None:
    mean = np.full(SAMPLES, 0.0)
    mean[7] = np.nan
    assert judged(IlluminationCheck(None), mean)[0] is Flag.NO_LIGHT


def test_a_saturated_strip_says_nothing_of_the_lamp() -> None:
    assert judged(IlluminationCheck(STRIP), belt(3.0), invalid=int(Quality.SATURATED))[0] is Flag.NONE


def test_a_corrected_lamp_is_judged_by_what_it_was_before() -> None:
    flag, labels = judged(IlluminationCheck(STRIP), belt(), lamp=0.8)
    assert flag is Flag.LAMP
    assert set(labels[4:]) == {7}
    flag, labels = judged(IlluminationCheck(STRIP), belt(), lamp=0.6)
    assert flag is Flag.LAMP
    assert set(labels) == {INVALID}
