"""What the conveyor says that it has seen."""

from __future__ import annotations

import numpy as np

from oreline.messages import UNKNOWN
from oreline.testing import LAYERS, label_line, stream_info
from sinks.conveyor.totals import Totals


def test_unknown_samples_are_counted_by_why_they_are() -> None:
    info, count = stream_info(layers=LAYERS), Totals()
    count.begin(info.classes, info.layers)
    layers = np.full((8, 32), UNKNOWN, np.uint8)
    layers[4, :5] = 0, 1, 1, 1, UNKNOWN
    count.line(label_line(0, info, [UNKNOWN] * 32, layers=layers))
    count.line(label_line(1, info))
    assert count.report()["unknown"] == {"not rock": 1, "unsure": 3}
