"""Every spectrum that a scene can show: rocks, each in some states of its surface, then what lies around them.

A rock is a mixture of the scene's minerals, grain by grain. The spectrum of rock `r` in state `s` has the number
`s * rocks + r`; state 0 is the specimen as it was measured, dry and clean. After the rocks come the surroundings, and
last the white panel. All are computed on the library's wavelengths, so that a camera sees what nature mixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwsim.scenes.base import SceneBase
from hwsim.scenes.belt import BeltScene
from hwsim.scenes.core import CoreScene
from hwsim.spectra import load
from oreline.light_model.grains import coarser, intimate
from oreline.light_model.surface import dusty, wet
from oreline.spectra import resampler

Floats = NDArray[np.float64]

PANEL = 0.99
"""Reflectance of the white panel."""
STATES = 12
"""Of the surface, beside the measured one."""
STATE = np.dtype([("size", "f8"), ("water_mm", "f8"), ("dust", "f8")])
"""Grain size relative to the specimen, film of water, share of the surface under dust."""


@dataclass(frozen=True, slots=True, eq=False)
class Palette:
    """`made_of`: float32 (spectra, minerals), what the rock of a spectrum consists of; rows sum to 1, and to 0 where it
    is no rock. `reflectance`: float64 (spectra, wavelengths) on the library's wavelengths. `states`: STATE (states,).
    """

    made_of: NDArray[np.float32]
    reflectance: Floats
    states: NDArray[np.void]

    @classmethod
    def of(cls, scene: BeltScene | CoreScene, rocks: Floats, around: list[NDArray[np.floating]]) -> Self:
        """`rocks`: float64 (rocks, minerals), rows that sum to 1. `around`: reflectance of each thing that is no rock,
        on the library's wavelengths."""
        minerals, library, (states, _), dust = scene.all_minerals, load(), states_of(scene), scene.surface.dust_mineral
        pure, nm = library.reflectance.astype(np.float64), library.wavelengths_nm
        powders = intimate(rocks, pure[[library.index(name) for name in minerals]])
        shown = [_surfaced(powders, nm, state, pure[library.index(dust)]) for state in states]
        others = np.array([*around, np.full(nm.size, PANEL)], np.float64)
        made_of = np.vstack([np.tile(rocks, (len(states), 1)), np.zeros((len(others), len(minerals)))])
        return cls(made_of.astype(np.float32), np.vstack([*shown, others]), states)

    @property
    def around(self) -> int:
        """Number of the first of the surroundings."""
        return int(self.made_of.any(axis=1).sum())

    def state(self, number: int) -> dict[str, float]:
        """A state by its names, as in STATE."""
        return dict(zip(STATE.names or (), self.states[number].item(), strict=True))

    def at(self, centres_nm: ArrayLike, fwhm_nm: ArrayLike) -> NDArray[np.float32]:
        """Reflectance as a camera with these Gaussian bands sees it, float32 (bands, spectra)."""
        seen = resampler(load().wavelengths_nm, centres_nm, fwhm_nm)(self.reflectance)
        return np.ascontiguousarray(seen.T, np.float32)


def states_of(scene: SceneBase) -> tuple[NDArray[np.void], NDArray[np.float64]]:
    """The states that the surfaces of a scene are in, STATE (states,), and how often each is met, (states,).

    Some are dry and some are wet; where the scene asks for nothing, there is the measured state alone.
    """
    surface, rng = scene.surface, np.random.default_rng([scene.seed, 8])
    measured = np.array([(1.0, 0.0, 0.0)], STATE)
    if not (surface.grain_spread or surface.wet_share or surface.dust):
        return measured, np.ones(1)
    states = np.zeros(2 * STATES, STATE)
    states["size"] = np.exp(surface.grain_spread * np.clip(rng.standard_normal(2 * STATES), -2.5, 2.5))
    states["water_mm"][STATES:] = surface.water_mm * rng.uniform(0.5, 2.0, STATES)
    states["dust"] = surface.dust * rng.uniform(0.0, 2.0, 2 * STATES)
    often = np.repeat([1.0 - surface.wet_share, surface.wet_share], STATES) / STATES
    return np.concatenate([measured, states]), np.concatenate([[0.0], often])


def _surfaced(rocks: Floats, nm: Floats, state: np.void, dust: Floats) -> Floats:
    """Reflectance of rocks (rocks, bands) in a state of their surface: dust lies on the rock, and water on both."""
    grained = coarser(rocks, float(state["size"])) if state["size"] != 1.0 else rocks
    covered = dusty(grained, dust, float(state["dust"]))
    return wet(covered, nm, float(state["water_mm"])) if state["water_mm"] else covered
