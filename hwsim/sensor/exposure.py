"""The kernel that exposes lines: what each band sees, the charge that this makes, and its counts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.random_field import bits, mix, normal
from oreline.jit import kernel

BLINK_LINES = 64
"""A blinking pixel may change its state this often."""


@kernel
def expose(
    optics: tuple[Any, ...],
    pixels: tuple[NDArray[Any], ...],
    strength: tuple[NDArray[np.float32], ...],
    pattern: tuple[NDArray[np.float32], ...],
    blinking: tuple[Any, ...],
    numbers: tuple[np.float32, ...],
    dice: tuple[Any, ...],
    out: NDArray[np.uint16],
) -> None:
    """Fill `out`, uint16 (lines, bands, samples).

    optics: tables of spectra (shifts, bands, spectra), the table below each sample and the share of the next one
    (samples,), tilt and keystone (bands,). pixels: the fields of `Pixels`. strength: light and heat (lines,).
    pattern: offset, current, white (bands, samples). blinking: first (bands + 1,), sample, level, key. numbers: gain,
    read variance, shot variance a count, full scale. dice: table of normals, key, first line.
    """
    tables, low, share, tilt, keystone = optics
    light, heat = strength
    offset, current, white = pattern
    lines, bands, samples = out.shape
    seen, charge = np.empty(samples, np.float32), np.empty(samples, np.float32)
    for i in range(lines):
        line = dice[2] + i
        for band in range(bands):
            if len(tables) == 1:
                _reflect(tables[0, band], tilt[band], pixels, i, seen)
            else:
                _reflect_smiling(tables[:, band], low, share, tilt[band], pixels, i, seen)
            if keystone[band] != 0.0:
                _shear(seen, keystone[band], charge)
                seen, charge = charge, seen
            for x in range(samples):
                charge[x] = current[band, x] * heat[i] + white[band, x] * light[i] * seen[x]
            _blink(blinking, band, line, heat[i], charge)
            row_key = mix(dice[1] ^ np.uint64(line * bands + band))
            _count(charge, offset[band], numbers, dice[0], row_key, out[i, band])


@kernel
def _reflect(
    row: NDArray[np.float32], bend: np.float32, pixels: tuple[NDArray[Any], ...], i: int, seen: NDArray[np.float32]
) -> None:
    one, two, a, b, slope, glint = pixels
    for x in range(len(seen)):
        reflectance = a[i, x] * row[one[i, x]] + b[i, x] * row[two[i, x]]
        seen[x] = reflectance * (np.float32(1.0) + slope[i, x] * bend) + glint[i, x]


@kernel
def _reflect_smiling(
    rows: NDArray[np.float32],
    low: NDArray[np.int64],
    share: NDArray[np.float32],
    bend: np.float32,
    pixels: tuple[NDArray[Any], ...],
    i: int,
    seen: NDArray[np.float32],
) -> None:
    """As `_reflect`, between the two tables around each sample's shift."""
    one, two, a, b, slope, glint = pixels
    for x in range(len(seen)):
        under, over = rows[low[x]], rows[low[x] + 1]
        below = a[i, x] * under[one[i, x]] + b[i, x] * under[two[i, x]]
        above = a[i, x] * over[one[i, x]] + b[i, x] * over[two[i, x]]
        reflectance = below + share[x] * (above - below)
        seen[x] = reflectance * (np.float32(1.0) + slope[i, x] * bend) + glint[i, x]


@kernel
def _shear(row: NDArray[np.float32], shift: np.float32, out: NDArray[np.float32]) -> None:
    """Each sample sees what lies `shift` samples further on, between two of them; at the border its last one."""
    whole = int(np.floor(shift))
    part, last = shift - np.float32(whole), len(row) - 1
    for x in range(len(row)):
        near = min(max(x + whole, 0), last)
        out[x] = row[near] + part * (row[min(max(x + whole + 1, 0), last)] - row[near])


@kernel
def _blink(blinking: tuple[Any, ...], band: int, line: int, heat: np.float32, charge: NDArray[np.float32]) -> None:
    """Add the higher dark current of the blinking pixels that are in that state."""
    first, sample, level, key = blinking
    for index in range(first[band], first[band + 1]):
        x = sample[index]
        own = mix(key ^ np.uint64(band * len(charge) + x))
        block = (line + int(own & np.uint64(BLINK_LINES - 1))) // BLINK_LINES
        if bits(own, block) & np.uint32(1):
            charge[x] += level[band, x] * heat


@kernel
def _count(
    charge: NDArray[np.float32],
    offset: NDArray[np.float32],
    numbers: tuple[np.float32, ...],
    table: NDArray[np.float32],
    key: np.uint64,
    out: NDArray[np.uint16],
) -> None:
    gain, read2, shot, full = numbers
    for x in range(len(charge)):
        spread = np.sqrt(read2 + shot * charge[x])
        count = offset[x] + gain * (charge[x] + spread * normal(table, key, x))
        out[x] = np.uint16(min(max(count + np.float32(0.5), np.float32(0.0)), full))
