"""Verdict on an audit log: whether each of its lines is as it was written, and stands where it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from oreline.errors import AuditBroken
from oreline.guard import refusal
from sinks.station.audit.chain import BEGUN, MOST_BYTES, Entry, entry_of, link_of

MOST_SAID = 20


@dataclass(slots=True)
class Verdict:
    """Verdict on one file. `entries`: lines. `head`: the hash of the last, to be noted elsewhere. `site`: whose it is.
    `broken`: what is wrong with a line, by its number from 1, the first `MOST_SAID`; `wrong`: how many there are.
    `heads`: of those that were asked for, which are in the chain."""

    path: Path
    entries: int = 0
    head: str = ""
    site: str = ""
    broken: dict[int, str] = field(default_factory=dict)
    wrong: int = 0
    heads: set[str] = field(default_factory=set)

    def say(self, line: int, why: str) -> None:
        self.wrong += 1
        if len(self.broken) < MOST_SAID:
            self.broken.setdefault(line, why)


def verify(path: Path, noted: frozenset[str] = frozenset()) -> Verdict:
    """Look at every line. `noted`: heads that were noted elsewhere. Raises SystemRefused where it cannot be read, and
    AuditBroken where it holds nothing."""
    verdict = Verdict(path)
    number, before = 0, ""
    for line, text in _lines(path):
        verdict.entries += 1
        if not text.endswith(b"\n"):
            verdict.say(line, "is not whole: a crash while it was written, or somebody has cut it")
        entry = entry_of(text[:-1]) if text.endswith(b"\n") else None
        if entry is None:
            if text.endswith(b"\n"):
                verdict.say(line, "is not as it was written")
        else:
            _place(verdict, line, entry, number, before)
            verdict.heads |= {entry.hash} & noted
        number, before = entry.number + 1 if entry else number + 1, link_of(text.removesuffix(b"\n"))
    if not verdict.entries:
        raise AuditBroken(f"{path} is empty: an audit log has at least its first line")
    verdict.head = before
    return verdict


def _place(verdict: Verdict, line: int, entry: Entry, number: int, before: str) -> None:
    """Whether an entry that is whole stands where it was written."""
    if line == 1 and entry.record.verb == BEGUN and isinstance(entry.record.new, dict):
        verdict.site = str(entry.record.new.get("site", ""))
    if line == 1 and (entry.record.verb != BEGUN or entry.number or entry.before):
        verdict.say(line, "is not the beginning of a log: lines before it are missing")
    elif entry.before != before or entry.number != number:
        verdict.say(line, "does not follow the line before it: something was changed, taken out, put in or moved")


def entries(path: Path) -> Iterator[Entry]:
    """The entries of a log, those that are not as they were written left out. Raises SystemRefused."""
    return (entry for _, text in _lines(path) if (entry := entry_of(text.removesuffix(b"\n"))))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Lines from 1, with their ends; of one that is too long its beginning."""
    try:
        with path.open("rb") as file:
            yield from enumerate(iter(lambda: _line(file), b""), 1)
    except OSError as error:
        raise refusal(error, path) from None


def _line(file: BinaryIO) -> bytes:
    line = file.readline(2 * MOST_BYTES)
    rest = line
    while rest and not rest.endswith(b"\n") and len(rest) == 2 * MOST_BYTES:
        rest = file.readline(2 * MOST_BYTES)
    return line if rest is line else line[:-1] + b"\n"
