"""Blocks of label lines: what the sink's thread hands over to the station's loop, a few dozen times a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oreline.answers import Answer
from oreline.messages import LabelLine


@dataclass(frozen=True, slots=True, eq=False)
class LineBlock:
    """Block of `n` lines in order; numbers that are missing were lost or shed.

    `seq`, `t_ns`, `encoder`: int64 (n,), as in `Stamp`. `codes`: what a map shows, uint8 (n, samples), of the labels'
    `Answer`. `flags`: uint16 (n,), bits of `Flag`. `taken_ns`: CLOCK_MONOTONIC when the last came.
    """

    seq: NDArray[np.int64]
    t_ns: NDArray[np.int64]
    encoder: NDArray[np.int64]
    codes: NDArray[np.uint8]
    flags: NDArray[np.uint16]
    taken_ns: int

    @property
    def n(self) -> int:
        return len(self.seq)


def block_of(lines: Sequence[LabelLine], answer: Answer, taken_ns: int) -> LineBlock:
    """The block of some lines of one stream, at least one."""
    seq, t_ns, encoder = np.array([(one.stamp.seq, one.stamp.t_ns, one.stamp.encoder) for one in lines], np.int64).T
    layers = [line.layers for line in lines if line.layers is not None]
    codes = answer.codes(
        np.stack([line.labels for line in lines]), np.stack(layers) if len(layers) == len(lines) else None
    )
    flags = np.array([int(line.flags) for line in lines], np.uint16)
    return LineBlock(seq, t_ns, encoder, codes, flags, taken_ns)
