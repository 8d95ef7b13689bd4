"""What `oreline evaluate` is asked to judge."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from inference.models import SHIPPED
from oreline.cli.evaluate import model_of, refuse_foreign
from oreline.cli.main import app
from oreline.errors import ConfigError


def test_model_is_told_from_labels_by_its_card_or_its_name(tmp_path: Path) -> None:
    assert model_of(SHIPPED / "swir288") == SHIPPED / "swir288"
    assert model_of(Path("swir288")) == SHIPPED / "swir288"
    assert model_of(tmp_path) is None
    assert model_of(tmp_path / "labels.hdr") is None


def test_folder_of_a_run_goes_before_a_model_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("swir288").mkdir()
    assert model_of(Path("swir288")) is None


@pytest.mark.parametrize("is_model", [True, False])
def test_option_that_means_nothing_here_is_refused_by_name(is_model: bool) -> None:
    refuse_foreign(Path("x"), {"--truth": None, "--first-line": 0, "DATA": []}, is_model=is_model)
    with pytest.raises(ConfigError, match="--against is for judging"):
        refuse_foreign(Path("x"), {"--truth": None, "--against": "swir288"}, is_model=is_model)


@pytest.mark.parametrize("option", ["--json", "--errors"])
def test_a_result_never_replaces_what_is_judged(tmp_path: Path, option: str) -> None:
    labels = tmp_path / "labels.hdr"
    labels.write_text("ENVI\n")
    ran = CliRunner().invoke(app, ["evaluate", str(labels), option, str(labels)])
    assert isinstance(ran.exception, ConfigError)
    assert "another name" in str(ran.exception)
    assert labels.read_text() == "ENVI\n"


def test_misspelt_model_is_answered_with_the_one_that_is_near() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'swir288'"):
        refuse_foreign(Path("swir289"), {"DATA": [Path("core.tsg")]}, is_model=False)
