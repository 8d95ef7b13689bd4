"""The locale of a machine changes nothing: files are read and written in encodings that are named."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("oreline", "acquisition", "inference", "sinks", "hwsim")
TEXT = {"read_text", "write_text"}
OPENING = {"open", "fdopen"}
PICTURES = {"rasterio"}
"""Whose `open` opens no text."""


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(node, ast.Call):
                    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", name, node


def mode_of(call: ast.Call) -> str | None:
    """The mode of a call that opens a file; None where it opens something else, such as a ring."""
    said = [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
    modes = [a.value for a in said if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    return next((mode for mode in modes if set(mode) <= set("rwxabt+")), None)


def is_text(name: str, call: ast.Call) -> bool:
    words = {word.arg for word in call.keywords}
    if getattr(getattr(call.func, "value", None), "id", "") in PICTURES:
        return False
    if words & {"text", "universal_newlines"}:
        return True
    mode = mode_of(call) if name in OPENING else None
    return name in TEXT or (mode is not None and "b" not in mode)


def test_every_text_is_read_and_written_in_an_encoding_that_is_named():
    nameless = [where for where, name, call in calls() if is_text(name, call) and not encoded(call)]
    assert nameless == []


def encoded(call: ast.Call) -> bool:
    return any(word.arg == "encoding" for word in call.keywords)


@pytest.mark.parametrize("locale", ["C", "tr_TR.UTF-8", "de_DE.UTF-8"])
def test_a_command_does_the_same_in_every_locale(tmp_path: Path, locale: str) -> None:
    """As where Python is not in its UTF-8 mode and an old system's locale is ASCII."""
    line = tmp_path / "Sch\u00e4cht\u0131.toml"
    line.write_text('[line]\noutput = "Erzk\u00f6rper"\n[acquisition]\npreset = "NIR224"\n', encoding="utf-8")
    environment = os.environ | {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-m", "oreline", "config", "check", str(line)]
    ran = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, check=False)
    said = ran.stderr.decode("utf-8", "replace")
    assert ran.returncode == 3, said
    assert "no camera preset 'NIR224'. Did you mean 'nir224'?" in said
    assert said.startswith(f"oreline: {line}")
