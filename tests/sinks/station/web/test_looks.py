"""How the page looks and who can use it: in every language nothing is cut off and no letter is a box; a keyboard is
enough, and axe finds nothing serious."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sinks.station import Station
from sinks.station.words import LANGUAGES, words_in
from tests.sinks.station.test_words import SAID
from tests.sinks.station.web.belt import Belt, happens

CLIPPED = """() => [...document.querySelectorAll("body *")]
  .filter(one => one.checkVisibility() && !one.closest(".unseen, .plot, select, canvas"))
  .filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth && getComputedStyle(one).display !== "inline")
  .map(one => `${one.tagName}#${one.id}.${one.className}: ${one.textContent.trim().slice(0, 60)}`)"""
OUTLINED = "getComputedStyle(document.activeElement).outlineStyle !== 'none'"
FITS = "document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth"
BOXES = """async ([family, letters]) => {
  await document.fonts.load(`32px "${family}"`, letters.join(""));
  const canvas = Object.assign(document.createElement("canvas"), {width: 48, height: 48});
  const context = canvas.getContext("2d", {willReadFrequently: true});
  const drawn = letter => {
    context.fillStyle = "#fff"; context.fillRect(0, 0, 48, 48);
    context.fillStyle = "#000"; context.font = `32px "${family}"`; context.fillText(letter, 4, 38);
    return context.getImageData(0, 0, 48, 48).data.join();
  };
  const box = drawn("\\u{10fffd}"), blank = drawn(" ");
  return letters.filter(letter => [box, blank].includes(drawn(letter)));
}"""


def until(page: Any, what: str) -> None:
    deadline = time.monotonic() + 20
    while not page.evaluate(what):
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.fixture(scope="module")
def calling(station: Station, moving: Belt) -> None:
    """Alarms, one of them with many words."""
    while station.hub.status.lines_per_s == 0:
        time.sleep(0.02)
    happens(
        station,
        "gave_up",
        1,
        "SIM0001 was lost: no frame came for 2.0 s; it is opened again, and lines are missing",
    )
    happens(station, "old_reference", 2)


@pytest.fixture
def opened(browser: Any, address: str, moving: Belt, calling: None) -> Iterator[Callable[..., Any]]:
    """Opens the page in a language, at a size."""
    contexts = []

    def open_page(language: str = "en", width: int = 1280, height: int = 800) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, locale=language)
        contexts.append(context)
        page = context.new_page()
        page.goto(address)
        until(page, "import('/static/app.js').then(({belt}) => belt.stones.length > 3)")
        until(page, "document.querySelectorAll('#shares li').length > 3 && document.querySelector('.alarm')")
        page.evaluate("document.fonts.ready")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_cut_off_in_any_language(opened: Callable[..., Any], language: str) -> None:
    page = opened(language)
    assert page.get_attribute("html", "lang") == language
    assert page.evaluate(FITS), "it does not fit one screen"
    assert page.evaluate(CLIPPED) == []
    for shown in ("#alarm-list", "[data-verb=dark]"):
        page.click(shown)
        assert page.evaluate(CLIPPED) == []
        page.keyboard.press("Escape")


@pytest.mark.parametrize("language", ["es"])
def test_the_page_says_what_was_put_together_as_the_station_does(opened: Callable[..., Any], language: str) -> None:
    page, words = opened(language), words_in(language)
    texts = [*SAID, "no frame for 2 s: check the camera's trigger, cable and exposure; trying to open it again", "(a"]
    said = page.evaluate("texts => import('/static/words.js').then(({said}) => texts.map(one => said(one)))", texts)
    assert said == [words.said(text) for text in texts]
    assert sum(one != text for one, text in zip(said, texts, strict=True)) == len(texts) - 2
    page.click("[data-verb=stop]")
    page.click("#dialog-do")
    wanted = words("this line's camera is not on this host: stop the line there")
    until(page, f"document.getElementById('dialog-result').textContent === {json.dumps(wanted)}")


def test_trends_are_timed_by_the_clock_of_the_station_not_of_the_browser(
    browser: Any, address: str, moving: Belt
) -> None:
    context = browser.new_context(timezone_id="Asia/Tokyo")
    page = context.new_page()
    page.goto(address)
    until(page, "import('/static/app.js').then(({trends}) => trends.paint !== null)")
    told = {"t": [1_764_500_400, 1_764_500_700], "feed": [0.1, 0.2], "product": [0.1, 0.2], "shares": {}}
    shown = page.evaluate(
        "told => import('/static/app.js').then(({trends}) => {"
        " trends.draw(told); return new Promise(done => setTimeout(() => done(trends.plot.axes[0]._values))); })",
        told | {"offset_s": -4 * 3600},
    )
    assert {one[:2] for one in shown} <= {"06", "07"}, "11:00 and 11:05 in UTC"
    context.close()


def test_a_phone_needs_no_scrolling_to_the_side(opened: Callable[..., Any]) -> None:
    page = opened("es", 390, 844)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(CLIPPED) == []


def test_no_letter_is_a_box(opened: Callable[..., Any]) -> None:
    said = "".join((*words_in("zh-CN").all.values(), *LANGUAGES.values()))
    letters = sorted({letter for letter in said if ord(letter) > 0x2E7F})
    page = opened("zh-CN")
    assert len(letters) > 400
    assert page.evaluate(BOXES, ["Oreline CJK", letters]) == []
    assert page.evaluate(BOXES, ["Oreline CJK", ["龘"]]) == ["龘"], "the test would see one"


def test_the_keyboard_alone_reaches_everything(opened: Callable[..., Any]) -> None:
    page = opened()
    wanted = page.evaluate(
        "[...document.querySelectorAll('button, select, input, #map')].filter(one => "
        "one.checkVisibility() && !one.disabled).map(one => one.id || one.dataset.verb || one.dataset.span)"
    )
    reached = set()
    for _ in range(3 * len(wanted)):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("(one => one.id || one.dataset.verb || one.dataset.span)(document.activeElement)"))
        assert page.evaluate("document.activeElement === document.body || " + OUTLINED)
    assert set(wanted) <= reached


def test_an_alarm_is_told_acknowledged_and_put_away(opened: Callable[..., Any]) -> None:
    page = opened()
    assert page.text_content("#alarm-title") == "The line ends"
    page.click("#acknowledge")
    until(page, "document.querySelector('#alarm-now').dataset.state === 'acknowledged'")
    page.click("#alarm-list")
    page.click("[data-act='shelve line_failed']")
    until(page, "document.querySelector('#alarm-title').textContent !== 'The line ends'")
    page.click("[data-act='unshelve line_failed']")
    until(page, "document.querySelector('#alarm-title').textContent === 'The line ends'")


@pytest.mark.long
def test_axe_finds_nothing_serious(opened: Callable[..., Any], axe: Callable[[Any], list[Any]]) -> None:
    page = opened()
    found = []
    for shown in ("", "#alarm-list", "[data-verb=dark]"):
        if shown:
            page.click(shown)
            time.sleep(0.2)
        found += axe(page)
        page.keyboard.press("Escape")
    assert found == []
