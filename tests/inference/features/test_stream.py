"""The stream of features, as the stage of inference makes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.active_reference import ActiveReference
from inference.features.absorption import absorptions
from inference.features.windows import placed
from inference.pipeline import Pipeline
from inference.reference_review import ReferenceReview
from inference.references.reference import Reference
from inference.references.store import Store
from inference.settings import Settings
from oreline.errors import ConfigError
from oreline.features import FEATURES
from oreline.messages import FeatureLine, Flag, Kind, RawLine, ReflectanceLine, Stamp, StreamInfo
from oreline.metrics import Account
from tests.inference.reference_builders import a_reference, stream
from tests.inference.test_pipeline import run

SWIR = stream(wavelengths_nm=tuple(np.linspace(1000.0, 2500.0, 288)))


def line(seq: int) -> RawLine:
    counts = np.random.default_rng(seq).integers(1000, 2400, (288, SWIR.samples)).astype(np.uint16)
    return RawLine(Stamp(SWIR.run, 1, seq, seq, 0, 0), Kind.SCENE, Flag.NONE, counts)


def stage(folder: Path, reference: Reference, *, reflectance: bool = False) -> Pipeline:
    """One that measures features, in two lanes."""
    review = ReferenceReview(Store(folder), reference, lanes=2, features=True)
    return Pipeline(ActiveReference(review, Account("inference")), reflectance=reflectance)


def test_a_line_of_features_is_that_of_the_reflectance_and_of_its_stamp(tmp_path: Path) -> None:
    made = run(stage(tmp_path, a_reference(SWIR), reflectance=True), SWIR, *map(line, range(5)))
    answer, *lines = made
    assert isinstance(answer, StreamInfo)
    assert answer.features == FEATURES
    assert len(lines) == 10
    for spectra, features in zip(lines[::2], lines[1::2], strict=True):
        assert isinstance(spectra, ReflectanceLine)
        assert isinstance(features, FeatureLine)
        assert (features.stamp, features.reference_id) == (spectra.stamp, spectra.reference_id)
        expected = absorptions(placed(answer.wavelengths_nm), spectra.reflectance)
        np.testing.assert_allclose(features.features, expected, rtol=1e-5)


def test_features_may_be_all_that_is_made(tmp_path: Path) -> None:
    made = run(stage(tmp_path, a_reference(SWIR)), SWIR, *map(line, range(5)))
    assert [type(one) for one in made] == [StreamInfo, *[FeatureLine] * 5]


def test_a_saturated_sample_has_no_features_and_its_line_says_so(tmp_path: Path) -> None:
    bright = line(0)
    bright.counts[200, 3] = SWIR.full_scale
    _, made = run(stage(tmp_path, a_reference(SWIR)), SWIR, bright)
    assert isinstance(made, FeatureLine)
    assert Flag.SATURATED in made.flags
    assert np.isnan(made.features[:, :, 3]).all()
    assert np.isfinite(made.features[:, :, 4]).any()


def test_features_that_a_camera_does_not_see_are_left_out_and_that_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    info = replace(SWIR, wavelengths_nm=tuple(np.linspace(1500.0, 2300.0, 288)))
    answers = run(stage(tmp_path, a_reference(info)), info, replace(info, exposure_us=900.0))
    names = [[one.name for one in answer.features] for answer in answers if isinstance(answer, StreamInfo)]
    assert names == [["1900", "2200", "2250", "water"]] * 2
    said = capsys.readouterr().err
    missing = ("1400", "1480", "2320", "2340", "2390", "OH")
    windows = ", ".join(f"{one.name} of {one.first_nm:g}-{one.last_nm:g} nm" for one in FEATURES if one.name in missing)
    assert said.count(f"{windows}: not measured") == 1


def test_a_camera_that_sees_no_feature_is_refused(tmp_path: Path) -> None:
    info = replace(SWIR, wavelengths_nm=tuple(np.linspace(400.0, 1000.0, 288)))
    with pytest.raises(ConfigError, match='leave "features" out'):
        run(stage(tmp_path, a_reference(info)), info)


def test_radiance_has_no_features() -> None:
    with pytest.raises(ValueError, match="features are those of reflectance"):
        Settings.model_validate({"streams": ["features"], "correction": {"quantity": "radiance"}})
