"""Packing: the counts of one line, without loss, in less than half the bytes.

A band differs little from the one before, so differences are kept, small ones as small numbers whatever their sign
(zigzag); their bits are transposed and packed by LZ4, in a chunk of Blosc2. All of it is of public formats:

    d = numpy.frombuffer(blosc2.decompress(chunk), "<u2").reshape(bands, samples)
    counts = numpy.cumsum((d >> 1) ^ -(d & 1), axis=0, dtype="u2")

https://www.blosc.org/c-blosc2/format/chunk_format.html, and Masui et al. 2015, doi:10.1016/j.ascom.2015.07.002, for the
transposed bits.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from oreline.wire import Buffer

PACKING = "packing"
"""Key of a header, and what it says of this."""
NAME = "zigzag band differences, bitshuffle, lz4, blosc2"
LEVEL = 5


def pack(counts: NDArray[np.uint16]) -> bytes:
    """One line (bands, samples) as a chunk."""
    from imagecodecs import blosc2_encode

    differences = np.diff(counts, axis=0, prepend=np.uint16(0)).view(np.int16)
    small = ((differences << 1) ^ (differences >> 15)).view(np.uint16)
    encode = partial(blosc2_encode, compressor="lz4", shuffle="bitshuffle", typesize=2, numthreads=1)
    return bytes(encode(small.tobytes(), level=LEVEL))


def unpack(chunk: Buffer, bands: int, samples: int) -> NDArray[np.uint16]:
    """The line of a chunk, (bands, samples). Raises ValueError where it is none of such a line."""
    from imagecodecs import Blosc2Error, blosc2_decode

    try:
        small = np.frombuffer(blosc2_decode(bytes(chunk), numthreads=1), "<u2").reshape(bands, samples)
    except Blosc2Error as error:
        raise ValueError(f"it is no chunk of Blosc2: {error}") from None
    return np.cumsum((small >> 1) ^ -(small & 1), axis=0, dtype=np.uint16)
