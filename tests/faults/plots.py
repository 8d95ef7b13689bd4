"""What a run looked like: memory, latency and gaps over its time, as one PNG."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tests.faults.plan import STAGES

WIDTH, HEIGHT, LEFT, RIGHT, TOP = 1000, 260, 70, 170, 34
INK, GRID = (30, 30, 34), (225, 225, 228)
COLOURS = ((46, 98, 180), (200, 90, 30), (40, 140, 80), (150, 60, 150))
BINS = 240
Values = NDArray[np.float64]


class Curve(NamedTuple):
    name: str
    x: Values
    y: Values


def plot(folder: Path) -> Path:
    """Draw `run.png` from the gauges and the journal that a run left."""
    table = np.genfromtxt(folder / "gauges.csv", delimiter=",", names=True)
    seconds = np.atleast_1d(table["seconds"])
    memory = [Curve(stage, seconds, np.atleast_1d(table[f"{stage}_mb"])) for stage in STAGES]
    with closing(sqlite3.connect(folder / "kept" / "journal.sqlite")) as db:
        lines = np.array(db.execute("SELECT t_ns, latency_us FROM lines ORDER BY seq").fetchall(), np.float64)
        gaps = np.array(db.execute("SELECT first, n FROM gaps WHERE reason != 6 ORDER BY first").fetchall(), float)
        at = np.array(db.execute("SELECT seq, t_ns FROM lines ORDER BY seq").fetchall(), np.float64)
    begin = lines[0, 0]
    panels = {
        "anonymous memory, MB": memory,
        "latency to the journal, ms": _latency((lines[:, 0] - begin) / 1e9, lines[:, 1] / 1e3),
        "lines in gaps, running sum": [_gaps(gaps, at, begin)],
    }
    image = Image.new("RGB", (WIDTH, HEIGHT * len(panels)), "white")
    for number, (title, curves) in enumerate(panels.items()):
        _panel(ImageDraw.Draw(image), number * HEIGHT, title, curves, float(seconds[-1]))
    path = folder / "run.png"
    image.save(path)
    return path


def _latency(x: Values, ms: Values) -> list[Curve]:
    """Quantiles of short stretches."""
    edges = np.linspace(0.0, x[-1], BINS + 1)
    parts = np.split(ms, np.searchsorted(x, edges[1:-1]))
    middle = (edges[:-1] + edges[1:]) / 2
    return [
        Curve(f"p{q:g}", middle, np.array([np.percentile(part, q) if part.size else np.nan for part in parts]))
        for q in (50, 99)
    ]


def _gaps(gaps: Values, lines: Values, begin: float) -> Curve:
    if not gaps.size:
        return Curve("gaps", np.array([0.0, (lines[-1, 1] - begin) / 1e9]), np.zeros(2))
    after = np.clip(np.searchsorted(lines[:, 0], gaps[:, 0]), 0, len(lines) - 1)
    return Curve("gaps", (lines[after, 1] - begin) / 1e9, np.cumsum(gaps[:, 1]))


def _said(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _panel(draw: ImageDraw.ImageDraw, top: int, title: str, curves: list[Curve], last: float) -> None:
    font, bottom, right = ImageFont.load_default(13), top + HEIGHT - 26, WIDTH - RIGHT
    most = max((float(np.nanmax(curve.y, initial=0.0)) for curve in curves), default=0.0) * 1.05 or 1.0
    draw.text((LEFT, top + 8), title, INK, font)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y, x = bottom - share * (bottom - top - TOP), LEFT + share * (right - LEFT)
        draw.line((LEFT, y, right, y), GRID)
        draw.text((LEFT - 6, y), _said(share * most), INK, font, "rm")
        draw.text((x, bottom + 6), f"{share * last:.0f} s", INK, font, "ma")
    for number, curve in enumerate(curves):
        x = LEFT + (right - LEFT) * np.clip(curve.x / last, 0.0, 1.0)
        y = bottom - (bottom - top - TOP) * curve.y / most
        seen = np.isfinite(y)
        draw.line(list(zip(x[seen].tolist(), y[seen].tolist(), strict=True)), COLOURS[number], 2)
        draw.text((right + 12, top + TOP + 18 * number), curve.name, COLOURS[number], font)
