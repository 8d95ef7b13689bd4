"""The acquisition process: `python -m acquisition LINE.toml`, or with `finish` behind it.

Where an earlier process has left its ring, its camera was there: it is waited for, as one that was lost in the run.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from contextlib import ExitStack, closing
from pathlib import Path

from acquisition import SOURCES
from acquisition.extra_steps import ExtraSteps
from acquisition.loop import Acquisition
from acquisition.retry import let_pass, retry
from acquisition.settings import Settings
from acquisition.source import Source
from oreline.config import Config
from oreline.errors import CameraError, OrelineError, Stopped, Undelivered
from oreline.guard import guarded
from oreline.incidents import refused, report
from oreline.keys import server_keys
from oreline.messages import EndOfStream
from oreline.notify import tell_refusal
from oreline.process import drain
from oreline.ring import Ring, RingReader, slot_bytes
from oreline.service import Service
from oreline.sink import infers, raw_takers
from oreline.stream import Outbox
from oreline.stream.sockets import NO_RUN
from oreline.wire import HEADER_LIMIT, decode


def main(path: str) -> None:
    """Record one run of the camera into the ring and serve it until it is consumed."""
    config = Config.load(Path(path))
    settings, site = config.section("acquisition", Settings), config.line
    if _has_ended(site.ring("raw")):
        finish(path)
        return
    service = Service("acquisition", site.output)
    with closing(_opened(settings, service, site.ring("raw").exists())) as source, ExitStack() as stack:
        camera = source.describe()
        size = slot_bytes(HEADER_LIMIT, 2 * camera.bands * camera.most_samples, 8192)
        ring = Ring.open(site.ring("raw"), settings.ring_lines, size)
        outbox = stack.enter_context(closing(_served(ring, settings, config)))
        acquisition = Acquisition(source, outbox, settings, service, ExtraSteps(site.folder))
        service.ready(settings.metrics_port)
        try:
            _run(acquisition, outbox, service)
        finally:
            service.report(**acquisition.summary(), camera=f"{camera.model} {camera.serial}")


def _run(acquisition: Acquisition, outbox: Outbox, service: Service) -> None:
    """Acquire, and deliver what was acquired, also where the camera failed."""
    try:
        acquisition.run()
    except OrelineError as error:
        tell_refusal(error)
        service.stopping = True
        try:
            drain([outbox], service)
        except Undelivered as error:
            report("", "undelivered", str(error))
        raise
    drain([outbox], service)


def finish(path: str) -> None:
    """End the run that was cut short in the ring, without a camera, and serve it until it is consumed."""
    config = Config.load(Path(path))
    settings, site = config.section("acquisition", Settings), config.line
    service = Service("acquisition", site.output)
    ended = _has_ended(site.ring("raw"))
    with closing(_served(_left(site.ring("raw")), settings, config)) as outbox:
        service.ready(settings.metrics_port)
        while not outbox.has_room() and not service.stopping:
            outbox.pump(1)
            service.progress(None)
        if outbox.run != NO_RUN and not ended and outbox.has_room():
            outbox.put(EndOfStream(outbox.run, outbox.epoch, outbox.next, 0, 0, 0))
        try:
            drain([outbox], service)
        finally:
            last = outbox.last
            run, numbers = (last.run, last.seq) if isinstance(last, EndOfStream) else (outbox.run, outbox.next)
            service.report(run=run.hex(), numbers=numbers)


def _served(ring: Ring, settings: Settings, config: Config) -> Outbox:
    site = config.line
    keys = server_keys(settings.listen, site.keys, "acquisition") if settings.listen else None
    inference = ["inference"] if infers(config) or settings.listen else []
    ours = [*inference, *raw_takers(config)]
    return Outbox(site.endpoint("raw"), ring, ours, hold_s=site.hold_s, listen=settings.listen, keys=keys)


def _left(path: Path) -> Ring:
    """The ring of an earlier process, as large as that made it. Raises RingError."""
    geometry = RingReader(path)
    return Ring.open(path, geometry.slots, geometry.slot_bytes)


def _has_ended(path: Path) -> bool:
    """True where an earlier process has ended its stream, be it delivered or not."""
    if not path.exists():
        return False
    with closing(_left(path)) as ring:
        frames = ring.read(ring.head - 1) if ring.head else None
        return frames is not None and isinstance(decode(frames), EndOfStream)


def _opened(settings: Settings, service: Service, resumed: bool) -> Source:
    """The camera, open and set. Raises CameraError, and Stopped."""
    sources: list[Source] = []

    def attempt() -> None:
        source: Source = SOURCES.find(settings.source)(settings)
        try:
            source.configure(settings.features, lambda seconds: let_pass(seconds, service.is_set))
        except CameraError:
            source.close()
            raise
        sources.append(source)

    retry(
        attempt,
        settings.reconnect_s if resumed else 0.0,
        lambda error: report("", "camera_away", f"{error}; trying again") if resumed else None,
        service.is_set,
    )
    if not sources:
        raise Stopped("stopped before the camera was there")
    return sources[0]


if __name__ == "__main__":
    parser = ArgumentParser("python -m acquisition", description=__doc__)
    parser.add_argument("line", metavar="LINE.toml")
    parser.add_argument("what", nargs="?", choices=["finish"])
    arguments = parser.parse_args()
    sys.exit(guarded(lambda: (finish if arguments.what else main)(arguments.line), say=refused))
