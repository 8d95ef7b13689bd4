"""Blocks of lines as browsers get them."""

from __future__ import annotations

import struct

import numpy as np

from sinks.station.lines import LineBlock
from sinks.station.web.blocks import encoded


def test_a_block_says_where_its_lines_are_and_what_is_on_them() -> None:
    seq = np.array([5_000_000_000, 5_000_000_001, 5_000_000_007])
    codes = np.arange(12, dtype=np.uint8).reshape(3, 4)
    flags = np.array([1, 0, 4], np.uint16)
    data = encoded(LineBlock(seq, seq, seq, codes, flags, 0), total=99)
    assert struct.unpack_from("<BBHHHdd", data) == (1, 1, 3, 4, 5, 5_000_000_000.0, 99.0)
    assert np.frombuffer(data, "<u4", 3, 24).tolist() == [0, 1, 7]
    assert data[36:] == bytes(range(12))
