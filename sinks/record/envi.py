"""Recorders of what inference makes: reflectance, labels or features as ENVI files, one image line a sequence number.

Lines that are missing are written as NaN or INVALID, so that line numbers stay right; reference lines have no line.
A file ends where the run does, or where samples, bands or classes change.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from oreline.answers import Answer, Which, answer_of
from oreline.errors import ConfigError, StreamError
from oreline.expected import Expected
from oreline.features import LEAST_DEPTH, METHOD
from oreline.messages import (
    INVALID,
    FeatureLine,
    Gap,
    LabelLine,
    LayerInfo,
    Line,
    Message,
    Reason,
    ReflectanceLine,
    StreamInfo,
    blank_planes,
)
from oreline.recordings.envi_writer import EnviWriter
from oreline.sink import RAW
from sinks.record.raw import RawRecord
from sinks.record.recorder import Recorder
from sinks.record.settings import RecordSettings

NO_LAYERS = "nothing stands beside the labels: take a model that tells more, and leave it in inference.layers"
NOT_SURE = "lines do not say how sure they are: set inference.uncertainty = true"
NO_CAMERA = "raw lines come from acquisition, which is on another host: give its address as remote, or record there"
DATA = ".img"
STREAMS = {ReflectanceLine: "reflectance", LabelLine: "labels", FeatureLine: "features"}
"""Stream that each type of line comes by."""


class Record(Recorder[EnviWriter]):
    """Records reflectance, float32 BIL (lines, bands, samples)."""

    stream: ClassVar[str] = "reflectance"
    fill: float | NDArray[np.uint8] = np.nan

    @classmethod
    def check(cls, settings: RecordSettings, expected: Expected) -> None:
        """Raises ConfigError where nothing makes what it is to record."""
        if settings.what == RAW and not expected.raw:
            raise ConfigError(NO_CAMERA)
        if settings.what != RAW:
            expected.must_have(settings.stream)
        if settings.what == "uncertainty" and not expected.uncertainty:
            raise ConfigError(NOT_SURE)
        if settings.what in ("groups", "bands") and expected.layers is not None:
            answer_of(settings.what, expected.classes or (), expected.layers)
        if settings.what == "layers" and expected.layers == ():
            raise ConfigError(NO_LAYERS)

    @classmethod
    def open(cls, settings: RecordSettings, output: Path) -> Recorder[Any]:
        """Start, or go on after the last committed line. Raises RecordingError where the files do not fit."""
        output.mkdir(parents=True, exist_ok=True)
        return RECORDERS[settings.what](settings, output)

    def _take(self, message: Message) -> None:
        if isinstance(message, StreamInfo):
            self._begin(message)
        elif isinstance(message, Gap) and message.reason is not Reason.REFERENCE:
            self._write(np.full(self._place.shape, self.fill, np.float32), message.n)
        elif isinstance(message, Line):
            came = STREAMS.get(type(message), "raw")
            if came != self.stream:
                raise StreamError(f"this recorder takes {self.stream}, but {came} came: set what = '{came}'")
            self._write(self.pixels(message), 1)

    def _go_on(self) -> None:
        """One without a line may have gone before what replaces it came."""
        place = self._committed
        header = self._output / place.header
        if place.lines or (place.header and header.is_file()):
            self._attach(EnviWriter.resume(header, place.lines))
        elif place.header:
            header.with_suffix(DATA).unlink(missing_ok=True)
            self._place = replace(place, layout="")

    def _cut_off(self) -> None:
        EnviWriter.resume(self._output / self._committed.header, self._committed.lines).close()

    def pixels(self, line: Any) -> NDArray[Any]:
        """A line of its stream as an image line (bands, samples)."""
        return np.asarray(line.reflectance)

    def layout(self, info: StreamInfo) -> dict[str, Any]:
        """Layout of the file, as `EnviWriter.create` takes it."""
        return {"samples": info.samples, "bands": info.bands, "dtype": "f4", "wavelengths_nm": info.wavelengths_nm}

    def about(self, info: StreamInfo) -> dict[str, str]:
        """More fields of the file's header."""
        return {
            "quantity": self._settings.what,
            "sensor type": info.camera,
            "serial number": info.serial,
            "run": info.run.hex(),
            "first sequence": str(info.seq),
            "x start": str(info.offset_x),
            "frame rate": f"{info.line_rate_hz:g}",
            **({"data units": info.unit} if info.unit else {}),
        }

    def _begin(self, info: StreamInfo) -> None:
        """Start a file, unless that of the last commit fits."""
        run, layout = info.run.hex(), self.layout(info)
        digest = hashlib.sha256(repr(sorted(layout.items())).encode()).hexdigest()
        if run == self._place.run and self._writer is None:
            self._go_on()
        if (run, digest) == (self._place.run, self._place.layout):
            return
        shape = (layout["bands"], layout["samples"])
        header, _ = self._new_part(run, info.seq, shape=shape, layout=digest)
        self._attach(EnviWriter.create(header, **layout, extra=self.about(info), suffix=DATA))

    def _header(self, run: str, part: int) -> Path:
        return self._output / f"{self._settings.name}_{run[:12]}_{part:03d}.hdr"

    def _is_free(self, header: Path) -> bool:
        return not header.exists() and not header.with_suffix(DATA).exists()

    def _drop(self, writer: EnviWriter) -> None:
        for path in (writer.header, writer.data):
            path.unlink()

    def _write(self, pixels: NDArray[Any], n: int) -> None:
        if self._writer is None and self._place.layout:
            self._go_on()
        if self._writer is None:
            raise StreamError("a line came before the StreamInfo that describes it")
        for _ in range(n):
            self._writer.write(pixels)


class UncertaintyRecord(Record):
    """Records how sure reflectance is, float32 BIL (lines, bands, samples)."""

    def pixels(self, line: ReflectanceLine) -> NDArray[Any]:
        if line.uncertainty is None:
            raise StreamError(NOT_SURE)
        return line.uncertainty


class LabelRecord(Record):
    """Records labels as an ENVI Classification, uint8 (lines, 1, samples)."""

    stream: ClassVar[str] = "labels"
    fill: float | NDArray[np.uint8] = INVALID

    def pixels(self, line: LabelLine) -> NDArray[Any]:
        return line.labels[None]

    def layout(self, info: StreamInfo) -> dict[str, Any]:
        return {"samples": info.samples, "bands": 1, "dtype": "u1", "classes": info.classes}


class GroupRecord(LabelRecord):
    """Records the groups of the labels as an ENVI Classification, uint8 (lines, 1, samples)."""

    which: ClassVar[Which] = "groups"
    _answer: Answer

    def pixels(self, line: LabelLine) -> NDArray[Any]:
        return self._answer.codes(line.labels, line.layers)[None]

    def layout(self, info: StreamInfo) -> dict[str, Any]:
        self._answer = answer_of(self.which, info.classes, info.layers)
        return {**super().layout(info), "classes": self._answer.classes}


class BandsRecord(GroupRecord):
    """The same of whose absorption bands samples show."""

    which: ClassVar[Which] = "bands"


class LayerRecord(LabelRecord):
    """Records what stands beside labels, uint8 BIL (lines, planes, samples)."""

    def pixels(self, line: LabelLine) -> NDArray[Any]:
        if line.layers is None:
            raise StreamError(NO_LAYERS)
        return line.layers

    def layout(self, info: StreamInfo) -> dict[str, Any]:
        if not info.layers:
            raise StreamError(NO_LAYERS)
        self.fill = blank_planes(info.layers)
        names = [name for layer in info.layers for name in _plane_names(layer, info)]
        return {"samples": info.samples, "bands": len(names), "dtype": "u1", "band_names": names}


def _plane_names(layer: LayerInfo, info: StreamInfo) -> list[str]:
    """One a plane; those of several are of the classes, and of what is none behind them."""
    if layer.planes == 1:
        return [layer.name]
    classes = [one.name for one in info.classes] + [str(number) for number in range(len(info.classes), layer.planes)]
    return [f"{layer.name} {name}" for name in classes[: layer.planes]]


class FeatureRecord(Record):
    """Records features, float32 BIL (lines, 2 features, samples): the centre in nm and the depth of each in turn."""

    stream: ClassVar[str] = "features"

    def pixels(self, line: FeatureLine) -> NDArray[Any]:
        return line.features.reshape(-1, line.features.shape[-1])

    def layout(self, info: StreamInfo) -> dict[str, Any]:
        if not info.features:
            raise StreamError("the stream has no features: add 'features' to inference.streams")
        names = [f"{one.name} {what}" for one in info.features for what in ("nm", "depth")]
        return {"samples": info.samples, "bands": len(names), "dtype": "f4", "band_names": names}

    def about(self, info: StreamInfo) -> dict[str, str]:
        windows = (f"{one.name} of {one.first_nm:g}-{one.last_nm:g} nm" for one in info.features)
        said = {"feature windows": ", ".join(windows), "feature method": METHOD, "least depth": f"{LEAST_DEPTH:g}"}
        return {**super().about(info), **said}


RECORDERS: dict[str, type[Recorder[Any]]] = {
    "raw": RawRecord,
    "reflectance": Record,
    "uncertainty": UncertaintyRecord,
    "labels": LabelRecord,
    "groups": GroupRecord,
    "bands": BandsRecord,
    "layers": LayerRecord,
    "features": FeatureRecord,
}
