"""Boxes of core on the page: what passes, what became of it, and orders, in every language; nothing on other lines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oreline.files import make_private
from oreline.locks import locked
from oreline.orders import OrderFile
from sinks.core.live.orders import ORDER, SAID, BoxSaid, CoreOrder, CoreSaid
from sinks.core.qc.finding import Finding, Level, Verdict
from sinks.station import Station
from sinks.station.commands import Role
from sinks.station.words import LANGUAGES, words_in
from tests.sinks.station.web import belt
from tests.sinks.station.web.test_looks import CLIPPED, FITS, until

VERDICTS = (
    Verdict(6, 2, (), "2026-11-30T10:05:00+00:00"),
    Verdict(6, 1, (Finding("missing", Level.RESCAN, {"n": "46", "mm": "46.0"}),), "2026-11-30T10:03:00+00:00"),
    Verdict(5, 1, (Finding("reference_age", Level.LOOK, {"hours": "4.3"}),), "2026-11-30T10:00:00+00:00"),
    Verdict(4, 1),
)
SAYS = CoreSaid(
    hole="DH-17", by="trays", boxes=12, scanned=6,
    scanning=BoxSaid(box=8, from_m=123.4, to_m=127.1, since="2026-11-30T10:06:11.000+00:00"),
    next=BoxSaid(box=9, from_m=127.1, to_m=130.62), making=((7, 1),), verdicts=tuple(one.told() for one in VERDICTS),
)  # fmt: skip


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    folder: Path = tmp_path_factory.mktemp("core")
    make_private(folder / "state")
    tables = {"sinks": {"log": {}, "core": {"session": str(folder / "hole.toml")}, "station": {}}}
    with belt.station(folder, tables=tables, without_account="operator") as station:
        OrderFile(station.hub.config.line.folder / SAID).write(SAYS.model_dump(mode="json"))
        yield station


@pytest.fixture
def opened(browser: Any, address: str) -> Iterator[Callable[..., Any]]:
    contexts = []

    def open_page(language: str = "en", width: int = 1280, height: int = 800) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, locale=language)
        contexts.append(context)
        page = context.new_page()
        page.goto(address)
        until(page, "document.querySelectorAll('#verdicts li').length === 5")
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_the_page_tells_what_passes_what_comes_next_and_what_became_of_the_last(opened: Callable[..., Any]) -> None:
    page = opened()
    assert page.text_content("#box-now") == "8 · 123.40–127.10 m"
    assert page.text_content("#box-next") == "9 · 127.10–130.62 m"
    assert (page.text_content("#box-done"), page.text_content("#hole")) == ("6 of 12", "DH-17")
    heads = [one.inner_text().split("\n") for one in page.query_selector_all("#verdicts summary")]
    assert [tuple(part for part in head if part) for head in heads] == [
        ("Box 7", "being judged…"), ("Box 6, scan 2", "good"), ("Box 6", "scan again"), ("Box 5", "look at it"),
        ("Box 4", "good"),
    ]  # fmt: skip
    page.click("#verdicts li:nth-child(3) summary")
    assert page.query_selector_all("#verdicts li:nth-child(3) p")[0].inner_text() == (
        "46 lines are missing, 46.0 mm at the longest stretch."
    )
    assert not page.is_visible("#recipe")


def test_an_order_goes_to_the_core_sink_and_its_answer_is_read(opened: Callable[..., Any], station: Station) -> None:
    folder = station.hub.config.line.folder

    def answer() -> None:
        order = OrderFile(folder / ORDER)
        while not order.read():
            pass
        given = CoreOrder.model_validate(order.read())
        told = {"order": given.id, "words": f"the next tray is box {given.box}", "scanning": None}
        OrderFile(folder / SAID).write(SAYS.model_copy(update=told).model_dump(mode="json"))

    page = opened()
    with locked(folder):
        threading.Thread(target=answer, daemon=True).start()
        page.fill("#box", "11")
        page.click("#box-form button")
        assert page.text_content("#dialog-title") == "Begin box 11?"
        page.click("#dialog-do")
        until(page, "document.querySelector('#dialog-result').textContent === 'the next tray is box 11'")
    assert CoreOrder.model_validate(OrderFile(folder / ORDER).read()).who
    OrderFile(folder / SAID).write(SAYS.model_dump(mode="json"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_boxes_are_told_in_every_language_and_nothing_is_cut_off(opened: Callable[..., Any], language: str) -> None:
    page, words = opened(language), words_in(language)
    assert page.inner_text("#boxes-title").startswith(words("Boxes of core"))
    page.click("#verdicts li:nth-child(4) summary")
    said = page.query_selector_all("#verdicts li:nth-child(4) p")[0].inner_text()
    assert said[1:].rstrip(".") == words("its dark and white were {hours} h old", hours="4.3")[1:]
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate(FITS)


def test_a_line_that_logs_no_core_shows_no_boxes(browser: Any, tmp_path: Path) -> None:
    with belt.station(tmp_path, without_account="operator") as other:
        page = browser.new_page()
        page.goto(other.hub.addresses["web"])
        until(page, "document.querySelector('#clock').textContent")
        assert not page.is_visible("#boxes")
        assert page.is_visible("#sorting")
        assert "begin_box" not in other.hub.commands.allowed(Role.ENGINEER)
        page.close()
