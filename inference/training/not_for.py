"""What a model must not be used for, as its card says it."""

from __future__ import annotations

from collections.abc import Sequence

from inference.training.recipe import LOGGED_NM, Recipe
from oreline.cameras import CameraPreset


def not_for(camera: CameraPreset, recipe: Recipe, bands: bool, missing: Sequence[str]) -> tuple[str, ...]:
    """Sentences for a model of a camera. `bands`: whether it has the second answer; `missing`: what its library has
    nothing for, in the words of EndMembers."""
    film = recipe.film_mm[1]
    said = [
        f"Rock under a film of water thicker than {film:g} mm: none was learned, and bands drown in it; let it drain.",
        "Proof that something is no rock: no plastic, paint, rubber or leaf was measured, they are known by the places "
        "of their bands alone.",
        "Minerals that are not in its list: many are answered unknown, not all.",
    ]
    if camera.last_nm < LOGGED_NM:
        said.append(
            f"Groups of minerals on drill core: its bands end at {camera.last_nm:g} nm, below those of Al-OH, Mg-OH "
            "and carbonate, and the water of damp rock is taken for smectite."
        )
    elif not bands:
        said.append("Logging drill core: it has no second answer, whose bands are seen, whatever the major mineral is.")
    if bands and missing:
        said.append(f"Rock that differs from its library, which has nothing for {', '.join(missing)}.")
    return tuple(said)
