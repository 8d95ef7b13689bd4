"""From spectra to a model's folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.backends.torchscript import encode
from inference.backends.torchscript import load as load_network
from inference.classification.card import FILE, GOLDEN, MODEL, Card
from inference.classification.classifier import Classifier
from inference.preprocessing.step import Layout
from inference.preprocessing.steps import Bands, SavitzkyGolay, Snv
from inference.training.data import NO_SHIFT, OTHER, SHIFTS_NM, load
from inference.training.families import widths_of
from inference.training.fit import Schedule, asked, fit
from inference.training.network import WIDTHS, build, deployed, kmac
from inference.training.pixels import Sampler
from inference.training.targets import Targets
from inference.training.train import main
from oreline.cameras import CAMERAS
from oreline.errors import ConfigError, SystemRefused
from oreline.testing import stream_info
from tests.conftest import ROOT
from tests.packages.acme.acme_oreline import linear

NM = np.arange(400.0, 2501.0, 2.0, dtype=np.float32)
BANDS = {"lowite": 1100.0, "midite": 1300.0, "highite": 1550.0}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three minerals with one absorption each, six specimens of two spectra, and two minerals that are no class."""
    rng = np.random.default_rng(6)
    spectra, species, specimen, role = [], [], [], []
    centres = [*BANDS.items(), ("", 1000.0), ("", 1650.0)]
    for mineral, (name, centre) in enumerate(centres):
        for rock in range(6):
            depth, width = rng.uniform(0.2, 0.5), rng.uniform(20.0, 40.0)
            for grain in (0.9, 1.1):
                spectra.append((0.7 * (1 - depth * np.exp(-(((NM - centre) / width) ** 2)))) ** grain)
                species.append(name)
                specimen.append(f"{mineral}-{rock}")
                role.append("unknown_open" if centre == 1650.0 else "open")
    path = tmp_path_factory.mktemp("library") / "library.npz"
    np.savez(
        path,
        spectra=np.array(spectra, np.float32),
        wavelength_nm=NM,
        species=np.array(species),
        sample_id=np.array(specimen),
        role=np.array(role),
    )
    return path


@pytest.fixture(scope="module", autouse=True)
def _small() -> Iterator[None]:
    """Other methods learn from fewer pixels than for a model that ships."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("inference.evaluation.trials.PIXELS", 500)
        yield


@pytest.fixture(scope="module")
def trained(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "model"
    main("nir224", library, folder, 1, steps=40, splits=1)
    return folder


def test_the_same_seed_gives_the_same_bytes(library: Path, trained: Path, tmp_path: Path) -> None:
    main("nir224", library, tmp_path / "again", 1, steps=40, splits=1)
    for file in (MODEL, GOLDEN, FILE):
        assert (trained / file).read_bytes() == (tmp_path / "again" / file).read_bytes()
    assert str(trained.parent).encode() not in (trained / MODEL).read_bytes()


def test_a_trained_model_knows_its_minerals_on_rocks_it_has_not_seen(trained: Path) -> None:
    card = Card.read(trained)
    assert [one.name for one in card.classes] == sorted(BANDS)
    assert all(one.specimens == 6 for one in card.classes)
    assert card.metrics.accuracy.cnn > 0.9
    assert card.metrics.accuracy.sam > 0.9
    assert card.confused == ()
    assert Classifier.load(trained).id == card.model_sha256[:16]


def test_a_model_may_be_trained_on_other_steps_and_its_card_names_them(library: Path, tmp_path: Path) -> None:
    steps = (SavitzkyGolay(window=9), Bands(first_nm=950.0, last_nm=1650.0), Snv())
    card = main("nir224", library, tmp_path, 1, steps=40, preprocessing=steps, splits=1)
    assert card.steps == steps
    assert card.metrics.accuracy.cnn > 0.9
    model = Classifier.load(tmp_path)
    model.check(stream_info(wavelengths_nm=card.wavelengths_nm, samples=3))
    assert model.classify(np.zeros((196, 3), np.float32), np.ones(3, np.float32), np.zeros(3, np.uint8))[0].shape == (
        3,
    )


def test_a_library_of_classes_alone_trains_too_and_its_model_has_no_output_for_others(
    library: Path, tmp_path: Path
) -> None:
    with np.load(library) as data:
        alone = {name: data[name] for name in data.files}
    of_class = alone["species"] != ""
    changed = {name: alone[name][of_class] for name in ("spectra", "species", "sample_id", "role")}
    np.savez(tmp_path / "alone.npz", **{**alone, **changed})
    card = main("nir224", tmp_path / "alone.npz", tmp_path / "model", steps=3, splits=1)
    assert (card.strangers, card.bands, card.outputs) == (("not rock",), None, 4)
    assert any("bands end at 1700 nm" in sentence for sentence in card.not_for or ())


def test_a_network_of_another_family_is_fitted_and_deployed_like_any(library: Path) -> None:
    spectra = load(library, CAMERAS["nir224"])
    sampler, targets = Sampler(spectra, np.flatnonzero(~spectra.reserved), 1), Targets.of(spectra, bands=False)
    network = fit(linear, (), spectra, targets, sampler, Schedule(steps=12, batch=48), 1)  # type: ignore[arg-type]
    logits = load_network(encode(network), (spectra.layout.features, 10))
    features = spectra.prepared(sampler.draw(10).reflectance)
    np.testing.assert_allclose(logits(features).T, asked(network, features), atol=1e-5)


def test_a_family_or_a_camera_that_no_network_is_known_for_is_refused(library: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no model family 'cmn': use one of cnn. Did you mean 'cnn'"):
        main("nir224", library, tmp_path, family="cmn")
    with pytest.raises(ConfigError, match="no camera preset 'nir9'; there are nir224, swir288, swir640"):
        main("nir9", library, tmp_path)
    with pytest.raises(ConfigError, match="no network is known for 'swir288': use one of nir224"):
        widths_of(linear, "swir288")  # type: ignore[arg-type]


def test_minerals_kept_apart_are_neither_class_nor_seen_in_training(library: Path) -> None:
    spectra = load(library, CAMERAS["nir224"])
    assert spectra.reserved.sum() == 12
    assert (spectra.target[spectra.reserved] == OTHER).all()
    assert spectra.classes == tuple(sorted(BANDS))


def test_a_camera_off_by_some_nanometres_sees_absorption_elsewhere(library: Path) -> None:
    camera = CAMERAS["nir224"]
    spectra = load(library, camera)
    row = int(np.flatnonzero(spectra.target == spectra.classes.index("midite"))[0])
    near = np.abs(camera.wavelengths_nm - BANDS["midite"]) < 100
    depth = spectra.seen[:, row].max() - spectra.seen[:, row][:, near]
    centres = (depth * camera.wavelengths_nm[near]).sum(axis=1) / depth.sum(axis=1)
    np.testing.assert_allclose(centres - centres[NO_SHIFT], -np.array(SHIFTS_NM), atol=0.3)


def test_real_minerals_fill_the_library_of_each_camera(shared_data: Path) -> None:
    for camera in CAMERAS.values():
        spectra = load(shared_data / "minerals_open.npz", camera)
        assert len(spectra.classes) == 31
        assert spectra.clean.shape == (1284, camera.bands)
        assert len(spectra.known) == 408


def test_the_example_of_the_page_is_a_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "spectra.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    exec(page.partition("```python\n")[2].partition("```")[0], {})
    spectra = load(tmp_path / "SPECTRA.npz", CAMERAS["nir224"])
    assert spectra.classes == ("calcite", "gypsum")
    assert (len(spectra.known), int(spectra.reserved.sum()), len(set(spectra.specimen))) == (24, 6, 18)


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(SystemRefused, match=r"nowhere\.npz: No such file"):
        load(tmp_path / "nowhere.npz", CAMERAS["nir224"])


def test_a_file_that_is_no_library_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "library.npz"
    path.write_bytes(b"nothing")
    with pytest.raises(ConfigError, match="is no library of spectra"):
        load(path, CAMERAS["nir224"])
    np.savez(path, spectra=np.ones((2, 3)))
    with pytest.raises(ConfigError, match="is no library of spectra"):
        load(path, CAMERAS["nir224"])


def test_a_library_that_ends_before_the_camera_is_refused(library: Path, tmp_path: Path) -> None:
    with np.load(library) as data:
        columns = {name: data[name] for name in data.files}
    kept = NM < 1500
    path = tmp_path / "short.npz"
    np.savez(path, **{**columns, "spectra": columns["spectra"][:, kept], "wavelength_nm": NM[kept]})
    with pytest.raises(ConfigError, match="does not cover"):
        load(path, CAMERAS["nir224"])


@pytest.mark.parametrize(
    "layout", [Layout(1, 224), Layout(2, 288, 7), Layout(2, 224, 2), Layout(2, 360, 7), Layout(3, 90)]
)
def test_what_is_deployed_computes_what_was_trained(layout: Layout) -> None:
    torch.manual_seed(7)
    training = build(layout, 5, (16, 32, 32))
    optimiser = torch.optim.SGD(training.parameters(), 0.05)
    scale = 0.5 + torch.rand(layout.features, 1)
    for _ in range(20):
        training(3 + scale * torch.randn(1, 1, layout.features, 100)).square().mean().backward()
        optimiser.step()
    features = 3 + scale * torch.randn(1, 1, layout.features, 20)
    with torch.inference_mode():
        expected = training.eval()(features)
    assert expected.shape == (1, 5, 1, 20)
    network = deployed(training)
    np.testing.assert_allclose(network(features), expected, atol=1e-4)
    answered = load_network(encode(network), (layout.features, 20))(features[0, 0].numpy())
    np.testing.assert_allclose(answered, expected[0, :, 0], atol=1e-4)
    assert encode(deployed(training)) == encode(network)


def test_a_network_has_the_same_bytes_in_every_process() -> None:
    code = (
        "import hashlib, torch; from inference.backends.torchscript import encode;"
        "from inference.preprocessing.step import Layout; from inference.training.network import build, deployed;"
        "made = lambda layout: torch.manual_seed(1) and encode(deployed(build(layout, 5, (16, 16, 16))));"
        "print([hashlib.sha256(made(one)).hexdigest() for one in (Layout(1, 224), Layout(2, 288, 7))])"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("0", "1")
    }  # fmt: skip
    assert len(answers) == 1


def test_scalars_enter_every_layer_and_each_by_itself() -> None:
    torch.manual_seed(7)
    layout = Layout(2, 288, 7)
    network = deployed(build(layout, 5, WIDTHS["swir288"]))
    for number, width in enumerate((16, 48, 48, 5)):
        assert getattr(network, f"scalar{number}").shape == (width, 7, 1, 1)
    features = torch.randn(1, 1, layout.features, 8).repeat(1, 1, 1, 2)
    features[:, :, -7:, 8:] += torch.eye(7, 8)
    answer = network(features)[0, :, 0]
    assert (answer[:, :7] != answer[:, 8:15]).all()
    np.testing.assert_allclose(answer[:, 7], answer[:, 15], atol=1e-6)


def test_the_size_of_a_network_is_what_it_multiplies() -> None:
    assert 140 < kmac(Layout(2, 288, 7), 33 + 37, WIDTHS["swir288"]) < 150
    assert 95 < kmac(Layout(2, 224, 2), 33, WIDTHS["nir224"]) < 100
    assert kmac(Layout(1, 288), 31, WIDTHS["swir288"]) == pytest.approx(125.0, abs=0.5)


def test_spectra_of_one_class_are_refused_before_any_training(tmp_path: Path) -> None:
    nm = np.arange(900.0, 1705.0, 5.0, dtype=np.float32)
    spectra, one = np.full((4, nm.size), 0.5, np.float32), ["calcite", "calcite", "", ""]
    np.savez(
        tmp_path / "one.npz", spectra=spectra, wavelength_nm=nm, species=np.array(one),
        sample_id=np.array(["a", "b", "c", "d"]), role=np.array(["open"] * 4),
    )  # fmt: skip
    with pytest.raises(ConfigError, match="fewer than two classes"):
        load(tmp_path / "one.npz", CAMERAS["nir224"])


def test_spectra_too_few_to_be_judged_in_folds_are_refused_before_any_training(tmp_path: Path) -> None:
    nm = np.arange(900.0, 1705.0, 5.0, dtype=np.float32)
    np.savez(
        tmp_path / "few.npz", spectra=np.full((8, nm.size), 0.5, np.float32), wavelength_nm=nm,
        species=np.array(["calcite"] * 4 + ["talc"] * 4), sample_id=np.array(list("aabbccdd")),
        role=np.array(["open"] * 8),
    )  # fmt: skip
    with pytest.raises(ConfigError, match="no class of 5 spectra"):
        main("nir224", tmp_path / "few.npz", tmp_path / "model")
