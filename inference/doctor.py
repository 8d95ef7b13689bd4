"""Doctor's part of inference: its rings, and whether its model answers here as it did where it was made."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from inference.rings import geometry
from inference.settings import Settings
from oreline.config import Config
from oreline.doctor.answer import ALARM, Answer, Check, bad, good, unknown
from oreline.doctor.machine import Machine
from oreline.doctor.needs import Needs
from oreline.errors import OrelineError
from oreline.ring.layout import file_bytes
from oreline.sink import infers

PATIENCE_S = 8.0
_ANSWER = """
import sys
from pathlib import Path
from oreline.process import one_thread
one_thread()
from inference.classification.classifier import network
from inference.classification.signature import checked
from oreline.errors import OrelineError
folder, precision, *keys = sys.argv[1:]
try:
    card, _ = checked(Path(folder), Path(keys[0]) if keys else None)
    network(Path(folder), card, precision)
except OrelineError as error:
    sys.exit(str(error))
"""


def needs(config: Config, wants: Needs) -> None:
    """Add the rings of the streams that inference makes. Raises ConfigError."""
    if not (config.tables.keys() & {"inference", "acquisition", "simulator"} and infers(config)):
        return
    settings = config.section("inference", Settings)
    wants.bfloat16 = settings.precision == "bfloat16"
    for name in wants.expected.streams or settings.streams:
        ring = geometry(name, settings, wants.expected.layers or ())  # type: ignore[arg-type]
        wants.rings[name] = file_bytes(ring.slots, ring.slot_bytes)


def golden(machine: Machine, wants: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """The model's answer to its golden vector, in a process of its own."""
    if wants.config is None or "inference" not in wants.config.tables:
        yield unknown("a line's file names the model")
        return
    try:
        settings = wants.config.section("inference", Settings)
        folder = settings.model_folder()
    except OrelineError:
        yield unknown("the line's file is not right, see there")
        return
    if not wants.is_right or folder is None:
        yield good("the line has no model") if folder is None else unknown("the line's file is not right, see there")
        return
    keys = [str(wants.config.line.keys)] if wants.config.line.keys else []
    command = [sys.executable, "-P", "-c", _ANSWER, str(folder), settings.precision, *keys]
    try:
        told = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        yield unknown(f"the model was not loaded within {PATIENCE_S:g} s")
        return
    if told.returncode:
        why = (told.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        yield bad(why, f"copy {folder} again from where it was made, or train it again: `oreline train`")
    else:
        yield good(f"{folder.name} answers as it did when it was made, in {settings.precision}")


CHECKS = (Check("software", "model", "the model answers its golden vector as it did when it was made", ALARM, golden),)
