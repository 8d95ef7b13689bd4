"""Point spectra get the labels that a line would give them, or none where they lack what the model reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwsim.spectra import load as load_library
from inference.classification.classifier import Classifier
from inference.classification.point_spectra import classify
from oreline.errors import SpectraRefused
from oreline.point_spectra import PointSpectra, read_points
from tests.inference import two_answers

LIBRARY = load_library()
MINERALS = ("kaolinite", "calcite", "muscovite", "dolomite")


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    return Classifier.load(two_answers.write(tmp_path_factory.mktemp("model")))


def points(names=MINERALS, values=None, nm=LIBRARY.wavelengths_nm) -> PointSpectra:
    rows = LIBRARY.reflectance[[LIBRARY.index(name) for name in names]] if values is None else values
    return PointSpectra(Path("a.txt"), "text", names, np.asarray(nm, float), rows.copy(), "nm", "fractions")


def test_minerals_are_labelled_with_their_groups_bands_and_features(classifier):
    rows = classify(points(), classifier).rows
    assert [row["label"] for row in rows] == list(MINERALS)
    assert [row["group"] for row in rows] == ["kaolin", "carbonate", "white mica", "carbonate"]
    assert [row["bands"]["label"] for row in rows] == list(MINERALS)
    assert all(row["unknown_reason"] is None for row in rows)
    assert all(len(row["best"]) == 3 and row["best"][0][0] == row["label"] for row in rows)
    assert 2205 < rows[0]["features"]["2200"]["nm"] < 2210


def test_labels_are_those_of_the_same_spectra_at_the_cameras_bands(classifier):
    card = classifier.card
    seen = LIBRARY.at(card.wavelengths_nm, card.fwhm_nm)[[LIBRARY.index(name) for name in MINERALS]]
    expected = classifier.answers(np.ascontiguousarray(seen.T))
    rows = classify(points(), classifier).rows
    assert [row["confidence"] for row in rows] == pytest.approx([one.confidence for one in expected], abs=1e-3)


def test_a_spectrum_whose_deleted_channels_touch_the_models_range_is_unknown_and_names_the_gap(classifier):
    values = points().reflectance
    values[1, LIBRARY.wavelengths_nm < 1350] = np.nan
    values[2, LIBRARY.wavelengths_nm < 990] = np.nan
    rows = classify(points(values=values), classifier).rows
    assert [row["label"] for row in rows] == ["kaolinite", "unknown", "muscovite", "dolomite"]
    assert rows[1]["unknown_reason"] == "no values from 1000 to 1345 nm"
    assert (rows[1]["confidence"], rows[1]["group"], rows[1]["bands"], rows[1]["best"]) == (None, None, None, [])
    assert rows[1]["features"]["2320"] == classify(points(), classifier).rows[1]["features"]["2320"]


@pytest.mark.parametrize(
    ("kept", "gap"),
    [
        (LIBRARY.wavelengths_nm < 1100, "1105 to 2500 nm"),
        (LIBRARY.wavelengths_nm > 1350, "1000 to 1345 nm"),
        (np.abs(LIBRARY.wavelengths_nm - 1900) > 50, "1852 to 1946 nm"),
    ],
)
def test_an_instrument_that_does_not_cover_the_camera_is_refused_with_the_gap(classifier, kept, gap):
    with pytest.raises(SpectraRefused, match=gap):
        classify(points(values=points().reflectance[:, kept], nm=LIBRARY.wavelengths_nm[kept]), classifier)


def test_a_reflectance_of_zero_is_no_label_of_a_model_that_takes_logarithms(classifier):
    values = points().reflectance
    values[0] = 0.5
    rows = classify(points(values=values), classifier).rows
    assert rows[0]["label"] == "unknown"
    assert rows[0]["unknown_reason"]


def test_so_many_spectra_are_labelled_as_each_alone(classifier):
    many = replace(points(), names=MINERALS * 150, reflectance=np.tile(points().reflectance, (150, 1)))
    rows = classify(many, classifier).rows
    assert [row["label"] for row in rows] == list(MINERALS * 150)


@pytest.mark.shared
def test_features_of_real_reference_rocks_are_those_of_tsg(shared_data, classifier):
    rocks = read_points(shared_data / "field" / "tsg_testrocks_HL4" / "HL4_testrocks_tsg.tsg")
    rows = classify(rocks, classifier).rows
    for name, nm, depth in (
        ("2200", "2200W", "2200D"),
        ("2250", "2250W", "2250D"),
        ("1400", "1400W3pfit", "1400D3pfit"),
    ):
        deep = rocks.columns[depth] > 0.01001
        assert deep.sum() > 10
        for row, theirs, is_deep in zip(rows, rocks.columns[nm], deep, strict=True):
            ours = row["features"][name]
            assert ours is None or ours["depth"] > 0.01
            assert not is_deep or ours["nm"] == pytest.approx(theirs, abs=0.0006)
