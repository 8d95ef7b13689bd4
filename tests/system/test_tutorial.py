"""The commands of a tutorial, run in their order by a shell, as its reader would."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.line import ROOT

BLOCK = re.compile(r"`(\w+\.toml)`[^`]*\n```toml\n(.*?)^```|^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def script(page: Path, folder: Path) -> str:
    """The page's commands; its files are written beside them."""
    commands = []
    for name, text, shell in BLOCK.findall(page.read_text(encoding="utf-8")):
        if name:
            (folder / name).write_text(text)
        commands.append(shell)
    return "set -euo pipefail\nset -m\ntrap 'jobs -p | xargs -r kill' EXIT\n" + "".join(commands)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As the project's folder looks to the commands."""
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    return tmp_path


@pytest.mark.long
def test_the_simulator_s_tutorial_works_as_it_stands(folder: Path) -> None:
    commands = script(ROOT / "docs" / "tutorial" / "simulator.md", folder)
    assert {"watch.toml", "faulty.toml"} <= {path.name for path in folder.iterdir()}
    shell = subprocess.Popen(
        ["bash", "-c", commands], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        said = shell.communicate(timeout=240)[0]
    except subprocess.TimeoutExpired:
        shell.kill()
        pytest.fail(f"still running: {shell.communicate()[0][-3000:]}")
    assert shell.returncode == 0, said[-3000:]
    for made in ("belt.png", "core.png", "wet.png", "belt-labels.img", "faulty/faults.json", "watch.json"):
        assert (folder / "out" / made).is_file()
    assert "camera lost 1" in said
    assert re.search(r"lamp 1\b", said)
