"""A camera that renders each line at the moment of its exposure, under the settings that the host has made by then.

Deadlines are absolute. Only the painting of the world, which no setting changes, runs ahead. Exposing a line takes a
thread a moment, so it comes that much later than its time stamp says; while all BACKLOG lines are being worked at, the
lines that fall due are lost, with their frame ids, as those of a camera whose memory is full. The world moves on by a
line with each of them, whether the camera sees it or not, and stands while nobody acquires.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.camera.event import Event
from hwsim.camera.layout import FaultKind
from hwsim.camera.sim_camera import SimCamera
from hwsim.random_field import key_of
from hwsim.scenes.optics import Conditions
from hwsim.sensor.sensor import Pixels, Sensor
from hwsim.worlds import World

BACKLOG = 32
"""Lines at work, and fewer than the camera's ring has slots; at 670 lines/s they hide a pause of 48 ms."""
PAINTED = 16
"""Lines of the world that are painted at once."""
IDLE_S, TRIGGER_S = 0.02, 0.002
"""Between two looks for an acquisition that starts, and for a trigger."""


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """A line at work: its number in the world, its time, the acquisition that it belongs to, and how many lines were
    lost right before it."""

    line: int
    t_ns: int
    start: int
    missed: int
    counts: NDArray[np.uint16]
    done: Future[None]


class LiveCamera:
    """Exposes the lines of a world into a `SimCamera` that was made without a scene. For one thread.

    `speed`: factor on the frame rate; None: as fast as the host takes lines, losing none. `say` is told once when lines
    are lost because rendering is too slow.
    """

    def __init__(
        self, camera: SimCamera, world: World, sensor: Sensor, speed: float | None, say: Callable[[str], None]
    ) -> None:
        self._camera, self._world, self._sensor, self._speed, self._say = camera, world, sensor, speed, say
        self._spectra, self._key = sensor.spectra(world.spectra_at), key_of(world.scene.seed, 4, 3)
        self._free = deque(np.empty(sensor.white.shape, np.uint16) for _ in range(BACKLOG))
        self._at_work: deque[Exposure] = deque()
        self._painted, self._painted_from = world.paint(0, PAINTED)[0], 0
        self._start, self._triggers, self._first, self._produced = -1, 0, 0, 0
        self._shutter_faults: list[Event] = []
        self._last_ns = self._on_ns = time.monotonic_ns()
        self._missed = self._period = 0
        self.line = self.rendered = self.lost = 0
        """The world's next line; lines that were rendered; lines that were lost because that took too long."""
        self._expose(self._free[0], 0, Conditions(), self._painted.at(0))

    def run(self, stopping: Callable[[], bool]) -> None:
        """Be the camera until told to stop."""
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            while not stopping():
                seen = self._camera.write_seq
                wake_s = self._look(pool) if self._camera.acquiring else self._idle()
                if self._at_work:
                    wait([self._at_work[0].done], wake_s)
                    self._deliver()
                elif wake_s > 0:
                    self._camera.wait_write(seen, wake_s)

    def _idle(self) -> float:
        self._triggers = self._camera.counters()["triggers"]
        return IDLE_S

    def _look(self, pool: ThreadPoolExecutor) -> float:
        """Begin the lines that are due; the answer is how many seconds to wait for the next one."""
        registers, now = self._camera.registers(), time.monotonic_ns()
        period = round(1e9 / (registers["AcquisitionFrameRate"] * (self._speed or 1.0)))
        counters = self._camera.counters()
        if counters["starts"] != self._start:
            self._started(counters)
        if period != self._period:
            self._period, self._last_ns = period, max(self._last_ns, now - period)
        before, self._triggers = self._triggers, counters["triggers"]
        if registers["TriggerMode"] or self._speed is None:
            untaken = self.line - self._first - (counters["produced"] - self._produced)
            for _ in range(self._triggers - before if registers["TriggerMode"] else BACKLOG - untaken):
                self._begin(pool, registers, now)
            self._last_ns = now
            return TRIGGER_S
        while self._last_ns + period <= now:
            self._last_ns += period
            self._begin(pool, registers, self._last_ns)
        return float(min(IDLE_S, (self._last_ns + period - now) * 1e-9))

    def _started(self, counters: dict[str, int]) -> None:
        self._start, self._produced = counters["starts"], counters["produced"]
        self._first, self._missed, self._period = self.line, 0, 0
        table = self._camera.faults
        kinds = FaultKind.STUCK_SHUTTER, FaultKind.LIGHT_LEAK
        pending = [e for e, outcome in zip(table.events, table.outcomes, strict=True) if outcome.done < e.n]
        self._shutter_faults = [e for e in pending if e.kind in kinds and e.view in ("dark", "any")]

    def _begin(self, pool: ThreadPoolExecutor, registers: dict[str, Any], t_ns: int) -> None:
        """Expose the next line of the world, or lose it."""
        line, self.line = self.line, self.line + 1
        if not self._free:
            self._lose(registers)
            return
        counts = self._free.popleft()
        done = pool.submit(self._expose, counts, line, self._conditions(registers, line, t_ns), self._pixels(line))
        self._at_work.append(Exposure(line, t_ns, self._start, self._missed, counts, done))
        self._missed = 0

    def _lose(self, registers: dict[str, Any]) -> None:
        self._missed += 1
        self.lost += 1
        if self.lost == 1:
            rate = registers["AcquisitionFrameRate"] * (self._speed or 1.0)
            self._say(
                f"rendering cannot keep up with {rate:g} lines/s: lines are lost. Lower the frame rate, "
                "or render the scene ahead (simulator.live = false)"
            )

    def _conditions(self, registers: dict[str, Any], line: int, t_ns: int) -> Conditions:
        let_in = self._let_in(line - self._first) if registers["Shutter"] else 1.0
        now = self._sensor.optics.conditions(
            np.array([(t_ns - self._on_ns) * 1e-9]),
            exposure_us=registers["ExposureTime"],
            gain=10.0 ** (registers["Gain"] / 20.0),
            target="white" if registers["TargetSelector"] else "scene",
        )
        self._camera.set_register("DeviceTemperature", float(np.max(now.temperature_c)))
        return replace(now, lamp=np.asarray(now.lamp * let_in, np.float32))

    def _let_in(self, frame: int) -> float:
        """Share of the light that passes the closed shutter; scripted faults of the light itself act later."""
        on = {event.kind: event.amount for event in self._shutter_faults if event.line <= frame < event.end}
        return 1.0 if FaultKind.STUCK_SHUTTER in on else on.get(FaultKind.LIGHT_LEAK, 0.0)

    def _pixels(self, line: int) -> Pixels:
        """What lies under the camera at a line."""
        if not 0 <= line - self._painted_from < PAINTED:
            self._painted, self._painted_from = self._world.paint(line, PAINTED)[0], line
        return self._painted.at(line - self._painted_from)

    def _expose(self, counts: NDArray[np.uint16], line: int, conditions: Conditions, pixels: Pixels) -> None:
        self._sensor.expose(self._spectra, pixels, self._key, line, counts[None], conditions)

    def _deliver(self) -> None:
        """Push what is ready, in order. Lines of an acquisition that has ended meanwhile are forgotten."""
        while self._at_work and self._at_work[0].done.done():
            exposure = self._at_work.popleft()
            exposure.done.result()
            if exposure.start == self._camera.counters()["starts"]:
                for _ in range(exposure.missed):
                    self._camera.lose()
                self._camera.push(exposure.counts, encoder=self._world.encoder(exposure.line), t_ns=exposure.t_ns)
            self.rendered += 1
            self._free.append(exposure.counts)
