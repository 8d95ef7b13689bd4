"""Orders to a sorter, as people give them: at the command line and at the station."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from hwsim.plant import VirtualPlc
from oreline.cli.main import app
from oreline.config import Config
from oreline.errors import ConfigError, StageFailed
from oreline.locks import locked
from oreline.metrics import REGISTRY
from oreline.sorting import SortingOrders
from sinks.conveyor import Conveyor
from sinks.station import sorter_commands
from sinks.station.audit import AUDIT, entries
from sinks.station.commands import Actor, Commands, Refused, Role
from sinks.station.hub import Hub
from tests.sinks.conftest import Eventually

ENGINEER = Actor("eve", Role.ENGINEER, "web")


@pytest.fixture
def program() -> VirtualPlc:
    """Its time goes on by its scans, slower than it is."""
    ns = count(10**12, 100_000)
    return VirtualPlc(clock=lambda: next(ns))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    text = f'[line]\nstate = "{tmp_path}/state"\noutput = "{tmp_path}"\n[sinks.conveyor]\ndistance_counts = 5000\n'
    (tmp_path / "line.toml").write_text(text)
    (tmp_path / "state").mkdir(mode=0o700)
    return Config.load(tmp_path / "line.toml")


@pytest.fixture
def running(config: Config, conveyor: Conveyor) -> Iterator[Conveyor]:
    """A line with a sorter at work."""
    conveyor.join(config)
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.002):
            conveyor.idle()

    thread = threading.Thread(target=work)
    with locked(config.line.folder):
        thread.start()
        yield conveyor
        over.set()
        thread.join()
    conveyor.close()


def run(*words: str) -> tuple[int, str]:
    """The exit code of a command, and what it said."""
    ran = CliRunner().invoke(app, words)
    return (0, ran.stdout) if ran.exception is None else (1, str(ran.exception))


def test_a_line_is_held_its_valves_are_tested_and_it_goes_on(
    config: Config, running: Conveyor, program: VirtualPlc
) -> None:
    path = str(config.source)
    assert "hold it" in run("valves", "test", path)[1]
    assert run("hold", path) == (0, "held: no valve opens; go on with oreline resume\n")
    code, said = run("valves", "test", path, "--valves", "3,0-1", "--ms", "1")
    assert (code, said) == (0, "valves 3, 0, 1 opened in this order, 1 ms each\n")
    assert len(program.tested) == 3
    assert run("resume", path) == (0, "sorting\n")
    assert not SortingOrders(config).said.held
    acts = [one.record for one in entries(config.line.output / AUDIT)]
    assert [(one.verb, one.face, one.result == "done") for one in acts] == [
        ("begun", "", True),
        ("test_valves", "cli", False),
        ("hold", "cli", True),
        ("test_valves", "cli", True),
        ("resume", "cli", True),
    ]
    assert acts[3].arguments == {"valves": [3, 0, 1], "ms": 1}


def test_a_line_that_does_not_run_or_has_no_sorter_is_no_line_to_hold(config: Config, conveyor: Conveyor) -> None:
    assert "does not run" in run("hold", str(config.source))[1]
    with pytest.raises(StageFailed, match="no sorter"):
        SortingOrders(Config({"line": {"output": str(config.line.output)}})).hold()
    conveyor.close()


@pytest.mark.parametrize("valves", ["128", "0-200", "a", "1-", "-3", "1;2", "99999999999"])
def test_what_is_no_valve_is_refused(valves: str, config: Config) -> None:
    refusal = CliRunner().invoke(app, ["valves", "test", str(config.source), f"--valves={valves}"]).exception
    assert isinstance(refusal, ConfigError)
    assert "valve" in str(refusal)


def test_a_valve_is_new_whether_or_not_the_line_runs(config: Config, running: Conveyor, eventually: Eventually) -> None:
    SortingOrders(config).hold()
    SortingOrders(config).test([4, 5], 1)
    eventually(lambda: running.report()["valve_shots"][4:6] == [1, 1])
    assert run("valves", "replaced", str(config.source), "4") == (0, "valves 4 are counted from 0\n")
    eventually(lambda: running.report()["valve_shots"][4:6] == [0, 1])


def test_the_station_gives_the_same_orders_and_says_why_not(
    config: Config, running: Conveyor, program: VirtualPlc
) -> None:
    async def nobody(_act: object) -> None:
        return

    commands = Commands(nobody)
    sorter_commands.register(cast(Hub, SimpleNamespace(config=config, commands=commands)))

    def do(verb: str, **arguments: Any) -> Any:
        return asyncio.run(commands.do(ENGINEER, verb, **arguments))

    for verb, wrong, code in (("test_valves", {}, "state"), ("test_valves", {"valves": [500]}, "argument")):
        with pytest.raises(Refused) as refusal:
            do(verb, **wrong)
        assert refusal.value.code == code
    assert do("hold") == {"old": False, "new": True}
    assert do("test_valves", valves=[1, 2], ms=1)["words"].startswith("valves 1, 2 opened")
    assert do("valves_replaced", valves=[1]) == {"valves": [1]}
    assert do("resume") == {"old": True, "new": False}
    for verb in ("hold", "resume"):
        asyncio.run(commands.do(Actor("ann", Role.OPERATOR, "web"), verb))
    with pytest.raises(Refused, match="engineer"):
        asyncio.run(commands.do(Actor("ann", Role.OPERATOR, "web"), "test_valves"))


def test_metrics_tell_of_the_bank_and_of_each_valve(running: Conveyor, config: Config, eventually: Eventually) -> None:
    def value(name: str, **labels: str) -> float | None:
        return REGISTRY.get_sample_value(name, labels)

    SortingOrders(config).hold()
    assert (value("oreline_held"), value("oreline_plc_connected"), value("oreline_plc_inhibit")) == (1, 1, 0)
    assert (value("oreline_valves_testing"), value("oreline_valve_faults")) == (0, 0)
    SortingOrders(config).test([31], 1)
    eventually(lambda: value("oreline_valve_shots_total", valve="31") == 1)
    assert value("oreline_valve_faulty", valve="31") == 0
    assert value("oreline_valve_shots_total", valve="32") is None
