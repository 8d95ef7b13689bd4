"""ENVI headers as text: from lines to fields, in the dialects that programs write.

A field is `key = value`; a value in braces may begin on the next line and go on over several. Lines that begin with a
semicolon are comments, and so is what follows one behind a closed brace or, in a list of numbers, at the end of a line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

LINE_BREAK = re.compile(r"\r\n?|\n")
"""Not `str.splitlines`, which breaks lines at characters that are text in a header, such as 0x85 of Windows' "…"."""
_COMMENT_IN_LIST = re.compile(r"^([\s{}\d.,+\-eEdD]*);\s*[^\s\d.+{}-][^{}]*$")


class FieldError(ValueError):
    """Text that is no header, and why."""


def fields_of(text: str, unique: tuple[str, ...] = ()) -> dict[str, str]:
    """The fields of a header, keys in lower case with single blanks, values without line breaks.

    `unique`: keys that may come twice only with the same value; of others the last counts. Raises FieldError.
    """
    lines = LINE_BREAK.split(text)[1:]
    reach = _Braces(lines)
    fields: dict[str, str] = {}
    at = 0
    while at < len(lines):
        key, equals, value = lines[at].partition("=")
        if not equals or lines[at].lstrip().startswith(";"):
            at += 1
            continue
        key = " ".join(key.lower().split())
        at, whole = reach.value(at, key, value.strip())
        if key in unique and fields.get(key, whole) != whole:
            raise FieldError(f"it gives {key!r} twice, as {fields[key][:40]} and as {whole[:40]}")
        fields[key] = whole
    return fields


def unclean(fields: Mapping[str, str]) -> str | None:
    """The first key of a field that a reader would not find again as it is; None where all are right."""
    for key, value in fields.items():
        is_open = value.strip().startswith("{") and not (value.strip().endswith("}") and _depth(value) <= 0)
        is_comment = key.lstrip().startswith(";")
        if is_open or is_comment or "=" in key or any(mark in key + value for mark in "\r\n\0"):
            return key
    return None


class _Braces:
    """Finds where a value in braces ends.

    That is the line by which as many braces are closed as were opened; where a text has an odd one, the line that ends
    with a brace; what follows that brace is a comment. `_least[i]` is the least depth from line i on, so that no search
    is in vain.
    """

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._depths = []
        depth = 0
        for line in lines:
            depth += 0 if line.lstrip().startswith(";") else _depth(line)
            self._depths.append(depth)
        self._least = self._depths.copy()
        for at in range(len(lines) - 2, -1, -1):
            self._least[at] = min(self._least[at], self._least[at + 1])

    def value(self, at: int, key: str, value: str) -> tuple[int, str]:
        """The whole value of the field at a line, and the line behind it. Raises FieldError."""
        start = at
        if not value:
            start = next((i for i in range(at + 1, len(self._lines)) if self._lines[i].strip()), at)
            value = self._lines[start].strip() if start > at else ""
        if not value.startswith("{"):
            return at + 1, value if start == at else ""
        before = self._depths[start] - _depth(value)
        is_even = self._least[start] <= before
        end = self._end(start, before) if is_even else self._end_of_odd(start)
        if end is None:
            raise FieldError(f"the brace of {key!r} is never closed")
        parts = [value, *(self._lines[i].strip() for i in range(start + 1, end + 1))]
        whole = " ".join(_uncommented(part) for part in parts if part and not part.startswith(";"))
        inside = whole.rpartition("}")[0] or whole  # The brace may stand in a remark of its own line.
        return end + 1, (inside if is_even else _without_odd(inside)) + "}"

    def _end(self, start: int, before: int) -> int:
        return next(i for i in range(start, len(self._lines)) if self._depths[i] <= before)

    def _end_of_odd(self, start: int) -> int | None:
        return next((i for i in range(start, len(self._lines)) if self._lines[i].rstrip().endswith("}")), None)


def _depth(text: str) -> int:
    return text.count("{") - text.count("}")


def _uncommented(line: str) -> str:
    return _COMMENT_IN_LIST.sub(r"\1", line).strip()


def _without_odd(value: str) -> str:
    """Braces within a text become brackets, so that a reader who counts them finds its end."""
    return value[0] + value[1:].replace("{", "(").replace("}", ")")
