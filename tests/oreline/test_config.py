"""A configuration that is not right is refused with all its faults and what was probably meant."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from acquisition.settings import Settings
from hwsim.settings import Settings as Camera
from inference.settings import Settings as Inference
from oreline.config import Config, LineSettings, validated
from oreline.errors import ConfigError, nearest


def config(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "line.toml"
    path.write_text(text)
    return Config.load(path)


def test_an_unknown_key_names_its_nearest_neighbour(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown key 'seriel'\. Did you mean 'serial'"):
        config(tmp_path, '[acquisition]\nseriel = "1"').section("acquisition", Settings)


def test_an_unknown_key_in_a_nested_table_is_found(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"Did you mean 'lines'"):
        config(tmp_path, "[[acquisition.steps]]\nline = 5").section("acquisition", Settings)


def test_an_unknown_table_names_its_nearest_neighbour(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"Did you mean 'acquisition'"):
        config(tmp_path, "[acquisiton]\n")


@pytest.mark.parametrize(
    ("model", "table", "words"),
    [
        (Inference, {"correction": {"bad_elements": "a.txt"}}, "'correction.bad_elements' is called 'bad_pixels' now."),
        (Settings, {"buff": 3}, "unknown key 'buff'. Did you mean 'buffers'?"),
        (Settings, {"steps": [{"kind": "drak"}]}, "Did you mean 'dark'?"),
        (Camera, {"faults": [{"kind": "dorp", "line": 1}]}, "faults.0: no kind 'dorp'. Did you mean 'drop'?"),
        (Camera, {"faults": [{"kind": "zzz", "line": 1}]}, "faults.0: no kind 'zzz'. Use one of drop, incomplete,"),
        (Camera, {"faults": [{"line": 1}]}, "faults.0: it lacks the key 'kind'"),
        (
            Camera,
            {"faults": [{"kind": "lamp_drift", "line": 1, "ligth": 3}]},
            "lamp_drift.ligth'. Did you mean 'light'?",
        ),
    ],
)
def test_what_was_meant_is_said_in_words_of_the_file(model: type[Any], table: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)):
        validated(model, table, "table")


def test_all_faults_are_listed_together(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"(?s)buffers.*silence_s"):
        config(tmp_path, "[acquisition]\nbuffers = 0\nsilence_s = -1").section("acquisition", Settings)


def test_reference_lines_must_fit_the_ring(tmp_path: Path) -> None:
    text = '[acquisition]\nring_lines = 100\n[[acquisition.steps]]\nkind = "dark"\nlines = 90'
    with pytest.raises(ConfigError, match="ring_lines must exceed"):
        config(tmp_path, text).section("acquisition", Settings)


def test_a_missing_file_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="give the path"):
        Config.load(tmp_path / "none.toml")


def test_a_file_that_is_not_toml_says_where(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="line 2"):
        config(tmp_path, "[line]\nname = ?")


@pytest.mark.parametrize(
    "text", ["[]", "null", '"line"', '{"line": 3}', '{"sinks": 3}', '{"sinks": {"log": 3}}', '{"line": [{}]}']
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "line.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match="is no table"):
        Config.load(path)


def test_tables_that_have_no_end_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "line.json"
    path.write_text('{"line":' * 100_000)
    with pytest.raises(ConfigError, match="cannot be read"):
        Config.load(path)


def test_a_saved_configuration_reads_the_same(tmp_path: Path) -> None:
    saved = config(tmp_path, '[line]\nname = "a"\n[acquisition]\nbuffers = 7')
    saved.save(tmp_path / "line.json")
    again = Config.load(tmp_path / "line.json")
    assert again.tables == saved.tables


def test_a_state_folder_too_long_for_a_socket_is_refused() -> None:
    with pytest.raises(ConfigError, match="shorter"):
        LineSettings(state=Path("/" + "x" * 120)).endpoint("raw")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('[acquisition]\nlisten = "10.0.0.5:7401"', "listen"),
        ('[acquisition]\nlisten = "tcp://10.0.0.5"', "listen"),
        ('[acquisition]\nlisten = "ipc:///tmp/raw"', "listen"),
        ('[inference]\nlisten = { labels = "tcp://10.0.0.5:0" }', "listen.labels"),
        ('[inference]\nlisten = { reflectance = "tcp://10.0.0.5:7402" }', "add 'reflectance' to streams"),
        ('[inference]\nlisten = { label = "tcp://10.0.0.5:7402" }', "label"),
        ('[sinks.log]\nremote = "tcp://10.0.0.5:7402; rm"', "remote"),
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_starts(table: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Config(tomllib.loads(table)).check()


def test_a_file_of_another_kind_and_a_folder_are_called_that(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text("# A page\n\nwith words\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"README\.md is no file of a line, TOML such as deploy/examples/demo\.toml"):
        Config.load(page)
    with pytest.raises(ConfigError, match="is a folder: give the path of a line's TOML file"):
        Config.load(tmp_path)


def test_a_name_in_another_case_is_near() -> None:
    assert nearest("NIR224", ["nir224", "swir288"]) == " Did you mean 'nir224'?"
