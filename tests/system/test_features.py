"""A line that measures features while it labels: what is recorded is what the function says of the recorded spectra."""

from __future__ import annotations

import numpy as np

from inference.features.absorption import absorptions
from inference.features.windows import placed
from oreline.features import FEATURES, LEAST_DEPTH
from oreline.recordings.envi_header import read_header
from oreline.recordings.recording import open_recording
from tests.system.line import Line

LINES = 150


def test_features_are_recorded_beside_labels_and_are_those_of_the_reflectance(line: Line) -> None:
    line.tables["acquisition"]["steps"][-1]["lines"] = LINES
    line.tables["inference"]["streams"] = ["labels", "reflectance", "features"]
    del line.tables["sinks"]["conveyor"], line.tables["plant"]
    for name, what in (("spectra", "reflectance"), ("bands", "features")):
        line.tables["sinks"][name] = {"sink": "record", "what": what, "name": name}
    with line.start() as process:
        assert process.wait(120) == 0, process.communicate()[0]
    (features,), (reflectance,) = (list(line.output.glob(f"{name}_*_000.hdr")) for name in ("bands", "spectra"))
    names = [f"{one.name} {what}" for one in FEATURES for what in ("nm", "depth")]
    assert [name.strip() for name in read_header(features).fields["band names"].strip("{}").split(",")] == names
    spectra = np.asarray(open_recording(reflectance).cube).swapaxes(0, 1).reshape(288, -1)
    found = np.asarray(open_recording(features).cube).swapaxes(0, 1).reshape(len(FEATURES), 2, -1)
    nm = read_header(reflectance).wavelengths_nm
    assert nm is not None
    expected = absorptions(placed(nm), spectra)
    clear = expected[:, 1] > LEAST_DEPTH + 1e-5
    assert clear.sum() > LINES
    off = np.abs(found - expected).swapaxes(0, 1)[:, clear]
    assert np.quantile(off[0], 0.999) < 0.01
    assert off[1].max() < 2e-6
    assert line.journalled() == LINES
