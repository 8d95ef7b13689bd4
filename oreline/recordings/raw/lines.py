"""Lines of a raw recording as CSV, a row each: what came with its counts, where they end in the data file, and a
checksum of them.

Numbers are filled up with zeros, so all rows have one width: row `i` is found without those before it, and a file that
was cut in the middle of one says so. Every reader of CSV takes them as numbers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oreline.errors import RecordingError
from oreline.messages import RawLine

WIDTHS = {"seq": 12, "epoch": 6, "block_id": 20, "t_ns": 20, "encoder": 20, "flags": 6, "end": 16, "crc32c": 10}
"""Columns: the first six are of the line's stamp and its `Flag`; `end` counts bytes of the data file; the checksum is
CRC-32C of the counts, little-endian, as they came (RFC 3720, appendix B.4)."""
OF_STAMP = tuple(WIDTHS)[:6]
HEAD = f"{','.join(WIDTHS)}\n".encode()
ROW_BYTES = sum(WIDTHS.values()) + len(WIDTHS)
DIGITS = np.frombuffer(b"-0123456789", np.uint8)
DTYPE = np.dtype([(name, np.uint64 if name == "block_id" else np.int64) for name in WIDTHS])


def row(line: RawLine, end: int, crc32c: int) -> bytes:
    """The row of a line."""
    stamp = line.stamp
    return format_row((stamp.seq, stamp.epoch, stamp.block_id, stamp.t_ns, stamp.encoder, int(line.flags), end, crc32c))


def format_row(values: Sequence[int]) -> bytes:
    """A row of the values of its columns."""
    return f"{','.join(f'{v:0{w}d}' for v, w in zip(values, WIDTHS.values(), strict=True))}\n".encode()


def size_of(rows: int) -> int:
    """Bytes of a file of so many rows."""
    return len(HEAD) + rows * ROW_BYTES


def rows_in(path: Path) -> int:
    """Whole rows that a file has room for."""
    return max(0, path.stat().st_size - len(HEAD)) // ROW_BYTES


def read_row(path: Path, index: int) -> dict[str, int]:
    """One row. Raises ValueError where it is none."""
    with path.open("rb") as file:
        file.seek(size_of(index))
        return dict(zip(WIDTHS, map(int, file.read(ROW_BYTES).split(b",")), strict=True))


def rows_before(path: Path, seq: int) -> int:
    """How many rows are of lines before a sequence number. Raises ValueError where what is looked at is no row."""
    return bisect_left(range(rows_in(path)), seq, key=lambda index: read_row(path, index)["seq"])


def read_lines(path: Path) -> NDArray[np.void]:
    """The rows up to the first that is not whole, (rows,) of DTYPE. Raises RecordingError where a number is none."""
    raw = np.fromfile(path, np.uint8, ROW_BYTES * rows_in(path), offset=len(HEAD)).reshape(-1, ROW_BYTES)
    ends = np.cumsum([width + 1 for width in WIDTHS.values()]) - 1
    marks = np.frombuffer(b"," * (len(WIDTHS) - 1) + b"\n", np.uint8)
    whole = (raw[:, ends] == marks).all(axis=1) & np.isin(np.delete(raw, ends, axis=1), DIGITS).all(axis=1)
    raw = raw[: len(raw) if whole.all() else int(np.argmin(whole))]
    table = np.empty(len(raw), DTYPE)
    for name, end in zip(WIDTHS, ends, strict=True):
        column = np.ascontiguousarray(raw[:, end - WIDTHS[name] : end]).view(f"S{WIDTHS[name]}")[:, 0]
        try:
            table[name] = column.astype(DTYPE[name])
        except (ValueError, OverflowError):
            raise RecordingError(f"{path}: a row has a {name} that no line has: the file is none of ours") from None
    return table
