"""The acquisition process: `python -m acquisition LINE.toml`."""

from __future__ import annotations

import sys
from contextlib import ExitStack, closing
from pathlib import Path

from acquisition import find
from acquisition.loop import Acquisition
from acquisition.settings import Settings
from oreline.config import Config
from oreline.keys import server_keys
from oreline.process import Shell, drain, guarded
from oreline.ring import Ring, slot_bytes
from oreline.stream import Outbox
from oreline.wire import HEADER_LIMIT


def main(path: str) -> None:
    """Record one run of the camera into the ring and serve it until it is consumed."""
    config = Config.load(Path(path))
    settings, line = config.section("acquisition", Settings), config.line
    shell = Shell("acquisition", line.output)
    keys = server_keys(settings.listen, line.keys, "acquisition") if settings.listen else None
    with closing(find(settings.source)(settings)) as source, ExitStack() as stack:
        source.configure(settings.features)
        camera = source.describe()
        size = slot_bytes(HEADER_LIMIT, 2 * camera.bands * camera.most_samples, 8192)
        ring = Ring.open(line.ring("raw"), settings.ring_lines, size)
        served = Outbox(line.endpoint("raw"), ring, complete=["inference"], listen=settings.listen, keys=keys)
        outbox = stack.enter_context(closing(served))
        acquisition = Acquisition(source, outbox, settings, lambda: shell.stopping)
        shell.ready(settings.metrics_port)
        acquisition.run()
        drain([outbox], shell)
    shell.report(**acquisition.summary(), camera=f"{camera.model} {camera.serial}")


if __name__ == "__main__":
    sys.exit(guarded(lambda: main(sys.argv[1])))
