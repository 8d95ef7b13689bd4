"""Changes of a model that need no training: when it says that it does not know, what is belt, colours of classes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from inference.classification.card import GOLDEN, MODEL, Card
from inference.classification.signature import checked, sign
from oreline.errors import ConfigError, nearest
from oreline.palette import Colour

NEWER = {"group_below", "noisy_above", "dark_below"}
"""Thresholds that a card of the first version has not."""
BANDS = {"bands_unknown_below": "unknown_below", "bands_species_below": "species_below"}
"""Thresholds of the second answer, by the field of `Card.bands`."""
_COLOUR = re.compile(r"([^=]+)=#?([0-9a-fA-F]{6})")


def change(
    folder: Path, out: Path | None, keys: Path | None, colours: Iterable[str], **thresholds: float | None
) -> Path:
    """Change a model, in `folder` or as a copy in `out`, and sign it with this user's key. Returns the public key.

    `keys`: the folder of makers that are trusted besides. `colours`: NAME=RRGGBB each. `thresholds`: fields of the
    card, and those of BANDS; None leaves one as it is. Raises ModelError, and ModelUntrusted for a model that no line
    here would run; ConfigError for what is no class, no colour or no change, and for an `out` that is there.
    """
    card, _ = checked(folder, keys)
    card.check_files(folder)
    changed = changed_card(card, colours, **thresholds)
    target = out or folder
    if out is not None:
        if out.exists():
            raise ConfigError(f"{out} is there already: name a folder that is not")
        out.mkdir(parents=True)
        for name in (MODEL, GOLDEN):
            shutil.copy(folder / name, out / name)
    changed.write(target)
    return sign(target)


def changed_card(card: Card, colours: Iterable[str], **thresholds: float | None) -> Card:
    """The card with these changes. Its metrics stay those of the threshold by which they were measured, which it then
    names. Raises ConfigError."""
    given = {name: value for name, value in thresholds.items() if value is not None}
    update: dict[str, Any] = {name: value for name, value in given.items() if name not in BANDS}
    if bands := {BANDS[name]: value for name, value in given.items() if name in BANDS}:
        if card.bands is None:
            raise ConfigError(
                f"model {card.name!r} does not tell whose absorption bands a sample shows: it has no --bands-..."
            )
        update["bands"] = card.bands.model_copy(update=bands)
    if update.keys() & NEWER:
        update["version"] = 2
    chosen = dict(_colour(text, card) for text in colours)
    if chosen:
        update["colours"] = {**(card.colours or {}), **chosen}
    if not update:
        raise ConfigError("nothing to change: give a threshold, such as --unknown-below, or --colour")
    measured = card.unknown_below if card.measured_below is None else card.measured_below
    below = update.get("unknown_below", card.unknown_below)
    return card.model_copy(update={**update, "measured_below": None if below == measured else measured})


def _colour(text: str, card: Card) -> tuple[str, Colour]:
    found, names = _COLOUR.fullmatch(text), [one.name for one in card.classes]
    if found is None:
        raise ConfigError(f"--colour {text!r}: give CLASS=RRGGBB, such as {names[0]}=2E35F5")
    if found[1] not in names:
        raise ConfigError(f"{found[1]!r} is no class of the model: {', '.join(names)}.{nearest(found[1], names)}")
    red, green, blue = bytes.fromhex(found[2])
    return found[1], (red, green, blue)
