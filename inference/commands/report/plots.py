"""The pictures of a report, each an SVG."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from inference.commands.report.facts import Facts
from inference.references.acceptance import exposure_ratio

INK, BLUE, RED, GREY, GREEN = "#1c2733", "#1f6fb2", "#c0392b", "#8795a1", "#2e8b57"
STYLE: Any = {
    "font.size": 9, "axes.edgecolor": GREY, "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK,
    "ytick.color": INK, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "oreline",
    "legend.frameon": False,
}  # fmt: skip
WIDE, TALL = 7.2, 2.7

Plot = Callable[[Figure, Facts], None]


def plots(facts: Facts) -> dict[str, str]:
    """The pictures by name, as SVG."""
    drawn = DRIFT | PLOTS if facts.before is not None else PLOTS
    if not facts.has_noise:
        drawn = {name: plot for name, plot in drawn.items() if plot not in (_signal_to_noise, _photon_transfer)}
    return {name: _drawn(draw, facts) for name, draw in drawn.items()}


def _drawn(draw: Plot, facts: Facts) -> str:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDE, TALL), layout="constrained")
        draw(figure, facts)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def _across(axes: Any, x: NDArray[Any], values: NDArray[Any], axis: int, colour: str, label: str) -> None:
    """Median and the middle nine tenths of the values along an axis."""
    low, middle, high = np.percentile(values, [5, 50, 95], axis=axis)
    axes.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(x, middle, color=colour, linewidth=1.2, label=label)


def _spectra(figure: Figure, facts: Facts) -> None:
    axes, reference = figure.subplots(), facts.reference
    nm = np.asarray(reference.wavelengths_nm)
    _across(axes, nm, reference.white.mean, 1, BLUE, "white")
    _across(axes, nm, reference.dark.mean, 1, INK, "dark")
    axes.axhline(reference.full_scale, color=RED, linewidth=0.8, linestyle="--", label="full scale")
    above = 1.15 * reference.full_scale  # room for the legend
    axes.set(xlabel="wavelength, nm", ylabel="counts", xlim=(nm[0], nm[-1]), ylim=(0, above))
    axes.legend(loc="upper right", ncols=3)


def _profile(figure: Figure, facts: Facts) -> None:
    axes, light = figure.subplots(), facts.light
    x = np.arange(light.shape[1]) + facts.reference.x_start
    shape = light / np.maximum(np.median(light, axis=1, keepdims=True), 1.0)
    _across(axes, x, shape, 0, BLUE, "light of the panel, relative to its band")
    axes.set(xlabel="sample on the sensor", ylabel="relative light", xlim=(x[0], x[-1]), ylim=(0, None))
    axes.legend(loc="lower center")


def _map(figure: Figure, axes: Any, facts: Facts, values: NDArray[Any], title: str, unit: str, **how: Any) -> None:
    """A quantity over all elements, the first band at the bottom."""
    reference = facts.reference
    nm = reference.wavelengths_nm
    where = (reference.x_start, reference.x_start + reference.samples, nm[0], nm[-1])
    limits = {} if "cmap" in how and isinstance(how["cmap"], ListedColormap) else _middle(values)
    image = axes.imshow(
        values, origin="lower", aspect="auto", extent=where, interpolation="nearest", **{**limits, **how}
    )
    axes.set_title(title, fontsize=9, loc="left")
    axes.set(xlabel="sample", ylabel="nm")
    figure.colorbar(image, ax=axes, label=unit, pad=0.02)


def _middle(values: NDArray[Any]) -> dict[str, float]:
    low, high = np.nanpercentile(values, [1, 99])
    return {"vmin": float(low), "vmax": float(max(high, low + 1e-9))}


def _dark_and_light(figure: Figure, facts: Facts) -> None:
    left, right = figure.subplots(1, 2)
    _map(figure, left, facts, facts.reference.dark.mean, "dark", "counts", cmap="viridis")
    _map(figure, right, facts, facts.light, "white less dark", "counts", cmap="viridis")


def _signal_to_noise(figure: Figure, facts: Facts) -> None:
    left, right = figure.subplots(1, 2)
    _map(figure, left, facts, facts.snr, "signal to noise of one line of the white", "ratio", cmap="magma")
    shown = np.where(facts.bad > 0, 1, 0)
    cmap = ListedColormap(["#eef1f4", RED])
    _map(
        figure,
        right,
        facts,
        _widened(shown),
        "bad pixels, drawn larger",
        "",
        cmap=cmap,
        vmin=0,
        vmax=1,
    )
    figure.axes[-1].remove()


def _widened(bad: NDArray[Any]) -> NDArray[Any]:
    """Each bad pixel with its neighbours: a single one would not be seen."""
    padded = np.pad(bad, 1)
    size = bad.shape
    shifted = [padded[i : i + size[0], j : j + size[1]] for i in range(3) for j in range(3)]
    return np.asarray(np.max(shifted, axis=0))


def _photon_transfer(figure: Figure, facts: Facts) -> None:
    left, right = figure.subplots(1, 2)
    signal, variance = facts.light, facts.reference.white.std**2
    some = np.random.default_rng(1).choice(signal.size, min(signal.size, 3000), replace=False)
    left.plot(
        signal.ravel()[some], variance.ravel()[some], ".", color=GREY, markersize=1.5, label="elements of the white"
    )
    line = np.linspace(0, max(float(signal.max()), 1.0), 50)
    model = float(np.median(facts.noise.read_variance)) + facts.noise.per_count * line
    left.plot(line, model + (facts.noise.flicker * line) ** 2, color=RED, label="noise model")
    top = 1.5 * max(float(np.percentile(variance, 99)), float(np.median(model)), 1e-3)
    left.set(xlabel="signal, counts", ylabel="variance, counts²", ylim=(0, top), xlim=(0, None))
    left.legend(loc="upper left", markerscale=4)
    stated, true = np.array(facts.coverage).T
    right.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
    right.plot(stated, true, "o-", color=BLUE, markersize=3)
    right.set(xlabel="stated share of errors within", ylabel="true share", xlim=(0, 1), ylim=(0, 1), aspect="equal")


def _drift_spectra(figure: Figure, facts: Facts) -> None:
    assert facts.before is not None
    left, right = figure.subplots(1, 2)
    reference, before = facts.reference, facts.before
    nm = np.asarray(reference.wavelengths_nm)
    _across(left, nm, reference.dark.mean - before.dark.mean, 1, INK, "dark less last dark")
    left.set(xlabel="wavelength, nm", ylabel="counts", xlim=(nm[0], nm[-1]))
    _across(right, nm, 100 * (_relative(facts) - 1), 1, BLUE, "light against last time")
    right.set(xlabel="wavelength, nm", ylabel="change of light, %", xlim=(nm[0], nm[-1]))
    for axes in (left, right):
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.legend(loc="upper right")


def _drift_map(figure: Figure, facts: Facts) -> None:
    change = 100 * (_relative(facts) - 1)
    most = max(float(np.percentile(np.abs(change), 99)), 0.1)
    title = "change of the panel's light since last"
    _map(figure, figure.subplots(), facts, change, title, "%", cmap="RdBu", vmin=-most, vmax=most)


def _relative(facts: Facts) -> NDArray[np.float64]:
    """Light against last time, for the same exposure."""
    assert facts.before is not None
    exposed = exposure_ratio(facts.reference, facts.before)
    before = (facts.before.white.mean - facts.before.dark.mean) * exposed
    return np.asarray(facts.light / np.maximum(before, 1.0))


DRIFT: dict[str, Plot] = {"Drift since last": _drift_spectra, "Where the light changed": _drift_map}
PLOTS: dict[str, Plot] = {
    "Dark and white by wavelength": _spectra,
    "The panel across the line": _profile,
    "Dark, and light of the panel, by element": _dark_and_light,
    "Signal to noise, and bad pixels": _signal_to_noise,
    "Noise model, and how sure is sure": _photon_transfer,
}
