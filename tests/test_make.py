"""`make test` runs both of its halves and `.ci/run` all three parts, and what fails in one of them fails the whole."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ["not alone and not long", "alone and not long", "long"]
FAKE = """#!/bin/sh
[ "$2" = pytest ] || exit 0
for marks; do :; done
echo "$marks" >> ran
[ "$marks" != "$FAILING" ] || exit "$CODE"
"""

Run = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A command in a project whose pytest does nothing, but fails with `code` where it is asked for the part `failing`;
    returns how the command ended and which parts were asked for."""
    programs = "python", "pip", "ruff", "mypy", "lint-imports"
    fakes = ["tests/install_packages.sh", *(f".venv/bin/{program}" for program in programs)]
    texts = {name: (ROOT / name).read_text() for name in ("Makefile", ".ci/run")} | dict.fromkeys(fakes, FAKE)
    texts |= dict.fromkeys(["pyproject.toml", "setup.py", "constraints.txt"], "")
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def call(*command: str, failing: str = "", code: int = 0) -> tuple[int, list[str]]:
        outer = ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "MAKELEVEL")
        env = {name: value for name, value in os.environ.items() if name not in outer}
        env |= {"PYTHON": "true", "FAILING": failing, "CODE": str(code)}
        ended = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
        return ended.returncode, (tmp_path / "ran").read_text().splitlines()

    return call


@pytest.mark.parametrize(("command", "parts"), [(["make", "test"], PARTS[:2]), (["./.ci/run"], PARTS)])
def test_all_parts_are_run(run: Run, command: list[str], parts: list[str]) -> None:
    assert run(*command) == (0, parts)


@pytest.mark.parametrize("code", [1, 5], ids=["a test failed", "there was no test"])
@pytest.mark.parametrize("failing", PARTS)
def test_what_fails_stops_no_other_part_and_fails_the_whole(run: Run, failing: str, code: int) -> None:
    ended, parts = run("./.ci/run", failing=failing, code=code)
    assert (ended != 0, parts) == (True, PARTS)
