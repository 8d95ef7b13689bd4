"""Recording: reflectance, labels or features as ENVI files, one image line a sequence number.

Lines that are missing are written as NaN or INVALID, so that line numbers stay right; reference lines have no line.
A file ends where the run does, or where samples, bands or classes change. A sidecar, `NAME.place.json`, names the file
and how many of its lines are committed: after a crash, what lies beyond is cut off and asked for again. No other file
is ever written over.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from oreline.answers import Answer, Which, answer_of
from oreline.config import Section
from oreline.errors import ConfigError, OrelineError, StoreFailed, StreamError
from oreline.expected import Expected
from oreline.incidents import report
from oreline.messages import (
    INVALID,
    FeatureLine,
    Gap,
    LabelLine,
    LayerInfo,
    Message,
    Reason,
    ReflectanceLine,
    StreamInfo,
    blank_planes,
)
from oreline.recordings.envi_writer import EnviWriter
from oreline.sink import Policy
from sinks.record_place import Place

NO_LAYERS = "nothing stands beside the labels: take a model that tells more, and leave it in inference.layers"
NOT_SURE = "lines do not say how sure they are: set inference.uncertainty = true"
SIDECAR, DATA = "place.json", ".img"
STREAMS = {ReflectanceLine: "reflectance", LabelLine: "labels", FeatureLine: "features"}
"""Stream that each type of line comes by."""


class RecordSettings(Section):
    """ENVI files of one quantity, one image line a sequence number."""

    what: Literal["reflectance", "labels", "groups", "bands", "layers", "uncertainty", "features"] = "reflectance"
    """Quantity that is recorded. Beside labels, a model that tells them has groups and whose absorption bands a sample
    shows ("bands", where no mineral is sure its group), label files like that of the labels; "layers" has all that
    stands beside labels as it is sent. Uncertainty is that of reflectance, and needs `inference.uncertainty`; features
    have two bands each, the centre in nm and the depth."""
    name: Annotated[str, Field(pattern=r"^\w[\w.-]*$", max_length=64)] = "record"
    """Beginning of the files' names; a part of the run id and a number follow."""


class Record:
    """Records reflectance, float32 BIL (lines, bands, samples)."""

    policy: ClassVar[Policy] = Policy.COMPLETE
    stream: ClassVar[str] = "reflectance"
    acts_on_plant: ClassVar[bool] = False
    Settings: ClassVar[type[Section]] = RecordSettings
    fill: float | NDArray[np.uint8] = np.nan

    def __init__(self, settings: RecordSettings, output: Path) -> None:
        self._settings, self._output = settings, output
        self._sidecar = output / f"{settings.name}.{SIDECAR}"
        self._committed = self._place = Place.read(self._sidecar)
        self._headers: list[Path] = []
        self._writer: EnviWriter | None = None
        self._report: dict[str, Any] | None = None
        self._pending: list[Message] = []
        self._taken = 0

    @classmethod
    def check(cls, settings: RecordSettings, expected: Expected) -> None:
        """Raises ConfigError where nothing makes what it is to record."""
        expected.must_have(RECORDERS[settings.what].stream)
        if settings.what == "uncertainty" and not expected.uncertainty:
            raise ConfigError(NOT_SURE)
        if settings.what in ("groups", "bands") and expected.layers is not None:
            answer_of(settings.what, expected.classes or (), expected.layers)
        if settings.what == "layers" and expected.layers == ():
            raise ConfigError(NO_LAYERS)

    @classmethod
    def open(cls, settings: RecordSettings, output: Path) -> Record:
        """Start, or go on after the last committed line. Raises RecordingError where the files do not fit."""
        output.mkdir(parents=True, exist_ok=True)
        return RECORDERS[settings.what](settings, output)

    def resume(self) -> tuple[bytes, int] | None:
        committed = self._committed
        return (bytes.fromhex(committed.run), committed.next) if committed.run else None

    def consume(self, messages: list[Message]) -> None:
        self._pending += messages

    def commit(self) -> None:
        """Write what was consumed, then where it ends. Raises StoreFailed; what was half written is cut off then.
        Raises SystemRefused where the file is not in its place any more."""
        self._refuse_gone()
        try:
            while self._taken < len(self._pending):
                self._take(self._pending[self._taken])
                self._taken += 1
            if self._writer is not None:
                self._settle(self._writer)
        except OrelineError:
            raise
        except OSError as error:
            if self._writer is not None:
                self._writer.abandon()
            self._writer, self._place, self._taken = None, self._committed, 0
            why = error.strerror or error
            raise StoreFailed(f"{self._output} cannot be written: {why}; free space, nothing is lost") from error
        self._pending, self._taken = [], 0

    def _take(self, message: Message) -> None:
        if isinstance(message, StreamInfo):
            self._begin(message)
        elif isinstance(message, Gap) and message.reason is not Reason.REFERENCE:
            self._write(np.full(self._place.shape, self.fill, np.float32), message.n)
        elif isinstance(message, ReflectanceLine | LabelLine | FeatureLine):
            came = STREAMS[type(message)]
            if came != self.stream:
                raise StreamError(f"this recorder takes {self.stream}, but {came} came: set what = '{came}'")
            self._write(self.pixels(message), 1)
        self._place = replace(self._place, next=max(self._place.next, message.first + message.n))

    def _settle(self, writer: EnviWriter) -> None:
        place = replace(self._place, lines=writer.lines)
        if place != self._committed:
            writer.flush()
            self._note(place)

    def _note(self, place: Place) -> None:
        place.write(self._sidecar)
        self._committed = self._place = place

    def _go_on(self) -> None:
        """Open the file of the last commit again; one without a line may have gone before what replaces it came."""
        place = self._committed
        header = self._output / place.header
        if place.lines or (place.header and header.is_file()):
            self._attach(EnviWriter.resume(header, place.lines))
        elif place.header:
            header.with_suffix(DATA).unlink(missing_ok=True)
            self._place = replace(place, layout="")

    def idle(self) -> None:
        """Raises SystemRefused where a file that was committed has been removed or moved."""
        self._refuse_gone()

    def close(self) -> dict[str, Any]:
        """Close the file; lines that were not committed are cut off, since they will come again. A file that is not in
        its place is put there again before."""
        if self._report is None:
            if self._writer is not None:
                self._put_back(self._writer)
                self._writer.close()
            header = self._output / self._committed.header
            if self._committed.header and header.is_file():
                EnviWriter.resume(header, self._committed.lines).close()
            names = [self._settings.what, *(f"{self._settings.what}_{i:03d}" for i in range(1, len(self._headers)))]
            artefacts = {name: str(path) for name, path in zip(names, self._headers, strict=False)}
            self._report = {"lines": self._committed.lines, "artefacts": artefacts}
        return self._report

    def _refuse_gone(self) -> None:
        if self._writer is not None:
            self._writer.refuse_gone()

    def _put_back(self, writer: EnviWriter) -> None:
        if writer.put_back():
            report("", "put_back", f"{writer.data} was removed or moved while it was open: it is there again, whole")
            self._note(self._committed)

    def pixels(self, line: Any) -> NDArray[Any]:
        """A line of its stream as an image line (bands, samples)."""
        return np.asarray(line.reflectance)

    def layout(self, info: StreamInfo) -> dict[str, Any]:
        """Layout of the file, as `EnviWriter.create` takes it."""
        return {"samples": info.samples, "bands": info.bands, "dtype": "f4", "wavelengths_nm": info.wavelengths_nm}

    def about(self, info: StreamInfo) -> dict[str, str]:
        """More fields of the file's header."""
        return {
            "sensor type": info.camera,
            "serial number": info.serial,
            "run": info.run.hex(),
            "first sequence": str(info.seq),
            "x start": str(info.offset_x),
            "frame rate": f"{info.line_rate_hz:g}",
            **({"data units": info.unit} if info.unit else {}),
        }

    def _begin(self, info: StreamInfo) -> None:
        """Start a file, unless that of the last commit fits. What came before is on the disk then, and the name is
        noted before the file is made: one that is there and not noted is somebody's, and stays."""
        run, layout = info.run.hex(), self.layout(info)
        digest = hashlib.sha256(repr(sorted(layout.items())).encode()).hexdigest()
        same_run = run == self._place.run
        if same_run and self._writer is None:
            self._go_on()
        if (run, digest) == (self._place.run, self._place.layout):
            return
        if self._writer is not None:
            self._end_file(self._writer)
        if not same_run:
            self._headers.clear()
        part = self._free_part(run, self._place.part if same_run else 0)
        shape = (layout["bands"], layout["samples"])
        header = self._header(run, part)
        self._note(Place(run, self._place.next if same_run else info.seq, header.name, part, 0, shape, digest))
        self._pending, self._taken = self._pending[self._taken :], 0
        self._attach(EnviWriter.create(header, **layout, extra=self.about(info), suffix=DATA))

    def _free_part(self, run: str, first: int) -> int:
        """The first part from there on of which no file is there."""
        headers = ((part, self._header(run, part)) for part in count(first))
        return next(part for part, header in headers if not header.exists() and not header.with_suffix(DATA).exists())

    def _header(self, run: str, part: int) -> Path:
        return self._output / f"{self._settings.name}_{run[:12]}_{part:03d}.hdr"

    def _end_file(self, writer: EnviWriter) -> None:
        """Close the open file; one without a line, as before the first scene line, goes."""
        writer.close()
        if not writer.lines and self._headers[-1] == writer.header:
            for path in (self._headers.pop(), writer.data):
                path.unlink()

    def _attach(self, writer: EnviWriter) -> None:
        self._writer = writer
        if writer.header not in self._headers:
            self._headers.append(writer.header)

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
        return {**super().about(info), "feature windows": ", ".join(windows)}


RECORDERS = {
    "reflectance": Record,
    "uncertainty": UncertaintyRecord,
    "labels": LabelRecord,
    "groups": GroupRecord,
    "bands": BandsRecord,
    "layers": LayerRecord,
    "features": FeatureRecord,
}
