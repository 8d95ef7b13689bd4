"""A first file: asked for or by options, and right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hwsim.camera.sim_camera import __file__ as simulated
from oreline.cameras import CAMERAS
from oreline.cli.config_new import PURPOSES, Answers, asked, text_of, write
from oreline.config import Config
from oreline.errors import ConfigError, ProducerNotFound, ReferenceRefused
from oreline.supervision.check import check

PRODUCER = str(Path(simulated).parents[1] / "simcam.cti")
SORTER = {"purpose": "sort", "preset": "swir288", "distance_counts": 900, "ore": "white mica, calcite"}


@pytest.mark.parametrize("preset", CAMERAS)
@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("producer", ["simcam", PRODUCER])
def test_every_file_that_is_written_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, preset: str, purpose: str, producer: str
) -> None:
    monkeypatch.chdir(tmp_path)
    answers = asked({**SORTER, "purpose": purpose, "preset": preset, "producer": producer})
    lacks_references = write(tmp_path / "line.toml", answers)
    config = Config.load(tmp_path / "line.toml")
    if lacks_references:
        assert (producer, purpose) in ((PRODUCER, "log"), (PRODUCER, "sort"))
        with pytest.raises(ReferenceRefused, match="take them with `oreline calibrate`"):
            check(config)
    else:
        check(config)
    assert list(tmp_path.iterdir()) == [tmp_path / "line.toml"]
    assert ("conveyor" in config.kinds) == (purpose == "sort")
    assert ("simulator" in config.tables) == (producer == "simcam")


def test_questions_are_asked_for_what_no_option_says_and_have_answers_to_take() -> None:
    questions = []

    def ask(words: str, **more: Any) -> Any:
        questions.append(words)
        return more.get("default", "nir224")

    answers = asked({"name": "north"}, ask)
    assert answers == Answers("north", "log", "simcam", "nir224")
    assert [words.rpartition("--")[2] for words in questions] == ["purpose)", "producer)", "preset)"]
    assert all(words in questions[0] for words in PURPOSES.values())


def test_where_nobody_can_be_asked_the_option_is_named() -> None:
    with pytest.raises(ConfigError, match=r"nobody can be asked here, so give the option: .*\(--preset\)"):
        asked({})
    with pytest.raises(ConfigError, match=r"\(--distance-counts\)"):
        asked({"purpose": "sort", "preset": "swir288"})


def test_answers_that_mean_nothing_are_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"no purpose 'sorting'.*mean 'sort'"):
        asked({"purpose": "sorting", "preset": "swir288"})
    with pytest.raises(ConfigError, match=r"no camera preset 'swir28'.*mean 'swir288'"):
        asked({"preset": "swir28"})


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "line.toml"
    path.write_text("precious")
    with pytest.raises(ConfigError, match="is there already"):
        write(path, asked({"preset": "nir224"}))
    assert path.read_text() == "precious"


def test_what_the_check_refuses_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ProducerNotFound):
        write(tmp_path / "line.toml", asked({"preset": "nir224", "producer": "/opt/nothing.cti"}))
    assert list(tmp_path.iterdir()) == []


def test_names_are_written_as_toml_has_them() -> None:
    answers = Answers("north", "sort", 'C:\\"x".cti', "swir288", "10.0.0.5", 900, ("white mica",))
    assert 'producer = "C:\\\\\\"x\\".cti"' in text_of(answers)
