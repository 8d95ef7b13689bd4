"""The page of faults names tests; they are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(test_\w+)`")


def test_every_test_that_the_page_of_faults_names_is_there_once() -> None:
    named = NAMED.findall((ROOT / "docs" / "reference" / "faults.md").read_text())
    code = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 30
    assert {name: len(re.findall(rf"def {name}\(", code)) for name in named} == dict.fromkeys(named, 1)


def test_every_fault_of_the_page_has_a_test() -> None:
    rows = (ROOT / "docs" / "reference" / "faults.md").read_text().split("| --- | --- | --- | --- |\n")[1].splitlines()
    assert all(NAMED.search(row) for row in rows)
