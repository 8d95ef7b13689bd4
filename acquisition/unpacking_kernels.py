"""Kernels that unpack pixels: packed uint8 (bytes,) into counts uint16 (pixels,), as many as there is room for."""

from __future__ import annotations

from typing import Any

from oreline.jit import line_kernel


def bit_stream(bits: int) -> Any:
    """The kernel of a p format of GenICam's naming convention: pixels follow each other without padding, the lowest bit
    of each first."""
    four, most = bits // 2, (1 << bits) - 1

    @line_kernel
    def unpack(packed: Any, counts: Any) -> None:
        whole = counts.size // 4
        for group in range(whole):
            word = 0
            for i in range(four):
                word |= int(packed[group * four + i]) << 8 * i
            for i in range(4):
                counts[4 * group + i] = word >> bits * i & most
        for i in range(4 * whole, counts.size):
            at, shift = i * bits // 8, i * bits % 8
            word = int(packed[at]) | int(packed[at + 1]) << 8
            if shift + bits > 16:
                word |= int(packed[at + 2]) << 16
            counts[i] = word >> shift & most

    return unpack


def pairs(bits: int) -> Any:
    """The kernel of a Packed format of GigE Vision: the high bytes of two pixels about one of the low bits of both."""
    low, mask = bits - 8, (1 << bits - 8) - 1

    @line_kernel
    def unpack(packed: Any, counts: Any) -> None:
        for pair in range(counts.size // 2):
            a, both, b = int(packed[3 * pair]), int(packed[3 * pair + 1]), int(packed[3 * pair + 2])
            counts[2 * pair] = a << low | both & mask
            counts[2 * pair + 1] = b << low | both >> 4 & mask
        if counts.size % 2:
            at = counts.size // 2 * 3
            counts[counts.size - 1] = int(packed[at]) << low | int(packed[at + 1]) & mask

    return unpack
