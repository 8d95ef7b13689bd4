"""A picture of a rendered scene: what the camera saw in false colours, the true minerals, and some spectra."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hwsim.render.chart import INK, Curve, chart
from oreline.errors import RecordingError
from oreline.messages import BACKGROUND
from oreline.recordings.recording import Recording, RecordingSet, open_recording

COLOURS_NM = ((2330.0, 2200.0, 1650.0), (1530.0, 1410.0, 1050.0))
"""Red, green and blue for cameras of long waves and for others: in the bands of carbonates, clays and water, and
beside them."""
BRIGHTEST = 99.7
"""Per cent of the pixels that the picture shows darker than white."""
EXAMPLES, NAMED = 6, 0.15
"""Spectra that are shown, and the fraction from which a mineral is named in one."""
LEFT, RIGHT, ROW, CHART, LEAST_WIDTH, COLUMNS = 76, 330, 24, 300, 1000, 6

Colours = NDArray[np.uint8]


def preview(recordings: RecordingSet, path: Path, lines: int = 1200) -> None:
    """Write a PNG of the first lines, which go from left to right, with the names and spectra of what is in them.

    Raises RecordingError where the references or the truth are missing, as `hwsim.render.scene.render` leaves them.
    """
    scene, truth = recordings.scene, _truth(recordings.scene)
    red, green, blue = (f"{scene.wavelengths_nm[band]:.0f}" for band in _bands(scene))
    minerals = open_recording(_beside(scene, "truth.hdr"))
    names, colours = _classes(minerals)
    labels = minerals.cube[:lines, 0]
    maps = {
        f"{scene.path.stem}: {red}, {green} and {blue} nm as red, green and blue": false_colours(recordings, lines),
        "truth: the mineral of which there is most": colours[labels],
    }
    width = max(LEAST_WIDTH, LEFT + len(labels) + ROW)
    image = Image.new("RGB", (width, len(maps) * (ROW + scene.samples) + 5 * ROW + CHART), "white")
    draw, top = ImageDraw.Draw(image), 0
    for title, shown in maps.items():
        draw.text((LEFT, top + 4), title, INK, ImageFont.load_default(14))
        image.paste(Image.fromarray(np.ascontiguousarray(shown.transpose(1, 0, 2))), (LEFT, top + ROW))
        _name_rows(draw, truth.get("rows", []), top + ROW)
        top += ROW + scene.samples
    present = [int(label) for label in np.unique(labels) if label != BACKGROUND]
    _legend(draw, [(names[label], _rgb(colours[label])) for label in present], top + 6)
    draw.text((LEFT, top + 3 * ROW), "mean reflectance of some of them", INK, ImageFont.load_default(14))
    box = (LEFT, top + 4 * ROW, width - RIGHT, top + 4 * ROW + CHART)
    chart(draw, box, np.asarray(scene.wavelengths_nm), _examples(recordings, truth["stones"], labels, colours))
    image.save(path)


def false_colours(recordings: RecordingSet, lines: int) -> Colours:
    """The first lines as the camera saw them, uint8 (lines, samples, 3). Raises RecordingError without references."""
    reflectance = _reflectance(recordings, slice(0, lines), slice(None), _bands(recordings.scene))
    bright = np.percentile(reflectance, BRIGHTEST)
    return np.asarray(255 * np.clip(reflectance / bright, 0, 1) ** 0.6, np.uint8).transpose(0, 2, 1)


def _reflectance(recordings: RecordingSet, lines: slice, samples: slice, bands: Any) -> NDArray[np.float64]:
    """Calibrated by the references alone, (lines, bands, samples)."""
    scene, dark, white = recordings.scene, recordings.dark, recordings.white
    if dark is None or white is None:
        raise RecordingError(f"{scene.path} has no references: a picture needs DARKREF_ and WHITEREF_ beside it")
    floor = dark.cube[:, bands, samples].mean(axis=0)
    span = np.maximum(white.cube[:, bands, samples].mean(axis=0) - floor, 1.0)
    return np.asarray((scene.cube[lines, bands, samples] - floor) / span)


def _bands(scene: Recording) -> list[int]:
    """Of red, green and blue."""
    nm = np.asarray(scene.wavelengths_nm)
    triple = next((triple for triple in COLOURS_NM if nm[0] <= min(triple) and max(triple) <= nm[-1]), None)
    places = triple or np.quantile(nm, (0.78, 0.5, 0.22))
    return [int(np.abs(nm - place).argmin()) for place in places]


def _beside(scene: Recording, kind: str) -> Path:
    return scene.path.parents[1] / f"{scene.path.stem}_{kind}"


def _truth(scene: Recording) -> dict[str, Any]:
    path = _beside(scene, "truth.json")
    if not path.is_file():
        raise RecordingError(f"{scene.path} has no truth: {path} is missing, render the scene again")
    said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return said


def _classes(minerals: Recording) -> tuple[list[str], Colours]:
    """Names and colours (classes, 3) of a label map."""
    names = [name.strip() for name in minerals.metadata["class names"].strip("{} ").split(",")]
    return names, np.array(minerals.metadata["class lookup"].strip("{} ").split(","), np.uint8).reshape(-1, 3)


def _rgb(colour: Colours) -> tuple[int, int, int]:
    red, green, blue = colour.tolist()
    return red, green, blue


def _name_rows(draw: ImageDraw.ImageDraw, rows: list[dict[str, Any]], top: int) -> None:
    """Write the depths at the front of the first tray's rows."""
    for row in rows:
        if row["tray"] == 0:
            y = top + (row["first_sample"] + row["last_sample"]) / 2
            draw.text((LEFT - 6, y), f"{row['depth_from_m']:.2f} m", INK, ImageFont.load_default(13), "rm")


def _legend(draw: ImageDraw.ImageDraw, entries: list[tuple[str, tuple[int, int, int]]], top: int) -> None:
    for number, (name, colour) in enumerate(entries):
        x, y = LEFT + number % COLUMNS * (LEAST_WIDTH // COLUMNS), top + number // COLUMNS * ROW
        draw.rectangle((x, y, x + 14, y + 14), fill=colour, outline=INK)
        draw.text((x + 20, y), name, INK, ImageFont.load_default(13))


def _examples(
    recordings: RecordingSet, stones: list[dict[str, Any]], labels: NDArray[np.uint8], colours: Colours
) -> list[Curve]:
    """Mean spectra of the largest stone or piece of core of each of some minerals."""
    ids = open_recording(_beside(recordings.scene, "stones.hdr")).cube[: len(labels), 0]
    curves: dict[int, Curve] = {}
    for stone in sorted(stones, key=lambda stone: -int(stone["pixels"])):
        if stone["last_line"] >= len(labels) or len(curves) == EXAMPLES:
            continue
        box = (
            slice(stone["first_line"], stone["last_line"] + 1),
            slice(stone["first_sample"], stone["last_sample"] + 1),
        )
        own = ids[box] == stone["id"]
        main = int(np.bincount(labels[box][own]).argmax())
        if main not in curves:
            spectra = _reflectance(recordings, *box, slice(None)).transpose(0, 2, 1)[own]
            curves[main] = Curve(_said(stone), _rgb(colours[main]), spectra.mean(axis=0))
    return list(curves.values())


def _said(stone: dict[str, Any]) -> str:
    """The two minerals of which there is most in a stone."""
    parts = sorted(stone["species"].items(), key=lambda part: -part[1])
    if parts[0][1] > 1.0 - NAMED:
        return str(parts[0][0])
    return ", ".join(f"{name} {100 * part:.0f} %" for name, part in parts[:2] if part >= NAMED)
