"""Dates as headers have them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})([-/.:]?)(\d{1,2})\2(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?!\d)")
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*(Z|[-+]\d{2}:?\d{2})?", re.IGNORECASE)


def moment(text: str, clock: str = "") -> str:
    """The day that a text names, and its time of day or that of `clock`, as ISO 8601 in UTC; "" where it names none.

    A time without a zone is taken as UTC, and a day without a time as its beginning.
    """
    day = _day(text)
    if day is None:
        return ""
    at = _CLOCK.search(_YEAR_FIRST.sub(" ", _YEAR_LAST.sub(" ", text))) or _CLOCK.search(clock)
    try:
        hours, minutes, seconds = (int(part or 0) for part in at.group(1, 2, 3)) if at else (0, 0, 0)
        then = datetime.combine(day, time(hours, minutes, seconds), _zone((at and at[4]) or "Z"))
        return then.astimezone(UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError):
        return ""


def _day(text: str) -> date | None:
    """A day that is written somewhere in a text. Where neither words nor numbers tell day from month, dots are taken
    for a day first, and anything else for no date."""
    try:
        if found := _YEAR_FIRST.search(text):
            return date(int(found[1]), int(found[3]), int(found[4]))
        if not (found := _YEAR_LAST.search(text)):
            return None
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        if "dd-mm" in text.lower() or found[2] == "." or first > 12 or first == second:
            return date(year, second, first)
        return date(year, first, second) if "mm-dd" in text.lower() or second > 12 else None
    except ValueError:
        return None


def _zone(text: str) -> timezone:
    if text.upper() == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    return timezone((1 if text[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))
