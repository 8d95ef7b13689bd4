"""Answers: what doctor says of a machine, check by check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from oreline.doctor.machine import Machine
from oreline.doctor.needs import Needs
from oreline.incidents import Severity

INFO, WARNING, ALARM = Severity.INFO, Severity.WARNING, Severity.ALARM


class Verdict(StrEnum):
    """Verdict of a check; the third is neither: what it goes by is not to be had here."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "cannot know here"


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer of a check. `words`: what was found; `cure`: of what is bad, the line that cures it."""

    verdict: Verdict
    words: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One question. `wants`: what is good, for the page; `severity`: of what is bad; `look`: yields an answer, or
    one for each thing that is bad."""

    subject: str
    name: str
    wants: str
    severity: Severity
    look: Callable[[Machine, Needs], Iterator[Answer]]


def good(words: str) -> Answer:
    """Answer that all is well."""
    return Answer(Verdict.GOOD, words)


def bad(words: str, cure: str) -> Answer:
    """Answer that something is not, with what cures it."""
    return Answer(Verdict.BAD, words, cure)


def unknown(why: str) -> Answer:
    """Answer that it cannot be known here."""
    return Answer(Verdict.UNKNOWN, why)
