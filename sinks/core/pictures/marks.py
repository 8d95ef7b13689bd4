"""Marks beside a picture by depth: blocks, and where boxes begin."""

from __future__ import annotations

from dataclasses import dataclass

from sinks.core.session import Session


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at a depth."""

    depth_m: float
    words: str
    strong: bool = False


def marks_of(session: Session) -> list[Mark]:
    """Where boxes begin, and their blocks."""
    blocks = [Mark(one.depth_m, f"{one.depth_m:g}", strong=True) for box in session.boxes for one in box.blocks]
    return blocks + [Mark(box.from_m, f"box {box.number}") for box in session.boxes]
