"""`oreline evaluate MODEL DATA...`"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.classification.card import Card
from inference.commands.evaluate import main
from inference.evaluation.library import Library
from inference.training.train import main as train
from oreline.errors import ConfigError, SpectraRefused
from tests.inference.evaluation.conftest import library as made

pytestmark = pytest.mark.long


def _saved(library: Library, path: Path, rows: np.ndarray | None = None) -> Path:
    chosen = np.arange(len(library.species)) if rows is None else rows
    np.savez(
        path, spectra=library.spectra[chosen], wavelength_nm=library.nm, species=library.species[chosen],
        sample_id=library.specimen[chosen], role=library.role[chosen],
    )  # fmt: skip
    return path


def _table(library: Library, path: Path, rows: np.ndarray, specimens: bool = True) -> Path:
    """A table of spectra with what they are."""
    heads = ["name", "species", *(["specimen"] if specimens else []), *(f"{nm:g}" for nm in library.nm)]
    lines = [",".join(heads)]
    for row in rows.tolist():
        said = [f"s{row}", str(library.species[row]) or "talc", *([str(library.specimen[row])] if specimens else [])]
        lines.append(",".join([*said, *(f"{value:.5f}" for value in library.spectra[row])]))
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module", autouse=True)
def _small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("inference.evaluation.trials.PIXELS", 500)
        yield


@pytest.fixture(scope="module")
def rocks() -> Library:
    return made()


@pytest.fixture(scope="module")
def learned(rocks: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library of a model: all specimens but the last two of each mineral."""
    old = np.flatnonzero([int(name.split()[-1]) < 6 for name in rocks.specimen])
    return _saved(rocks, tmp_path_factory.mktemp("library") / "rocks.npz", old)


@pytest.fixture(scope="module")
def model(learned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "model"
    train("swir288", learned, folder, 1, steps=12, splits=1)
    return folder


def _report(model: Path, data: list[Path], tmp_path: Path, **options: Any) -> dict[str, Any]:
    main(model, data, options.pop("against", None), tmp_path / "report.json", options.pop("html", None), **options)
    found: dict[str, Any] = json.loads((tmp_path / "report.json").read_text())
    return found


def test_library_that_was_learned_is_judged_by_networks_that_have_not_seen_it(
    model: Path, learned: Path, tmp_path: Path
) -> None:
    found = _report(model, [learned], tmp_path, quick=True, html=tmp_path / "page.html")
    card = Card.read(model)
    assert card.metrics.sets is not None
    assert found["sets"] == json.loads(json.dumps([one.model_dump(exclude_none=True) for one in card.metrics.sets])), (
        "the card was made of the same trials"
    )
    assert "trained anew 5 times" in found["notes"][0]
    captions = [part.split("</figcaption>")[0] for part in (tmp_path / "page.html").read_text().split("<figcaption>")]
    assert len(captions[1:]) >= 6, "a page with its pictures"
    assert all("specimens" in caption for caption in captions[1:]), "each says on how many rocks it rests"


def test_spectra_of_specimens_that_were_learned_are_left_out_and_counted(
    model: Path, rocks: Library, tmp_path: Path
) -> None:
    table = _table(rocks, tmp_path / "all.csv", np.arange(len(rocks.species)))
    found = _report(model, [table], tmp_path)
    known, strange = found["sets"]
    assert (known["spectra"], known["specimens"]) == (4 * 2 * 2, 4 * 2), "two specimens of each mineral were new"
    assert known["name"] == "all.csv, in the list"
    assert strange["name"] == "all.csv, not in the list"
    assert "were left out" in found["notes"][0]


def test_nothing_is_said_of_specimens_that_were_all_learned(model: Path, rocks: Library, tmp_path: Path) -> None:
    old = np.flatnonzero([name == "calcite 1" for name in rocks.specimen])
    with pytest.raises(ConfigError, match="learned every specimen"):
        main(model, [_table(rocks, tmp_path / "old.csv", old)], None, None, None)


@pytest.mark.parametrize("listed", [True, False])
def test_spectra_that_are_all_in_the_list_or_all_strangers_are_one_set(
    model: Path, rocks: Library, tmp_path: Path, listed: bool
) -> None:
    rows = np.flatnonzero(np.isin(rocks.species, [one.name for one in Card.read(model).classes]) == listed)
    found = _report(model, [_table(rocks, tmp_path / "all.csv", rows)], tmp_path)
    assert [one["name"] for one in found["sets"]] == [f"all.csv, {'in' if listed else 'not in'} the list"]


def test_spectra_that_do_not_say_what_they_are_are_refused(model: Path, rocks: Library, tmp_path: Path) -> None:
    table = tmp_path / "nameless.csv"
    lines = ["name," + ",".join(f"{nm:g}" for nm in rocks.nm), "a," + ",".join(f"{v:.4f}" for v in rocks.spectra[0])]
    table.write_text("\n".join(lines) + "\n")
    with pytest.raises(SpectraRefused, match="does not say what its spectra are"):
        main(model, [table], None, None, None)


def test_no_data_is_no_evaluation(model: Path) -> None:
    with pytest.raises(ConfigError, match="judged by"):
        main(model, [], None, None, None)


def test_model_does_not_differ_from_itself(model: Path, rocks: Library, tmp_path: Path) -> None:
    table = _table(rocks, tmp_path / "all.csv", np.arange(len(rocks.species)))
    found = _report(model, [table], tmp_path, against=str(model))
    differences = found["against"]["differences"]
    assert {one["figure"] for one in differences} >= {"species", "group", "told", "named as a species"}
    assert all(one["mean"] == one["low"] == one["high"] == 0 for one in differences)


@pytest.mark.shared
def test_core_is_drawn_beside_its_log(model: Path, shared_data: Path, tmp_path: Path) -> None:
    log = shared_data / "field" / "tsg_core_PE257D" / "PE257D_0001_tsg.tsg"
    found = _report(model, [log], tmp_path, html=tmp_path / "page.html")
    names = {one["name"]: one["spectra"] for one in found["sets"]}
    assert names["PE257D_0001"] == 575
    assert names["PE257D_0001, no rock"] == 19
    text = (tmp_path / "page.html").read_text()
    assert "PE257D_0001 beside its log" in text
    assert "share of kaolin along the hole" in text
