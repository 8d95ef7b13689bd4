"""Blocks of lines as they go to browsers: encoded once, whoever looks on.

Little endian: uint8 1, uint8 version; uint16 n; uint16 samples; uint16 flags, bits of `Flag` of any line; float64 first
sequence number; float64 `total`, lines that the station has published up to this block's end; then n of uint32, numbers
after the first; then the codes, n x samples bytes. Blocks of false colours begin with 2 in place of 1, and have three
bytes a sample, red, green and blue.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from sinks.station.lines import LineBlock

LINES, COLOURS, VERSION = 1, 2, 1
_HEAD = struct.Struct("<BBHHHdd")


def encoded(block: LineBlock, total: int) -> bytes:
    """A block of at least one line. A page sees from `total` how many lines it was not sent."""
    return _packed(LINES, block.seq, int(np.bitwise_or.reduce(block.flags)), total, block.codes)


def encoded_colours(seq: NDArray[np.int64], colours: NDArray[np.uint8], total: int) -> bytes:
    """A block of false colours, uint8 (n, samples, 3), of at least one line."""
    return _packed(COLOURS, seq, 0, total, colours)


def _packed(kind: int, seq: NDArray[np.int64], flags: int, total: int, values: NDArray[np.uint8]) -> bytes:
    n, samples = values.shape[:2]
    head = _HEAD.pack(kind, VERSION, n, samples, flags, int(seq[0]), total)
    return b"".join((head, (seq - seq[0]).astype("<u4").tobytes(), np.ascontiguousarray(values).tobytes()))
