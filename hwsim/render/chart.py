"""A chart of spectra, drawn with Pillow alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import ImageDraw, ImageFont

INK, GRID, RIM = (30, 30, 34), (222, 222, 226), (150, 150, 156)
"""The last is around curves: some are pale."""
TICK_NM, TICK = 200, 0.1
LINE, SWATCH = 18, 24


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """`reflectance` (bands,); NaN is left out."""

    name: str
    colour: tuple[int, int, int]
    reflectance: NDArray[np.floating]


def chart(
    draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], nm: NDArray[np.float64], curves: list[Curve]
) -> None:
    """Draw reflectance over wavelength into a box (left, top, right, bottom), and the curves' names right of it."""
    left, top, right, bottom = box
    font = ImageFont.load_default(13)
    brightest = max((float(np.nanmax(curve.reflectance)) for curve in curves), default=1.0)
    most = TICK * math.ceil(brightest / TICK)
    for tick in range(-(-int(nm[0]) // TICK_NM) * TICK_NM, int(nm[-1]) + 1, TICK_NM):
        x = left + (right - left) * (tick - nm[0]) / (nm[-1] - nm[0])
        draw.line((x, top, x, bottom), GRID)
        draw.text((x, bottom + 4), f"{tick}", INK, font, "ma")
    for level in np.arange(0.0, most + TICK / 2, TICK):
        y = bottom - (bottom - top) * level / most
        draw.line((left, y, right, y), GRID)
        draw.text((left - 6, y), f"{level:.1f}", INK, font, "rm")
    draw.text((right, bottom + 4), "nm", INK, font, "la")
    for number, curve in enumerate(curves):
        _draw_curve(draw, box, nm, curve, most)
        y = top + 4 + LINE * number
        draw.line((right + 12, y + 7, right + 12 + SWATCH, y + 7), RIM, 5)
        draw.line((right + 12, y + 7, right + 12 + SWATCH, y + 7), curve.colour, 3)
        draw.text((right + 18 + SWATCH, y), curve.name, INK, font)


def _draw_curve(
    draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], nm: NDArray[np.float64], curve: Curve, most: float
) -> None:
    left, top, right, bottom = box
    seen = np.isfinite(curve.reflectance)
    x = left + (right - left) * (nm - nm[0]) / (nm[-1] - nm[0])
    y = bottom - (bottom - top) * np.clip(curve.reflectance / most, 0.0, 1.0)
    points = list(zip(x[seen].tolist(), y[seen].tolist(), strict=True))
    draw.line(points, RIM, 4, "curve")
    draw.line(points, curve.colour, 2, "curve")
