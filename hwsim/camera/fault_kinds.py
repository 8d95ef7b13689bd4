"""The kinds of scripted faults, [[simulator.faults]]: what each is called in TOML, and what it can be told.

Each says what (`kind`) and when: at a line, at a time, every so many lines, or by chance; the same seed always makes
the same list.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from hwsim.camera.event import Event
from hwsim.camera.layout import FOR_EVER, FaultKind
from oreline.config import Section
from oreline.errors import ConfigError

Positive = Annotated[int, Field(gt=0)]
Natural = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class When(Section):
    """When a fault begins: exactly one of `line`, `at_s`, `every` and `probability`."""

    line: Natural | None = None
    """A line of the scene, from 0, loops counted on. Live, and for dark and white, it is the number of frames since
    the camera was started."""
    at_s: Annotated[float, Field(ge=0)] | None = None
    """Seconds, by the frame rate of the settings: the line that is exposed then."""
    every: Positive | None = None
    """Again and again: at this line, at twice this line, and so on."""
    probability: Share | None = None
    """By chance, at each line that it has not taken yet."""
    seed: Natural = 1
    """Seed of what happens by chance."""
    view: Literal["scene", "dark", "white"] = "scene"
    """What the camera is told to look at."""

    @model_validator(mode="after")
    def _once(self) -> When:
        if sum(value is not None for value in (self.line, self.at_s, self.every, self.probability)) != 1:
            raise ValueError("give exactly one of line, at_s, every and probability")
        return self

    @property
    def amount(self) -> float:
        return 0.0

    @property
    def places(self) -> dict[str, int]:
        return {}

    @property
    def span(self) -> int:
        """Lines that it takes."""
        return FOR_EVER if (n := getattr(self, "n", 1)) is None else int(n)

    def starts(self, lines: int | None, rate: float, dice: np.random.Generator) -> Iterator[int]:
        """The lines at which it begins, of a scene of `lines` (None: without an end) at `rate` lines/s."""
        if self.line is not None:
            yield self.line
        elif self.at_s is not None:
            yield round(self.at_s * rate)
        elif lines is None:
            raise ConfigError(f"{self._name}: every and probability need a scene that ends; give lines or times.")
        elif self.every is not None:
            yield from range(self.every, self._last(lines), self.every)
        elif self.probability is not None:
            free = 0
            for line in np.flatnonzero(dice.random(self._last(lines)) < self.probability).tolist():
                if line >= free:
                    yield line
                    free = line + self.span

    def _last(self, lines: int) -> int:
        """Up to where it may begin again, of so many lines."""
        return lines

    def events(self, line: int, dice: np.random.Generator) -> list[Event]:
        """What the camera is to do, where it begins at `line`."""
        seed = int(dice.integers(1 << 63))
        return [Event(FaultKind[self._name.upper()], line, self.span, self.amount, self.view, seed, **self.places)]

    @property
    def _name(self) -> str:
        return str(getattr(self, "kind"))  # noqa: B009  (each kind of fault declares its own)


class Lines(When):
    """For `n` lines: the frame does not come (drop); half of it comes (incomplete); it has the id of the one before
    (duplicate_id); it is at full scale (saturated_line) or zero (black_line); the belt runs backwards
    (encoder_reversal)."""

    kind: Literal["drop", "incomplete", "duplicate_id", "saturated_line", "black_line", "encoder_reversal"]
    n: Positive = 1


class BurstDrop(When):
    """`n` of the next `within` frames do not come, as on a congested link."""

    kind: Literal["burst_drop"]
    n: Positive = 10
    within: Positive = 40

    @model_validator(mode="after")
    def _fits(self) -> BurstDrop:
        if self.n > self.within:
            raise ValueError(f"n = {self.n} frames cannot be lost within {self.within}")
        return self

    @property
    def span(self) -> int:
        return self.within

    def _last(self, lines: int) -> int:
        return max(0, lines - self.within + 1)

    def events(self, line: int, dice: np.random.Generator) -> list[Event]:
        lost = np.sort(dice.choice(self.within, self.n, replace=False))
        return [Event(FaultKind.DROP, line + int(i), view=self.view) for i in lost]


class Once(When):
    """The frame comes after the next one (out_of_order); ids begin again with 0 (id_reset)."""

    kind: Literal["out_of_order", "id_reset"]


class TimeJump(When):
    """Time stamps are wrong by `ns`, for `n` lines or, without it, from then on."""

    kind: Literal["time_jump"]
    ns: int
    n: Positive | None = None

    @property
    def amount(self) -> float:
        return float(self.ns)


class Jitter(When):
    """Frames come late by up to `us`, each by another time; their time stamps are right."""

    kind: Literal["jitter"]
    us: Annotated[float, Field(gt=0)]
    n: Positive | None = None

    @property
    def amount(self) -> float:
        return self.us


class Stall(When):
    """No frame comes for `ms`. The camera's memory holds as many as `memory` meanwhile, and sends them all at once
    after it; those beyond are lost."""

    kind: Literal["stall"]
    ms: Annotated[float, Field(gt=0)]
    memory: Natural = 16

    @property
    def amount(self) -> float:
        return self.ms

    @property
    def places(self) -> dict[str, int]:
        return {"memory": self.memory}


class ShortPayload(When):
    """The last `missing` bytes of a payload do not come, and the camera does not say so."""

    kind: Literal["short_payload"]
    missing: Positive
    n: Positive = 1

    @property
    def amount(self) -> float:
        return float(self.missing)


class EncoderSlip(When):
    """The count jumps by `counts`, at each of `n` lines, and stays there."""

    kind: Literal["encoder_slip"]
    counts: int
    n: Positive = 1

    @property
    def amount(self) -> float:
        return float(self.counts)


class EncoderRollover(When):
    """The counter has `bits`, from the start, and comes to 0 at this line of a recording, if it has not slipped or
    turned back before; live, wherever it does."""

    kind: Literal["encoder_rollover"]
    bits: Annotated[int, Field(ge=1, le=62)] = 32

    @property
    def amount(self) -> float:
        return float(self.bits)


class Lamp(When):
    """The lamp gives the share `light` of its light (lamp_failure); or goes there evenly (lamp_drift), and at the end
    of `n` lines back to 1; or loses up to the share that is not `light`, another one at each line (lamp_flicker)."""

    kind: Literal["lamp_failure", "lamp_flicker", "lamp_drift"]
    light: Share = 0.0
    n: Positive
    view: Literal["scene", "white"] = "scene"

    @property
    def amount(self) -> float:
        return 1.0 - self.light if self.kind == "lamp_flicker" else self.light


class StuckShutter(When):
    """The shutter does not close for `n` lines or, without it, ever again."""

    kind: Literal["stuck_shutter"]
    n: Positive | None = None
    view: Literal["dark"] = "dark"


class LightLeak(When):
    """The `share` of the scene's light falls on lines that should be dark."""

    kind: Literal["light_leak"]
    share: Share
    n: Positive | None = None
    view: Literal["dark"] = "dark"

    @property
    def amount(self) -> float:
        return self.share


class DirtyWhite(When):
    """The white panel is darker by `share` at the sensor's samples from `start` up to `stop`."""

    kind: Literal["dirty_white"]
    share: Share
    start: Natural
    stop: Positive
    n: Positive | None = None
    view: Literal["white"] = "white"

    @property
    def amount(self) -> float:
        return self.share

    @property
    def places(self) -> dict[str, int]:
        return {"start": self.start, "stop": self.stop}


class WrongWhite(When):
    """The light of the white panel goes evenly from `share`/2 more at the sensor's first sample to as much less at its
    last (tilted_white); or its grain slides by, a sample a line, and differs by up to `share` (moving_white)."""

    kind: Literal["tilted_white", "moving_white"]
    share: Share
    n: Positive | None = None
    view: Literal["white"] = "white"

    @property
    def amount(self) -> float:
        return self.share


class Link(When):
    """The link goes down, which the host is told (disconnect), or nothing comes and nothing answers (silence); it comes
    back after `ms` or, without it, never. Lines that are exposed meanwhile are lost."""

    kind: Literal["disconnect", "silence"]
    ms: Annotated[float, Field(gt=0)] | None = None

    @property
    def amount(self) -> float:
        return self.ms or 0.0


class Accesses(When):
    """From the exposure of the line on, `n` accesses fail: to registers, to the next frame, or starts of the stream.
    At line 0, the first ones that there are."""

    kind: Literal["register_error", "event_error", "failed_start"]
    n: Positive = 1


Fault = Annotated[
    Lines
    | BurstDrop
    | Once
    | TimeJump
    | Jitter
    | Stall
    | ShortPayload
    | EncoderSlip
    | EncoderRollover
    | Lamp
    | StuckShutter
    | LightLeak
    | DirtyWhite
    | WrongWhite
    | Link
    | Accesses,
    Field(discriminator="kind"),
]
