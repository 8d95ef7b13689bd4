"""Blocks of lines as they go to browsers: encoded once, whoever looks on.

Little endian: uint8 1, uint8 version; uint16 n; uint16 samples; uint16 flags, bits of `Flag` of any line; float64 first
sequence number; float64 `total`, lines that the station has published up to this block's end; then n of uint32, numbers
after the first; then the codes, n x samples bytes.
"""

from __future__ import annotations

import struct

import numpy as np

from sinks.station.lines import LineBlock

LINES, VERSION = 1, 1
_HEAD = struct.Struct("<BBHHHdd")


def encoded(block: LineBlock, total: int) -> bytes:
    """A block of at least one line. A page sees from `total` how many lines it was not sent."""
    n, samples = block.codes.shape
    flags = int(np.bitwise_or.reduce(block.flags))
    first = int(block.seq[0])
    head = _HEAD.pack(LINES, VERSION, n, samples, flags, first, total)
    return b"".join((head, (block.seq - first).astype("<u4").tobytes(), np.ascontiguousarray(block.codes).tobytes()))
