"""`oreline classify`: files in, labels out, for people, as JSON and as CSV."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hwsim.spectra import load as load_library
from oreline.cli.main import app
from oreline.errors import ConfigError, SpectraRefused
from oreline.features import FEATURES
from tests.inference import two_answers
from tests.oreline.point_spectra.writers import write_asd, write_ecostress

LIBRARY = load_library()
NM = LIBRARY.wavelengths_nm
KEYS = ["name", "label", "confidence", "group", "group_confidence", "bands", "unknown_reason", "best", "features"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_answers.write(tmp_path_factory.mktemp("model"))


def table(path: Path, nm: np.ndarray, values: np.ndarray, names: tuple[str, ...], head: str) -> Path:
    rows = [",".join([f"{w:.4f}", *(f"{r:.8f}" for r in row)]) for w, row in zip(nm, values.T, strict=True)]
    path.write_text("\n".join([",".join([head, *names]), *rows, ""]))
    return path


def minerals(path: Path, *names: str) -> Path:
    return table(path, NM, LIBRARY.reflectance[[LIBRARY.index(name) for name in names]], names, "nm")


def classify(*words: object):
    return CliRunner().invoke(app, ["classify", *map(str, words)])


def test_json_has_a_row_a_spectrum_and_csv_the_same_columns(tmp_path, model):
    files = minerals(tmp_path / "a.csv", "kaolinite", "calcite"), minerals(tmp_path / "b.csv", "gypsum")
    ran = classify(*files, "--model", model, "--json", tmp_path / "a.json", "--csv", tmp_path / "out.csv")
    assert ran.exit_code == 0, ran.output
    found = json.loads((tmp_path / "a.json").read_text())
    assert (found["version"], found["model"]) == (1, "two answers")
    assert all(list(row) == KEYS for row in found["rows"])
    assert [(row["name"], row["label"]) for row in found["rows"]] == [
        ("kaolinite", "kaolinite"), ("calcite", "calcite"), ("gypsum", "unknown")
    ]  # fmt: skip
    assert found["rows"][2]["unknown_reason"] == "not in the list"
    assert list(found["rows"][0]["bands"]) == ["label", "group", "confidence", "second", "share"]
    assert list(found["rows"][0]["features"]) == [one.name for one in FEATURES]
    assert any("instrument's own bands" in note for note in found["files"][0]["notes"])
    flat = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert [(row["label"], row["best_1"]) for row in flat] == [
        (row["label"], row["best"][0][0]) for row in found["rows"]
    ]
    assert [float(row["confidence"]) for row in flat] == [row["confidence"] for row in found["rows"]]
    assert float(flat[0]["2200_nm"]) == found["rows"][0]["features"]["2200"]["nm"]
    assert flat[2]["bands_second"] == (found["rows"][2]["bands"]["second"] or "")


def test_falling_micrometres_and_percent_have_the_same_answers_bit_for_bit(tmp_path, model):
    values = LIBRARY.reflectance[[LIBRARY.index("kaolinite"), LIBRARY.index("muscovite")]].astype(float)
    ways = {
        "a": table(tmp_path / "a.csv", NM, values, ("k", "m"), "wavelength"),
        "b": table(tmp_path / "b.csv", NM[::-1] / 1000, 100 * values[:, ::-1], ("k", "m"), "wavelength"),
    }
    for name, path in ways.items():
        assert classify(path, "--model", model, "--json", tmp_path / f"{name}.json").exit_code == 0
    one, other = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ways)
    assert one["rows"] == other["rows"]
    assert "micrometres, by the numbers; reflectance: percent, by the numbers" in other["files"][0]["notes"][0]


def test_a_refused_file_is_named_in_one_sentence_and_does_not_stop_the_others(tmp_path, model):
    radiance = write_asd(tmp_path / "a.asd", np.ones(2151), np.ones(2151), kind=2)
    short = write_ecostress(tmp_path / "b.txt", NM[:200], LIBRARY.reflectance[0, :200])
    good, out = minerals(tmp_path / "c.csv", "kaolinite"), tmp_path / "a.json"
    ran = classify(radiance, tmp_path / "none.csv", short, good, "--model", model, "--json", out)
    assert isinstance(ran.exception, SpectraRefused)
    assert ran.exception.exit_code == 42
    assert "3 of 4 files" in str(ran.exception)
    said = ran.stderr.strip().splitlines()
    assert [Path(line.partition(":")[0]).name for line in said[:3]] == ["a.asd", f"{'none.csv'} is not a file", "b.txt"]
    found = json.loads(out.read_text())
    assert [row["label"] for row in found["rows"]] == ["kaolinite"]
    assert [one["refused"] is None for one in found["files"]] == [False, False, False, True]


def test_one_file_that_is_refused_is_said_once(tmp_path, model):
    ran = classify(write_asd(tmp_path / "a.asd", np.ones(2151), np.ones(2151), kind=2), "--model", model)
    assert isinstance(ran.exception, SpectraRefused)
    assert "radiance" in str(ran.exception)
    assert ran.output == ""


def test_a_person_sees_labels_reasons_and_units_within_80_columns(tmp_path, model):
    values = LIBRARY.reflectance[[LIBRARY.index("kaolinite")] * 2].copy()
    values[1, NM < 1300] = np.nan
    ran = classify(table(tmp_path / "a.csv", NM, values, ("good", "cut"), "nm"), "--model", model)
    words = " ".join(ran.stdout.split())
    assert "unknown: no values from" in words
    assert "reflectance: fractions, by the numbers" in words
    assert all(len(line.rstrip()) <= 80 for line in ran.stdout.splitlines() if str(tmp_path) not in line)


def test_units_that_are_said_count_and_one_that_is_none_is_refused(tmp_path, model):
    values = 2.5 * LIBRARY.reflectance[[LIBRARY.index("kaolinite")]].astype(float)
    path = table(tmp_path / "a.csv", 1e7 / NM, values, ("k",), "x")
    assert "--unit" in str(classify(path, "--model", model).exception)
    assert "--fraction or --percent" in str(classify(path, "--model", model, "--unit", "1/cm").exception)
    assert classify(path, "--model", model, "--unit", "1/cm", "--percent").exit_code == 0
    refused = classify(path, "--model", model, "--unit", "furlongs").exception
    assert isinstance(refused, ConfigError)
    assert "furlongs" in str(refused)


@pytest.mark.parametrize("option", ["--json", "--csv"])
def test_a_result_never_replaces_a_file_that_is_read(tmp_path, model, option):
    path, link = minerals(tmp_path / "a.csv", "kaolinite"), tmp_path / "b.csv"
    link.symlink_to(path)
    before = path.read_bytes()
    for result in (path, link):
        refused = classify(path, "--model", model, option, result).exception
        assert isinstance(refused, ConfigError)
        assert "another name" in str(refused)
    assert path.read_bytes() == before


def test_two_results_of_one_name_are_refused_before_either_is_written(tmp_path, model):
    path, out = minerals(tmp_path / "a.csv", "kaolinite"), tmp_path / "out"
    assert isinstance(classify(path, "--model", model, "--json", out, "--csv", out).exception, ConfigError)
    assert not out.exists()


def test_spectra_of_zeros_alone_are_refused_for_what_they_are(tmp_path, model):
    refused = classify(table(tmp_path / "a.csv", NM, np.zeros((1, NM.size)), ("k",), "nm"), "--model", model).exception
    assert isinstance(refused, SpectraRefused)
    assert "none above 0" in str(refused)


@pytest.mark.shared
def test_every_real_file_is_labelled_or_refused_in_one_sentence(shared_data, tmp_path, model):
    files = sorted(path for path in (shared_data / "field").rglob("*") if path.is_file() and path.suffix != ".bip")
    ran = classify(*files, "--model", model, "--json", tmp_path / "a.json")
    assert isinstance(ran.exception, SpectraRefused)
    found = json.loads((tmp_path / "a.json").read_text())
    done = [Path(one["file"]).parent.name for one in found["files"] if one["refused"] is None]
    assert set(done) == {
        "asd", "csv", "relab", "sed", "sli_usgs", "ChapterM_Minerals", "tsg_core_PE257D", "tsg_testrocks_HL4"
    }  # fmt: skip
    refused = {Path(one["file"]).name: one["refused"] for one in found["files"] if one["refused"] is not None}
    assert all("\n" not in words for words in refused.values())
    assert "radiance" in refused["v7sample00000.asd"]
    assert "2458 to 2500 nm" in refused["optimized.sli"]
    assert "1000 to 1345 nm" in refused["mineral.silicate.kaolinite.asc.spectrum.txt"]
    by_name = {row["name"]: row for row in found["rows"]}
    assert by_name["Kaolinite_CM9"]["unknown_reason"] == "no values from 1000 to 1350 nm"
    assert by_name["Calcite_WS272"]["label"] == by_name["Calcite WS272"]["label"] == "calcite"
    assert by_name["Calcite_WS272"]["confidence"] == pytest.approx(by_name["Calcite WS272"]["confidence"], abs=1e-3)
