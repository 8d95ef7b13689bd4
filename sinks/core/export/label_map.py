"""Label map of a box as ENVI Classification, with the palette of its answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from oreline.messages import INVALID
from oreline.recordings.envi_writer import EnviWriter
from sinks.core.export.names import ascii_text
from sinks.core.scan import Scan


def write_label_map(header: Path, scan: Scan, hole: str) -> None:
    """Write `header` and, beside it, `.img`: uint8 (lines, samples). Lines that did not come are `invalid`."""
    codes = np.where(scan.missing[:, None], np.uint8(INVALID), scan.codes)
    size = f"{scan.pixel_mm / 1000:g}"
    extra = {
        "description": f"{{ {ascii_text(hole)}, box {scan.box} }}",
        "pixel size": f"{{{size}, {size}, units=Meters}}",
    }
    classes = scan.answer.classes
    with EnviWriter.create(
        header, samples=codes.shape[1], bands=1, dtype=np.uint8, classes=classes, band_names=[f"box {scan.box}"],
        extra=extra,
    ) as file:  # fmt: skip
        for line in codes:
            file.write(line[None])
