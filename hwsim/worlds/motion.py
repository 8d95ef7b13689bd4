"""Where the belt or the tray is when a line is taken.

    way(line) = pitch * jittered(ramped(line)),   both of them 0 at line 0

The ramp is of constant acceleration. The jitter is a sum of sines, so that the way to any line is known without the
lines before it, and grows from line to line as long as the amplitudes of the speed sum to less than 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwsim.scenes.base import SceneBase

PERIODS = (41.0, 97.0, 233.0)
"""Of the jitter, in lines."""


def way_mm(scene: SceneBase, line: ArrayLike) -> NDArray[np.float64]:
    """From the place of line 0, in mm; of the shape of `line`, which counts from 0."""
    motion, at = scene.motion, np.asarray(line, np.float64)
    ramp, rest = np.minimum(at, motion.ramp_lines), 1.0 - motion.ramp_from
    lost = rest * (ramp - ramp**2 / (2.0 * max(1, motion.ramp_lines)))
    return scene.pitch_mm * (_jittered(scene, at - lost) if motion.jitter else at - lost)


def _jittered(scene: SceneBase, way: NDArray[np.float64]) -> NDArray[np.float64]:
    """A way in lines, with the jitter; its speed has a standard deviation of `jitter` in all."""
    amplitude = scene.motion.jitter * np.sqrt(2.0 / len(PERIODS))
    phases = np.random.default_rng([scene.seed, 6]).uniform(0.0, 2.0 * np.pi, len(PERIODS))
    for period, phase in zip(PERIODS, phases, strict=True):
        turn = 2.0 * np.pi / period
        way = way + amplitude / turn * (np.sin(turn * way + phase) - np.sin(phase))
    return way
