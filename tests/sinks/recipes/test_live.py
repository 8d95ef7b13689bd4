"""The cut-off is moved while stones pass: a real sorter, the simulated PLC, and somebody who plays with the slider."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwsim.plant import VirtualPlc
from oreline.config import Config
from oreline.incidents import open_log
from oreline.messages import BACKGROUND
from oreline.testing import label_line, stream_info
from sinks.conveyor import Conveyor
from sinks.recipes.store import Store
from tests.sinks.conftest import standing_still
from tests.sinks.conveyor.belts import DISTANCE, EMPTY, VALVES_OF_STONE

STONES, LONG, PITCH = 60, 10, 14
HALF = [BACKGROUND] * 4 + [0, 0, 1, 1] + [BACKGROUND] * 24
"""Half of it is ore."""


@pytest.fixture
def slider(tmp_path: Path) -> Iterator[Store]:
    """Somebody who has it moved up and down, all the time."""
    store, stop = Store(tmp_path / "recipes"), threading.Event()
    versions = [
        store.save("lime", {"ore": ["calcite"], "min_pixels": 4, "min_fraction": least}, "anna") for least in (0.4, 0.6)
    ]

    def play() -> None:
        for n in range(10**6):
            store.use(versions[n % 2], "ben")
            if stop.wait(0.017):
                return

    thread = threading.Thread(target=play)
    thread.start()
    yield store
    stop.set()
    thread.join()


def test_no_stone_is_decided_by_two_recipes(
    sorter_at: Callable[[VirtualPlc], Conveyor], slider: Store, tmp_path: Path
) -> None:
    open_log("conveyor", tmp_path)
    belt = [0]
    program = VirtualPlc(position=lambda: belt[0], clock=standing_still)
    conveyor = sorter_at(program)
    conveyor.join(Config({"line": {"output": str(tmp_path)}}))
    info, used = stream_info(), list[str]()
    conveyor.consume([info])
    for number in range(STONES * PITCH):
        conveyor.commit()
        used.append(title(conveyor.report()["recipe"]))
        conveyor.consume([label_line(number, info, HALF if number % PITCH < LONG else EMPTY)])
        belt[0] = 10 * number
        time.sleep(0.001)
    report = conveyor.close()
    fired = np.zeros(len(used), np.bool_)
    fired[(program.rows["encoder"].astype(int) - DISTANCE) // 10] = True
    begun = [fired[first : first + LONG] for first in range(0, len(used), PITCH)]
    assert all(stone.all() or not stone.any() for stone in begun)
    assert [bool(stone.all()) for stone in begun] == [name != "lime v2" for name in used[::PITCH]]
    assert {tuple(row) for row in program.rows["valves"]} == {tuple(VALVES_OF_STONE)}
    assert (report["stones"], report["ejected"]) == (STONES, STONES - used[::PITCH].count("lime v2"))
    assert 0 < report["ejected"] < STONES
    assert sum(one != other for one, other in pairwise(used)) > 10
    assert any(used[first] != used[first + LONG - 1] for first in range(0, len(used), PITCH))
    assert said(tmp_path).startswith("recipe lime v")
    assert slider.in_force() is not None


def title(recipe: dict[str, Any]) -> str:
    return f"{recipe['name']} v{recipe['version']}"


def said(output: Path) -> str:
    lines = (output / "logs" / "conveyor.jsonl").read_text().splitlines()
    return next(str(one["words"]) for one in map(json.loads, lines) if one["kind"] == "recipe_changed")
