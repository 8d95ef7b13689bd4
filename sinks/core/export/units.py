"""Units and meanings of the columns of a table of intervals."""

from __future__ import annotations

from sinks.core.table import DEPTH_SD, FEATURE, FROM, GROUP, MASKED, MINERAL, NOT_ROCK, RECOVERY, TO, UNKNOWN, N

_SAID = {
    FROM: "depth at which the interval begins",
    TO: "depth at which the interval ends",
    N: "pixels of rock",
    DEPTH_SD: "standard uncertainty of depth, the largest",
    RECOVERY: "length of core over length of hole",
    NOT_ROCK: "pixels that are wood, plastic or paint",
    MASKED: "pixels that were not looked at",
}
_PARTS = {"n": "pixels in which it is deep enough", "sd": "standard deviation", "class": "class of the mean"}


def unit_of(column: str) -> str:
    """Unit of a column as LAS files have it, "" for a number without one."""
    if column in (FROM, TO, DEPTH_SD):
        return "M"
    if column.startswith((MINERAL, GROUP, UNKNOWN)) or column == RECOVERY:
        return "V/V"
    name, _, part = column.removeprefix(FEATURE).partition(".")
    is_centre = column.startswith(FEATURE) and name.endswith("W") and part in ("", "sd")
    return "NM" if is_centre else ""


def meaning_of(column: str) -> str:
    """What a column holds, in words."""
    for start, words in ((MINERAL, "share of the rock: {}"), (GROUP, "share of the rock: group {}")):
        if column.startswith(start):
            return words.format(column.removeprefix(start))
    if column.startswith(UNKNOWN):
        return f"share of the rock without a mineral: {column.removeprefix(UNKNOWN)}"
    if column.startswith(FEATURE):
        name, _, part = column.removeprefix(FEATURE).partition(".")
        return f"feature {name}, {_PARTS.get(part, 'mean')}"
    return _SAID.get(column, column.replace("_", " "))
