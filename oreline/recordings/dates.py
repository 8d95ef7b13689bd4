"""Dates as headers have them."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone

_YEAR = r"(?:19|20)\d{2}"
_YEAR_FIRST = re.compile(rf"(?<!\d)({_YEAR})(?:([-/.:])(\d{{1,2}})\2(\d{{1,2}})|(\d{{2}})(\d{{2}}))(?!\d)")
_YEAR_LAST = re.compile(rf"(?<!\d)(\d{{1,2}})([-/.])(\d{{1,2}})\2({_YEAR})(?!\d)")
_MONTHS = (
    *("jan", "feb|fev", "mar|mrz", "apr|avr", "may|mai", "jun|juin"),
    *("jul|juil", "aug|aou", "sep", "oct|okt", "nov", "dec|dez"),
)
"""How their names begin in English, German and French, without accents."""
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})[a-z]*"
_DAY, _OF_YEAR, _PART = r"(?<!\d)(?P<day>\d{1,2})(?:st|nd|rd|th)?", rf"(?<![\d.])(?P<year>{_YEAR})(?!\d)", r"[\s.,_-]*"
_NAMED = [
    re.compile(pattern)
    for pattern in (
        _DAY + _PART + _MONTH + _PART + rf"(?P<year>{_YEAR})(?!\d)",
        _OF_YEAR + _PART + _MONTH + _PART + r"(?P<day>\d{1,2})(?!\d)",
        rf"(?<![a-z]){_MONTH}{_PART}{_DAY}(?!\d).*?{_OF_YEAR}",
    )
]
_CLOCK = re.compile(
    r"(?<!\d)(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?\s*(?:([ap])\.?m\b\.?)?\s*(Z|[-+]\d{2}:?\d{2})?", re.IGNORECASE
)
_BEHIND_DAY = re.compile(rf"{_YEAR}[-/.:_]?\d\d[-/.:_]?\d\d[T\s_-]+(\d\d)[-_h]?(\d\d)(?:[-_m]?(\d\d))?(?!\d)")
_SINCE_1970 = re.compile(r"(\d{10})(?:\d{3}|\.\d+)?")


def moment(text: str, clock: str = "") -> str:
    """The day that a text names, and its time of day or that of `clock`, as ISO 8601 in UTC; "" where it names none.

    A time without a zone is taken as UTC, and a day without a time as its beginning. A mere number of ten digits counts
    seconds since 1970, of thirteen milliseconds.
    """
    if found := _SINCE_1970.fullmatch(text.strip()):
        return datetime.fromtimestamp(int(found[1]), UTC).isoformat(timespec="seconds")
    day = _day(text)
    if day is None:
        return ""
    try:
        then = datetime.combine(day, *_time(text, clock))
        return then.astimezone(UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError):
        return ""


def _time(text: str, clock: str) -> tuple[time, timezone]:
    """The time of day and its zone. Raises ValueError."""
    if found := _BEHIND_DAY.search(text):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return time(hours, minutes, seconds), UTC
    found = _CLOCK.search(_YEAR_FIRST.sub(" ", _YEAR_LAST.sub(" ", text))) or _CLOCK.search(clock)
    if not found:
        return time(0), UTC
    hours, minutes, seconds = (int(part or 0) for part in found.group(1, 2, 3))
    if found[4]:
        hours = hours % 12 + (12 if found[4].lower() == "p" else 0)
    return time(hours, minutes, seconds), _zone(found[5] or "Z")


def _day(text: str) -> date | None:
    """A day that is written somewhere in a text. Where neither words nor numbers tell day from month, dots are taken
    for a day first, and anything else for no date."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    try:
        if found := _YEAR_FIRST.search(text):
            return date(int(found[1]), int(found[3] or found[5]), int(found[4] or found[6]))
        if named := next(filter(None, (pattern.search(plain) for pattern in _NAMED)), None):
            month = next(n for n, names in enumerate(_MONTHS, 1) if named["month"] in names.split("|"))
            return date(int(named["year"]), month, int(named["day"]))
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
