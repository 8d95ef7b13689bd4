"""A station that tells a broker of stones, one every few milliseconds: in a process of its own, to be killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import numpy as np

from oreline.config import Config
from oreline.messages import Decision, StoneRecord
from oreline.moment import now
from oreline.testing import stamp, stream_info
from sinks.station.hub import Hub
from sinks.station.mqtt.face import Mqtt
from sinks.station.mqtt.settings import MqttSettings

ROOT = "mine/sorter/line1"


def stone(seq: int, decision: Decision = Decision.EJECTED) -> StoneRecord:
    info = stream_info()
    counts = np.array([30, 0, 5, 7], np.uint32)
    return StoneRecord(
        stamp=stamp(seq, info), first_line=10 * seq, last_line=10 * seq + 9, first_sample=3, stop_sample=9, pixels=42,
        decision=decision, why="enough ore", measure=0.71, valves=0b110, product=1, recipe="cu v3", model=info.model,
        reference_id="fedcba9876543210", cut=False, clump=False, counts=counts, outline=np.zeros((0, 3), np.int32),
    )  # fmt: skip


def hub_at(output: Path) -> Hub:
    hub = Hub(Config({"line": {"name": "line1", "output": str(output), "state": str(output / "state")}}))
    hub.take_info(stream_info(clock=now()))
    hub.take_stone_info(stream_info(clock=now()))
    hub.look()
    return hub


def settings_of(port: int, **more: Any) -> MqttSettings:
    return MqttSettings(**{"port": port, "topic": ROOT, "keepalive_s": 1, "batch_s": 0.1, "batch_stones": 20, **more})


async def tell(output: Path, port: int, first: int, n: int) -> None:
    """Tell of stones from the first on; say each that is handed over; then stay."""
    hub = hub_at(output)
    face = asyncio.create_task(Mqtt.open(settings_of(port), hub).run())
    await asyncio.sleep(0)
    for seq in range(first, first + n):
        hub.take_stone(stone(seq))
        print(seq, flush=True)
        await asyncio.sleep(0.005)
    await face


if __name__ == "__main__":
    asyncio.run(tell(Path(sys.argv[1]), *map(int, sys.argv[2:5])))
