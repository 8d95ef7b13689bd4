"""The sorter of a running line: held and let go on, its valves tested, or said to be new."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from oreline import terminal
from oreline.cli.acts import noted
from oreline.config import Config
from oreline.errors import ConfigError
from oreline.plc import MAX_VALVES
from oreline.sorting import SortingOrders
from oreline.state_folder import choose_state
from oreline.terminal import console

_SPAN = re.compile(r"[0-9]{1,3}(-[0-9]{1,3})?")
LineFile = Annotated[Path, typer.Argument(metavar="LINE.toml", help="The line's configuration.")]
app = terminal.commands("Test the valves of a running line's sorter, or say which are new.")


@contextmanager
def ordering(line: Path, verb: str, **arguments: Any) -> Iterator[SortingOrders]:
    """Orders to the sorter of a line, wherever that has its folder; what is done stands in the line's audit log."""
    config = Config.load(line)
    choose_state(config)
    with noted(config, verb, **arguments):
        yield SortingOrders(config)


def hold(line: LineFile) -> None:
    """Hold the sorter: no valve opens, and the PLC is told to feed no rock. Lines are labelled and logged as before.

    It stays held, also when its process is started again, until the line ends or is told to go on.

    Example: oreline hold deploy/examples/demo.toml
    """
    with ordering(line, "hold") as orders:
        orders.hold()
        console.print("held: no valve opens; go on with oreline resume")


def resume(line: LineFile) -> None:
    """Have a held sorter go on, with the next stone.

    Example: oreline resume deploy/examples/demo.toml
    """
    with ordering(line, "resume") as orders:
        orders.resume()
        console.print("sorting")


@app.command("test")
def open_in_turn(
    line: LineFile,
    valves: Annotated[str, typer.Option(help="Which, from 0, as 0-15,40; all where this is left out.")] = "",
    ms: Annotated[int, typer.Option(help="How long each opens.", min=1, max=1000)] = 20,
) -> None:
    """Open valves one after the other. Refused unless the sorter is held and no stone has come for a second.

    The PLC needs register map 2. What opens counts for no stone; which valve does not answer, the PLC says.

    Example: oreline valves test deploy/examples/demo.toml --valves 0-15 --ms 50
    """
    numbers = _numbers(valves)
    with ordering(line, "test_valves", valves=numbers, ms=ms) as orders:
        console.print(orders.test(numbers, ms))


@app.command()
def replaced(
    line: LineFile,
    valves: Annotated[str, typer.Argument(help="Which, from 0, as 17 or 0-15,40.")],
) -> None:
    """Count the openings of valves from 0, since they are new ones now. The line may run or stand.

    Example: oreline valves replaced deploy/examples/demo.toml 17
    """
    numbers = _numbers(valves)
    with ordering(line, "valves_replaced", valves=numbers) as orders:
        orders.replaced(numbers)
    console.print(f"valves {', '.join(map(str, numbers))} are counted from 0")


def _numbers(text: str) -> list[int]:
    """Raises ConfigError where it is no list of valves."""
    numbers = list[int]()
    for part in filter(None, text.replace(" ", "").split(",")):
        if not _SPAN.fullmatch(part):
            raise ConfigError(f"{part!r} is no valve, nor valves as 0-15: give numbers from 0, with commas between")
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    if wrong := [number for number in numbers if number >= MAX_VALVES]:
        raise ConfigError(f"no bank has a valve {wrong[0]}: they are counted from 0 to {MAX_VALVES - 1}")
    return numbers
