"""Ink: what all pictures of core are drawn with: round steps of a scale, hatches for what is not there, legends."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from oreline.messages import BACKGROUND, INVALID
from oreline.palette import Colour
from sinks.core.pictures.layers import NONE, NOT_ROCK, Codes, Feature, Layer, Pixels, ramp
from sinks.core.pictures.mosaic import State, Window

PAPER, INK, SOFT = (255, 255, 255), (28, 39, 51), (85, 99, 111)
LOST, UNSEEN = ((255, 255, 255), (170, 40, 40)), ((232, 235, 238), (176, 184, 192))
"""Ground and marks of core that is missing, and of what nobody has looked at."""
HATCH, DOTS = 8, 6
WORDS = {State.LOSS: "core is missing", State.NOT_SCANNED: "not scanned"}
APART = (NOT_ROCK, INVALID, BACKGROUND)
"""Codes that are no rock."""
SWATCH, ENTRY, LETTERS, BAR = 13, 22, 13, 220
"""Pixels: side of a legend's box, from entry to entry, size of the letters, length of a scale of colours."""
LEAST_SHARE = 0.0005
"""Share of the rock from which a class stands in a legend: less is 0.0 %."""

Entry = tuple[Colour | State, str]
"""What is drawn, and what it stands for."""


def painted(window: Window, layer: Layer) -> Pixels:
    """Colours of a window's rows, uint8 (rows, width, 3)."""
    shown = layer.paint(window.values)
    mark(shown, window.state, window.first)
    return shown


def mark(shown: Pixels, state: NDArray[Any], first: int) -> None:
    """Draw over colours uint8 (rows, width, 3) what is no core, uint8 (rows, width), the first row being `first`."""
    row, column = first + np.arange(state.shape[0])[:, None], np.arange(state.shape[1])
    shown[state == State.OUTSIDE] = PAPER
    hatched, dotted = (row + column) % HATCH < 2, (row % DOTS < 2) & (column % DOTS < 2)
    for which, (ground, marks), is_marked in ((State.LOSS, LOST, hatched), (State.NOT_SCANNED, UNSEEN, dotted)):
        shown[state == which] = ground
        shown[(state == which) & is_marked] = marks


def round_step(least: float) -> float:
    """The least of 1, 2 and 5 times a power of ten that is not below `least`."""
    decade = 10.0 ** math.floor(math.log10(least))
    return float(next(part * decade for part in (1, 2, 5, 10) if part * decade >= least * (1 - 1e-9)))


def multiples(step: float, low: float, high: float) -> list[float]:
    """The multiples of a step from `low` to `high`, each as its decimals have it."""
    decimals = max(0, -math.floor(math.log10(step)))
    return [round(n * step, decimals) for n in range(math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6) + 1)]


def depth_text(depth_m: float, step_m: float) -> str:
    """A depth with the decimals of its scale's step."""
    return f"{depth_m:.{max(0, -math.floor(math.log10(step_m) + 1e-9))}f}"


def legend(layer: Layer, counts: NDArray[np.int64], states: Collection[int]) -> list[Entry]:
    """What a picture shows. Classes, the commonest first, have their shares of the rock; `counts` int64 (256,): pixels
    of core by code; `states`: those that are shown."""
    entries = list[Entry]()
    if isinstance(layer, Codes):
        rock = {code: int(counts[code]) for code in layer.known if code not in APART}
        whole = max(1, sum(rock.values()))
        entries += [
            (layer.known[code].colour, f"{layer.known[code].name} {n / whole:.1%}")
            for code, n in sorted(rock.items(), key=lambda one: -one[1])
            if n / whole >= LEAST_SHARE
        ]
        entries += [(layer.known[code].colour, layer.known[code].name) for code in APART if counts[code]]
    if isinstance(layer, Feature):
        entries.append((NONE, "no such absorption"))
    return entries + [(state, words) for state, words in WORDS.items() if state in states]


def count(layer: Layer, windows: Iterable[Window]) -> tuple[NDArray[np.int64], set[int]]:
    """Pixels of core by code, int64 (256,), and which states there are."""
    counts, states = np.zeros(256, np.int64), set[int]()
    for window in windows:
        states |= set(np.unique(window.state).tolist())
        if isinstance(layer, Codes):
            counts += np.bincount(window.values[window.state == State.CORE], minlength=256)
    return counts, states


def draw_legend(image: Image.Image, entries: Sequence[Entry], place: tuple[int, int], width: int) -> int:
    """Draw entries row by row from a place on. Returns where they end, in pixels from the top."""
    draw, columns = ImageDraw.Draw(image), columns_of(entries, width)
    for number, (what, words) in enumerate(entries):
        x = place[0] + number % columns * (width // columns)
        y = place[1] + number // columns * ENTRY
        image.paste(Image.fromarray(swatch(what)), (x, y + 1))
        draw.rectangle((x, y + 1, x + SWATCH - 1, y + SWATCH), outline=SOFT)
        draw.text((x + SWATCH + 6, y), words, INK, font(LETTERS))
    return place[1] + ENTRY * -(-len(entries) // columns)


def draw_bar(image: Image.Image, layer: Feature, place: tuple[int, int]) -> int:
    """Draw the scale of a feature's colours. Returns where it ends, in pixels from the top."""
    draw, (x, y) = ImageDraw.Draw(image), place
    bar = ramp(np.linspace(0.0, 1.0, BAR))
    image.paste(Image.fromarray(np.repeat(bar[None], SWATCH, axis=0)), (x, y))
    step = round_step((layer.high - layer.low) / 5)
    for mark in multiples(step, layer.low, layer.high):
        at = x + (mark - layer.low) / (layer.high - layer.low) * (BAR - 1)
        draw.line((at, y + SWATCH, at, y + SWATCH + 4), INK)
        draw.text((at, y + SWATCH + 5), depth_text(mark, step), INK, font(11), "ma")
    draw.text((x + BAR + 14, y - 1), layer.title, INK, font(LETTERS))
    return y + SWATCH + 24


def columns_of(entries: Sequence[Entry], width: int) -> int:
    """How many entries of a legend stand side by side."""
    widest = max((font(LETTERS).getlength(words) for _, words in entries), default=1.0)
    return max(1, int(width // (widest + SWATCH + 24)))


def swatch(what: Colour | State, side: int = SWATCH) -> Pixels:
    """A little of a colour, or of what stands for a state, uint8 (side, side, 3)."""
    shown = np.full((side, side, 3), PAPER if isinstance(what, State) else what, np.uint8)
    if isinstance(what, State):
        mark(shown, np.full((side, side), what), 0)
    return shown


def font(size: int) -> Any:
    """Letters of a size in pixels."""
    return ImageFont.load_default(size)
