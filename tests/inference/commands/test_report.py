"""The page of a reference: a file that needs no other, and says what a technician must know."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from inference.commands.report import write
from inference.references.reference import Reference
from inference.references.store import Store
from oreline.errors import ReferenceRefused
from tests.inference.reference_builders import built, stream

INFO = stream(samples=120)


def taken(white: float = 2500.0, *, captured: str = "2026-01-01T08:00:00+00:00", stained: bool = False) -> Reference:
    """A reference of enough lines; a stain darkens samples 40 to 59."""
    rng = np.random.default_rng(5)
    dark = 300.0 + rng.normal(0, 3, (INFO.bands, INFO.samples))
    light = white * np.hanning(INFO.bands + 6)[3:-3, None] * np.ones(INFO.samples)
    if stained:
        light[:, 40:60] *= 0.6
    seen = [rng.normal(mean, np.sqrt(mean) / 5, (100, *mean.shape)).astype(np.uint16) for mean in (dark, dark + light)]
    return Reference.combine(built(INFO, seen[0]), built(INFO, seen[1]), captured=captured)


def kept(folder: Path, *references: Reference) -> Store:
    store = Store(folder)
    for reference in references:
        store.keep(reference)
        store.choose(reference.id, "captured")
    return store


def page_of(source: Path, folder: Path) -> str:
    write(source, folder / "page.html")
    return (folder / "page.html").read_text()


def pictures(page: str) -> dict[str, ElementTree.Element]:
    found = re.findall(r'<img alt="([^"]+)" src="data:image/svg\+xml;base64,([^"]+)"', page)
    return {name: ElementTree.fromstring(base64.b64decode(data)) for name, data in found}


def test_the_page_needs_no_other_file_and_its_pictures_are_whole(tmp_path: Path) -> None:
    store = kept(tmp_path / "references", taken())
    page = page_of(store.folder / store.chosen, tmp_path)
    drawn = pictures(page)
    assert {"Dark and white by wavelength", "Signal to noise, and bad pixels"} <= set(drawn)
    assert all(svg.tag.endswith("svg") and len(list(svg.iter())) > 50 for svg in drawn.values())
    outside = re.sub(r"base64,[^\"]+", "", page)
    assert not re.findall(r"(?:src|href)=\"(?!data:)", outside)
    assert "<script" not in outside


def test_a_good_reference_is_said_to_be_good_with_how_it_was_taken(tmp_path: Path) -> None:
    store = kept(tmp_path / "references", taken())
    page = page_of(store.folder / store.chosen, tmp_path)
    assert f"<title>Reference {store.chosen}</title>" in page
    assert "Nothing speaks against it" in page
    assert "without an earlier one to compare with" in page
    assert "It is the chosen one." in page
    for words in ("<td>100</td>", "1000 us", "2026-01-01 08:00:00", "no certificate", "SimCam S1"):
        assert words in page
    assert "Drift since last" not in page


def test_a_newer_one_is_compared_with_the_one_before_and_drift_is_drawn(tmp_path: Path) -> None:
    first, second = taken(), taken(2400.0, captured="2026-01-01T09:00:00+00:00")
    store = kept(tmp_path / "references", first, second)
    page = page_of(store.folder / second.id, tmp_path)
    assert f"compared with {first.id}" in page
    assert {"Drift since last", "Where the light changed"} <= set(pictures(page))


def test_what_speaks_against_it_is_said_in_words_with_its_code(tmp_path: Path) -> None:
    dirty = taken(captured="2026-01-01T09:00:00+00:00", stained=True)
    store = kept(tmp_path / "references", taken())
    store.keep(dirty)
    store.note("refused", dirty.id, doubts=[{"code": "dirty", "words": "<b>it is dirty</b>"}])
    page = page_of(store.folder / dirty.id, tmp_path)
    assert "What speaks against it" in page
    assert re.search(r"samples 40\.\.59 of the panel have 60% .*<code>dirty</code>", page)
    assert "It is not the chosen one." in page
    assert "&lt;b&gt;it is dirty&lt;/b&gt;" in page


def test_bad_elements_and_the_panel_are_told(tmp_path: Path) -> None:
    good = taken()
    mean = good.dark.mean.copy()
    mean[3, 5] = 2000.0
    panel = {"panel": np.full(12, 0.98), "panel_name": "SRT-99.txt", "panel_sha256": "ab" * 32}
    hot = replace(good, dark=replace(good.dark, mean=mean), id="", **panel)  # type: ignore[arg-type]
    store = kept(tmp_path / "references", hot)
    page = page_of(store.folder / hot.id, tmp_path)
    assert "1 hot" in page
    assert "SRT-99.txt <code>abababababababab</code>" in page


def test_a_line_without_a_reference_is_refused(tmp_path: Path) -> None:
    line = tmp_path / "line.toml"
    line.write_text(f'[line]\noutput = "{tmp_path}"\n')
    with pytest.raises(ReferenceRefused, match="no reference is chosen"):
        write(line, tmp_path / "page.html")
