"""What the page of a hole tells, gathered: the one thing that its parts are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from sinks.core.depth import HoleDepth
from sinks.core.page.columns import MosaicColumn, means, stacks
from sinks.core.page.log import Column, Depths, Marks
from sinks.core.pictures import ink
from sinks.core.pictures.layers import Layer
from sinks.core.pictures.marks import marks_of
from sinks.core.pictures.mosaic import Grid, Mosaic
from sinks.core.qc.finding import Verdict
from sinks.core.scan import Scan
from sinks.core.session import Session

MOSAIC_ROWS, MOSAIC_PX = 60_000, 64
"""Most rows of a mosaic in a page, and most pixels across the core: the page of any hole stays small."""


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """A hole. `fine`, `table`: its intervals that are drawn, and those that are written down. `layers`: of its mosaics,
    beside each other. `from_m` to `to_m` is shown. `pixel_mm`: size of a sample. `verdicts`: by box, as far as there
    are any. `made`: who made the page from what, by words."""

    session: Session
    depth: HoleDepth
    scan_of: Callable[[int], Scan]
    fine: pa.Table
    table: pa.Table
    layers: Sequence[Layer]
    from_m: float
    to_m: float
    pixel_mm: float
    verdicts: Mapping[int, Verdict] = field(default_factory=dict)
    made: Mapping[str, str] = field(default_factory=dict)

    @property
    def grid(self) -> Grid:
        """Rows of the mosaics."""
        step = max(0.001, ink.round_step((self.to_m - self.from_m) / MOSAIC_ROWS))
        return Grid.over(self.depth, self.from_m, self.to_m, step, self.pixel_mm, MOSAIC_PX)

    def columns(self) -> list[Column]:
        """Columns of the log."""
        missing = [(one.from_m, one.to_m) for one in self.depth.missing]
        recovery = [(one.from_m, one.to_m, one.share) for one in self.depth.recovery]
        depths, beside = Depths(self.from_m, self.to_m), Marks(marks_of(self.session), missing, recovery)
        mosaics = [
            MosaicColumn(Mosaic(self.grid, self.depth, layer, self.scan_of), layer.name) for layer in self.layers
        ]
        return [depths, beside, *mosaics, *stacks(self.fine), *means(self.fine)]
