"""A threshold or a colour is changed and signed without training; metrics stay with what they were measured by."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from inference.classification.card import FILE, Card
from inference.classification.changes import change
from inference.classification.classifier import Classifier
from inference.classification.signature import checked
from inference.models import SHIPPED
from oreline.errors import ConfigError, ModelUntrusted
from tests.inference import first_version, two_answers

SHIPPED_MODEL = SHIPPED / "nir224"


@pytest.fixture(autouse=True)
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED_MODEL, tmp_path / "model"))


def test_a_changed_model_is_this_users_and_runs_as_it_says(folder: Path) -> None:
    before = Card.read(folder)
    public = change(folder, None, None, ["calcite=#0A0B0C"], unknown_below=0.99)
    card, who = checked(folder)
    assert who == str(public)
    assert (card.unknown_below, card.measured_below, card.model_sha256) == (
        0.99,
        before.unknown_below,
        before.model_sha256,
    )
    colours = {info.name: info.colour for info in card.labels}
    assert colours.pop("calcite") == (10, 11, 12)
    assert colours == {info.name: info.colour for info in before.labels if info.name != "calcite"}
    assert Classifier.load(folder).card == card


def test_a_copy_leaves_the_model_that_ships_as_it_is(tmp_path: Path) -> None:
    whole = (SHIPPED_MODEL / FILE).read_bytes()
    change(SHIPPED_MODEL, tmp_path / "mine", None, [], background_reflectance=0.1)
    assert (SHIPPED_MODEL / FILE).read_bytes() == whole
    card, _ = checked(tmp_path / "mine")
    card.check_files(tmp_path / "mine")
    assert (card.background_reflectance, card.measured_below) == (0.1, None)
    assert "colours" not in json.loads((tmp_path / "mine" / FILE).read_text(encoding="utf-8"))


def test_a_threshold_that_is_put_back_is_measured_again(folder: Path) -> None:
    before = Card.read(folder).unknown_below
    for below in (0.5, before):
        change(folder, None, None, [], unknown_below=below)
    assert Card.read(folder).measured_below is None


@pytest.mark.parametrize(
    ("colours", "says"),
    [
        (["calcit=0A0B0C"], "Did you mean 'calcite'"),
        (["calcite=red"], "give CLASS=RRGGBB"),
        ([], "nothing to change"),
    ],
)
def test_what_is_no_change_is_refused_and_nothing_is_touched(folder: Path, colours: list[str], says: str) -> None:
    whole = (folder / FILE).read_bytes()
    with pytest.raises(ConfigError, match=says):
        change(folder, None, None, colours)
    assert (folder / FILE).read_bytes() == whole


def test_a_model_of_a_stranger_is_not_signed_on_the_way(folder: Path) -> None:
    (folder / "card.sig").write_text(f"ed25519 {'0' * 64} {'0' * 128}\n", encoding="utf-8")
    with pytest.raises(ModelUntrusted):
        change(folder, None, None, [], unknown_below=0.5)
    assert not (folder.parent / "home").exists()


def test_a_folder_that_is_there_is_not_written_over(folder: Path) -> None:
    with pytest.raises(ConfigError, match="is there already"):
        change(SHIPPED_MODEL, folder, None, [], unknown_below=0.5)


def test_thresholds_of_both_answers_are_changed_and_the_model_answers_by_them(tmp_path: Path) -> None:
    folder = two_answers.write(tmp_path / "two")
    change(
        folder, None, None, [], group_below=0.4, bands_unknown_below=0.3, bands_species_below=1.0, noisy_above=0.2,
        dark_below=0.0,
    )  # fmt: skip
    model = Classifier.load(folder)
    card = model.card
    assert (card.group_below, card.noisy_above, card.dark_below) == (0.4, 0.2, 0.0)
    assert card.bands is not None
    assert (card.bands.unknown_below, card.bands.species_below) == (0.3, 1.0)
    (answer,) = model.answers(two_answers.spectra(("kaolinite",)))
    assert answer.bands is not None
    assert (answer.bands.label, answer.bands.group) == ("unknown", "kaolin")


def test_a_model_of_the_first_version_may_be_told_to_back_off_to_groups_and_has_no_second_answer(
    tmp_path: Path,
) -> None:
    folder = first_version.write(tmp_path / "first")
    assert Card.read(folder).group_below is None
    change(folder, None, None, [], group_below=0.8)
    assert [layer.name for layer in Classifier.load(folder).layers] == ["group", "group_confidence"]
    with pytest.raises(ConfigError, match="does not tell whose absorption bands"):
        change(folder, None, None, [], bands_unknown_below=0.5)
