"""Chain of the audit log: how a line is written, and what it holds of the line before.

A line is a JSON object. Its last two fields are `before`, the hash of the line before, and `hash`: the SHA-256 of all
bytes of the line up to there, `before` included. So whoever changes, takes out, moves or puts in a byte breaks a link;
what the end of the chain is nobody can tell who has not noted it elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from oreline.moment import Moment

MOST_BYTES = 1 << 16
"""Of a line; of what is longer its hash stands there."""
BEGUN, REPAIRED = "begun", "repaired"
"""Verbs of the log itself: its first line, and a line that was cut short."""
SECRET = frozenset({"password", "token", "secret"})
HIDDEN = "(not written)"
_LINE = re.compile(rb'(\{.*),"hash":"([0-9a-f]{64})"\}', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Record:
    """Record of an act: `who`, of which `role`, by which `face` and from which `address`, did `verb` with `arguments`;
    what was `old` and is `new`, where it changed something; `result`: "done", or why it was refused."""

    verb: str
    who: str
    role: str = ""
    face: str = ""
    address: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    old: Any = None
    new: Any = None
    result: str = "done"


@dataclass(frozen=True, slots=True)
class Entry:
    """Entry of the log: a record, its place and its time, by the wall's clock with its zone and by CLOCK_MONOTONIC."""

    number: int
    time: str
    t_ns: int
    boot: str
    record: Record
    before: str
    hash: str


def line_of(number: int, at: Moment, record: Record, before: str) -> bytes:
    """The line of an entry, its end included."""
    said = {one.name: getattr(record, one.name) for one in fields(record)}
    said["arguments"] = _without_secrets(record.arguments)
    placed = {"number": number, "time": at.text, "t_ns": at.t_ns, "boot": at.boot.hex()}
    if sum(len(_json(value)) for value in said.values()) > MOST_BYTES - 1024:
        said = {name: _digest(value) if len(_json(value)) > 1024 else value for name, value in said.items()}
    start = _json({**placed, **said, "before": before})[:-1].encode(errors="replace")
    return start + b',"hash":"' + hashlib.sha256(start).hexdigest().encode() + b'"}\n'


def entry_of(line: bytes) -> Entry | None:
    """The entry of a whole line without its end; None where that was not written like this, or was changed."""
    found = _LINE.fullmatch(line)
    if found is None or hashlib.sha256(found[1]).hexdigest().encode() != found[2]:
        return None
    try:
        said = json.loads(line)
        place = {name: said.pop(name) for name in ("number", "time", "t_ns", "boot", "before", "hash")}
        return Entry(record=Record(**said), **place)
    except (ValueError, TypeError, KeyError):
        return None


def link_of(line: bytes) -> str:
    """What the next line is to hold of this one, damaged as it may be."""
    found = _LINE.fullmatch(line)
    return found[2].decode() if found else hashlib.sha256(line).hexdigest()


def _without_secrets(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): HIDDEN if name in SECRET else value for name, value in arguments.items()}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str, skipkeys=True)


def _digest(value: Any) -> str:
    text = _json(value).encode(errors="replace")
    return f"({len(text)} bytes of SHA-256 {hashlib.sha256(text).hexdigest()})"
