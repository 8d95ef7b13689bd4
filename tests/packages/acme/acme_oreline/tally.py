"""A sink that counts labels, fresh and harmless, and one that is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from oreline.config import Section
from oreline.expected import Expected
from oreline.messages import LabelLine, Message
from oreline.sink import Policy


class Options(Section):
    """`each`: what a line counts for."""

    each: int = 1


class Tally:
    """Counts label lines."""

    policy: ClassVar[Policy] = Policy.FRESH
    stream: ClassVar[str] = "labels"
    acts_on_plant: ClassVar[bool] = False
    Settings: ClassVar[type[Section]] = Options

    def __init__(self, settings: Options) -> None:
        self._each, self._counted = settings.each, 0

    @classmethod
    def check(cls, settings: Options, expected: Expected) -> None:
        expected.must_have(cls.stream)

    @classmethod
    def open(cls, settings: Options, output: Path) -> Tally:
        return cls(settings)

    def resume(self) -> None:
        return None

    def consume(self, messages: list[Message]) -> None:
        self._counted += self._each * sum(isinstance(message, LabelLine) for message in messages)

    def commit(self) -> None:
        pass

    def idle(self) -> None:
        pass

    def close(self) -> dict[str, Any]:
        return {"counted": self._counted, "artefacts": {}}


class Hollow:
    """Has a sink's settings, and nothing else of one."""

    Settings = Options
