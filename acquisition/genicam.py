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
from genicam.gentl import AccessDeniedException, ResourceInUseException
from genicam.gentl import GenericException as TransportException
from harvesters.core import Callback, Harvester

from acquisition import dialects, node_map
from acquisition.dialects import PixelFormat, Reading
from acquisition.encoder_reader import EncoderReader
from acquisition.node_map import REFUSALS, first_line
from acquisition.producer import find_producer
from acquisition.retry import Wait, let_pass
from acquisition.settings import Settings
from acquisition.source import CameraInfo, Exposed, Frame
from acquisition.unpacking import unpacking
from oreline.errors import CameraBusy, CameraError, CameraLost, CameraNotFound, FeatureError, ProducerNotFound

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
            raise ProducerNotFound(f"{producer} is not a working GenTL producer: {first_line(error)}") from None

    def _chosen(self) -> Any:
        settings, cameras = self._settings, self._harvester.device_info_list
        choice = {"serial_number": settings.serial, "model": settings.model, "id_": settings.id}
        choice = {key: value for key, value in choice.items() if value}
        matches = [d for d in cameras if all(getattr(d, key) == value for key, value in choice.items())]
        listing = ", ".join(f"{d.model} serial {d.serial_number} id {d.id_}" for d in cameras) or "none"
        if len(matches) != 1:
            how = "no camera matches" if not matches else f"{len(matches)} cameras match"
            why = choice or "no choice was made"
            raise CameraNotFound(f"{how} ({why}); cameras seen: {listing}. Set acquisition.serial, model or id")
        try:
            return self._harvester.create(matches[0])
        except (AccessDeniedException, ResourceInUseException):
            raise CameraBusy(f"camera {matches[0].id_} is in use: close the program that has it open") from None
        except TransportException as error:
            raise CameraError(f"camera {matches[0].id_} cannot be opened: {first_line(error)}") from None

    def configure(self, features: Sequence[tuple[str, Any]], wait: Wait = let_pass) -> None:
        node_map.configure(self._nodes, features, self._settings.settle_s, wait)

    def _read(self, name: str) -> Reading | None:
        return node_map.read(self._nodes, name)

    def _value(self, name: str, default: Any) -> Any:
        reading = self._read(name)
        return default if reading is None else reading.value

    def describe(self) -> CameraInfo:
        form, settings = dialects.pixel_format(str(self._value("PixelFormat", "?"))), self._settings
        self._shape = settings.bands or int(self._value("Height", 0)), int(self._value("Width", 0))
        self._lay_out(form)
        self._begin()
        has_encoder = self._nodes.has_node(settings.encoder)
        self._encoder = self._reader(settings.encoder) if has_encoder else None
        device, exposed = self._acquirer.device, self.exposed()
        return CameraInfo(
            model=str(device.model)[:64],
            serial=str(device.serial_number)[:64],
            bands=self._shape[0],
            samples=self._shape[1],
            most_samples=max(self._shape[1], int(self._value("SensorWidth", 0)), int(self._value("WidthMax", 0))),
            offset_x=int(self._value("OffsetX", 0)),
            full_scale=settings.full_scale or dialects.full_scale(self._read, form),
            exposure_us=exposed.us,
            gain=exposed.gain,
            line_rate_hz=dialects.line_rate_hz(self._read),
            triggered=str(self._value("TriggerMode", "Off")) == "On",
        )

    def exposed(self) -> Exposed:
        own = self._settings
        return Exposed(
            dialects.exposure_us(self._read, own.exposure_us, own.exposure_step_us),
            dialects.gain(self._read, own.gain, own.gain_unit, own.gain_step),
        )

    def _lay_out(self, form: PixelFormat) -> None:
        """Layout of an image in a buffer, and an array for its counts, unless they lie there as they should."""
        pixels = self._shape[0] * self._shape[1]
        self._format, self._image_bytes = form, form.bytes(pixels)
        self._unpack = unpacking(form.packing, form.bits) if form.packing else None
        self._unpacked = None if self._image_bytes == 2 * pixels else np.empty(self._shape, np.uint16)
        if self._unpack and self._unpacked is not None:
            self._unpack(np.zeros(self._image_bytes, np.uint8), self._unpacked.reshape(-1))

    def _reader(self, name: str) -> EncoderReader:
        node = self._nodes.get_node(name)
        return EncoderReader(name, lambda: int(node.value), REFUSALS)

    def _begin(self) -> None:
        """No frame has come yet. One without an id is counted."""
        self._looked_at, self._fetched = False, 0

    def start(self) -> None:
        self._begin()
        try:
            self._acquirer.start()
        except REFUSALS as error:
            raise CameraLost(f"the camera does not start: {first_line(error)}") from None

    def fetch(self, timeout_s: float) -> Frame | None:
        try:
            buffer = self._acquirer.try_fetch(timeout=timeout_s, is_raw=True)
        except TransportException as error:
            raise CameraLost(f"the camera is gone: {first_line(error)}; check its cable and power") from None
        if buffer is None:
            return None
        if not self._looked_at:
            self._look_at(buffer)
        if buffer.size_filled < self._image_bytes:
            self.incomplete += 1
            buffer.parent.queue_buffer(buffer)
            return None
        encoder = self._encoder.read() if self._encoder else None
        self._fetched += 1
        return Frame(
            self._counts(buffer), _attribute(buffer, "frame_id", self._fetched), _time(buffer), encoder, buffer
        )

    def waiting(self) -> int:
        try:
            return int(self._acquirer.data_streams[0].num_awaiting_delivery)
        except TransportException:
            return 0

    def ended(self) -> bool:
        try:
            return bool(self._value("RecordingEnded", False))
        except FeatureError:
            return False

    def _look_at(self, buffer: Any) -> None:
        """The first frame may be otherwise than the camera has said, as where a producer unpacks pixels itself. Raises
        FeatureError where that does not do."""
        sent = _attribute(buffer, "height", self._shape[0]), _attribute(buffer, "width", self._shape[1])
        if sent != self._shape:
            raise FeatureError(
                f"the camera's Height and Width are {self._shape[0]} x {self._shape[1]}, but it sends {sent[0]} x "
                f"{sent[1]}: set acquisition.bands to the rows that it sends, or choose one region of interest"
            )
        if _attribute(buffer, "padding_x", 0):
            raise FeatureError(f"the camera pads its rows: set a Width that is a multiple of 16, not {self._shape[1]}")
        form = dialects.BY_CODE.get(_attribute(buffer, "pixel_format", 0), self._format)
        if form.bits != self._format.bits:
            raise FeatureError(
                f"the camera's PixelFormat has {self._format.bits} bits, but it sends pixels of {form.bits}: set a "
                "PixelFormat that its GenTL producer does not convert"
            )
        if form != self._format:
            self._lay_out(form)
        self._looked_at = True

    def _counts(self, buffer: Any) -> Any:
        """Counts uint16 (bands, samples), in the buffer itself or in an array that the next frame takes."""
        if self._unpacked is None:
            return np.frombuffer(buffer.raw_buffer, np.uint16, self._shape[0] * self._shape[1]).reshape(self._shape)
        data = np.frombuffer(buffer.raw_buffer, np.uint8, self._image_bytes)
        if self._unpack is None:
            self._unpacked[...] = data.reshape(self._shape)
        else:
            self._unpack(data, self._unpacked.reshape(-1))
        return self._unpacked

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
        return dialects.celsius(self._read)

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


def _attribute(buffer: Any, name: str, otherwise: int) -> int:
    """An attribute of a buffer's image, where its producer tells that."""
    try:
        return int(getattr(buffer, name, otherwise))
    except TransportException:
        return otherwise


def _time(buffer: Any) -> int | None:
    try:
        return int(buffer.timestamp_ns)
    except TransportException:
        return None
