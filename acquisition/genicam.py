"""Any GenTL camera, through harvesters: raw fetches, zero-copy views, and nothing else on the line path.

genicam never lets go of the GIL, so a fetch waits a few milliseconds at most; harvesters discards incomplete frames
without their id, so they are counted by a callback. https://github.com/genicam/harvesters/issues/475: one Harvester a
process and one `update`, before any camera is opened.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from genicam.genapi import GenericException as FeatureException
from genicam.gentl import AccessDeniedException, ResourceInUseException
from genicam.gentl import GenericException as TransportException
from harvesters.core import Callback, Harvester

from acquisition.encoder_reader import EncoderReader
from acquisition.producer import find_producer
from acquisition.settings import Settings
from acquisition.source import CameraInfo, Frame
from oreline.errors import CameraBusy, CameraError, CameraLost, CameraNotFound, FeatureError, ProducerNotFound, nearest

FULL_SCALE = {"Mono8": 255, "Mono10": 1023, "Mono12": 4095, "Mono14": 16383, "Mono16": 65535, "Mono12p": 4095}
EVENT_TIMEOUT_MS = 10

logging.getLogger("harvesters.core").setLevel(logging.CRITICAL)


class GenicamSource:
    """A camera of a GenTL producer."""

    def __init__(self, settings: Settings) -> None:
        """Open the one camera that the settings choose. Raises CameraError or one of its kinds."""
        self.incomplete = 0
        self._settings = settings
        self._producer = find_producer(settings.producer)
        self._encoder: EncoderReader | None = None
        self._acquirer: Any = None
        self._harvester = Harvester()
        try:
            self._open()
        except CameraError:
            self.close()
            raise

    def _open(self) -> None:
        interrupt = signal.getsignal(signal.SIGINT)
        self._load(self._producer)
        self._acquirer = self._chosen()
        signal.signal(signal.SIGINT, interrupt)
        self._nodes = self._acquirer.remote_device.node_map
        self._acquirer.num_buffers = self._settings.buffers
        self._acquirer.timeout_period_on_update_event_data_call = EVENT_TIMEOUT_MS
        self._acquirer.add_callback(self._acquirer.Events.INCOMPLETE_BUFFER, _Counting(self))

    def reopen(self) -> None:
        """A harvester that has lost a camera does not find it again; a new one does."""
        self.close()
        self._harvester = Harvester()
        self._open()

    def _load(self, producer: Path) -> None:
        try:
            self._harvester.add_file(str(producer), check_existence=True, check_validity=True)
            self._harvester.update()
        except (OSError, TransportException) as error:
            raise ProducerNotFound(f"{producer} is not a working GenTL producer: {_first_line(error)}") from None

    def _chosen(self) -> Any:
        settings, found = self._settings, self._harvester.device_info_list
        wanted = {"serial_number": settings.serial, "model": settings.model, "id_": settings.id}
        wanted = {key: value for key, value in wanted.items() if value}
        matches = [d for d in found if all(getattr(d, key) == value for key, value in wanted.items())]
        listing = ", ".join(f"{d.model} serial {d.serial_number} id {d.id_}" for d in found) or "none"
        if len(matches) != 1:
            how = "no camera matches" if not matches else f"{len(matches)} cameras match"
            choice = wanted or "no choice was made"
            raise CameraNotFound(f"{how} ({choice}); cameras seen: {listing}. Set acquisition.serial, model or id")
        try:
            return self._harvester.create(matches[0])
        except (AccessDeniedException, ResourceInUseException):
            raise CameraBusy(f"camera {matches[0].id_} is in use: close the program that has it open") from None
        except TransportException as error:
            raise CameraError(f"camera {matches[0].id_} cannot be opened: {_first_line(error)}") from None

    def configure(self, features: Sequence[tuple[str, Any]]) -> None:
        failures = [failure for name, value in features if (failure := self._set(name, value))]
        if failures:
            raise FeatureError("the camera did not take its settings:\n" + "\n".join(f"  {f}" for f in failures))

    def _set(self, name: str, value: Any) -> str:
        """Write one feature and read it back; the answer is what went wrong, or nothing."""
        if not self._nodes.has_node(name):
            return f"{name}: this camera has no such feature.{nearest(name, dir(self._nodes))}"
        node = self._nodes.get_node(name)
        try:
            if hasattr(node, "execute"):
                node.execute()
                return ""
            node.value = value
            actual = node.value
        except (FeatureException, TransportException, TypeError) as error:
            return f"{name} = {value!r} was refused: {_first_line(error)}"
        same = np.isclose(actual, value, rtol=1e-3) if isinstance(actual, float) else actual == value
        return "" if same else f"{name} = {value!r} was taken as {actual!r}"

    def _value(self, name: str, default: Any) -> Any:
        try:
            return self._nodes.get_node(name).value if self._nodes.has_node(name) else default
        except (FeatureException, TransportException):
            return default

    def describe(self) -> CameraInfo:
        pixel_format = str(self._value("PixelFormat", "?"))
        if pixel_format not in FULL_SCALE:
            raise FeatureError(f"PixelFormat {pixel_format} is not spectral: set one of {', '.join(FULL_SCALE)}")
        self._packed = pixel_format == "Mono12p"
        self._dtype = np.dtype(np.uint8 if pixel_format == "Mono8" else np.uint16)
        self._shape = int(self._value("Height", 0)), int(self._value("Width", 0))
        self._image_bytes = self._shape[0] * self._shape[1] * (3 if self._packed else 2 * self._dtype.itemsize) // 2
        has_encoder = self._nodes.has_node(self._settings.encoder)
        self._encoder = self._reader(self._settings.encoder) if has_encoder else None
        device = self._acquirer.device
        return CameraInfo(
            model=str(device.model)[:64],
            serial=str(device.serial_number)[:64],
            bands=self._shape[0],
            samples=self._shape[1],
            most_samples=max(self._shape[1], int(self._value("SensorWidth", 0)), int(self._value("WidthMax", 0))),
            offset_x=int(self._value("OffsetX", 0)),
            full_scale=FULL_SCALE[pixel_format],
            exposure_us=float(self._value("ExposureTime", 0.0)),
            gain=self._gain(),
            line_rate_hz=float(self._value("AcquisitionFrameRate", 0.0)),
            triggered=str(self._value("TriggerMode", "Off")) == "On",
        )

    def _reader(self, name: str) -> EncoderReader:
        node = self._nodes.get_node(name)
        return EncoderReader(name, lambda: int(node.value), (FeatureException, TransportException))

    def _gain(self) -> float:
        """As a factor: SFNC leaves the unit to the camera, which mostly says dB."""
        gain = float(self._value("Gain", 0.0))
        decibel = not self._nodes.has_node("Gain") or self._nodes.get_node("Gain").unit == "dB"
        return 10 ** (gain / 20) if decibel else gain

    def start(self) -> None:
        try:
            self._acquirer.start()
        except (FeatureException, TransportException) as error:
            raise CameraLost(f"the camera does not start: {_first_line(error)}") from None

    def fetch(self, timeout_s: float) -> Frame | None:
        try:
            buffer = self._acquirer.try_fetch(timeout=timeout_s, is_raw=True)
        except TransportException as error:
            raise CameraLost(f"the camera is gone: {_first_line(error)}; check its cable and power") from None
        if buffer is None:
            return None
        if buffer.size_filled < self._image_bytes:
            self.incomplete += 1
            buffer.parent.queue_buffer(buffer)
            return None
        encoder = self._encoder.read() if self._encoder else None
        return Frame(self._counts(buffer), buffer.frame_id, _time(buffer), encoder, buffer)

    def waiting(self) -> int:
        try:
            return int(self._acquirer.data_streams[0].num_awaiting_delivery)
        except TransportException:
            return 0

    def ended(self) -> bool:
        return bool(self._value("RecordingEnded", False))

    def _counts(self, buffer: Any) -> Any:
        bands, samples = self._shape
        if self._packed:
            return unpack12(np.frombuffer(buffer.raw_buffer, np.uint8, bands * samples * 3 // 2)).reshape(self._shape)
        counts = np.frombuffer(buffer.raw_buffer, self._dtype, bands * samples).reshape(self._shape)
        return counts if self._dtype == np.uint16 else counts.astype(np.uint16)

    def release(self, frame: Frame) -> None:
        frame.token.parent.queue_buffer(frame.token)

    def stop(self) -> None:
        if self._acquirer is not None:
            self._twice("stop")

    def close(self) -> None:
        if self._acquirer is not None:
            self._twice("destroy")
            self._acquirer = None
        self._harvester.reset()

    def temperature(self) -> float | None:
        node = self._nodes.get_node("DeviceTemperature") if self._nodes.has_node("DeviceTemperature") else None
        try:
            return None if node is None else float(node.value)
        except (FeatureException, TransportException) as error:
            raise FeatureError(f"DeviceTemperature cannot be read: {_first_line(error)}") from None

    def _twice(self, method: str) -> None:
        """After a lost camera the first call raises and the second succeeds."""
        try:
            getattr(self._acquirer, method)()
        except TransportException:
            getattr(self._acquirer, method)()


class _Counting(Callback):  # type: ignore[misc]
    """harvesters calls `emit` with the event's context."""

    def __init__(self, source: GenicamSource) -> None:
        super().__init__()
        self._source = source

    def emit(self, context: object) -> None:  # noqa: ARG002
        self._source.incomplete += 1


def unpack12(packed: Any) -> Any:
    """Mono12p (GenICam PFNC: two pixels in three bytes, low bits first) to uint16; (3n,) -> (2n,)."""
    low, middle, high = packed.reshape(-1, 3).astype(np.uint16).T
    pixels = np.empty(2 * len(low), np.uint16)
    pixels[0::2] = low | (middle & 0x0F) << 8
    pixels[1::2] = middle >> 4 | high << 4
    return pixels


def _time(buffer: Any) -> int | None:
    try:
        return int(buffer.timestamp_ns)
    except TransportException:
        return None


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__
