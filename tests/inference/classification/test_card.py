"""A model's folder is taken whole and as it was made, or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from inference.check import check
from inference.classification.card import FILE, GOLDEN, MODEL, Card
from inference.classification.classifier import Classifier
from inference.classification.signature import sign
from inference.models import SHIPPED
from inference.preprocessing.steps import SavitzkyGolay, Snv
from oreline.config import Config
from oreline.errors import ModelError
from oreline.expected import Expected
from oreline.findings import Findings
from tests.inference import first_version


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED / "nir224", tmp_path / "model"))


def rewrite(folder: Path, **changes: object) -> None:
    path = folder / FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_card_says_what_the_model_reads_and_how_good_it_is(folder: Path) -> None:
    card = Card.read(folder)
    assert len(card.wavelengths_nm) == 224
    assert 30 <= card.kmac <= 150
    assert {"goethite", "kaolinite", "talc"} <= {one.name for one in card.classes}
    assert card.metrics.accuracy.cnn > card.metrics.accuracy.majority
    assert card.confused


def test_a_card_written_again_is_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    Card.read(folder).write(tmp_path)
    assert (tmp_path / FILE).read_bytes() == (folder / FILE).read_bytes()


@pytest.mark.parametrize("file", [FILE, MODEL, GOLDEN])
def test_a_folder_without_one_of_its_files_is_refused(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(ModelError, match=f"no {file}"):
        Classifier.load(folder)


@pytest.mark.parametrize("file", [MODEL, GOLDEN])
def test_one_flipped_bit_is_seen(folder: Path, file: str) -> None:
    content = bytearray((folder / file).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / file).write_bytes(content)
    with pytest.raises(ModelError, match="damaged or was exchanged"):
        Classifier.load(folder)


def test_a_changed_number_in_the_card_is_seen(folder: Path) -> None:
    rewrite(folder, unknown_below=0.01)
    with pytest.raises(ModelError, match="changed after it was made"):
        Card.read(folder)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"threshold": 0.5}, "threshold"),
        ({"preprocessing": "derivative"}, "preprocessing"),
        ({"classes": []}, "classes"),
        ({"version": 3}, "version"),
        ({"lines_of_context": 0}, "lines_of_context"),
        ({"lines_of_context": 2}, "as a whole: .*must be odd"),
        ({"background_reflectance": "dark"}, "background_reflectance"),
    ],
)
def test_a_card_of_another_kind_is_refused_by_the_field_that_differs(
    folder: Path, changes: dict[str, object], words: str
) -> None:
    rewrite(folder, **changes)
    with pytest.raises(ModelError, match=f"another version: {words}"):
        Card.read(folder)


def test_a_card_of_any_size_is_refused_before_it_is_parsed(folder: Path) -> None:
    with (folder / FILE).open("r+b") as file:
        file.truncate(1 << 40)
    with pytest.raises(ModelError, match="more than 262144 bytes"):
        Card.read(folder)


def test_a_card_may_name_steps_of_preprocessing(folder: Path) -> None:
    card = Card.read(folder)
    assert first_version.card().steps == (Snv(),)
    steps = (SavitzkyGolay(window=11), Snv())
    card.model_copy(update={"preprocessing": steps}).write(folder)
    assert Card.read(folder).steps == steps
    assert Card.read(folder).model_sha256 == card.model_sha256


def test_resampling_must_come_first_and_end_at_the_models_bands(folder: Path) -> None:
    nm = list(Card.read(folder).wavelengths_nm)
    resample = {"step": "resample", "wavelengths_nm": nm, "fwhm_nm": 8.0}
    for steps, words in (
        ([{"step": "snv"}, resample], "only be the first"),
        ([resample | {"wavelengths_nm": nm[1:]}], "end at the model's"),
    ):
        rewrite(folder, preprocessing=steps)
        with pytest.raises(ModelError, match=words):
            Card.read(folder)


def test_a_model_of_several_lines_has_a_card_and_is_refused_where_no_labeller_reads_so_many(folder: Path) -> None:
    Card.read(folder).model_copy(update={"lines_of_context": 3}).write(folder)
    assert Card.read(folder).lines_of_context == 3
    sign(folder)
    with pytest.raises(ModelError, match="reads 3 lines at once, and this release one"):
        Classifier.load(folder)
    findings = Findings()
    check(Config({"inference": {"model": str(folder)}}, "line.toml"), Expected(), findings)
    assert any("reads 3 lines at once, and this release one" in str(finding) for finding in findings)


def test_a_card_cut_short_is_refused(folder: Path) -> None:
    (folder / FILE).write_bytes((folder / FILE).read_bytes()[:200])
    with pytest.raises(ModelError, match="damaged"):
        Card.read(folder)
