"""A simulated camera, from its own side: the shared-memory file that simcam.cti shows to hosts as a camera.

Whoever has a `SimCamera` is the camera's sensor and power supply: hosts see the camera while it is open, and lose it
when its process dies.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hwsim.layout import COUNTERS, FILE, MONO12, MONO16, NUMBERS, PIXELS_AT, SLOT, SOURCE, TEXTS, Fault, Link
from hwsim.shared import PRODUCER, SharedFile, fill
from oreline.errors import ConfigError, RecordingError, nearest

__all__ = ["PRODUCER", "Fault", "Link", "SimCamera", "Source"]


@dataclass(frozen=True)
class Source:
    """A raw file of uint16, little-endian, (lines, bands, samples) from byte `offset` on.

    `x_start`: the sensor's column of the first sample, where the recording is a region of interest.
    """

    path: Path
    offset: int
    lines: int
    bands: int
    samples: int
    x_start: int = 0

    def check(self) -> None:
        """Raises RecordingError where the file is missing or too short for this shape."""
        if min(self.lines, self.bands, self.samples) < 1 or self.offset < 0 or self.offset % 2 or self.x_start < 0:
            raise RecordingError(
                f"{self.path}: no recording of {self.lines} x {self.bands} x {self.samples} lines, "
                f"bands and samples from byte {self.offset}; the offset must be even."
            )
        needed = self.offset + self.lines * self.bands * self.samples * 2
        try:
            size = self.path.stat().st_size
        except OSError as error:
            raise RecordingError(f"{self.path}: {error.strerror}; give the path of a raw recording.") from None
        if size < needed:
            raise RecordingError(
                f"{self.path} is truncated: {size} bytes, {needed} needed for {self.lines} lines; "
                "repair or copy it again."
            )
        if len(os.fsencode(self.path.absolute())) >= SOURCE["path"].itemsize:
            raise RecordingError(f"{self.path}: the path is too long for a simulated camera.")


class SimCamera:
    """A camera that hosts can open through `PRODUCER` while this object is open. For one thread."""

    def __init__(self, shared: SharedFile) -> None:
        self._shared = shared
        self._file = shared.record

    @classmethod
    def create(
        cls,
        directory: Path,
        serial: str,
        *,
        model: str = "SIMCAM",
        user_id: str = "",
        scene: Source | None,
        dark: Source | None = None,
        white: Source | None = None,
        shape: tuple[int, int] | None = None,
        slots: int = 64,
        full_scale_bits: int = 12,
        frame_rate: float,
        exposure_us: float | None = None,
        temperature: float = 25.0,
        speed: float = 1.0,
        lossless: bool = False,
        patient: bool = False,
        loop: bool = False,
        start_line: int = 0,
        counts_per_line: float = 1.0,
        encoder_start: int = 0,
    ) -> Self:
        """Make `<directory>/<serial>.simcam`, which is a camera from then on.

        It plays `scene` once from `start_line` at every AcquisitionStart (`loop`: over and over); Shutter=Closed plays
        `dark`, TargetSelector=White plays `white`, endlessly. The sensor is as wide as the widest of them, the region
        of interest is the scene's. Where `scene` is None, frames come from `push`, through a ring of `slots`, and
        `shape` is (bands, samples) of the sensor.

        Paced at `frame_rate` (Hz; the host may change it) times `speed`: a line for which the host has no buffer is
        lost. `patient`: it waits for one instead. `lossless`: as fast as the host queues buffers, losing none.
        `exposure_us`: None is 90 % of the period.
        Encoder: `encoder_start` + line of the scene * `counts_per_line`.

        Raises ConfigError for values that no camera has, RecordingError for a recording that cannot be played,
        CameraBusy where another process simulates this serial number.
        """
        if scene is None and (dark or white):
            raise ConfigError("A simulated camera without a scene sees what is pushed: give no dark and no white.")
        sources = [scene, dark, white]
        bands, samples = _sensor([source for source in sources if source], shape)
        exposure = 0.9e6 / max(frame_rate, 1e-9) if exposure_us is None else exposure_us
        _check(serial, frame_rate, exposure, speed, full_scale_bits)
        roi = (scene.x_start, scene.samples) if scene else (0, samples)
        camera = cls(SharedFile.allocate(directory, serial, 0 if scene else slots, bands, samples))
        control = camera._file["control"]
        fill(control, speed=0.0 if lossless else speed, counts_per_line=counts_per_line, loop=loop, patient=patient)
        fill(control, encoder_start=encoder_start, start_line=start_line)
        registers = camera._file["registers"]
        fill(registers, DeviceVendorName="Oreline", DeviceModelName=model, DeviceSerialNumber=serial)
        fill(registers, DeviceUserID=user_id, SensorBits=full_scale_bits, DeviceTemperature=temperature)
        fill(registers, SensorWidth=samples, SensorHeight=bands, Width=roi[1], Height=bands, OffsetX=roi[0])
        fill(registers, PixelFormat=MONO12 if full_scale_bits <= 12 else MONO16, PayloadSize=roi[1] * bands * 2)
        fill(registers, ExposureTime=exposure, AcquisitionFrameRate=frame_rate, ChunkEnable=1)
        fill(registers, DarkAvailable=bool(dark or not scene), WhiteAvailable=bool(white or not scene))
        camera._set_sources(sources)
        camera._file["defaults"] = registers
        camera._shared.show(serial)
        return camera

    def _set_sources(self, sources: list[Source | None]) -> None:
        for entry, source in zip(self._file["sources"], sources, strict=False):
            if source:
                fill(entry, path=os.fsencode(source.path.absolute()), offset=source.offset, lines=source.lines)
                fill(entry, samples=source.samples, x_start=source.x_start)

    def close(self) -> None:
        """Unplug the camera: hosts that have it open see it as lost."""
        self.link = Link.DOWN
        self._shared.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def counters(self) -> dict[str, int]:
        """Frames since the camera was made: produced = delivered + dropped + underruns; incomplete ones are among the
        delivered. `starts`: of the acquisition. `scene_line`: the next line. `scene_ends`: passes of the last line."""
        return {name: int(self._file["state"][name]) for name in COUNTERS}

    def registers(self) -> dict[str, Any]:
        """Every feature by its SFNC name, as the host set it: int, float or str; enumerations as their numbers."""
        record = self._file["registers"]
        texts = {name: bytes(record[name]).rstrip(b"\0").decode() for name in TEXTS}
        return texts | {name: record[name].tolist() for name in NUMBERS}

    def set_register(self, name: str, value: float) -> None:
        """Change a number as the camera's own firmware would, for instance its DeviceTemperature."""
        if name not in NUMBERS:
            raise ConfigError(f"A simulated camera has no register {name!r}.{nearest(name, NUMBERS)}")
        self._file["registers"][name] = value

    @property
    def write_seq(self) -> int:
        """Changes whenever the host writes a register, and whenever it takes a frame of the ring."""
        return int(self._file["state"]["write_seq"])

    def wait_write(self, seen: int, timeout: float) -> int:
        """Wait until `write_seq` is no longer `seen`, at most `timeout` seconds; returns it."""
        deadline = time.monotonic() + timeout
        while self.write_seq == seen and (left := deadline - time.monotonic()) > 0:
            self._shared.wait(seen, left)
        return self.write_seq

    @property
    def acquiring(self) -> bool:
        """Between AcquisitionStart and AcquisitionStop."""
        return bool(self._file["state"]["acquiring"])

    def push(self, frame: NDArray[np.uint16], *, encoder: int = 0, flags: int = 0, t_ns: int | None = None) -> bool:
        """Expose a line: counts uint16 (bands, samples) of the whole sensor, at `t_ns` CLOCK_MONOTONIC (None: now).

        `flags`: FRAME_INCOMPLETE or 0. Waits for room in a lossless camera. False where the line is lost: nobody
        acquires, or the ring is full; in the latter case its frame id is missing in the stream.
        """
        shape = tuple(int(self._file["registers"][name]) for name in ("SensorHeight", "SensorWidth"))
        if not self._slots or frame.dtype != np.uint16 or frame.shape != shape:
            raise ConfigError(
                f"push takes uint16 {shape} on a camera without a scene, not {frame.dtype} {frame.shape}."
            )
        frame_id = int(self._file["control"]["ring_frames"])
        if not self._has_room():
            self._file["control"]["ring_frames"] = frame_id + self.acquiring
            return False
        index = int(self._file["control"]["ring_pushed"]) % self._slots
        start = FILE.itemsize + index * int(self._file["head"]["slot_bytes"])
        slot = self._shared.bytes[start : start + SLOT.itemsize].view(SLOT).reshape(())
        fill(slot, frame_id=frame_id, t_ns=time.monotonic_ns() if t_ns is None else t_ns)
        fill(slot, encoder=encoder, flags=flags, size=frame.nbytes)
        pixels = self._shared.bytes[start + PIXELS_AT : start + PIXELS_AT + frame.nbytes]
        pixels.view(np.uint16).reshape(shape)[...] = frame
        self._file["control"]["ring_frames"] = frame_id + 1
        self._shared.publish("ring_pushed")
        return True

    @property
    def _slots(self) -> int:
        return int(self._file["head"]["ring_slots"])

    def _has_room(self) -> bool:
        while self.acquiring:
            seen = self.write_seq
            if int(self._file["control"]["ring_pushed"] - self._file["state"]["ring_taken"]) < self._slots:
                return True
            if self._file["control"]["speed"] != 0:
                return False
            self.wait_write(seen, 0.1)
        return False

    def trigger(self) -> None:
        """A pulse on Line0: a line, if TriggerMode is On and TriggerSource is Line0."""
        self._shared.publish("line0_pulses")

    @property
    def start_line(self) -> int:
        """The scene's first line, from the next AcquisitionStart on."""
        return int(self._file["control"]["start_line"])

    @start_line.setter
    def start_line(self, line: int) -> None:
        self._file["control"]["start_line"] = line

    @property
    def link(self) -> Link:
        """The cable, as it were."""
        return Link(int(self._file["control"]["link"]))

    @link.setter
    def link(self, link: Link) -> None:
        self._file["control"]["link"] = link

    def inject(self, fault: Fault, n: int = 1) -> None:
        """Make something go wrong the next `n` times."""
        self._file["control"]["faults"][fault] += np.uint64(n)

    def drop(self, n: int = 1) -> None:
        """The next `n` frames do not come."""
        self.inject(Fault.DROP, n)

    def incomplete(self, n: int = 1) -> None:
        """Half of each of the next `n` frames comes."""
        self.inject(Fault.INCOMPLETE, n)


def _sensor(sources: list[Source], shape: tuple[int, int] | None) -> tuple[int, int]:
    """(bands, samples) of the sensor that has seen all of `sources`."""
    if not sources and shape is None:
        raise ConfigError("A simulated camera needs a scene to play, or the shape (bands, samples) of its sensor.")
    for source in sources:
        source.check()
    if len({source.bands for source in sources}) > 1:
        bands = ", ".join(f"{source.path.name}: {source.bands}" for source in sources)
        raise RecordingError(f"The recordings differ in bands ({bands}); play recordings of one camera.")
    if sources:
        shape = sources[0].bands, max(source.x_start + source.samples for source in sources)
    assert shape is not None
    if not all(1 <= size <= 65536 for size in shape):
        raise ConfigError(f"No sensor has {shape[0]} bands and {shape[1]} samples: both are 1 to 65536.")
    return shape


def _check(serial: str, frame_rate: float, exposure_us: float, speed: float, bits: int) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,62}", serial):
        raise ConfigError(f"Serial number {serial!r}: 1 to 63 of A-Z a-z 0-9 _ - and, not first, a dot.")
    if not 0.1 <= frame_rate <= 1e6 or not speed > 0:
        raise ConfigError(f"Frame rate {frame_rate} Hz at speed {speed}: 0.1 Hz to 1 MHz, and a speed above 0.")
    if not 1 <= exposure_us <= 1e6 / frame_rate:
        raise ConfigError(f"Exposure {exposure_us} us: 1 us to one period of {frame_rate} Hz.")
    if not 1 <= bits <= 16:
        raise ConfigError(f"A pixel of {bits} bits: 1 to 16.")
