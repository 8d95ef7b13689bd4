"""How much is left of what a model knows as water, weak bands, noise, shadow or a shift of wavelengths take it away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Canvas

from inference.commands.report.plots import BLUE, GREY, INK, RED
from inference.evaluation.bootstrap import figure
from inference.evaluation.examination import Examination
from inference.evaluation.measures import NETWORK, Measured
from inference.evaluation.sets import FILMS_MM, LEVELS, SHIFTS_NM, SNRS
from inference.evaluation.weak_bands import DEPTHS

OTHERS = {"LDA, physics": "s", "nearest, hull": "^", "SVM": "v", "SAM": "o"}
LINE = tuple[str, str, str, Sequence[tuple[float, str]]]
"""Label, colour, quantity, and the sets of a curve with their place on the axis."""

FILMS = [(0.01, "clean"), *((film, f"film {film:g} mm") for film in FILMS_MM)]
NOISES = [(float(snr), f"SNR {snr}") for snr in SNRS]
MOVED = sorted([(0.0, "clean"), *((float(shift), f"shift {shift:+d} nm") for shift in SHIFTS_NM)])
SHADES = [(0.3, "clean"), *((level, f"mean {level:g}") for level in LEVELS)]


def pictures(ours: Examination, theirs: Examination | None) -> Iterator[Any]:
    """A picture of films, of depths, and of what else may happen to a spectrum."""
    by_name = {one.name: one for one in ours.measured}
    if "clean" not in by_name:
        return
    clean = by_name["clean"]
    on = f"{clean.spectra} laboratory spectra of {clean.specimens} specimens, held out"
    band = "Shaded: 95 % interval over specimens." + (" Dashed: the other model." if theirs else "")
    yield (
        "Under a film of water",
        f"Share of spectra called by their name, and by their group, on {on}; leftmost: dry. Marks: other methods on "
        f"the same spectra. The film is computed, no wet rock was measured. {band}",
        3.0,
        partial(_films, ours, theirs),
    )
    if f"depth {DEPTHS[0]:g}" in by_name:
        weakest = by_name[f"depth {DEPTHS[-1]:g}"]
        yield (
            "Weak bands",
            "Share whose group of bands is named right where all bands are weakened until the deepest between 2080 and "
            f"2450 nm has this depth, signal to noise 300: up to {weakest.spectra} laboratory spectra of "
            f"{weakest.specimens} specimens, held out; drill core has 0.05 to 0.2. Marks: other methods. {band}",
            3.3,
            partial(_depths, ours, theirs),
        )
    yield (
        "Noise, shadow, wavelengths",
        f"Share called by their name, on {on}; and share of those with bands whose group of bands is named right. "
        "In the middle: in so deep a shade that they seem that dark. A bright mineral in the shade is like a dark one"
        f"{', but for its bands' if ours.card.bands else ''}. {band}",
        2.9,
        partial(_conditions, ours, theirs),
    )


def _films(ours: Examination, theirs: Examination | None, canvas: Canvas) -> None:
    axes = canvas.subplots()
    lines: list[LINE] = [("species", BLUE, "species", FILMS), ("group", INK, "group", FILMS)]
    _draw(axes, ours, theirs, lines)
    _marks(axes, ours, FILMS, "species")
    axes.set(xscale="log", xlabel="film, mm", ylabel="share right", ylim=(0, 1.02))
    axes.set_xticks([place for place, _ in FILMS], ["dry", *(f"{film:g}" for film in FILMS_MM)])
    axes.minorticks_off()
    canvas.legend(loc="outside lower center", ncols=6, fontsize=8)


def _depths(ours: Examination, theirs: Examination | None, canvas: Canvas) -> None:
    axes = canvas.subplots()
    shades = {
        "": ("plain", BLUE),
        ", stain": ("under a smooth stain of iron", RED),
        ", film": ("under .05 mm of water", "#2e8b57"),
    }
    lines: list[LINE] = [
        (label, colour, "bands", [(depth, f"depth {depth:g}{name}") for depth in DEPTHS])
        for name, (label, colour) in shades.items()
    ]
    _draw(axes, ours, theirs, lines)
    _marks(axes, ours, lines[1][3], "bands")
    axes.set(xscale="log", xlabel="depth of the deepest band", ylabel="share right", ylim=(0, 1.02))
    axes.set_xticks(DEPTHS, [f"{depth:g}" for depth in DEPTHS])
    axes.minorticks_off()
    canvas.legend(loc="outside lower center", ncols=4, fontsize=8)


def _conditions(ours: Examination, theirs: Examination | None, canvas: Canvas) -> None:
    left, middle, right = canvas.subplots(1, 3, sharey=True)
    for axes, points, label in ((left, NOISES, "signal to noise"), (middle, SHADES, "mean reflectance"),
                                (right, MOVED, "shift, nm")):  # fmt: skip
        lines: list[LINE] = [("species", BLUE, "species", points), ("group of bands", INK, "bands", points)]
        _draw(axes, ours, theirs, lines)
        axes.set(xlabel=label, ylim=(0, 1.02))
    left.set(xscale="log", ylabel="share right")
    left.set_xticks(SNRS, [f"{snr}" for snr in SNRS])
    middle.set(xscale="log")
    middle.set_xticks([place for place, _ in SHADES], ["as is", *(f"{level:g}" for level in LEVELS)])
    right.legend(loc="lower center", fontsize=8)
    for axes in (left, middle):
        axes.minorticks_off()
        axes.tick_params(axis="x", labelsize=7)


def _draw(axes: Any, ours: Examination, theirs: Examination | None, lines: Sequence[LINE]) -> None:
    for label, colour, quantity, points in lines:
        place, found = _points(ours.measured, points, quantity)
        if not place:
            continue
        axes.fill_between(place, [of.low for of in found], [of.high for of in found], color=colour, alpha=0.15, lw=0)
        axes.plot(place, [of.mean for of in found], "o-", color=colour, markersize=3, linewidth=1.3, label=label)
        if theirs is not None:
            place, found = _points(theirs.measured, points, quantity)
            axes.plot(place, [of.mean for of in found], "--", color=colour, linewidth=1.1)
    axes.grid(color=GREY, alpha=0.25)


def _marks(axes: Any, ours: Examination, points: Sequence[tuple[float, str]], quantity: str) -> None:
    for method, mark in OTHERS.items():
        place, found = _points(ours.measured, points, quantity, method)
        if not place:
            continue
        axes.plot(place, [of.mean for of in found], mark, color=GREY, markersize=5, mfc="none", label=method)


def _points(
    measured: Sequence[Measured], points: Sequence[tuple[float, str]], quantity: str, method: str = NETWORK
) -> tuple[list[float], list[Any]]:
    by_name = {one.name: one for one in measured}
    there = [(place, by_name[name]) for place, name in points if name in by_name]
    found = [
        (place, figure(one.figures[method, quantity])) for place, one in there if (method, quantity) in one.figures
    ]
    found = [(place, of) for place, of in found if np.isfinite(of.mean)]
    return [place for place, _ in found], [of for _, of in found]
