"""Orders to the core sink of a running line: a box begins, or ends; and what it says of its boxes."""

from __future__ import annotations

import time
import uuid
from typing import Annotated, Any, Literal

from pydantic import Field

from oreline.config import Config
from oreline.errors import StageFailed
from oreline.orders import OrderFile, Part, Said
from oreline.sink import CORE
from oreline.state_folder import runs

ORDER, SAID = "core_order.json", "core_said.json"
"""In a line's folder."""
ANSWER_S, LOOK_S = 5.0, 0.02
MOST_VERDICTS = 6


class CoreOrder(Part):
    """Order to begin box `box`, or to end the one that is open. `id`: each has its own. `who`: gave it."""

    id: Annotated[str, Field(max_length=64)]
    verb: Literal["begin", "end"]
    box: Annotated[int, Field(ge=1)] | None = None
    who: Annotated[str, Field(max_length=256)] = ""


class BoxSaid(Part):
    """Box of the session, and of one that is being scanned since when, as text."""

    box: int
    from_m: float
    to_m: float
    since: str = ""


class CoreSaid(Said):
    """What a core sink says. `boxes`: how many its session has, and `scanned`, how many of them have
    a whole scan. `scanning`: the box under the camera; `next`: the one after it. `making`: box and number of scans of
    which verdict and tables are being made. `verdicts`: the last, newest first, as `Verdict.told`. `order`: the last
    that it was given, what it says of it, and whether it was refused."""

    hole: str = ""
    by: str = ""
    boxes: int = 0
    scanned: int = 0
    scanning: BoxSaid | None = None
    next: BoxSaid | None = None
    making: tuple[tuple[int, int], ...] = ()
    verdicts: tuple[dict[str, Any], ...] = ()
    order: str = ""
    words: str = ""
    refused: bool = False


class CoreOrders:
    """Orders to the core sink of a line. Each waits until that has answered, and raises StageFailed where the line does
    not run, has none, or that refuses or does not answer."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._order, self._said = OrderFile(config.line.folder / ORDER), OrderFile(config.line.folder / SAID)

    @property
    def said(self) -> CoreSaid:
        """What it has said last."""
        return CoreSaid.of(self._said.read())

    def begin(self, box: int, who: str) -> str:
        """Say which box it is: the one under the camera, or the next. Returns what came of it, in words."""
        return self._give("begin", box, who)

    def end(self, who: str) -> str:
        """End the box that is being scanned."""
        return self._give("end", None, who)

    def _give(self, verb: Literal["begin", "end"], box: int | None, who: str) -> str:
        if not next(iter(self._config.sinks(CORE)), None):
            raise StageFailed("this line logs no core: its file has no sink of kind core")
        if not runs(self._config):
            raise StageFailed("this line does not run: start it first")
        order = CoreOrder(id=uuid.uuid4().hex, verb=verb, box=box, who=who)
        self._order.write(order.model_dump(mode="json"))
        said = self._await(order.id)
        if said.refused:
            raise StageFailed(said.words)
        return said.words

    def _await(self, order: str) -> CoreSaid:
        end = time.monotonic() + ANSWER_S
        while (said := self.said).order != order:
            if time.monotonic() > end:
                raise StageFailed(f"the core sink has not answered for {ANSWER_S:.0f} s; what was asked stands")
            if not runs(self._config):
                raise StageFailed("the line has ended before its core sink answered")
            time.sleep(LOOK_S)
        return said


class Sayer:
    """Sayer of what a core sink tells: it writes what has changed."""

    def __init__(self, config: Config) -> None:
        self._file = OrderFile(config.line.folder / SAID)
        self._last = CoreSaid()

    def say(self, said: CoreSaid) -> None:
        """Write it, unless that stands there. Raises OSError."""
        if said != self._last:
            self._file.write(said.model_dump(mode="json"))
            self._last = said
