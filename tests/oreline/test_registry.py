"""Parts by name: Oreline's own, and those of packages that were installed beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from copy import copy
from pathlib import Path

import numpy as np
import pytest

from acquisition import SOURCES
from acquisition.genicam import GenicamSource
from inference.backends import BACKENDS
from inference.models import MODELS
from inference.preprocessing.step import Layout
from inference.training.families import FAMILIES
from oreline.config import Config
from oreline.errors import ConfigError, ModelError
from oreline.messages import BACKGROUND
from oreline.registry import Registry
from oreline.testing import label_line, stream_info
from sinks import SINKS
from sinks.conveyor import outputs
from sinks.conveyor.outputs import VALVE_OUTPUTS
from sinks.log import Log
from sinks.settings import schema, settings_of
from tests.packages.installed import acme, both

__all__ = ["acme", "both"]
ROOT = Path(__file__).parents[2]


def beside(table: Registry) -> Registry:
    """The same table in a process that finds what is installed now."""
    found = copy(table)
    vars(found).pop("_others", None)
    return found


@pytest.fixture
def with_acme(acme: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    before = {*sys.modules}
    monkeypatch.syspath_prepend(acme)
    yield acme
    for name in {*sys.modules} - before:
        if name.startswith("acme_oreline"):
            del sys.modules[name]


@pytest.fixture
def with_both(both: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(both)
    return both


@pytest.mark.parametrize(
    "table", [SINKS, SOURCES, BACKENDS, MODELS, FAMILIES, VALVE_OUTPUTS], ids=lambda table: table.group
)
def test_every_part_of_our_own_is_found(table: Registry) -> None:
    assert [table.find(name) for name in table.own]


def test_a_part_of_another_package_is_found_by_its_name(with_acme: Path) -> None:
    tally = beside(SINKS).find("tally")
    assert Path(sys.modules[tally.__module__].__file__ or "").is_relative_to(with_acme)
    assert issubclass(beside(SOURCES).find("upside-down"), GenicamSource)
    logits = beside(BACKENDS).find("first-class")(b"2", (8, 32))
    assert logits(np.zeros((8, 32), np.float32)).argmax(0).tolist() == [2] * 32
    assert beside(FAMILIES).find("linear").kmac(Layout(1, 100), 5, ()) == 0.5
    assert Path(beside(MODELS).find("acme224").__path__[0]) == with_acme / "acme_oreline" / "acme224"


def test_nothing_of_a_package_is_imported_before_it_is_asked_for(with_acme: Path) -> None:
    table = beside(SINKS)
    assert [*table] == [*SINKS.own, "gone", "hollow", "tally"]
    assert table.check("tally").value == "acme_oreline.tally:Tally"
    assert table.find("log") is Log
    assert "acme_oreline" not in sys.modules


def test_one_that_cannot_be_imported_is_refused_with_whose_it_is_and_what_to_do(with_acme: Path) -> None:
    with pytest.raises(ConfigError, match=r"sink 'gone' of acme-oreline 1\.2 .*No module named 'acme_oreline.gone'"):
        beside(SINKS).find("gone")


def test_one_that_is_no_sink_is_refused_with_what_it_lacks(with_acme: Path) -> None:
    with pytest.raises(ConfigError, match=r"'hollow' of acme-oreline 1\.2.* it has no policy, stream, .*consume"):
        beside(SINKS).find("hollow")


def test_the_schema_has_all_sinks_that_can_be_loaded_and_says_what_it_leaves_out(
    with_acme: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(vars(SINKS), "_others", beside(SINKS)._others)  # type: ignore[arg-type]
    assert {"log", "tally"} <= set(schema()["$defs"])
    said = " ".join(capsys.readouterr().err.split())
    assert "left out: sink 'gone' of acme-oreline 1.2 cannot be loaded" in said
    assert "left out: sink 'hollow' of acme-oreline 1.2" in said
    with pytest.raises(ConfigError, match="cannot be loaded"):
        schema("gone")


def test_one_that_two_packages_have_is_refused_and_others_are_not(with_both: Path) -> None:
    table = beside(SINKS)
    with pytest.raises(ConfigError, match=r"'log' is in .*, Oreline and rival-oreline 0\.3: uninstall the other"):
        table.find("log")
    with pytest.raises(ConfigError, match=r"acme-oreline 1\.2 and rival-oreline 0\.3: uninstall all but one"):
        table.check("tally")
    assert table.find("record")


def test_an_unknown_name_is_refused_with_the_nearest_of_any_package(with_acme: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no sink 'taly': .*record, station, gone.* Did you mean 'tally'"):
        beside(SINKS).find("taly")
    with pytest.raises(ModelError, match="there is no backend"):
        beside(BACKENDS).find("onnx")


def test_a_sorter_opens_valves_by_an_output_of_another_package(
    with_acme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(outputs, "VALVE_OUTPUTS", beside(VALVE_OUTPUTS))
    table = {"recipe": {"ore": ["calcite"], "min_pixels": 4}, "distance_counts": 5000, "deadline_ms": 4000}
    table |= {"output": "printed", "prefix": "open", "valves": 32}
    _, kind, settings = settings_of(Config({"sinks": {"conveyor": table}}), "conveyor")
    sorter, stone = kind.open(settings, tmp_path), [0] * 4 + [BACKGROUND] * 28
    sorter.consume([stream_info(), label_line(0, labels=stone), label_line(1)])
    sorter.commit()
    assert (sorter.close()["commands"], capsys.readouterr().out) == (1, "open 5000 1111\n")
    with pytest.raises(ConfigError, match=r"unknown key 'prefixx'\. Did you mean 'prefix'"):
        settings_of(Config({"sinks": {"conveyor": table | {"prefixx": ""}}}), "conveyor")


def test_a_line_is_checked_with_parts_of_another_package(acme: Path, tmp_path: Path) -> None:
    steps = [{"kind": kind, "lines": 20} for kind in ("dark", "white", "scene")]
    tables = {
        "line": {"output": str(tmp_path / "out"), "state": str(tmp_path / "state")},
        "simulator": {"scene": {"lines": 100, "camera": "nir224"}, "frame_rate": 400},
        "acquisition": {"source": "upside-down", "preset": "nir224", "steps": steps},
        "inference": {"model": "acme224"},
        "sinks": {"console": {"sink": "tally", "each": 2}},
    }
    line = tmp_path / "line.json"
    line.write_text(json.dumps(tables))

    def said(*words: str, **environment: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "oreline", "config", *words]
        ran = subprocess.run(
            command, env={**os.environ, **environment}, cwd=ROOT, capture_output=True, text=True, check=False
        )
        return ran.returncode, ran.stdout + " ".join(ran.stderr.split())

    code, words = said("check", str(line), PYTHONPATH=str(acme))
    assert code == 0, words
    code, words = said("check", str(line))
    assert code != 0
    for refusal in ("there is no sink 'tally'", "there is no camera source 'upside-down'", "no model 'acme224'"):
        assert refusal in words
