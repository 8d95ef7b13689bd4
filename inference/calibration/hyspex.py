"""Bad pixels as a HySpex camera lists them: in the header of a recording (.hyspex) or in its settings (.set).

The layout is that which public readers of these files agree on. They leave open what a listed number means: whether it
counts along the samples of a band or along the bands of a sample, and from 0 or from 1. The file itself tells: it has
the response of each element, and a recording the background as well, in which bad pixels stand out from their
neighbours. A list of which most do in one of these readings, and not half as many in any other, is read so. Any other
is refused, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.references.robust_mean import STD_OVER_MAD
from oreline.errors import ConfigError
from oreline.text import decode

SUFFIXES = ".hyspex", ".set"
WORD, SIZES_AT, NUMBER_AT, TABLES_AT = b"HYSPEX", 1961, 2077, 2181
"""Places in a recording's header: the number of bands and of samples, of bad elements, and the tables."""
LARGEST = 1 << 14
"""Bands or samples of a sensor."""
SIGMAS, MOST, OTHERS = 8.0, 0.5, 0.5
"""Deviations that stand out; the share of the list that has to; and, at most, that in another reading, of it."""

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]


def read(path: Path) -> Mask:
    """The bad pixels of the whole sensor, bool (bands, samples). Raises ConfigError for what is no such file, or one
    that does not tell what its numbers mean."""
    try:
        numbers, tables = _recording(path) if path.suffix.lower() == ".hyspex" else _settings(path)
    except (OSError, KeyError, IndexError, ValueError) as error:
        why = f"{type(error).__name__}: {error}"
        raise ConfigError(f"{path} has no list of bad pixels as HySpex cameras write it: {why}") from None
    bad = np.zeros(tables[0].shape, np.bool_)
    if len(numbers):
        bad[_places(path, numbers, tables)] = True
    return bad


def _recording(path: Path) -> tuple[Numbers, list[Array]]:
    with path.open("rb") as file:
        header = file.read(TABLES_AT)
        if len(header) < TABLES_AT or not header.startswith(WORD):
            raise ValueError("it does not begin with such a header")
        bands, samples = _sizes(np.frombuffer(header, "<u4", 2, SIZES_AT))
        (number,) = np.frombuffer(header, "<u4", 1, NUMBER_AT)
        values, listed = 2 * bands + 2 * bands * samples, min(int(number), bands * samples)
        content = file.read(8 * values + 4 * listed)
    if len(content) < 8 * values + 4 * listed:
        raise ValueError("it ends within its header")
    tables = np.frombuffer(content, "<f8", values)[2 * bands :].reshape(2, bands, samples)
    return np.frombuffer(content, "<u4", listed, 8 * values).astype(np.int64), list(tables)


def _settings(path: Path) -> tuple[Numbers, list[Array]]:
    text = decode(path.read_bytes())
    values = dict(re.findall(r"^\s*(\w+)\s*=(.*?)(?=^\s*\w+\s*=|\Z)", text, re.DOTALL | re.MULTILINE))
    bands, samples = _sizes([int(values["spectral_size"]), int(values["spatial_size"])])
    response = np.array(values["RE"].split(), np.float64).reshape(bands, samples)
    return np.array(values["bad_pixels"].split(), np.int64), [response]


def _sizes(sizes: Sequence[int] | NDArray[Any]) -> tuple[int, int]:
    bands, samples = (int(size) for size in sizes)
    if not (0 < bands <= LARGEST and 0 < samples <= LARGEST):
        raise ValueError(f"no sensor has {bands} bands and {samples} samples")
    return bands, samples


def _places(path: Path, numbers: Numbers, tables: list[Array]) -> tuple[Numbers, Numbers]:
    """The bands and the samples that the numbers mean."""
    bands, samples = tables[0].shape
    out = np.any([_stands_out(table) for table in tables], axis=0)
    readings = [
        reading
        for counted in (numbers, numbers - 1)
        if counted.min() >= 0 and counted.max() < bands * samples
        for reading in (np.divmod(counted, samples), np.divmod(counted, bands)[::-1])
    ]
    shares = [float(out[reading].mean()) for reading in readings]
    best, *others = sorted(shares, reverse=True) or [0.0]
    if best < MOST or any(other > OTHERS * best for other in others):
        raise ConfigError(
            f"{path} lists {len(numbers)} bad pixels, but does not show where they are: in the likeliest reading "
            f"{best:.0%} of them stand out from their neighbours. Give them as text, a band and a sample in each row"
        )
    band, sample = readings[shares.index(best)]
    return band, sample


def _stands_out(table: Array) -> Mask:
    """Elements farther from their neighbours in the band than nearly all others are, bool (bands, samples)."""
    near = np.median([np.roll(table, by, axis=1) for by in (-2, -1, 1, 2)], axis=0)
    off = np.abs(np.nan_to_num(table - near, nan=np.inf))
    std = STD_OVER_MAD * np.median(off, axis=1, keepdims=True)
    return np.asarray(off > SIGMAS * np.maximum(std, 1e-9 * np.abs(near)))
