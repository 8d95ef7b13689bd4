from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from oreline.config import Config
from oreline.messages import LabelLine, StreamInfo
from oreline.moment import Moment, now
from oreline.testing import stream_info
from sinks.station.hub import Hub
from sinks.station.lines import block_of
from sinks.station.shifts.calendar import MINUTE, S
from sinks.station.shifts.keeper import Keeper
from sinks.station.shifts.settings import ShiftsSettings
from tests.sinks.station.shifts.belt import Belt

RECIPE = {"recipe": {"ore": ["calcite"]}}


def hub_of(output: Path) -> Hub:
    return Hub(Config({"line": {"output": str(output), "state": str(output / "state")}, "sinks": {"conveyor": RECIPE}}))


def feed(hub: Hub, belt: Belt, n: int) -> None:
    """Lines, as the sink's thread hands them over."""
    hub.take_info(belt.info)
    assert hub.answer is not None
    lines: list[LabelLine] = list(belt.lines(n))
    hub.take_block(block_of(lines, hub.answer, lines[-1].stamp.t_ns))


def info_of(at: Moment) -> StreamInfo:
    return stream_info(clock=at)


def later(at: Moment, ns: int) -> Moment:
    return Moment(at.wall_ns + ns, at.offset_s, at.t_ns + ns, at.boot)


async def told(keeper: Keeper, hub: Hub, at: Moment) -> tuple[list[Any], list[Any]]:
    minutes, shifts = list[Any](), list[Any]()
    hub.bus.call("minute", minutes.append)
    hub.bus.call("shift", shifts.append)
    await keeper.keep(at)
    return minutes, shifts


def test_minutes_and_shifts_are_published_when_they_are_over_and_survive_a_restart(tmp_path: Path) -> None:
    async def scenario() -> None:
        at = now()
        hub = hub_of(tmp_path)
        belt = Belt(info_of(at))
        keeper = Keeper(ShiftsSettings(), hub)
        feed(hub, belt, 4)
        assert (await told(keeper, hub, at))[0] == []
        hub, before = hub_of(tmp_path), hub
        keeper.store.close()
        keeper = Keeper(ShiftsSettings(), hub)
        minutes, shifts = await told(keeper, hub, later(at, 3 * MINUTE))
        assert sum(one["lines"] for one in minutes) == 4
        assert [one["complete"] for one in shifts] == [False]
        assert shifts[0]["lines"] == 4
        assert before is not hub
        minutes, shifts = await told(keeper, hub, later(at, 25 * 3600 * S))
        assert minutes == []
        over = [one for one in shifts if one["complete"]]
        assert [one["lines"] for one in over] == [4]
        keeper.store.close()
        keeper = Keeper(ShiftsSettings(), hub_of(tmp_path))
        assert keeper.store.cursor().shift in ("", over[0]["shift"])
        keeper.store.close()

    asyncio.run(scenario())


def test_a_store_that_takes_nothing_ends_no_station_and_loses_no_minute(tmp_path: Path) -> None:
    async def scenario() -> None:
        at, hub = now(), hub_of(tmp_path)
        keeper = Keeper(ShiftsSettings(), hub)
        feed(hub, Belt(info_of(at)), 4)
        keeper.store._db.execute("DROP TABLE minutes")
        minutes, _ = await told(keeper, hub, later(at, 3 * MINUTE))
        assert minutes == []
        keeper.store.close()
        keeper.store = type(keeper.store)(tmp_path)
        minutes, shifts = await told(keeper, hub, later(at, 4 * MINUTE))
        assert sum(one["lines"] for one in minutes) == shifts[-1]["lines"] == 4
        keeper.store.close()

    asyncio.run(scenario())
