"""The page of a real tray, from the data set that TSG made of it; and of a hole that a line scanned."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hwsim.worlds.core import CoreWorld
from oreline.cli.core import app
from sinks.core.page.columns import values
from sinks.core.page.gathering import gather
from sinks.core.qc.finding import Finding, Level, Verdict
from sinks.core.qc.verdicts import keep
from sinks.core.source import source_of
from sinks.core.table import GROUP, N
from tests.sinks.core.live.hole import scanned

TRAY = Path("field/tsg_core_PE257D/PE257D_0001_tsg.tsg")


def run(*arguments: object) -> str:
    return CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False).output


@pytest.mark.shared
def test_a_real_tray_has_a_page_that_says_what_tsg_says(shared_data: Path, tmp_path: Path) -> None:
    said = run("page", shared_data / TRAY, "--html", tmp_path / "tray.html")
    assert "PE257D, 1 boxes" in said
    html = (tmp_path / "tray.html").read_text(encoding="utf-8")
    assert "<h1>Hole PE257D, 65.90 to 69.49 m</h1>" in html
    for words in ("white mica 50.5%", "kaolin 44.2%", "TSG sTSAS", "PE257D_0001_tsg.tsg"):
        assert words in html
    table = gather(source_of(shared_data / TRAY), [], {}).table
    row = [68.0, 69.0]
    (at,) = [
        n
        for n, (a, b) in enumerate(zip(table["from_m"].to_pylist(), table["to_m"].to_pylist(), strict=True))
        if [a, b] == row
    ]
    assert values(table, N)[at] == 167
    assert values(table, f"{GROUP}white mica")[at] == pytest.approx(0.6886, abs=5e-5)


def test_a_scanned_hole_has_a_page_with_its_verdicts_session_and_hashes(
    painted: tuple[CoreWorld, Any, Any], tmp_path: Path
) -> None:
    hole, html = scanned(tmp_path, *painted), tmp_path / "hole.html"
    run("page", hole.path, "--html", html, "--step", 0.2)
    text = html.read_text(encoding="utf-8")
    assert len(re.findall("<td>not judged</td>", text)) == 2
    for words in (
        "session sha256",
        "fedcba9876543210",
        "0123456789abcdef",
        "session: direction",
        "Core that is missing",
    ):
        assert words in text
    keep(hole, Verdict(2, 1, (Finding("dust", Level.LOOK, {"columns": "12"}),)))
    run("page", hole.path, "--html", html)
    text = html.read_text(encoding="utf-8")
    assert len(re.findall("<td>not judged</td>", text)) == 1
    assert '<span class="verdict look">look</span>' in text
    assert "Columns 12 see less light" in text
