"""Text that others wrote: its bytes say how it is encoded, never the locale of this process."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""The marks of UTF-32 begin as those of UTF-16 do."""
_WIDE = tuple(mark for mark, encoding in _MARKS if encoding != "utf-8-sig")


def mark_of(raw: bytes) -> str:
    """The encoding that a byte-order mark names, "" where there is none."""
    return next((encoding for mark, encoding in _MARKS if raw.startswith(mark)), "")


def decode_marked(raw: bytes) -> str:
    """UTF-8, or what a byte-order mark says, without that mark. Raises UnicodeDecodeError."""
    return raw.decode(mark_of(raw) or "utf-8")


def decode(raw: bytes) -> str:
    """Text that may have no mark: as `decode_marked` does, or UTF-16 by its first letters, else Windows-1252.

    Raises UnicodeDecodeError where UTF-16 is damaged.
    """
    if len(raw) > 1 and (raw[0] == 0) != (raw[1] == 0):
        return raw.decode("utf-16-be" if raw[0] == 0 else "utf-16-le")
    try:
        return decode_marked(raw)
    except UnicodeDecodeError:
        if raw.startswith(_WIDE):
            raise
        return _western(raw)


def _western(raw: bytes) -> str:
    """Windows-1252, with the five bytes that it leaves open as they are in Latin-1."""
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
