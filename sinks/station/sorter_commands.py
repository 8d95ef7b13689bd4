"""Commands to the sorter of a line: held, sorting on, its valves tested, and which of them are new."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from oreline.errors import StageFailed
from oreline.sorting import SortingOrders
from sinks.station.commands import Actor, Refused, Role
from sinks.station.hub import Hub


def register(hub: Hub) -> None:
    """`hold`, `resume`; `test_valves` with `valves` (all where none are named) and `ms`; `valves_replaced`. Each waits,
    beside the loop, until the sorter has answered."""
    orders = SortingOrders(hub.config)

    async def hold(actor: Actor) -> dict[str, Any]:  # noqa: ARG001
        return await _changed(orders, orders.hold)

    async def resume(actor: Actor) -> dict[str, Any]:  # noqa: ARG001
        return await _changed(orders, orders.resume)

    async def test_valves(actor: Actor, valves: Sequence[int] = (), ms: int = 20) -> dict[str, Any]:  # noqa: ARG001
        return {"words": await _done(lambda: orders.test(valves, ms))}

    async def valves_replaced(actor: Actor, valves: Sequence[int]) -> dict[str, Any]:  # noqa: ARG001
        await _done(lambda: orders.replaced(valves))
        return {"valves": list(valves)}

    hub.commands.register("hold", Role.OPERATOR, hold)
    hub.commands.register("resume", Role.OPERATOR, resume)
    hub.commands.register("test_valves", Role.ENGINEER, test_valves)
    hub.commands.register("valves_replaced", Role.ENGINEER, valves_replaced)


async def _changed(orders: SortingOrders, order: Callable[[], None]) -> dict[str, Any]:
    before = orders.said.held
    await _done(order)
    return {"old": before, "new": orders.said.held}


async def _done(order: Callable[[], Any]) -> Any:
    try:
        return await asyncio.to_thread(order)
    except StageFailed as error:
        raise Refused("state", str(error)) from None
    except OSError as error:
        raise Refused("state", f"{error.filename}: {error.strerror}") from None
    except ValueError as error:
        raise Refused("argument", str(error)) from None
