"""The pictures of an evaluation, each an SVG."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import matplotlib as mpl
from matplotlib.figure import Figure

from inference.commands.evaluate import classes, curves, rocks, sureness
from inference.commands.report.plots import STYLE, WIDE
from inference.evaluation.examination import Examination

Draw = Callable[[Figure], None]
Picture = tuple[str, str, float, Draw]
"""Title, caption, height in inches, and what draws it."""


def plots(ours: Examination, theirs: Examination | None) -> list[tuple[str, str, str]]:
    """Title, caption and SVG of each picture that the data allow."""
    return [(title, caption, _drawn(draw, tall)) for title, caption, tall, draw in _pictures(ours, theirs)]


def _pictures(ours: Examination, theirs: Examination | None) -> Iterator[Picture]:
    for part in (classes, curves, sureness, rocks):
        yield from part.pictures(ours, theirs)


def _drawn(draw: Draw, tall: float) -> str:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDE, tall), layout="constrained")
        draw(figure)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()
