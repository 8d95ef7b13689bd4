"""Who may do what at the station, and what is told of it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from oreline.errors import OrelineError, StoreFailed
from sinks.station.commands import Act, Actor, Commands, Refused, Role

VIEWER, OPERATOR, ENGINEER = (Actor(role.words, role, "web") for role in Role)


def hold(actor: Actor, reason: str, minutes: int = 5) -> dict[str, Any]:
    return {"old": False, "new": True, "words": f"{actor.name}: {reason}, {minutes} min"}


@pytest.fixture
def acts() -> list[Act]:
    return []


@pytest.fixture
def commands(acts: list[Act]) -> Commands:
    async def tell(act: Act) -> None:
        acts.append(act)

    commands = Commands(tell)
    commands.register("hold", Role.OPERATOR, hold)
    return commands


def test_who_may_has_it_done_and_told(commands: Commands, acts: list[Act]) -> None:
    result = asyncio.run(commands.do(OPERATOR, "hold", reason="belt jam"))
    assert result["words"] == "operator: belt jam, 5 min"
    assert acts == [Act(OPERATOR, "hold", {"reason": "belt jam"}, result=result)]


def test_a_role_that_is_too_low_is_refused_and_told(commands: Commands, acts: list[Act]) -> None:
    with pytest.raises(Refused, match="viewer is viewer: hold is for operators") as refused:
        asyncio.run(commands.do(VIEWER, "hold", reason="fun"))
    assert refused.value.code == "role"
    assert acts[0].refused == "viewer is viewer: hold is for operators"


def test_an_engineer_may_what_an_operator_may(commands: Commands) -> None:
    assert asyncio.run(commands.do(ENGINEER, "hold", reason="test"))["new"]
    assert (commands.allowed(Role.VIEWER), commands.allowed(Role.ENGINEER)) == ([], ["hold"])


@pytest.mark.parametrize(
    ("verb", "arguments", "code"),
    [("hodl", {}, "unknown"), ("hold", {}, "argument"), ("hold", {"reason": "x", "actor": 1}, "argument")],
)
def test_what_makes_no_sense_is_refused_with_what_would(
    commands: Commands, acts: list[Act], verb: str, arguments: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused, match=r"hold|minutes, reason") as refused:
        asyncio.run(commands.do(OPERATOR, verb, **arguments))
    assert refused.value.code == code
    assert len(acts) == 1


def test_what_fails_while_it_is_done_is_told_with_its_reason(commands: Commands, acts: list[Act]) -> None:
    async def save(_actor: Actor) -> None:
        raise StoreFailed("the disk is full")

    commands.register("save", Role.ENGINEER, save)
    with pytest.raises(OrelineError, match="disk is full"):
        asyncio.run(commands.do(ENGINEER, "save"))
    assert acts[0].refused == "the disk is full"


@pytest.mark.parametrize(
    ("given", "why"),
    [({"reason": 5}, "takes text as 'reason', not 5"), ({"reason": "x", "minutes": 2.5}, "a whole number as 'minutes'"),
     ({"reason": "x", "minutes": True}, "a whole number")],
)  # fmt: skip
def test_an_argument_of_another_type_is_refused(commands: Commands, given: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match=why):
        asyncio.run(commands.do(OPERATOR, "hold", **given))


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [("share", 10**400, "a number as 'share'"), ("share", math.nan, "a number"), ("share", math.inf, "a number"),
     ("share", True, "a number"), ("valves", "abc", "whole numbers as 'valves'"), ("valves", [1, "2"], "whole numbers"),
     ("valves", [[]], "whole numbers"), ("valves", 3, "whole numbers"), ("version", [], "a whole number as 'version'"),
     ("version", "1", "a whole number"), ("version", 1 << 63, "a whole number"), ("table", [], "a table as 'table'")],
)  # fmt: skip
def test_an_argument_is_what_its_verb_says(commands: Commands, name: str, value: Any, why: str) -> None:
    def verb(
        _actor: Actor,
        share: float = 0.0,
        valves: Sequence[int] = (),
        version: int | None = None,
        table: Mapping[str, Any] = {},
    ) -> dict[str, Any]:
        return {"new": [share, valves, version, table]}

    commands.register("try", Role.OPERATOR, verb)
    good = {"share": 1, "valves": [3, 4], "version": None, "table": {"a": 1}}
    assert asyncio.run(commands.do(OPERATOR, "try", **good))["new"] == list(good.values())
    with pytest.raises(Refused, match=f"try takes {why}"):
        asyncio.run(commands.do(OPERATOR, "try", **{name: value}))


def test_an_act_whose_asker_has_gone_is_done_and_told(commands: Commands, acts: list[Act]) -> None:
    async def leave() -> None:
        go = asyncio.Event()

        async def fire(_actor: Actor) -> dict[str, Any]:
            await go.wait()
            return {"new": "tested"}

        commands.register("test", Role.ENGINEER, fire)
        asking = asyncio.ensure_future(commands.do(ENGINEER, "test"))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.sleep(0)
        assert acts == []
        go.set()
        while not acts:
            await asyncio.sleep(0)

    asyncio.run(leave())
    assert (acts[0].verb, acts[0].refused, acts[0].result) == ("test", "", {"new": "tested"})


def test_what_may_not_be_done_now_is_not_done(acts: list[Act]) -> None:
    async def tell(act: Act) -> None:
        acts.append(act)

    async def refuse(verb: str) -> None:
        raise Refused("audit", f"no {verb}")

    commands = Commands(tell, refuse)
    commands.register("hold", Role.OPERATOR, lambda _actor: pytest.fail("it was done"))
    with pytest.raises(Refused, match="no hold"):
        asyncio.run(commands.do(OPERATOR, "hold"))
    assert acts[0].refused == "no hold"
