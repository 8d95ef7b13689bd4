"""Numbers and lengths as people write them in cells: decimals, parted thousands, and units."""

from __future__ import annotations

import re
from collections.abc import Iterable

from oreline.errors import ConfigError

_METRES = {1.0: "m metre metres meter meters", 1e-3: "mm", 1e-2: "cm", 0.3048: "ft feet foot ' ′ ’", 0.0254: 'in " ″'}
METRES = {name: metres for metres, names in _METRES.items() for name in names.split()}
"""Units of length, in m."""
_FEET = "'′’\"″"
_SIGNS = f"°%{_FEET}"
_UNITS = "|".join([*map(re.escape, METRES), "deg", "degrees", "°", "%", "pct", "percent"])
_NAMED = re.compile(rf"(.*?)(?:[\s_\-\[(]+|(?=[{_SIGNS}]))({_UNITS})[\])]*", re.IGNORECASE)
_MEASURED = re.compile(rf"(.*?\d[.,]?)\s*({_UNITS})", re.IGNORECASE)
_PARTING = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?!\d))")
"""What parts thousands, beside points and commas."""
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+")
_DECIMAL = re.compile(r"[+-]?[\d.,]*?([.,])\d*([eE][+-]?\d+)?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def name_and_unit(heading: str) -> tuple[str, str]:
    """Name of a column, and the unit in small letters that its heading ends with, "" where it names none."""
    whole = _NAMED.fullmatch(heading)
    return (whole[1], whole[2].lower()) if whole else (heading, "")


def unit_alone(cell: str) -> str:
    """A cell below a heading as a unit, in small letters and without brackets."""
    return cell.strip("()[] ").casefold()


def measure(text: str, decimal: str) -> tuple[float, str]:
    """A number as it is written in a file whose decimals have that mark, and its unit, "" where none is written. Raises
    ConfigError with what follows the cell's name."""
    plain, unit = _plain(text)
    if set(plain + unit) & set(_FEET):
        raise ConfigError("may be in feet or inches: write one decimal number, and the unit in its heading, as FROM_FT")
    if "," in plain and not decimal:
        raise ConfigError("may be a thousand or a decimal comma: write a point")
    other = {".": ",", ",": "."}.get(decimal, "")
    number = (plain.replace(other, "") if other else plain).replace(",", ".")
    if not _NUMBER.fullmatch(number):
        raise ConfigError("is no number")
    return float(number), unit


def decimal_mark(cells: Iterable[str], semicolons: bool) -> str:
    """The mark before decimals in a file: the one that stands where no thousands can end. Raises ConfigError for both.

    Where all marks may part thousands, it is the point, or, in a table whose cells are parted by semicolons because
    commas are taken, the comma.
    """
    sure, unsure = set[str](), set[str]()
    for cell in cells:
        plain, _ = _plain(cell)
        if found := _DECIMAL.fullmatch(plain):
            (unsure if _GROUPED.fullmatch(plain) else sure).add(found[1])
    if len(sure) > 1:
        raise ConfigError("it has decimal points and decimal commas: write all with points")
    if sure:
        return sure.pop()
    return "." if unsure == {"."} else "," if unsure and semicolons else ""


def _plain(text: str) -> tuple[str, str]:
    """A number with a plain minus and without what parts thousands, and its unit."""
    plain = _PARTING.sub("", re.sub("^[\u2212\u2013]", "-", text))
    whole = _MEASURED.fullmatch(plain)
    return (whole[1], whole[2].lower()) if whole else (plain, "")
