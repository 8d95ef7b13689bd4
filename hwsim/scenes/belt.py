"""Scene of stones on a belt."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from hwsim.scenes.base import Count, Positive, SceneBase, Share, Surfaces, known_mineral

MINERALS = (
    "kaolinite",
    "muscovite",
    "montmorillonite",
    "alunite",
    "jarosite",
    "calcite",
    "dolomite",
    "clinochlore",
    "epidote",
    "talc",
    "topaz",
)
WASTE = ("chalcedony",)


class BeltScene(SceneBase):
    """Stones of known minerals on a dark belt, as a pushbroom camera counts them."""

    world: Literal["belt"] = "belt"
    """"belt" for stones on a belt, "core" for drill core in trays."""
    name: str = Field(default="belt", pattern=r"^[A-Za-z0-9_-]{1,64}$")
    """Name of the recording."""
    lines: Count = 9000
    """Lines of the recording; a live belt goes on for ever."""

    minerals: tuple[str, ...] = Field(default=MINERALS, min_length=1)
    """Minerals of the stones, in equal parts; names of `hwsim.spectra`."""
    waste: tuple[str, ...] = WASTE
    """Minerals of waste, in equal parts."""
    waste_share: Share = 0.1
    """Share of stones that are waste."""
    mixed_share: Share = 0.15
    """Share of stones with patches of a second mineral."""
    intimate_share: Share = 0.0
    """Share of stones whose grains are of two minerals."""

    cover: Annotated[float, Field(gt=0, le=0.6)] = 0.25
    """Share of the belt under stones. Where some find no place it stays below: apart, above about 0.3."""
    separation: Annotated[float, Field(ge=0.4, le=3)] = 1.0
    """Least distance of two stones, relative to that at which the circles around them touch. From 1 on they lie
    apart; at 0.8 many touch; below, some lie on others."""
    size_mm: Positive = 30.0
    """Median diameter; sizes are log-normal, cut at 0.4 and 2.5 times the median."""
    size_spread: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Standard deviation of the logarithm of the diameter."""

    stretches: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")], Surfaces] = {}
    """By name, the surfaces of equal stretches of the recording, one after the other, instead of `surface`: a wet half
    and a dusty one, such as { wet = { wet_share = 1.0 }, dusty = { dust = 0.2 } }."""

    @field_validator("minerals", "waste")
    @classmethod
    def _known_minerals(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(map(known_mineral, names))) < len(names):
            raise ValueError("a mineral is named twice")
        return names

    @property
    def surfaces(self) -> tuple[Surfaces, ...]:
        return tuple(self.stretches.values()) or (self.surface,)

    @property
    def all_minerals(self) -> tuple[str, ...]:
        """Every mineral of the scene; a label of the truth is an index into it."""
        return tuple(dict.fromkeys(self.minerals + self.waste_used))

    @property
    def waste_used(self) -> tuple[str, ...]:
        """`waste`, or nothing where no stone is."""
        return self.waste if self.waste_share else ()
