"""A directory of simulated cameras, and a host that opens them."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from harvesters.core import Harvester, ImageAcquirer

from hwsim.camera.sim_camera import PRODUCER, SimCamera
from tests.hwsim.host import (
    Open,
    Plug,
)


@pytest.fixture
def harvester(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harvester]:
    monkeypatch.setenv("ORELINE_SIMCAM", str(tmp_path))
    handler = signal.getsignal(signal.SIGINT)
    with Harvester() as harvester:
        harvester.add_file(str(PRODUCER))
        yield harvester
    signal.signal(signal.SIGINT, handler)


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Plug]:
    """Makes a camera, as SimCamera.create does."""
    with ExitStack() as stack:
        yield lambda serial, **arguments: stack.enter_context(SimCamera.create(tmp_path, serial, **arguments))


@pytest.fixture
def host(plug: Plug, harvester: Harvester) -> Iterator[Open]:
    """Opens a camera by its serial number, and closes it before it is unplugged."""
    opened: list[ImageAcquirer] = []

    def open_camera(serial: str) -> ImageAcquirer:
        if not opened:
            harvester.update()
        opened.append(harvester.create({"serial_number": serial}))
        opened[-1].num_buffers = 8
        return opened[-1]

    yield open_camera
    for acquirer in opened:
        acquirer.destroy()
