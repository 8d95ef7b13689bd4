"""The page in a real browser, beside a belt at full rate."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oreline.recordings.label_picture import Paint
from sinks.station import Station
from sinks.station.lines import LineBlock
from tests.sinks.station.web.belt import CLASSES, Belt

MARKED = 40
SECONDS = 3
LONG_SECONDS = 60
FRAMES = """seconds => new Promise(done => {
  const begun = performance.now();
  let frames = 0;
  const count = now => {
    frames += 1;
    now - begun > 1000 * seconds ? done(frames / seconds) : requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
})"""
POINT = """(() => {
  const stone = belt.visible().find(one => one.first_line > belt.shown - 600);
  const {right, top} = belt.canvas.getBoundingClientRect();
  const clientX = right - (belt.shown - stone.first_line - 4) * belt.scale;
  const clientY = top + (stone.first_sample + stone.stop_sample) / 2 * belt.scale;
  belt.canvas.dispatchEvent(new PointerEvent("pointerdown", {clientX, clientY}));
})()"""
ORDERS = "/do/"
"""Where a refusal is a refusal."""
BELT = "import('/static/app.js').then(({belt}) => %s)"


@pytest.fixture(scope="module")
def seen(station: Station) -> dict[int, np.ndarray[Any, Any]]:
    """Codes of the lines that the station was given, by number."""
    lines: dict[int, np.ndarray[Any, Any]] = {}
    take = station.hub.take_block

    def keep(block: LineBlock) -> None:
        lines.update(zip(block.seq.tolist(), block.codes, strict=True))
        take(block)

    station.hub.take_block = keep  # type: ignore[method-assign]
    return lines


@pytest.fixture(scope="module")
def page(browser: Any, seen: object, moving: Belt, address: str) -> Iterator[Any]:
    """The page, with lines and a stone on it; nothing was asked for elsewhere, and nothing was complained about."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page, asked, complaints = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error" and ORDERS not in message.location["url"]
            else None
        ),
    )
    page.goto(address)
    until(lambda: ask(page, "belt.stones.length > 3"))
    yield page
    context.close()
    assert {url.split("//")[1].split("/")[0] for url in asked} == {address.removeprefix("http://")}
    assert complaints == []


def until(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 20
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def ask(page: Any, what: str) -> Any:
    return page.evaluate(BELT % what)


def test_the_page_tells_how_the_line_stands(page: Any) -> None:
    until(lambda: page.text_content("#phase") == "Sorting")
    until(lambda: page.text_content("#belt-speed") == "1.01" or float(page.text_content("#belt-speed")) > 0.9)
    assert page.text_content("#site") == "demo"
    assert page.text_content("#run") != "–"
    assert "muscovite" in until(lambda: page.text_content("#shares"))


def test_what_nobody_tells_any_more_is_dim(page: Any) -> None:
    away = """() => {
      document.getElementById("phase").dataset.phase = "away";
      return ["main", ".alarms", ".facts"].map(one => Number(getComputedStyle(document.querySelector(one)).opacity));
    }"""
    assert max(page.evaluate(away)) < 0.5


def test_colours_are_those_of_the_maps(page: Any, seen: dict[int, np.ndarray[Any, Any]]) -> None:
    until(lambda: ask(page, "belt.painted") > 21 * MARKED)
    newest, samples = int(ask(page, "belt.newest")), list(range(0, 640, 7))
    paint, found, wanted = Paint(CLASSES), [], []
    for seq in range(newest - 20 * MARKED, newest, MARKED):
        shown = page.evaluate(BELT % f"{samples}.map(sample => belt.pixel({seq}, sample))")
        if shown[0] is None:
            continue  # This machine was too busy to show it.
        found.append(shown)
        rows = np.zeros((seq % 6 + 1, 640), np.uint8)
        rows[-1] = seen[seq]
        wanted.append(paint(rows)[-1][samples].tolist())
    assert found == wanted
    assert len({tuple(colour) for row in wanted for colour in row}) > 4


def watched(page: Any, station: Station, seconds: float) -> tuple[float, dict[str, Any]]:
    """Frames a second, and what became of the lines meanwhile."""
    frames = page.evaluate(FRAMES, seconds)
    return frames, ask(page, "({painted: belt.painted, shed: belt.shed, started: belt.started, newest: belt.newest})")


def test_every_line_is_painted_or_counted(page: Any, station: Station) -> None:
    _, now = watched(page, station, 0.5)
    missed = now["newest"] + 1 - now["started"] - now["painted"] - now["shed"]
    assert missed == 0
    assert now["painted"] > 0


@pytest.mark.alone
@pytest.mark.long
def test_a_minute_of_lines_at_full_rate_is_painted_smoothly(page: Any, station: Station) -> None:
    before = ask(page, "belt.painted")
    frames, now = watched(page, station, LONG_SECONDS)
    assert frames > 50
    assert now["newest"] + 1 == now["started"] + now["painted"] + now["shed"]
    assert now["painted"] - before > 0.99 * 670 * LONG_SECONDS


def test_a_page_that_is_not_painted_costs_nothing_and_comes_back_at_now(page: Any, station: Station) -> None:
    """It grants nothing while no frame is drawn, as a hidden tab does."""
    page.evaluate(
        "() => { window.real = requestAnimationFrame; window.kept = []; "
        "window.requestAnimationFrame = f => window.kept.push(f); }"
    )
    held = until(lambda: page.evaluate("window.kept.length"))
    assert held
    before = station.hub.rates.last_ns
    shed = ask(page, "belt.shed")
    until(lambda: station.hub.rates.last_ns - before > 1_500_000_000)
    page.evaluate("() => { window.requestAnimationFrame = window.real; window.kept.forEach(f => real(f)); }")
    until(lambda: ask(page, "belt.shed") > shed)
    newest = until(lambda: ask(page, "belt.newest"))
    assert newest >= 0
    now = ask(page, "({painted: belt.painted, shed: belt.shed, started: belt.started, newest: belt.newest})")
    assert now["newest"] + 1 == now["started"] + now["painted"] + now["shed"]


def test_the_keyboard_reaches_a_stone_and_its_detail(page: Any) -> None:
    page.focus("#map")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    assert page.is_visible("#stone[open]")
    assert page.text_content("#stone-title").startswith("Stone ")
    assert page.text_content("#stone-verdict").startswith(("Ejected: enough ore", "Let pass: too little ore"))
    assert page.locator("#stone-shares li").count() >= 2
    page.keyboard.press("Escape")
    assert not page.is_visible("#stone[open]")


def test_a_click_on_a_stone_opens_it(page: Any) -> None:
    ask(page, POINT)
    until(lambda: page.is_visible("#stone[open]"))
    page.keyboard.press("Escape")


def test_an_order_is_asked_for_once_more_and_its_refusal_is_read(page: Any) -> None:
    page.click("[data-verb=stop]")
    assert page.text_content("#dialog-title") == "Stop the line?"
    page.click("#dialog-do")
    until(lambda: page.text_content("#dialog-result") == "this line's camera is not on this host: stop the line there")
    page.keyboard.press("Escape")


def test_a_browser_that_is_stopped_comes_back_at_now(browser: Any, station: Station, page: Any) -> None:
    """Of what came meanwhile it is sent the state and the newest lines; nobody waits for it."""
    renderers = [one for one in children(os.getpid()) if b"--type=renderer" in cmdline(one)]
    assert renderers
    for one in renderers:
        os.kill(one, signal.SIGSTOP)
    try:
        before = station.hub.rates.last_ns
        until(lambda: station.hub.rates.last_ns - before > 2_000_000_000)
    finally:
        for one in renderers:
            os.kill(one, signal.SIGCONT)
    until(lambda: ask(page, "belt.shed") > 0)
    until(lambda: station.hub.rates.last_ns and ask(page, "belt.newest") > 0)
    now = ask(page, "({painted: belt.painted, shed: belt.shed, started: belt.started, newest: belt.newest})")
    assert now["newest"] + 1 == now["started"] + now["painted"] + now["shed"]


def children(pid: int) -> list[int]:
    """All processes below one."""
    own = [int(one) for path in Path(f"/proc/{pid}/task").iterdir() for one in (path / "children").read_text().split()]
    return own + [other for one in own for other in children(one)]


def cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
