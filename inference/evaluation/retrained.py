"""The recipe of a model, from its card: to train it anew without some of the specimens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inference.classification.card import Card
from inference.training.data import load
from inference.training.fit import Schedule
from inference.training.recipe import Laboratory, Recipe, Rock
from inference.training.targets import Targets
from inference.training.trainee import Trainee
from oreline.cameras import camera_preset
from oreline.errors import ConfigError

FAMILY = "cnn"
"""Of which all models are whose card does not say it."""
WHOLE = ("schedule.batch", "schedule.steps")


def trainee_of(card: Card, data: Path) -> Trainee:
    """What the model was before it was trained. Raises ConfigError where this release has no such recipe."""
    said = card.training.recipe
    parts = {"laboratory": Laboratory, "in_rock": Rock}
    try:
        recipe = Recipe(**_under("", said), **{name: kind(**_under(f"{name}.", said)) for name, kind in parts.items()})
        schedule = Schedule(**_under("schedule.", said))
    except TypeError:
        raise ConfigError(
            f"model {card.name!r} was trained by a recipe that this release has not, and {data.name} is what it "
            "learned: there is nothing to judge it by; give other specimens, or logs of rock"
        ) from None
    spectra = load(data, camera_preset(card.name), card.steps)
    targets = Targets.of(spectra, bands=card.bands is not None)
    return Trainee(spectra, targets, recipe, schedule, FAMILY, card.training.widths)


def _under(prefix: str, said: dict[str, Any]) -> dict[str, Any]:
    """The entries whose name begins so, and has no other part behind."""
    found = {name.removeprefix(prefix): name for name in said if name.startswith(prefix)}
    return {name: int(said[key]) if key in WHOLE else said[key] for name, key in found.items() if "." not in name}
