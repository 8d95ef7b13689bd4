"""Packed pixels, against the words of the standards taken bit by bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquisition.unpacking import Unpack, unpacking

counts = st.lists(st.integers(0, (1 << 14) - 1), min_size=1, max_size=40)


def unpacked(unpack: Unpack, packed: list[int], n: int) -> list[int]:
    out = np.full(n, 0xFFFF, np.uint16)
    unpack(np.array(packed, np.uint8), out)
    return list(out)


@pytest.mark.parametrize("bits", [10, 12, 14])
@settings(max_examples=50, deadline=None)  # the first is compiled
@given(pixels=counts)
def test_a_p_format_is_one_stream_of_bits_with_the_lowest_first(bits: int, pixels: list[int]) -> None:
    pixels = [pixel % (1 << bits) for pixel in pixels]
    stream = sum(pixel << i * bits for i, pixel in enumerate(pixels))
    packed = list(stream.to_bytes((len(pixels) * bits + 7) // 8, "little"))
    assert unpacked(unpacking("bit_stream", bits), packed, len(pixels)) == pixels


@pytest.mark.parametrize("bits", [10, 12])
@settings(max_examples=50, deadline=None)  # the first is compiled
@given(pixels=counts)
def test_a_packed_format_has_a_byte_of_low_bits_between_two_of_high_ones(bits: int, pixels: list[int]) -> None:
    low = bits - 8
    pixels = [pixel % (1 << bits) for pixel in pixels]
    packed: list[int] = []
    for a, b in zip(pixels[::2], [*pixels[1::2], 0], strict=False):
        packed += [a >> low, a % (1 << low) + (b % (1 << low) << 4), b >> low]
    packed = packed[: -(-len(pixels) * 12 // 8)]
    assert unpacked(unpacking("pairs", bits), packed, len(pixels)) == pixels
