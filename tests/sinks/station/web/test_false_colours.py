"""False colours and spectra of stones on the page, from the ring that inference writes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
import pytest
from numpy.typing import NDArray

from oreline.config import Config
from oreline.false_colours import bands_of
from oreline.messages import Flag, LabelLine, ReflectanceLine, StoneRecord
from oreline.ring import Ring, slot_bytes
from oreline.wire import encode
from sinks.station import Station
from sinks.station.passing import PassingReflectance
from sinks.station.web.colours import coloured
from tests.sinks.station.web import belt

BANDS, SAMPLES, SLOTS = 40, 160, 512
NM = tuple(np.linspace(1000.0, 2500.0, BANDS).tolist())
INFO = replace(belt.info_of(SAMPLES, 300.0), wavelengths_nm=NM)
TABLES = {"inference": {"streams": ["labels", "reflectance"]}}
PAGE = "import('/static/app.js').then(({belt, colours}) => %s)"


def lit(labels: NDArray[np.uint8], seq: int) -> NDArray[np.float32]:
    """Reflectance of a line by its labels and number, float32 (bands, samples); of some of it nothing is known."""
    values = 0.1 + 0.002 * np.arange(BANDS)[:, None] * (1 + labels % 7) + seq % 5 * 0.01
    values[:, seq % 11 :: 29] = np.nan
    return values.astype(np.float32)


@dataclass
class Inference:
    """Writes reflectance of lines into a ring, as inference does; `lines` are what it was made of, by number."""

    ring: Ring
    lines: dict[int, NDArray[np.uint8]] = field(default_factory=dict)

    def tell(self, lines: list[LabelLine]) -> None:
        for line in lines:
            self.lines[line.first] = line.labels
            invalid = np.zeros(SAMPLES, np.uint8)
            told = ReflectanceLine(line.stamp, Flag.NONE, line.reference_id, lit(line.labels, line.first), invalid)
            self.ring.free(self.ring.head - SLOTS + 1)
            self.ring.append(told.first, 1, line.stamp.t_ns, encode(told))


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    folder: Path = tmp_path_factory.mktemp("reflectance")
    with belt.station(folder, tables=TABLES) as station:
        yield station


@pytest.fixture(scope="module")
def inference(station: Station) -> Iterator[Inference]:
    config: Config = station.hub.config
    path = config.line.ring("reflectance")
    with closing(Ring.open(path, SLOTS, slot_bytes(512, 4 * BANDS * SAMPLES, SAMPLES))) as ring:
        inference = Inference(ring)
        with belt.moving(station, belt.Belt(INFO), 300.0, inference.tell):
            yield inference


@pytest.fixture(scope="module")
def page(browser: Any, inference: Inference, address: str) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(address)
    until(lambda: ask(page, "belt.stones.length > 3"))
    yield page
    context.close()


def until(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 20
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def ask(page: Any, what: str) -> Any:
    return page.evaluate(PAGE % what)


def test_false_colours_come_when_they_are_asked_for_and_are_those_of_their_lines(
    page: Any, inference: Inference
) -> None:
    assert not page.is_visible("#colours")
    page.click("#colours-on")
    assert page.get_attribute("#colours-on", "aria-pressed") == "true"
    assert page.get_attribute("#colours", "aria-label") == "2346, 2192 and 1654 nm as red, green and blue"
    begun = ask(page, "belt.newest")
    until(lambda: ask(page, "belt.newest") > begun + 200)
    bands, samples = list(bands_of(NM)), range(0, SAMPLES, 3)
    shown: dict[int, Any] = {}
    for seq in range(int(begun) + 60, int(begun) + 200, 20):
        found = ask(page, f"{[*samples]}.map(sample => colours.ring.pixel({seq}, sample))")
        if found[0] is not None:  # Otherwise this machine was too busy.
            shown[seq] = found
    wanted = {seq: coloured(lit(inference.lines[seq], seq)[bands].T)[::3].tolist() for seq in shown}
    assert shown == wanted
    assert len({tuple(colour) for row in wanted.values() for colour in row}) > 4


def test_a_stone_that_was_clicked_shows_its_mean_reflectance(
    page: Any, inference: Inference, station: Station, address: str
) -> None:
    page.focus("#map")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    until(lambda: page.locator("#spectrum canvas").count())
    words = page.text_content("#spectrum-words")
    number = int(ask(page, "belt.chosen.number"))
    with urlopen(f"{address}/spectrum.json?stone={number}") as answer:
        told = json.load(answer)["spectrum"]
    stone = next(one for one in list(station.hub.stones) if one.stamp.seq == number)
    assert isinstance(stone, StoneRecord)
    assert words == f"Mean reflectance of {told['samples']} samples in {told['lines']} lines"
    assert told["nm"] == list(NM)
    if told["lines"] == len(stone.outline):
        assert told["mean"] == pytest.approx(mean_of(stone, inference).tolist(), abs=2e-4)
    page.keyboard.press("Escape")


def mean_of(stone: StoneRecord, inference: Inference) -> NDArray[np.float64]:
    parts = [
        lit(inference.lines[stone.first_line + line], stone.first_line + line)[:, start:stop]
        for line, start, stop in stone.outline.tolist()
    ]
    return np.asarray(np.nanmean(np.concatenate(parts, axis=1), axis=1, dtype=np.float64))


def test_nothing_is_looked_at_for_nobody(page: Any, station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    assert page.get_attribute("#colours-on", "aria-pressed") == "true"
    page.click("#colours-on")
    assert not page.is_visible("#colours")
    page.goto("about:blank")
    looks: list[str] = []
    for name in ("newest", "of"):
        monkeypatch.setattr(PassingReflectance, name, lambda *_, name=name: looks.append(name) or [])
    time.sleep(0.3)  # The station hears that nobody is there.
    looks.clear()
    told = len(station.hub.stones)
    until(lambda: len(station.hub.stones) > told + 5)
    assert looks == []
