"""The page of a hole in a browser: opened from disk it asks for nothing, a keyboard is enough, it prints, and axe finds
nothing serious."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sinks.core.page.page import page
from tests.sinks.core.page.holes import told

pytestmark = pytest.mark.long
PPM = "parseFloat(document.querySelector('#log').style.getPropertyValue('--ppm'))"
HEIGHTS = """[...document.querySelectorAll("#log tbody tr:first-child td > *")]
  .map(one => one.getBoundingClientRect().height)"""


@pytest.fixture(scope="module")
def opened(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, list[str]]]:
    """The page, and what was asked for or complained of."""
    path: Path = tmp_path_factory.mktemp("page") / "hole.html"
    path.write_text(page(told()), encoding="utf-8")
    context, heard = browser.new_context(viewport={"width": 1280, "height": 900}), list[str]()
    shown = context.new_page()
    shown.on("console", lambda message: heard.append(message.text))
    shown.on("pageerror", lambda error: heard.append(str(error)))
    shown.on("request", lambda request: heard.append(request.url))
    shown.goto(path.as_uri())
    yield shown, [one for one in heard if not one.startswith(("file:", "data:"))]
    context.close()


def test_it_opens_from_disk_and_asks_for_nothing(opened: tuple[Any, list[str]]) -> None:
    shown, heard = opened
    assert heard == []
    assert shown.evaluate("[...document.images].every(one => one.complete && one.naturalWidth > 0)")
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_keyboard_zooms_and_goes_to_a_depth(opened: tuple[Any, list[str]]) -> None:
    shown, _ = opened
    shown.focus("#log")
    shown.keyboard.press("0")
    whole = shown.evaluate(PPM)
    shown.keyboard.press("+")
    assert shown.evaluate(PPM) == pytest.approx(1.6 * whole)
    shown.fill("#depth", "101,5")
    shown.keyboard.press("Enter")
    assert "101.500 m. 101.5 to 101.6 m: white mica" in shown.text_content("#there")
    shown.keyboard.press("Tab")
    assert shown.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'")


def test_what_is_aligned_stays_so_at_any_zoom(opened: tuple[Any, list[str]]) -> None:
    shown, _ = opened
    for key in ("0", "1", "+", "-"):
        shown.focus("#log")
        shown.keyboard.press(key)
        heights = shown.evaluate(HEIGHTS)
        assert max(heights) - min(heights) < 0.5
        assert heights[0] == pytest.approx(5 * shown.evaluate(PPM), rel=1e-3)


def test_it_prints_on_a4(opened: tuple[Any, list[str]]) -> None:
    shown, _ = opened
    shown.emulate_media(media="print")
    assert shown.evaluate("getComputedStyle(document.querySelector('.controls')).display") == "none"
    assert shown.evaluate(
        "document.querySelector('#log').scrollHeight <= document.querySelector('#log').clientHeight + 1"
    )
    pdf = shown.pdf(prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", pdf)
    assert len(sizes) >= 3, "figures, log, tables"
    assert {(round(float(width)), round(float(height))) for width, height in sizes} == {(595, 842)}
    shown.emulate_media(media="screen")


def test_axe_finds_nothing_serious(opened: tuple[Any, list[str]], axe: Callable[[Any], list[Any]]) -> None:
    assert axe(opened[0]) == []
