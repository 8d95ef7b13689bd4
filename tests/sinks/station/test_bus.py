"""Who listens on the station's bus, and who is slow."""

from __future__ import annotations

import asyncio

from sinks.station.bus import Bus


def test_each_who_listens_hears_everything_in_order() -> None:
    async def listen() -> list[list[int]]:
        bus = Bus()
        with bus.subscribe("stone") as one, bus.subscribe("stone") as other:
            for number in range(3):
                bus.publish("stone", number)
            return [[await ears.get() for _ in range(3)] for ears in (one, other)]

    assert asyncio.run(listen()) == [[0, 1, 2], [0, 1, 2]]


def test_who_is_slow_misses_the_oldest_and_knows_how_many() -> None:
    async def listen() -> tuple[int, list[int]]:
        bus = Bus()
        with bus.subscribe("status", depth=2) as ears:
            for number in range(5):
                bus.publish("status", number)
            return ears.dropped, [await ears.get(), await ears.get()]

    assert asyncio.run(listen()) == (3, [3, 4])


def test_who_has_left_is_sent_nothing() -> None:
    async def listen() -> int:
        bus = Bus()
        with bus.subscribe("alarm", depth=1) as ears:
            pass
        bus.publish("alarm", 1)
        bus.publish("alarm", 2)
        return ears.dropped

    assert asyncio.run(listen()) == 0


def test_who_waits_is_woken() -> None:
    async def listen() -> list[int]:
        bus, heard = Bus(), list[int]()

        async def hear() -> None:
            async for number in bus.subscribe("lines"):
                heard.append(number)

        hearing = asyncio.create_task(hear())
        for number in range(3):
            await asyncio.sleep(0)
            bus.publish("lines", number)
        await asyncio.sleep(0)
        hearing.cancel()
        return heard

    assert asyncio.run(listen()) == [0, 1, 2]
