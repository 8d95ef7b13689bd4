"""Findings: what speaks against a reference, in code and words, and how the history of a line's references keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason against a reference. `certain`: also where there is no earlier one to compare it with."""

    code: str
    words: str
    certain: bool = True

    def __str__(self) -> str:
        return f"{self.words} [{self.code}]"


def listed(findings: Iterable[Finding]) -> str:
    """Findings as the end of a message, each on a line of its own."""
    return "".join(f"\n  {finding}" for finding in findings)


def to_history(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """Findings as JSON, for `doubts` of an entry of the history."""
    return [{"code": finding.code, "words": finding.words} for finding in findings]


def of_entry(entry: dict[str, Any]) -> list[Finding]:
    """Findings that an entry of the history tells; none where nothing spoke against the reference."""
    return [Finding(one["code"], one["words"]) for one in entry.get("doubts", [])]
