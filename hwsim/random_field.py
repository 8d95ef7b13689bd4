"""Random numbers that depend only on where they are used, so that neither chunks nor threads change a scene.

A number is a hash of a key and a position. Keys are 64 bits, one a purpose (see `key_of`); positions are pixels.
Hashes: splitmix64 (Steele, Lea and Flood 2014) for keys, "lowbias32" (Wellons 2018) with a second key for pixels.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from oreline.jit import kernel

_STEPS = 4096


def _normal_table() -> NDArray[np.float32]:
    normal = NormalDist()
    steps = np.array([normal.inv_cdf((step + 0.5) / _STEPS) for step in range(_STEPS)])
    return (steps / math.sqrt(2.0 * float(np.mean(steps**2)))).astype(np.float32)


NORMAL = _normal_table()
"""Quantiles of a normal distribution, scaled so that the sum of two independent draws has a variance of 1.

Such a sum has a kurtosis of 2.995 (a normal one 3), and reaches 5 standard deviations."""


def key_of(*parts: int) -> np.uint64:
    """A key for a purpose: the hash of some numbers from 0 on."""
    key = 0
    for part in parts:
        key = int(mix(np.uint64((key ^ part) & 0xFFFFFFFFFFFFFFFF)))
    return np.uint64(key)


@kernel
def mix(key: np.uint64) -> np.uint64:
    """The next key: uint64 -> uint64, a permutation."""
    key = np.uint64(key + np.uint64(0x9E3779B97F4A7C15))
    key = np.uint64((key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9))
    key = np.uint64((key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB))
    return np.uint64(key ^ (key >> np.uint64(31)))


@kernel
def bits(key: np.uint64, position: int) -> np.uint32:
    """32 random bits for a position below 2**32."""
    high, low = np.uint32(key >> np.uint64(32)), np.uint32(key)
    word = np.uint32(np.uint32(position) * np.uint32(0x9E3779B9) + low)
    word = np.uint32((word ^ (word >> np.uint32(16))) * np.uint32(0x7FEB352D))
    word = np.uint32(((word ^ (word >> np.uint32(15))) ^ high) * np.uint32(0x846CA68B))
    return np.uint32(word ^ (word >> np.uint32(16)))


@kernel
def normal(table: NDArray[np.float32], key: np.uint64, position: int) -> np.float32:
    """A standard normal number for a position; `table` is NORMAL (an argument, so that it stays one array)."""
    word = bits(key, position)
    return np.float32(table[word & np.uint32(4095)] + table[(word >> np.uint32(12)) & np.uint32(4095)])


@kernel
def smooth(key: np.uint64, u: float, v: float) -> float:
    """Value noise, -1..1: random at whole (u, v), blended smoothly between."""
    column, row = math.floor(u), math.floor(v)
    s, t = u - column, v - row
    s, t = s * s * (3.0 - 2.0 * s), t * t * (3.0 - 2.0 * t)
    top = (1.0 - s) * corner(key, column, row) + s * corner(key, column + 1, row)
    bottom = (1.0 - s) * corner(key, column, row + 1) + s * corner(key, column + 1, row + 1)
    return (1.0 - t) * top + t * bottom


@kernel
def corner(key: np.uint64, column: int, row: int) -> float:
    """A uniform number in -1..1 for a point of a lattice."""
    return np.float64(bits(mix(key ^ np.uint64(np.uint32(row))), column)) / 2147483647.5 - 1.0
