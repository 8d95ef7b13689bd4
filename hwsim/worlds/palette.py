"""Every spectrum that a scene can show: rocks, each in some states of its surface, then what lies around them.

A rock is a mixture of the scene's minerals, grain by grain. The spectrum of rock `r` in state `s` has the number
`s * rocks + r`; state 0 is the specimen as it was measured, dry and clean. After the rocks come the surroundings, and
last the white panel. All are computed on the library's wavelengths, so that a camera sees what nature mixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwsim.scenes.base import SceneBase, Surfaces
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
        minerals, library, found = scene.all_minerals, load(), states_of(scene)
        pure, nm = library.reflectance.astype(np.float64), library.wavelengths_nm
        powders = intimate(rocks, pure[[library.index(name) for name in minerals]])
        pairs = zip(found.states, found.dust, strict=True)
        shown = [_surfaced(powders, nm, state, pure[library.index(dust)]) for state, dust in pairs]
        others = np.array([*around, np.full(nm.size, PANEL)], np.float64)
        made_of = np.vstack([np.tile(rocks, (len(found.states), 1)), np.zeros((len(others), len(minerals)))])
        return cls(made_of.astype(np.float32), np.vstack([*shown, others]), found.states)

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


class States(NamedTuple):
    """What surfaces of a scene are in: `states`, STATE (states,), the mineral of the `dust` of each, and how `often`
    each is met, (stretches, states)."""

    states: NDArray[np.void]
    dust: tuple[str, ...]
    often: Floats


def states_of(scene: SceneBase) -> States:
    """The states that the surfaces of a scene are in, those of each stretch of it by themselves."""
    surfaces = scene.surfaces
    own = [_states(surface, [scene.seed, 8, *([number] if number else [])]) for number, surface in enumerate(surfaces)]
    often = np.zeros((len(own), sum(len(states) for states, _ in own)))
    first = 0
    for row, (states, shares) in zip(often, own, strict=True):
        row[first : first + len(states)] = shares
        first += len(states)
    dust = tuple(one.dust_mineral for one, (states, _) in zip(surfaces, own, strict=True) for _ in states)
    return States(np.concatenate([states for states, _ in own]), dust, often)


def _states(surface: Surfaces, seed: list[int]) -> tuple[NDArray[np.void], Floats]:
    """Some are dry and some are wet; where nothing is asked for, there is the measured state alone."""
    rng, measured = np.random.default_rng(seed), np.array([(1.0, 0.0, 0.0)], STATE)
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
