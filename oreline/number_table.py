"""Tables of numbers in text files, as instruments and spreadsheets write them; a row that could mean two things is
refused, never guessed."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oreline.text import decode

LARGEST = 16 << 20
_NUMERIC = re.compile(r"[\d\s.,;|+\-eE]*\d[\d\s.,;|+\-eE]*", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"\d+", re.ASCII)


class TableError(ValueError):
    """Text that is no table of numbers, and what to do."""


def read_columns(path: Path) -> NDArray[np.float64]:
    """The first two columns of a table, float64 (rows, 2).

    Cells are parted by semicolons, tabs, bars, commas or blanks; decimals have a point. What stands before the first
    row is a heading, later lines that begin with no number are remarks. Raises TableError for a decimal comma or a row
    that is short, OSError where it cannot be read.
    """
    with path.open("rb") as file:
        raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise TableError(f"it has more than {LARGEST >> 20} MiB")
    try:
        lines = decode(raw).splitlines()
    except UnicodeDecodeError as error:
        raise TableError(f"its text is damaged: {error.reason}") from None
    rows: list[list[float]] = []
    for number, line in enumerate(lines, 1):
        if _NUMERIC.fullmatch(line) or _has_remark(line) or (rows and line.strip()[:1].isdigit()):
            rows.append(_row(number, line))
    if len(rows) < 2:
        raise TableError("it has no two columns of numbers in two rows or more")
    return np.array(rows)


def _has_remark(line: str) -> bool:
    """Whether two numbers in cells of their own come before words."""
    cells = _cells(line.strip())
    return any(mark in line for mark in ";\t|") and len(cells) > 2 and all(map(_NUMBER.fullmatch, cells[:2]))


def _row(number: int, line: str) -> list[float]:
    cells = _cells(line.strip())
    row = f"line {number}, {line.strip()[:40]!r},"
    if any(re.fullmatch(r"[+-]?[\d.]*,[\d]+([eE][+-]?\d+)?", cell) for cell in cells):
        raise TableError(f"{row} has a decimal comma: write decimals with a point")
    if "," in line and "." not in line and len(cells) > 2 and all(map(_WHOLE.fullmatch, cells)):
        raise TableError(f"{row} may have a decimal comma: write decimals with a point, or part columns by semicolons")
    if len(cells) < 2 or not all(map(_NUMBER.fullmatch, cells[:2])):
        raise TableError(f"{row} has no two numbers")
    return [float(cell) for cell in cells[:2]]


def _cells(line: str) -> list[str]:
    for separator in (";", "\t", "|"):
        if separator in line:
            return [cell.strip() for cell in line.strip(separator).split(separator)]
    commas = [cell.strip() for cell in line.strip(",").split(",")]
    return line.split() if len(commas) == 1 or any(" " in cell for cell in commas) else commas
