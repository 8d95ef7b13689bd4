"""Stand-ins: the valves beside one that does not answer open for its stones.

A jet is wider than the pitch of its valves, so those beside a dead valve reach part of what it should. They open where
it should, if they answer and no more rock that is not wanted than rock that is lies under them: a neighbour would fly
with it. A valve between two that do not answer has none.
"""

from __future__ import annotations


def stand_ins(wanted: int, dead: int, free: int) -> int:
    """The valves beside those `wanted` ones that are `dead`, as far as they are alive and `free`; bit v is valve v."""
    missing = wanted & dead
    return (missing << 1 | missing >> 1) & free & ~dead


def valves_in(bitmap: int) -> list[int]:
    """The valves of a bitmap, in order."""
    return [valve for valve in range(bitmap.bit_length()) if bitmap >> valve & 1]


def named(valves: list[int]) -> str:
    """Valves in words."""
    return f"valve{'s' * (len(valves) > 1)} {', '.join(map(str, valves))}"


def loss(dead: int, alive: int) -> str:
    """What becomes of the stones of valves that do not answer, in words. `alive`: those that may stand in."""
    helpers = valves_in(stand_ins(dead, dead, alive))
    alone = [valve for valve in valves_in(dead) if not stand_ins(1 << valve, dead, alive)]
    words = f"{named(valves_in(dead))} did not do as told"
    if helpers:
        words += f"; {named(helpers)} beside open{'s' * (len(helpers) == 1)} for the stones there, and may miss some"
    if alone:
        words += f"; nothing opens for the stones under {named(alone)}: they are lost"
    return words
