"""The correction chain once more, as its page states it: float64, element by element, no table, no kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Array = np.ndarray


def chain(
    counts: Array,
    dark: Array,
    white: Array,
    dark_of_white: Array,
    *,
    bad: Sequence[tuple[int, int]] = (),
    nonlinearity: Sequence[float] = (),
    full_scale: int = 4095,
    smile: Callable[[int], float] = lambda _x: 0.0,
    keystone: Callable[[int], float] = lambda _b: 0.0,
    factor: float = 1.0,
) -> Array:
    """Reflectance of a line: dark, repair, non-linearity, keystone, smile, ratio, in that order."""
    light = white - dark_of_white
    sample, panel = counts - dark, light.copy()
    for band, x in bad:
        below = next(b for b in range(band, -1, -1) if (b, x) not in bad)
        above = next(b for b in range(band, len(counts)) if (b, x) not in bad)
        t = (band - below) / (above - below)
        here = (1 - t) * light[below, x] + t * light[above, x]
        for values in (sample, panel):
            values[band, x] = here * (
                (1 - t) * values[below, x] / light[below, x] + t * values[above, x] / light[above, x]
            )
    sample, panel = (_geometry(_linear(v / full_scale, nonlinearity), smile, keystone) for v in (sample, panel))
    return factor * sample / panel


def _linear(share: Array, coefficients: Sequence[float]) -> Array:
    return share * (1 + sum(c * share ** (n + 1) for n, c in enumerate(coefficients)))


def _geometry(values: Array, smile: Callable[[int], float], keystone: Callable[[int], float]) -> Array:
    bands, samples = values.shape
    across = np.array([[_cubic(values[b], x - keystone(b)) for x in range(samples)] for b in range(bands)])
    return np.array([[_cubic(across[:, x], b - smile(x)) for x in range(samples)] for b in range(bands)])


def _cubic(values: Array, place: float) -> float:
    """The cubic through the four values around a place."""
    first = min(max(int(np.floor(place)) - 1, 0), len(values) - 4)
    near = np.arange(first, first + 4)
    return float(np.polynomial.Polynomial.fit(near, values[near], 3)(place))
