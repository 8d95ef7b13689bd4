"""Files of an earlier release become those of this one, and lose nothing."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from inference.settings import Settings
from oreline.cli.config_migrate import migrate
from oreline.config import Config
from oreline.errors import ConfigError
from oreline.mistakes import RENAMED

OLD = """\
# bad_elements of the old one are kept, see the note of 2024
[line]
name = "bad_elements"   # a name of our own

[inference]
model = "swir288"

[inference.correction]
bad_elements = "bad.csv" # from the maker: bad_elements
find_bad_elements = true
"""


def write(folder: Path, text: str, name: str = "line.toml") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_keys_get_their_new_names_and_comments_and_strings_stay(tmp_path: Path) -> None:
    path = write(tmp_path, OLD)
    said = list(migrate(path))
    text = path.read_text()
    assert text.splitlines()[:3] == OLD.splitlines()[:3]
    assert 'bad_pixels = "bad.csv" # from the maker: bad_elements' in text
    assert "find_bad_pixels = true" in text
    assert (tmp_path / "line.toml.old").read_text() == OLD
    assert said[:2] == [
        "inference.correction.bad_elements is bad_pixels now",
        "inference.correction.find_bad_elements is find_bad_pixels now",
    ]
    assert "line.toml.old" in said[-1]


@pytest.mark.parametrize(
    "text",
    [
        "[inference]\ncorrection.find_bad_elements = true\n",
        "[inference]\ncorrection = { find_bad_elements = true }\n",
        '[inference.correction]\n"find_bad_elements" = true\n',
        "[inference.correction]\r\nfind_bad_elements = true\r\n",
        '[inference]\n[inference . correction]\n\'bad_elements\'="""bad_elements"""\n',
    ],
)
def test_keys_are_found_however_toml_lets_them_be_written(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    list(migrate(path))
    made = tomllib.loads(path.read_bytes().decode())["inference"]["correction"]
    assert set(made) <= set(RENAMED.values())
    assert path.read_bytes().count(b"\r") == text.count("\r")
    assert list(migrate(path)) == [f"{path} has the names of this release: nothing to change"]


def test_a_file_of_this_release_stays_as_it_is(tmp_path: Path) -> None:
    text = '[line]\nname = "north"\n'
    path = write(tmp_path, text)
    (said,) = migrate(path)
    assert "nothing to change" in said
    assert (path.read_text(), list(tmp_path.iterdir())) == (text, [path])


def test_another_file_can_be_written(tmp_path: Path) -> None:
    path, out = write(tmp_path, OLD), tmp_path / "new.toml"
    list(migrate(path, out))
    assert path.read_text() == OLD
    assert "find_bad_pixels" in out.read_text()
    assert not (tmp_path / "line.toml.old").exists()


def test_a_file_in_json_is_rewritten_too(tmp_path: Path) -> None:
    tables: dict[str, Any] = {"inference": {"correction": {"find_bad_elements": True}}}
    path = write(tmp_path, json.dumps(tables), "line.json")
    list(migrate(path))
    assert json.loads(path.read_text()) == {"inference": {"correction": {"find_bad_pixels": True}}}


def test_a_name_that_is_the_users_own_is_not_touched(tmp_path: Path) -> None:
    text = '[inference.correction]\nbad_elements = "x"\n[sinks.bad_elements]\nsink = "log"\n'
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=r"change by hand inference\.correction\.bad_elements to bad_pixels"):
        list(migrate(path))
    assert (path.read_text(), list(tmp_path.iterdir())) == (text, [path])


def test_a_file_with_both_names_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, '[inference.correction]\nbad_elements = "x"\nbad_pixels = "y"\n')
    with pytest.raises(ConfigError, match="bad_elements is called 'bad_pixels' now, and that is there, too: keep one"):
        list(migrate(path))


def test_a_file_that_was_kept_before_is_not_written_over(tmp_path: Path) -> None:
    path = write(tmp_path, OLD)
    write(tmp_path, "precious", "line.toml.old")
    with pytest.raises(ConfigError, match="is there already, of an earlier change"):
        list(migrate(path))
    assert path.read_text() == OLD
    assert (tmp_path / "line.toml.old").read_text() == "precious"


def test_what_was_refused_is_right_afterwards(tmp_path: Path) -> None:
    path = write(tmp_path, "[inference.correction]\nfind_bad_elements = true\n")
    with pytest.raises(ConfigError, match="is called 'find_bad_pixels' now"):
        Config.load(path).check()
    list(migrate(path))
    assert Config.load(path).section("inference", Settings).correction.find_bad_pixels
