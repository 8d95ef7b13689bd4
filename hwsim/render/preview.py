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
from oreline.false_colours import bands_of
from oreline.messages import BACKGROUND, ClassInfo
from oreline.recordings.finding import RecordingSet
from oreline.recordings.label_map import read_labels
from oreline.recordings.label_picture import Paint, draw_legend, height_of
from oreline.recordings.recording import Recording, open_recording

BRIGHTEST = 99.7
"""Per cent of the pixels that the picture shows darker than white."""
EXAMPLES, NAMED = 6, 0.15
"""Spectra that are shown, and the fraction from which a mineral is named in one."""
LEFT, RIGHT, ROW, CHART, LEAST_WIDTH = 76, 330, 24, 300, 1000

Colours = NDArray[np.uint8]


def preview(recordings: RecordingSet, path: Path, lines: int = 1200) -> None:
    """Write a PNG of the first lines, which go from left to right, with the names and spectra of what is in them.

    Raises RecordingError where the references or the truth are missing, as `hwsim.render.scene.render` leaves them.
    """
    scene, truth = recordings.scene, _truth(recordings.scene)
    red, green, blue = (f"{scene.wavelengths_nm[band]:.0f}" for band in bands_of(scene.wavelengths_nm))
    minerals = read_labels(_beside(scene, "truth.hdr"))
    paint, labels = Paint(minerals.classes), minerals.labels[:lines]
    seen = false_colours(recordings, slice(lines))
    maps = {
        f"{scene.path.stem}: {red}, {green} and {blue} nm as red, green and blue": seen,
        "truth: the mineral of which there is most": paint(labels),
    }
    width = max(LEAST_WIDTH, LEFT + len(labels) + ROW)
    entries = [(int(label), paint.known[label].name) for label in np.unique(labels) if label != BACKGROUND]
    high = len(maps) * (ROW + scene.samples) + height_of(entries, width - LEFT) + 3 * ROW + CHART
    image = Image.new("RGB", (width, high), "white")
    draw, top = ImageDraw.Draw(image), 0
    for title, shown in maps.items():
        draw.text((LEFT, top + 4), title, INK, ImageFont.load_default(14))
        image.paste(Image.fromarray(np.ascontiguousarray(shown.transpose(1, 0, 2))), (LEFT, top + ROW))
        _name_rows(draw, truth.get("rows", []), top + ROW)
        top += ROW + scene.samples
    top = draw_legend(image, entries, paint, LEFT, top + 6, width - LEFT)
    draw.text((LEFT, top + 4), "mean reflectance of some of them", INK, ImageFont.load_default(14))
    box = (LEFT, top + ROW, width - RIGHT, top + ROW + CHART)
    chart(draw, box, np.asarray(scene.wavelengths_nm), _examples(recordings, truth["stones"], labels, minerals.classes))
    image.save(path)


def false_colours(recordings: RecordingSet, lines: slice) -> Colours:
    """Lines as the camera saw them, uint8 (lines, samples, 3). Raises RecordingError without references."""
    reflectance = _reflectance(recordings, lines, slice(None), list(bands_of(recordings.scene.wavelengths_nm)))
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


def _beside(scene: Recording, kind: str) -> Path:
    return scene.path.parents[1] / f"{scene.path.stem}_{kind}"


def _truth(scene: Recording) -> dict[str, Any]:
    path = _beside(scene, "truth.json")
    if not path.is_file():
        raise RecordingError(f"{scene.path} has no truth: {path} is missing, render the scene again")
    said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return said


def _name_rows(draw: ImageDraw.ImageDraw, rows: list[dict[str, Any]], top: int) -> None:
    """Write the depths at the front of the first tray's rows."""
    for row in rows:
        if row["tray"] == 0:
            y = top + (row["first_sample"] + row["last_sample"]) / 2
            draw.text((LEFT - 6, y), f"{row['depth_from_m']:.2f} m", INK, ImageFont.load_default(13), "rm")


def _examples(
    recordings: RecordingSet, stones: list[dict[str, Any]], labels: NDArray[np.uint8], classes: tuple[ClassInfo, ...]
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
            curves[main] = Curve(_said(stone), classes[main].colour, spectra.mean(axis=0))
    return list(curves.values())


def _said(stone: dict[str, Any]) -> str:
    """The two minerals of which there is most in a stone."""
    parts = sorted(stone["species"].items(), key=lambda part: -part[1])
    if parts[0][1] > 1.0 - NAMED:
        return str(parts[0][0])
    return ", ".join(f"{name} {100 * part:.0f} %" for name, part in parts[:2] if part >= NAMED)
