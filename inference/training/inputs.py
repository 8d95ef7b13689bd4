"""What networks read, by camera."""

from __future__ import annotations

from inference.preprocessing.blocks import Blocks, LogBlock, LogDerivative, Scalars, SnvBlock
from inference.preprocessing.steps import Steps

_SHORTWAVE: Steps = (
    Blocks(
        blocks=(LogDerivative(cuts_nm=(1330.0, 1640.0, 1840.0, 2090.0)), LogBlock()),
        scalars=Scalars(log_mean=0.01, log_contrast=0.003, log_spreads=0.00075),
    ),
)
"""To 2500 nm. The cuts part overtones of OH and water, water with OH, and the combinations with Al, Mg and CO3."""
_NEAR: Steps = (Blocks(blocks=(SnvBlock(), LogBlock()), scalars=Scalars(log_mean=0.01, log_contrast=0.003)),)
"""To 1700 nm, where the derivative was found to add nothing."""
INPUTS: dict[str, Steps] = {"nir224": _NEAR, "swir288": _SHORTWAVE, "swir640": _SHORTWAVE}
