"""Settings of the conveyor: its recipe, its geometry and its times, beside those of what opens its valves."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, create_model, model_validator

from oreline.config import Section
from oreline.errors import ConfigError
from oreline.keys import TcpAddress
from oreline.plc import MAX_VALVES
from sinks.conveyor.outputs import VALVE_OUTPUTS, find
from sinks.conveyor.recipe import Recipe

_USUAL = "modbus"


class ConveyorSettings(Section):
    """Stones, valves and times of a sorter. Keys of its valve output stand in the same table."""

    recipe: Recipe
    """Stones that are wanted; see recipe below."""
    distance_counts: Annotated[int, Field(ge=0)]
    """Encoder counts from the camera's line to the valves."""
    output: str = _USUAL
    """What opens the valves: see valve outputs below."""
    valves: Annotated[int, Field(ge=1, le=MAX_VALVES)] = 64
    """Valves in the bank, evenly across all samples."""
    margin_valves: Annotated[int, Field(ge=0, lt=MAX_VALVES)] = 0
    """Valves that open more on each side of a stone."""
    valve_life: Annotated[int, Field(ge=1)] | None = None
    """Openings after which a valve is worn, and that is said; none where it is left out."""
    stand_ins: bool = True
    """The valves beside one that does not answer open for its stones, where no rock that is not wanted lies under
    them. Their jets reach part of what it should."""
    valve_lag_ms: Annotated[float, Field(ge=0, le=100)] = 0.0
    """From a valve's command to its air at the stones; commands are earlier by the way that the belt goes in that time,
    at the speed that it has."""
    deadline_ms: Annotated[float, Field(gt=0)] = 150.0
    """A command is sent at most so long after its line was exposed."""
    send_ms: Annotated[float, Field(ge=0)] = 20.0
    """The part of `deadline_ms` that is kept for sending: stones are decided before it."""
    max_lines: Annotated[int, Field(ge=1, le=100_000)] = 1024
    """Most lines that wait for a decision; the oldest is decided when there is one more."""
    held_at_start: bool = False
    """Nothing is ejected before somebody says so: `oreline resume`, or the station."""
    fail_safe: Literal["accept", "reject"] = "accept"
    """What becomes of stones while no lines come: "reject" tells the bank to open no valve."""

    ring_stones: Annotated[int, Field(ge=64)] = 2048
    """Stones that are kept for a log that is away."""
    listen: TcpAddress | None = None
    """Address where stones are served to sinks on other hosts, such as "tcp://10.0.0.5:7404"."""

    @classmethod
    def model_for(cls, table: dict[str, Any]) -> type[Self]:
        """Model of a table: with the keys of the valve output that it names. Raises ConfigError."""
        named = table.get("output", _USUAL)
        return cls._with(named if isinstance(named, str) else _USUAL)

    @classmethod
    def models(cls) -> list[type[Self]]:
        """Models of all tables: one for each valve output."""
        return [cls._with(name) for name in VALVE_OUTPUTS]

    @classmethod
    def _with(cls, name: str) -> type[Self]:
        own = find(name).Settings
        doubled = own.model_fields.keys() & cls.model_fields.keys()
        if doubled:
            raise ConfigError(
                f"valve output {name!r} has keys of the conveyor, and needs others: {', '.join(sorted(doubled))}"
            )
        bases: Any = (cls, own)
        output: Any = (Literal[name], name if name == _USUAL else ...)
        model: type[Self] = create_model(cls.__name__, __base__=bases, __doc__=cls.__doc__, output=output)
        return model

    @model_validator(mode="after")
    def _leave_time_to_decide(self) -> Self:
        if self.send_ms >= self.deadline_ms:
            raise ValueError(f"send_ms must be less than deadline_ms ({self.deadline_ms:g})")
        return self

    def check(self, counts_per_line: float, line_rate_hz: float) -> int:
        """Encoder counts per line, for a stream that fits these settings; a rate of 0 is not known. Raises
        ConfigError."""
        counts = round(counts_per_line)
        if not 1 <= counts <= 0xFFFF:
            raise ConfigError(
                f"the stream has {counts_per_line:g} encoder counts a line, but valves fire by encoder: give the "
                "camera an encoder of 1 to 65535 counts a line"
            )
        if line_rate_hz > 0:
            travel_ms = 1e3 * self.distance_counts / (counts_per_line * line_rate_hz)
            if self.deadline_ms + self.valve_lag_ms > travel_ms:
                raise ConfigError(
                    f"the belt takes {travel_ms:.0f} ms over distance_counts = {self.distance_counts}, but deadline_ms "
                    f"is {self.deadline_ms:g} and valve_lag_ms {self.valve_lag_ms:g}: a command could come after its "
                    "stone has passed"
                )
        return counts
