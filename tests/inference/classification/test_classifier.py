"""Labels of a line, and what becomes of samples that deserve none."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from hwsim.scenes.belt import BeltScene
from hwsim.spectra import belt, load
from inference.classification.card import GOLDEN, MODEL, Card
from inference.classification.classifier import Classifier
from inference.classification.signature import sign
from inference.models import SHIPPED
from inference.preprocessing.steps import Chain, Resample, preprocessed
from oreline.cameras import CAMERAS
from oreline.errors import ModelError, ModelMismatch
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, StreamInfo
from oreline.testing import stream_info
from tests.inference import first_version

SWIR = CAMERAS["swir288"]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load(SHIPPED / "swir288")


def stream_of(name: str, shift_nm: float = 0.0) -> StreamInfo:
    camera = CAMERAS[name]
    bands = tuple((camera.wavelengths_nm + shift_nm).tolist())
    return stream_info(wavelengths_nm=bands, samples=camera.samples, camera=name)


def line_of(minerals: tuple[str, ...]) -> np.ndarray:
    """Reflectance float32 (bands, samples): clean spectra side by side."""
    library = load()
    rows = [library.index(name) for name in minerals]
    return np.ascontiguousarray(library.at(SWIR.wavelengths_nm, SWIR.fwhm_nm)[rows].T)


def labels_of(classifier: Classifier, reflectance: np.ndarray) -> np.ndarray:
    samples = reflectance.shape[1]
    mean, invalid = reflectance.mean(axis=0), np.zeros(samples, np.uint8)
    return classifier.classify(features_of(classifier, reflectance), mean, invalid)[0]


def features_of(classifier: Classifier, reflectance: np.ndarray) -> np.ndarray:
    return preprocessed(classifier.card.steps, classifier.card.wavelengths_nm, reflectance)


@pytest.mark.parametrize("name", ["nir224", "swir288"])
def test_the_models_that_ship_answer_their_golden_vector_and_fit_their_camera(name: str) -> None:
    model = Classifier.load(SHIPPED / name)
    model.check(stream_of(name))
    assert model.id == hashlib.sha256((SHIPPED / name / MODEL).read_bytes()).hexdigest()[:16]
    assert len(model.classes) == 31


def test_the_minerals_of_the_demo_are_labelled_as_their_species(classifier: Classifier) -> None:
    library, minerals = load(), BeltScene(camera="swir288").minerals
    names = [one.name for one in classifier.classes]
    found = [names[label] for label in labels_of(classifier, line_of(minerals))]
    assert found == [library.species[library.index(name)] for name in minerals]


def test_a_mineral_that_is_no_class_is_unknown_and_the_belt_is_background(classifier: Classifier) -> None:
    assert labels_of(classifier, line_of(("buddingtonite", "dry_grass"))).tolist() == [UNKNOWN, UNKNOWN]
    rubber = np.tile(belt(SWIR.wavelengths_nm)[:, None], (1, 3))
    assert labels_of(classifier, rubber).tolist() == [BACKGROUND] * 3


def test_saturated_samples_and_those_without_a_reference_are_invalid_and_doubtful_ones_are_not(
    classifier: Classifier,
) -> None:
    reflectance = line_of(("talc",) * 4)
    mean = reflectance.mean(axis=0)
    mean[3] = np.nan
    labels, confidence = classifier.classify(
        features_of(classifier, reflectance), mean, np.array([1, 2, 4, 0], np.uint8)
    )
    talc = [one.name for one in classifier.classes].index("talc")
    assert labels.tolist() == [INVALID, INVALID, talc, INVALID]
    assert confidence[[0, 1, 3]].tolist() == [0, 0, 0]
    assert confidence[2] > 128


def test_a_spectrum_with_a_missing_band_is_invalid(classifier: Classifier) -> None:
    reflectance = line_of(("talc", "talc"))
    reflectance[5, 1] = np.nan
    labels = labels_of(classifier, reflectance)
    assert labels[0] < INVALID
    assert labels[1] == INVALID


def test_an_answer_that_is_not_a_number_is_unknown() -> None:
    logits = np.zeros((31, 4), np.float32)
    logits[7] = 20.0
    logits[0, 1] = logits[30, 2] = np.nan
    logits[:, 3] = np.nan
    model = Classifier(first_version.card(), lambda _snv: logits)
    labels, confidence = model.classify(
        np.zeros((288, 4), np.float32), np.full(4, 0.5, np.float32), np.zeros(4, np.uint8)
    )
    assert labels.tolist() == [7, UNKNOWN, UNKNOWN, UNKNOWN]
    assert confidence.tolist() == [255, 0, 0, 0]


def test_confidence_is_the_softmax_of_the_networks_answer() -> None:
    rng = np.random.default_rng(4)
    logits = rng.normal(0, 6, (31, 500)).astype(np.float32)
    card = first_version.card().model_copy(update={"unknown_below": 0.6})
    model = Classifier(card, lambda _snv: logits)
    labels, confidence = model.classify(
        np.zeros((288, 500), np.float32), np.full(500, 0.5, np.float32), np.zeros(500, np.uint8)
    )
    shares = np.exp(logits.astype(np.float64) - logits.max(axis=0))
    probability = (shares / shares.sum(axis=0)).max(axis=0)
    assert np.abs(confidence - 255 * probability).max() <= 0.6
    clear = np.abs(probability - 0.6) > 1e-3
    expected = np.where(probability < 0.6, UNKNOWN, logits.argmax(axis=0))
    assert (labels == expected)[clear].all()


def test_the_same_line_twice_gives_the_same_bytes(classifier: Classifier) -> None:
    reflectance = np.random.default_rng(5).random((288, 384), dtype=np.float32)
    assert labels_of(classifier, reflectance).tobytes() == labels_of(classifier, reflectance).tobytes()


def test_a_model_for_other_bands_is_refused_with_both_sides_named(classifier: Classifier) -> None:
    with pytest.raises(ModelMismatch, match=r"'swir288' reads 288 bands.*'nir224' sends 224.*oreline train"):
        classifier.check(stream_of("nir224"))


def test_wavelengths_may_be_off_by_a_quarter_of_a_band_and_no_more(classifier: Classifier) -> None:
    spacing = float(np.diff(SWIR.wavelengths_nm)[0])
    classifier.check(stream_of("swir288", 0.24 * spacing))
    with pytest.raises(ModelMismatch, match=r"nm in band \d+, camera 'swir288' sends .* more than 1.3 nm off"):
        classifier.check(stream_of("swir288", 0.26 * spacing))


def test_wavelengths_that_are_not_numbers_are_refused(classifier: Classifier) -> None:
    info = stream_of("swir288")
    bands = (*info.wavelengths_nm[:-1], float("nan"))
    with pytest.raises(ModelMismatch, match="band 287"):
        classifier.check(dataclasses.replace(info, wavelengths_nm=bands))


def test_a_line_of_another_shape_is_refused(classifier: Classifier) -> None:
    with pytest.raises(ModelMismatch):
        classifier.classify(np.zeros((224, 4), np.float32), np.zeros(4, np.float32), np.zeros(4, np.uint8))


def test_a_model_that_answers_its_golden_vector_otherwise_is_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SHIPPED / "nir224", tmp_path / "model"))
    card = Card.read(folder)
    with np.load(folder / GOLDEN) as data:
        np.savez(folder / GOLDEN, snv=data["snv"], logits=data["logits"] + np.float32(0.1))
    golden = hashlib.sha256((folder / GOLDEN).read_bytes()).hexdigest()
    card.model_copy(update={"golden_sha256": golden}).write(folder)
    sign(folder)
    with pytest.raises(ModelError, match="does not answer its golden vector"):
        Classifier.load(folder)


@pytest.mark.parametrize("content", [b"", b"not a network", b"PK\x03\x04" + bytes(100)])
def test_a_file_that_is_no_network_is_refused_even_if_its_hash_is_right(tmp_path: Path, content: bytes) -> None:
    folder = Path(shutil.copytree(SHIPPED / "nir224", tmp_path / "model"))
    (folder / MODEL).write_bytes(content)
    changed = {"model_sha256": hashlib.sha256(content).hexdigest()}
    Card.read(folder).model_copy(update=changed).write(folder)
    sign(folder)
    with pytest.raises(ModelError, match="not a TorchScript network"):
        Classifier.load(folder)


def test_an_unknown_backend_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SHIPPED / "nir224", tmp_path / "model"))
    Card.read(folder).model_copy(update={"backend": "torchscrip"}).write(folder)
    sign(folder)
    with pytest.raises(ModelError, match="Did you mean 'torchscript'"):
        Classifier.load(folder)


def test_a_model_whose_card_allows_it_serves_a_camera_with_other_bands(classifier: Classifier) -> None:
    """The labels of a camera with a third more bands are those of the model's own camera, but for a few."""
    card = classifier.card
    step = Resample(wavelengths_nm=card.wavelengths_nm, fwhm_nm=6.0)
    allowed = Classifier(card.model_copy(update={"preprocessing": (step, *card.steps)}), classifier._logits)
    finer = np.linspace(SWIR.first_nm, SWIR.last_nm, 384)
    info = stream_info(wavelengths_nm=tuple(finer.tolist()), samples=5, camera="finer")
    with pytest.raises(ModelMismatch, match=r"288 bands.*384"):
        classifier.check(info)
    allowed.check(info)
    minerals = ("kaolinite", "calcite", "talc", "jarosite", "alunite")
    library = load()
    rows = [library.index(name) for name in minerals]
    seen = np.ascontiguousarray(library.at(finer, SWIR.fwhm_nm)[rows].T, np.float32)
    features = Chain(allowed.card.steps, info.wavelengths_nm, 5)(seen)
    labels, _ = allowed.classify(features, seen.mean(axis=0), np.zeros(5, np.uint8))
    np.testing.assert_array_equal(labels, labels_of(classifier, line_of(minerals)))


def test_a_camera_that_does_not_cover_the_models_range_is_refused_all_the_same(classifier: Classifier) -> None:
    card = classifier.card
    step = Resample(wavelengths_nm=card.wavelengths_nm, fwhm_nm=6.0)
    allowed = Classifier(card.model_copy(update={"preprocessing": (step, *card.steps)}), classifier._logits)
    with pytest.raises(ModelMismatch, match="not covered"):
        allowed.check(stream_of("nir224"))
