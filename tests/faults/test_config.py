"""A configuration that is not right starts nothing: exit code 3, every fault at once, and what was probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system.line import ROOT, Command

DEMO = (ROOT / "deploy" / "examples" / "demo.toml").read_text()
REFUSED = 3


def refused(cli: Command, folder: Path, **changes: str) -> str:
    """What `oreline run` says of the demo's file after these changes of its lines, by what stands in front of `=`."""
    lines = DEMO.replace('"out/demo"', f'"{folder / "out"}"').splitlines()
    for key, new in changes.items():
        assert any(line.startswith(f"{key} =") for line in lines)
        lines = [new if line.startswith(f"{key} =") else line for line in lines]
    path = folder / "line.toml"
    path.write_text("\n".join(lines))
    done = cli("run", path)
    assert done.returncode == REFUSED, done.stderr
    assert not (folder / "out").exists()
    said: str = done.stderr
    return said


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"preset": 'presett = "swir288"'}, ["unknown key 'presett'", "Did you mean 'preset'?"]),
        ({"budget_ms": 'budget_ms = "0.1 s"'}, ["budget_ms", "a number without quotes", "'0.1 s'"]),
        ({"min_fraction": "min_fraction = 50"}, ["recipe.min_fraction", "less than or equal to 1", "50"]),
        ({"ring_lines": "ring_lines = 0"}, ["ring_lines", "greater than", "0"]),
    ],
    ids=["unknown key", "wrong type", "wrong unit", "out of range"],
)
def test_a_typo_refuses_the_start_and_names_itself(
    cli: Command, tmp_path: Path, changes: dict[str, str], says: list[str]
) -> None:
    said = refused(cli, tmp_path, **changes)
    assert all(words in said for words in says), said


def test_all_typos_of_a_table_are_named_at_once(cli: Command, tmp_path: Path) -> None:
    said = refused(cli, tmp_path, pitch_mm="pitch = 1.5", ring_lines="ring_lines = -1", preset="preset = 7")
    assert all(words in said for words in ("Did you mean 'pitch_mm'?", "ring_lines", "preset")), said
