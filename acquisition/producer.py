"""Where a GenTL producer is."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from oreline.errors import ProducerNotFound


def find_producer(name: str) -> Path:
    """The .cti of a name or path. Raises ProducerNotFound."""
    path = Path(name)
    if name == "simcam":
        path = Path(__file__).parents[1] / "hwsim" / "simcam.cti"
    elif name == "viky" and (genicam := find_spec("genicam")) and genicam.origin:
        path = Path(genicam.origin).with_name("viky.cti")
    if not path.is_file():
        raise ProducerNotFound(
            f"no GenTL producer {path}: acquisition.producer is the path of the .cti file that the camera's vendor "
            f"installs (GENICAM_GENTL64_PATH is {os.environ.get('GENICAM_GENTL64_PATH', 'not set')})"
        )
    return path
