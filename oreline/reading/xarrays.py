"""Journals and recordings as xarray: arrays that know where each of their numbers lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from oreline.extras import lacking
from oreline.messages import BACKGROUND, INVALID, UNKNOWN
from oreline.reading.journals import Labels
from oreline.recordings.recording import Recording

if TYPE_CHECKING:
    import xarray


def to_xarray(what: Labels | Recording) -> xarray.Dataset:
    """A Dataset of what `journal`, `core_box` or `recording` gave, with its coordinates. Raises ConfigError where
    xarray is not installed, which the extra [reading] has.

    Of a journal: `labels` and `confidence` (line, sample), and each layer (line, plane, sample), at `line` (sequence
    number), `encoder` (counts), `time` (UTC) and `sample` (of the sensor), and of a box of core `depth` (line, sample)
    in m; attributes `flag_values` and `flag_meanings`
    of the CF conventions say what a label stands for.

    Of a recording: `values` (line, wavelength, sample), mapped and not copied, at `wavelength` in nm, or `band` where
    the header has none, `sample` of the sensor, and `encoder` and `t_ns` where it has stamps. `good` (wavelength) is
    False where the header calls a band bad.
    """
    return _of_labels(what) if isinstance(what, Labels) else _of_recording(what)


def _of_labels(what: Labels) -> xarray.Dataset:
    at = ("line", "sample")
    sample = what.info["offset_x"] + np.arange(what.labels.shape[1])
    layers = {name: (("line", f"plane_{name}", "sample"), planes) for name, planes in what.layers.items()}
    places: dict[str, Any] = {"line": what.seq, "sample": sample, "encoder": ("line", what.encoder, {"units": "count"})}
    if what.depth_m is not None:
        places["depth"] = (at, what.depth_m, {"units": "m", "positive": "down"})
    meant = {**what.names, INVALID: "invalid", BACKGROUND: "background", UNKNOWN: "unknown"}
    words = " ".join(name.replace(" ", "_") for name in meant.values())
    said = {"flag_values": np.array(list(meant), np.uint8), "flag_meanings": words}
    return _dataset(
        {"labels": (at, what.labels, said), "confidence": (at, what.confidence, {"scale": 1 / 255}), **layers},
        {**places, "time": ("line", what.time), "flags": ("line", what.flags)},
        {"run": what.run, "camera": what.info["camera"], "serial": what.info["serial"], "model": what.info["model"]},
    )


def _of_recording(what: Recording) -> xarray.Dataset:
    band = "wavelength" if what.wavelengths_nm else "band"
    good = np.ones(what.bands, bool)
    good[list(what.bad_bands)] = False
    places: dict[str, Any] = {"line": np.arange(what.lines), "sample": what.x_start + np.arange(what.samples)}
    if what.wavelengths_nm:
        places[band] = (band, np.array(what.wavelengths_nm), {"units": "nm"})
    if what.stamps is not None:
        t_ns, encoder = what.read_stamps().T
        places |= {"t_ns": ("line", t_ns), "encoder": ("line", encoder, {"units": "count"})}
    about = {key: value for key, value in what.metadata.items() if key not in ("wavelength", "fwhm", "bbl")}
    return _dataset(
        {"values": (("line", band, "sample"), what.cube)},
        {**places, "good": (band, good)},
        {"name": what.name, **about},
    )


def _dataset(values: dict[str, Any], places: dict[str, Any], about: dict[str, Any]) -> xarray.Dataset:
    try:
        import xarray
    except ModuleNotFoundError as error:
        raise lacking(error) or error from None
    return xarray.Dataset(values, places, about)
