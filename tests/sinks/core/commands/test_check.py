"""`oreline core check`: a session in words."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from oreline.cli.main import app
from oreline.errors import ConfigError

SESSION = """
hole = { id = "DH-1" }

[[boxes]]
number = 1
from_m = 100.0
to_m = 104.5
rows = 3
blocks = [{ row = 2, depth_m = 101.5 }]
"""


def said(path: Path) -> str:
    result = CliRunner().invoke(app, ["core", "check", str(path)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_a_session_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(SESSION)
    words = said(tmp_path / "s.toml")
    assert "hole DH-1" in words
    assert "box 1: 100 to 104.5 m in 3 rows" in words


@pytest.mark.parametrize(("text", "words"), [("hole = 3", "hole: give a table"), ("hole = {", "cannot be read")])
def test_what_is_no_session_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(ConfigError, match=words):
        said(tmp_path / "s.toml")


def test_a_session_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no session .*s\.toml"):
        said(tmp_path / "s.toml")
