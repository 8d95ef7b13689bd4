"""Random numbers as pixels need them: a number a pixel, float32 columns (n, 1) that broadcast against (n, bands)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float32]
Ends = tuple[float, float]


class Chance:
    """One seeded source for all that is drawn of a training."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def uniform(self, ends: Ends, n: int) -> Column:
        """Evenly between `ends`."""
        return self.rng.uniform(*ends, n).astype(np.float32)[:, None]

    def log_uniform(self, ends: Ends, n: int) -> Column:
        """Evenly on a logarithmic scale between `ends`."""
        return np.exp(self.uniform((np.log(ends[0]), np.log(ends[1])), n))

    def normal(self, std: float, n: int) -> Column:
        """Around zero."""
        return self.rng.standard_normal((n, 1), np.float32) * np.float32(std)

    def often(self, share: float, n: int) -> NDArray[np.bool_]:
        """Whether something is so, (n,): in `share` of the pixels."""
        return self.rng.random(n) < share

    def any_of(self, number: int, n: int) -> NDArray[np.int64]:
        """n times one of `number`, (n,)."""
        return self.rng.integers(0, number, n)

    def noise(self, std: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Gaussian noise of `std`, which broadcasts against `shape`."""
        return self.rng.standard_normal(shape, np.float32) * std
