"""A simulated camera, from its own side: the shared-memory file that simcam.cti shows to hosts as a camera.

Whoever has a `SimCamera` is the camera's sensor and power supply: hosts see the camera while it is open, and lose it
when its process dies.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from hwsim.camera.dialects import USUAL, Quirks
from hwsim.camera.event import Event, Table
from hwsim.camera.layout import COUNTERS, FILE, MONO12, MONO16, NUMBERS, PIXELS_AT, SLOT, TEXTS, FaultKind, Link
from hwsim.camera.shared_file import PRODUCER, SharedFile, fill
from hwsim.camera.source import Source
from oreline.errors import ConfigError, RecordingError, nearest

__all__ = ["PRODUCER", "Event", "FaultKind", "Link", "Quirks", "SimCamera", "Source"]


class _Sources(NamedTuple):
    scene: Source | None
    dark: Source | None
    white: Source | None


class SimCamera:
    """A camera that hosts can open through `PRODUCER` while this object is open. For one thread."""

    def __init__(self, shared: SharedFile) -> None:
        self._shared = shared
        self._file = shared.record
        self.faults = Table(shared.record)
        """What is to go wrong, and what has."""

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
        gain: float = 1.0,
        temperature: float = 25.0,
        speed: float = 1.0,
        lossless: bool = False,
        stepped: bool = False,
        patient: bool = False,
        loop: bool = False,
        start_line: int = 0,
        counts_per_line: float = 1.0,
        encoder_start: int = 0,
        faults: Sequence[Event] = (),
        dark_level: NDArray[np.float32] | None = None,
        reboot_s: float = 0.5,
        quirks: Quirks = USUAL,
    ) -> Self:
        """Make `<directory>/<serial>.simcam`, which is a camera from then on.

        It plays `scene` once from `start_line` at every AcquisitionStart (`loop`: over and over); Shutter=Closed plays
        `dark`, TargetSelector=White plays `white`, endlessly. The sensor is as wide as the widest of them, the region
        of interest is the scene's. Where `scene` is None, frames come from `push`, through a ring of `slots`, and
        `shape` is (bands, samples) of the sensor.

        Paced at `frame_rate` (Hz; the host may change it) times `speed`, in the rhythm of the scene's stamps: a line
        for which the host has no buffer is lost. `patient`: it waits for one instead. `lossless`: as fast as the host
        queues buffers, losing none. `stepped`: a line only when `step` says so, losing none.
        `exposure_us`: None is 90 % of the period; `gain`: a factor. What the host sets as either has no effect on the
        counts of a recording, which were exposed long ago; a live camera takes them from `registers`. Encoder:
        `encoder_start` + line of the scene * `counts_per_line`, or + the count of its stamp.

        `faults` happen at their lines. Those of light act on what is above the dark level: the mean of `dark` or, where
        there is no scene, `dark_level`, counts (bands, samples). After DeviceReset the camera is away for `reboot_s`.
        `quirks`: what it does otherwise than the newest standard.

        Raises ConfigError for values that no camera has, RecordingError for a recording that cannot be played,
        CameraBusy where another process simulates this serial number.
        """
        sources = _Sources(scene, dark, white)
        bands, samples = _sensor(sources, shape)
        exposure = 0.9e6 / max(frame_rate, 1e-9) if exposure_us is None else exposure_us
        check_values(serial, frame_rate, exposure, speed, full_scale_bits)
        level, xml = _level(dark, dark_level, (bands, samples)), quirks.node_map()
        camera = cls(SharedFile.allocate(directory, serial, 0 if scene else slots, bands, samples, level, xml))
        control, registers = camera._file["control"], camera._file["registers"]
        fill(control, speed=0.0 if lossless else speed, loop=loop, patient=patient, stepped=stepped)
        fill(control, start_line=start_line, encoder_start=encoder_start, counts_per_line=counts_per_line)
        fill(control, reboot_ns=round(reboot_s * 1e9), **quirks.control())
        fill(registers, DeviceVendorName="Oreline", DeviceModelName=model, DeviceSerialNumber=serial)
        fill(registers, DeviceUserID=user_id, DeviceTemperature=temperature)
        fill(registers, ExposureTime=exposure, AcquisitionFrameRate=frame_rate, ChunkEnable=1)
        fill(registers, Gain=20.0 * math.log10(gain))
        camera._look_at(sources, (bands, samples), full_scale_bits)
        camera._switch_on(serial, faults)
        return camera

    def _switch_on(self, serial: str, faults: Sequence[Event]) -> None:
        """Hosts see it from now on, as it is set; or it is gone."""
        self._file["defaults"] = self._file["registers"]
        try:
            self.inject(*faults)
            self._shared.show(serial)
        except BaseException:
            self._shared.close()
            raise

    def _look_at(self, sources: _Sources, sensor: tuple[int, int], bits: int) -> None:
        """Set what the sensor, (bands, samples), sees, and in which region of it."""
        (bands, samples), scene = sensor, sources.scene
        width, offset = (scene.samples, scene.x_start) if scene else (samples, 0)
        registers = self._file["registers"]
        fill(registers, SensorWidth=samples, SensorHeight=bands, Width=width, Height=bands, OffsetX=offset)
        fill(registers, PixelFormat=MONO12 if bits <= 12 else MONO16, SensorBits=bits, PayloadSize=width * bands * 2)
        fill(registers, DarkAvailable=bool(sources.dark or not scene))
        fill(registers, WhiteAvailable=bool(sources.white or not scene))
        for entry, source in zip(self._file["sources"], sources, strict=True):
            if source:
                source.describe(entry)

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
        delivered. `starts`: of the acquisition. `scene_line`: the next line. `scene_ends`: passes of the last line.
        `triggers`: by software and on Line0. `encoder`: the belt's count at the last line, whatever the faults say."""
        state = self._file["state"]
        triggers = int(state["software_triggers"]) + int(self._file["control"]["line0_pulses"])
        said = {"triggers": triggers, "encoder": int(state["encoder"])}
        return {name: int(state[name]) for name in COUNTERS} | said

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
            self.lose()
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

    def lose(self) -> None:
        """A line is exposed that cannot be pushed: its frame id is missing in the stream."""
        self._file["control"]["ring_frames"] += np.uint64(self.acquiring)

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

    def step(self, n: int = 1) -> None:
        """Expose the next `n` lines, on a stepped camera that acquires."""
        self._shared.publish("steps", n)

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

    def inject(self, *events: Event) -> None:
        """Script more faults. Raises ConfigError where the table is full."""
        self.faults.write(events)
        self._shared.publish("events", len(events))

    def drop(self, n: int = 1) -> None:
        """The next `n` frames do not come."""
        self.inject(Event(FaultKind.DROP, n=n))

    def incomplete(self, n: int = 1) -> None:
        """Half of each of the next `n` frames comes."""
        self.inject(Event(FaultKind.INCOMPLETE, n=n))


def _sensor(sources: _Sources, shape: tuple[int, int] | None) -> tuple[int, int]:
    """(bands, samples) of the sensor that has seen them, or `shape` where it has seen nothing yet. Raises ConfigError,
    RecordingError."""
    if sources.scene is None and (sources.dark or sources.white):
        raise ConfigError("A simulated camera without a scene sees what is pushed: give no dark and no white.")
    if sources.scene is not None:
        shape = _seen_by([source for source in sources if source])
    if shape is None:
        raise ConfigError("A simulated camera needs a scene to play, or the shape (bands, samples) of its sensor.")
    if not all(1 <= size <= 65536 for size in shape):
        raise ConfigError(f"No sensor has {shape[0]} bands and {shape[1]} samples: both are 1 to 65536.")
    return shape


def _seen_by(recordings: list[Source]) -> tuple[int, int]:
    for recording in recordings:
        recording.check()
    if len({recording.bands for recording in recordings}) > 1:
        bands = ", ".join(f"{recording.path.name}: {recording.bands}" for recording in recordings)
        raise RecordingError(f"The recordings differ in bands ({bands}); play recordings of one camera.")
    return recordings[0].bands, max(recording.x_start + recording.samples for recording in recordings)


def _level(
    dark: Source | None, given: NDArray[np.float32] | None, sensor: tuple[int, int]
) -> NDArray[np.float32] | None:
    """The dark level, counts (bands, samples); None where nobody tells it."""
    level = dark.mean(sensor[1]) if dark else given
    if level is not None and level.shape != sensor:
        raise ConfigError(f"The dark level has the shape {level.shape}, the sensor has {sensor}.")
    return level


def check_values(serial: str, frame_rate: float, exposure_us: float, speed: float, bits: int = 12) -> None:
    """Raises ConfigError for values that no camera has."""
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,62}", serial):
        raise ConfigError(f"Serial number {serial!r}: 1 to 63 of A-Z a-z 0-9 _ - and, not first, a dot.")
    if not 0.1 <= frame_rate <= 1e6 or not speed > 0:
        raise ConfigError(f"Frame rate {frame_rate} Hz at speed {speed}: 0.1 Hz to 1 MHz, and a speed above 0.")
    if not 1 <= exposure_us <= 1e6 / frame_rate:
        raise ConfigError(f"Exposure {exposure_us} us: 1 us to one period of {frame_rate} Hz.")
    if not 1 <= bits <= 16:
        raise ConfigError(f"A pixel of {bits} bits: 1 to 16.")
