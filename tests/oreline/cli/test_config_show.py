"""What is in force, and where it comes from."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from oreline.cameras import CAMERAS
from oreline.cli.config_show import as_toml, settings
from oreline.config import Config
from oreline.errors import ConfigError
from oreline.shipped import example, examples


def found(tables: dict[str, Any]) -> dict[str, tuple[Any, str]]:
    return {f"{one.table}.{one.key}": (one.value, one.source) for one in settings(Config(tables))}


def test_each_value_says_whether_the_file_the_default_or_the_preset_decided_it() -> None:
    shown = found({"line": {"output": "out/north"}, "acquisition": {"preset": "nir224", "ring_lines": 512}})
    assert shown["acquisition.ring_lines"] == (512, "file")
    assert shown["acquisition.buffers"] == (256, "default")
    nm, source = shown["acquisition.wavelengths_nm"]
    assert (nm, source) == (CAMERAS["nir224"].wavelengths_nm.tolist(), "camera preset nir224")
    assert shown["line.references"] == ("out/north/references", "line.output")
    assert shown["acquisition.serial"] == (None, "default")


def test_wavelengths_of_the_file_are_those_of_the_file() -> None:
    shown = found({"acquisition": {"preset": "nir224", "wavelengths_nm": [1000.0, 1010.0]}})
    assert shown["acquisition.wavelengths_nm"] == ([1000.0, 1010.0], "file")


def test_a_sink_shows_its_own_keys_and_those_that_all_sinks_have() -> None:
    shown = found({"sinks": {"belt": {"sink": "log", "metrics_port": 9105}}})
    assert shown["sinks.belt.sink"] == ("log", "file")
    assert shown["sinks.belt.metrics_port"] == (9105, "file")
    assert shown["sinks.belt.synchronous"][1] == "default"


def test_tables_within_tables_are_shown_with_what_is_theirs() -> None:
    shown = found({"inference": {"correction": {"find_bad_pixels": True}, "limits": {"least_lines": 20}}})
    assert shown["inference.limits.least_lines"] == (20, "file")
    assert {source for key, (_, source) in shown.items() if key.startswith("inference.limits.")} == {"file", "default"}


@pytest.mark.parametrize("name", examples())
def test_what_is_shown_of_an_example_is_a_file_of_the_same_line(name: str) -> None:
    config = Config.load(example(name))
    shown = Config(tomllib.loads("\n".join(as_toml(settings(config)))))
    before, after = ({key: value for key, (value, _) in found(one.tables).items()} for one in (config, shown))
    assert after == before
    assert {source for _, source in found(shown.tables).values()} <= {"file", "default"}


def test_a_file_that_is_not_right_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown key 'ring_line'"):
        found({"acquisition": {"ring_line": 512}})
