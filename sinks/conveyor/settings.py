"""Options of the conveyor."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from oreline.config import Section
from oreline.errors import ConfigError
from oreline.plc import MAX_VALVES
from sinks.conveyor.recipe import Recipe

Port = Annotated[int, Field(ge=1, le=65535)]


class ConveyorSettings(Section):
    """`host`, `port`, `device_id`: the PLC. `timeout_ms`: the longest wait for its answer.

    `heartbeat_ms`: how often it hears of us. `valves`: in the bank, evenly across all samples; `margin_valves`: opened
    more on each side of a stone. `distance_counts`: encoder counts from the camera's line to the valves.
    `valve_lag_ms`: from a valve's command to its air at the stones; commands are earlier by the way that the belt goes
    in that time, at the speed that it has. `deadline_ms`: a command is sent at most so long after its line was exposed;
    `send_ms` of it are kept for sending. `max_lines`: most lines that wait for a decision. `fail_safe`: what the PLC
    does with stones while no lines come.
    """

    recipe: Recipe
    distance_counts: Annotated[int, Field(ge=0)]
    host: str = "127.0.0.1"
    port: Port = 502
    device_id: Annotated[int, Field(ge=0, le=255)] = 1
    timeout_ms: Annotated[float, Field(gt=0, le=100)] = 50.0
    heartbeat_ms: Annotated[float, Field(ge=30, le=100)] = 30.0
    valves: Annotated[int, Field(ge=1, le=MAX_VALVES)] = 64
    margin_valves: Annotated[int, Field(ge=0, lt=MAX_VALVES)] = 0
    valve_lag_ms: Annotated[float, Field(ge=0, le=100)] = 0.0
    deadline_ms: Annotated[float, Field(gt=0)] = 150.0
    send_ms: Annotated[float, Field(ge=0)] = 20.0
    max_lines: Annotated[int, Field(ge=1, le=100_000)] = 1024
    fail_safe: Literal["accept", "reject"] = "accept"

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
