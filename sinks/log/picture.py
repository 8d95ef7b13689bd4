"""Label maps of a run: pages that are read like a core tray, strip below strip, with a title, a scale and a legend.

In a strip the lines go from left to right and the samples from top to bottom, one pixel each, as in the preview of a
scene. Missing lines are hatched. Rock over which the sorter opened its valves has a white outline.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from oreline.answers import Which, answer_of, place
from oreline.files import replacing
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, LayerInfo
from oreline.palette import ONLY
from oreline.recordings.envi_writer import SPECIAL_CLASSES
from oreline.recordings.label_picture import INK, Entry, Paint, Pixels, draw_legend, height_of
from sinks.log.pages import BETWEEN_PX, STRIP, Page, count_pages, pages
from sinks.log.reading import segments, stream_at
from sinks.shots import Shots

LEFT, RIGHT, HEAD, FOOT = 64, 24, 84, 30
LEAST_WIDTH = 900
"""Of a page, for its title."""
TICK_LINES, LABELLED_LINES = 100, 200
SHOWN = 0.0005
"""Share of the rock from which a class stands in the legend: less is 0.0 %."""
WHAT: dict[Which, str] = {"groups": "map of groups", "labels": "label map", "bands": "map of absorption bands"}
ONLY_GROUP = f"{ONLY.strip()}: the group is sure, but no mineral of it."
PLAIN = ("no bands",)
LIGHT, DARK = (255, 255, 255), (60, 60, 66)
"""Of the hatch, and the outline."""


@dataclass(frozen=True, slots=True, eq=False)
class Heading:
    """`title`: of all pages. `about`: the stream of their first line, as the journal has it. `number` of `of` pages.
    `what` is shown, and what the shares in its legend are of, `judged`."""

    title: str
    run: bytes
    about: dict[str, Any]
    number: int
    of: int
    what: str = "label map"
    judged: str = "the rock"


def export(db: sqlite3.Connection, run: bytes, stem: Path, title: str = "", which: Which = "labels") -> list[Path]:
    """Write `STEM_000.png`, `STEM_001.png`, ... in place of what is there, of the lines that tell this answer. Returns
    their paths."""
    told = [part for part in segments(db, run) if which == "labels" or place(part.layers, which) is not None]
    of, paths = sum(count_pages(db, run, part) for part in told), list[Path]()
    shots = Shots.of(stem.parent, run)
    for part in told:
        about, answer = stream_at(db, run, part.start), answer_of(which, part.classes, part.layers)
        paint = Paint(answer.classes, plain=PLAIN)
        for page in pages(db, run, part):
            path = stem.with_name(f"{stem.name}_{len(paths):03d}.png")
            heading = Heading(title or stem.parent.resolve().name, run, about, len(paths) + 1, of, WHAT[which])
            shown = replace(page, labels=answer.codes(page.labels, page.layers))
            why = reasons_of(shown, part.layers) if which == "labels" else ""
            picture = draw_page(shown, paint, heading, shots.over(page.seq, part.samples), why)
            with replacing(path) as draft:
                picture.save(draft, "PNG")
            paths.append(path)
    return paths


def draw_page(page: Page, paint: Paint, heading: Heading, shot: NDArray[np.bool_], why: str = "") -> Image.Image:
    """The picture of a page. `shot`: bool (rows, samples), where valves were opened. `why`: more of what is unknown."""
    rows, samples = page.labels.shape
    strips = range(0, rows, STRIP)
    width = LEFT + max(LEAST_WIDTH, min(rows, STRIP)) + RIGHT
    entries, notes = entries_of(page, paint), notes_of(page, shot, heading.judged)
    notes += [ONLY_GROUP] if any(paint.known[label].name.endswith(ONLY) for label, _ in entries) else []
    notes += [why] if why else []
    below = HEAD + len(strips) * (samples + BETWEEN_PX)
    room = width - LEFT - RIGHT
    image = Image.new("RGB", (width, below + height_of(entries, room) + FOOT * len(notes)), LIGHT)
    draw = ImageDraw.Draw(image)
    for words, y, size in zip(headings(page, heading), (12, 40, 58), (20, 13, 13), strict=True):
        draw.text((LEFT, y), words, INK, _font(size))
    shown = _painted(page, paint, shot)
    for number, first in enumerate(strips):
        top = HEAD + number * (samples + BETWEEN_PX)
        strip = np.ascontiguousarray(shown[first : first + STRIP].transpose(1, 0, 2))
        image.paste(Image.fromarray(strip), (LEFT, top))
        _draw_axes(draw, page.seq[first : first + STRIP], samples, float(heading.about.get("pitch_mm") or 0.0), top)
    end = draw_legend(image, entries, paint, LEFT, below, room)
    for number, note in enumerate(notes):
        draw.text((LEFT, end + 4 + number * FOOT), note, INK, ImageFont.load_default(13))
    return image


def headings(page: Page, heading: Heading) -> list[str]:
    """Lines above a page: title; run, date, lines; camera, model, scale."""
    about = heading.about
    lines = f"lines {page.seq[0]:,} to {page.seq[-1]:,}"
    camera = f"camera {about.get('camera', 'not known')} {about.get('serial', '')}".rstrip()
    return [
        f"{heading.title}: {heading.what}, page {heading.number} of {heading.of}",
        f"run {heading.run.hex()[:12] or 'not known'}, {_when(page, about)}, {lines}",
        f"{camera}, model {about.get('model', 'not known')[:16]}; {_scale(about)}",
    ]


def _when(page: Page, about: dict[str, Any]) -> str:
    first, last = page.wall_ns
    if first is None or last is None:
        return "date not known"
    zone = timezone(timedelta(seconds=about.get("offset_s") or 0))
    begin, end = (datetime.fromtimestamp(ns / 1e9, zone) for ns in (first, last))
    until = f"{end:%H:%M:%S}" if begin.date() == end.date() else f"{end:%Y-%m-%d %H:%M:%S}"
    return f"{begin:%Y-%m-%d %H:%M:%S} to {until} {begin:%z}"


def _scale(about: dict[str, Any]) -> str:
    pitch = float(about.get("pitch_mm") or 0.0)
    across = f"a sample is {pitch:g} mm" if pitch else "no scale, for acquisition.pitch_mm is not set"
    return f"across: {across}; along: a pixel is a line"


def _draw_axes(draw: ImageDraw.ImageDraw, seq: NDArray[np.int64], samples: int, pitch_mm: float, top: int) -> None:
    """Across in mm where a sample has a size, in samples otherwise; along in numbers of lines."""
    unit, size = ("mm", pitch_mm) if pitch_mm else ("samples", 1.0)
    step = _step(samples * size)
    font, marks = _font(11), np.arange(0.0, samples * size, step)
    for mark in marks:
        y = top + mark / size
        draw.line((LEFT - 6, y, LEFT - 1, y), INK)
        draw.text((LEFT - 9, y), f"{mark:g}", INK, font, "rm")
    draw.text((4, top + samples), unit, INK, font, "ls")
    for column in range(0, len(seq), TICK_LINES):
        x, labelled = LEFT + column, column % LABELLED_LINES == 0
        draw.line((x, top + samples, x, top + samples + (7 if labelled else 4)), INK)
        if labelled:
            words = f"{seq[column]:,}" if column else f"line {seq[0]:,}"
            draw.text((x, top + samples + 8), words, INK, font, "ma")


def _step(span: float) -> float:
    """A round distance of which three to eight fill a span."""
    decade = 10.0 ** np.floor(np.log10(span))
    return float(next(part * decade for part in (0.1, 0.2, 0.5, 1.0, 2.0) if span / (part * decade) <= 8))


def _painted(page: Page, paint: Paint, shot: NDArray[np.bool_]) -> Pixels:
    """Colours of a page, uint8 (rows, samples, 3)."""
    shown = paint(page.labels)
    shown[_outline(shot & is_rock(page.labels))] = LIGHT
    row, sample = np.nonzero(np.broadcast_to(page.missing[:, None], page.labels.shape))
    shown[row, sample] = np.where(((row + sample) % 12 < 6)[:, None], LIGHT, DARK)
    return shown


def _outline(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels next to an area, bool (rows, samples)."""
    wide = np.pad(inside, 1)
    near = wide[2:, 1:-1] | wide[:-2, 1:-1] | wide[1:-1, 2:] | wide[1:-1, :-2]
    return np.asarray(near & ~inside)


def is_rock(labels: Pixels) -> NDArray[np.bool_]:
    """Rock, known or not: neither belt nor a sample that could not be seen."""
    return np.asarray((labels != BACKGROUND) & (labels != INVALID))


def entries_of(page: Page, paint: Paint) -> list[Entry]:
    """Classes of the rock that is shown, the commonest first, with their shares of it."""
    rock = page.labels[is_rock(page.labels)]
    shares = np.bincount(rock, minlength=256) / max(1, rock.size)
    shown = sorted((label for label in paint.known if shares[label] >= SHOWN), key=lambda label: -shares[label])
    return [(label, f"{paint.known[label].name} {shares[label]:.1%}") for label in shown]


def reasons_of(page: Page, layers: Sequence[LayerInfo]) -> str:
    """Why what is shown as unknown of the rock is, with shares of the rock; "" where lines do not say."""
    at = place(layers, "reason")
    if at is None or page.layers is None:
        return ""
    told = page.layers[:, at][page.labels == UNKNOWN]
    shares = np.bincount(told, minlength=256) / max(1, int(is_rock(page.labels).sum()))
    (legend,) = (layer.legend for layer in layers if layer.name == "reason")
    shown = sorted((code for code in range(len(legend)) if shares[code] >= SHOWN), key=lambda code: -shares[code])
    listed = ", ".join(f"{legend[code].name} {shares[code]:.1%}" for code in shown)
    return f"Unknown: {listed}." if listed else ""


def notes_of(page: Page, shot: NDArray[np.bool_], judged: str = "the rock") -> list[str]:
    """Lines below the legend: what its shares are of, and what else the page shows."""
    seen = page.labels[~page.missing]
    part = {name: float(np.mean(seen == label)) if seen.size else 0.0 for name, label in _APART.items()}
    rock = 1.0 - sum(part.values()) if seen.size else 0.0
    apart = ", ".join(f"{name} {share:.1%}" for name, share in part.items() if share >= SHOWN)
    notes = [f"Shares are of {judged}, which is {rock:.1%} of what was seen{f'; {apart}' if apart else ''}."]
    if (shot & is_rock(page.labels)).any():
        ejected = np.mean(shot[is_rock(page.labels)])
        notes.append(f"White outline: the sorter opened its valves over it, {ejected:.1%} of the rock.")
    if page.missing.any():
        notes.append("Hatched: lines that are missing.")
    return notes


_APART = {SPECIAL_CLASSES[BACKGROUND].name: BACKGROUND, SPECIAL_CLASSES[INVALID].name: INVALID}


def _font(size: int) -> Any:
    return ImageFont.load_default(size)
