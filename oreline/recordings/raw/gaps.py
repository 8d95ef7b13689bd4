"""Gaps of a raw recording: lines that are in none of its files, as CSV, a row each with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

HEAD = b"first,n,reason\n"
CUT = "cut"
"""Reason: they were recorded, and a power cut, a full disk or a damaged one took them."""


class Missing(NamedTuple):
    """`n` lines from the sequence number `first` on, and why they are missing: a `Reason` in lower case, or CUT."""

    first: int
    n: int
    reason: str


def row(gap: Missing) -> bytes:
    """The row of a gap."""
    return f"{gap.first},{gap.n},{gap.reason}\n".encode()


def read(path: Path) -> list[Missing]:
    """The rows up to the first that is not whole; none where there is no file."""
    if not path.is_file():
        return []
    *whole, _ = path.read_bytes().removeprefix(HEAD).split(b"\n")
    found = []
    for text in whole:
        first, _, rest = text.partition(b",")
        n, _, reason = rest.partition(b",")
        if not (first.isdigit() and n.isdigit() and reason.replace(b"_", b"").isalpha()):
            break
        found.append(Missing(int(first), int(n), reason.decode("ascii", "replace")))
    return found


def size_before(path: Path, seq: int) -> int:
    """Bytes of a file up to the first gap that begins at a sequence number, or after it."""
    return len(HEAD) + sum(len(row(gap)) for gap in read(path) if gap.first < seq)
