"""Doctor's part of acquisition: its GenTL producer, the cameras that it finds, and what their lines take."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from acquisition.producer import find_producer
from acquisition.settings import Settings
from oreline.cameras import CAMERAS
from oreline.config import Config
from oreline.doctor.answer import ALARM, WARNING, Answer, Check, Verdict, bad, good, unknown
from oreline.doctor.machine import Machine
from oreline.doctor.needs import Needs
from oreline.errors import ConfigError, ProducerNotFound
from oreline.ring import slot_bytes
from oreline.ring.layout import file_bytes
from oreline.wire import HEADER_LIMIT

OURS = ("simcam", "viky")
"""Producers whose cameras are programs."""
PATIENCE_S = 6.0
PATHS = "GENICAM_GENTL64_PATH"
_LIST = """
import sys
from genicam.gentl import GenericException
from harvesters.core import Harvester
harvester = Harvester()
try:
    harvester.add_file(sys.argv[1])
    harvester.update()
except (OSError, GenericException) as error:
    sys.exit(str(error).splitlines()[0] if str(error) else type(error).__name__)
print(*(f"{d.model} {d.serial_number}" for d in harvester.device_info_list), sep="\\n")
harvester.reset()
"""


def needs(config: Config, wants: Needs) -> None:
    """Add what the camera's lines take. Raises ConfigError."""
    if "acquisition" not in config.tables and "simulator" not in config.tables:
        wants.on_network = False
        return
    settings = config.section("acquisition", Settings)
    expected = wants.expected
    wants.on_network = settings.source == "genicam" and settings.producer not in OURS
    if settings.preset in CAMERAS:
        preset = CAMERAS[settings.preset]
        expected.bands, expected.samples = expected.bands or preset.bands, expected.samples or preset.samples
        expected.line_rate_hz = expected.line_rate_hz or preset.line_rate_hz
    wants.rings["raw"] = file_bytes(settings.ring_lines, slot_bytes(HEADER_LIMIT, wants.frame_bytes, 8192))
    wants.waits_s = settings.ring_lines / wants.line_rate_hz


def _chosen(wants: Needs) -> Settings | None:
    """Settings of a camera that is here; None where there is none, or its table is not right."""
    if wants.config is None or "acquisition" not in wants.config.tables:
        return None
    try:
        return wants.config.section("acquisition", Settings)
    except ConfigError:
        return None


def producer(machine: Machine, wants: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """The library of the camera's vendor: there, for this processor, with all that it is linked with."""
    settings = _chosen(wants)
    if settings is None:
        yield from _installed()
        return
    try:
        yield library(find_producer(settings.producer))
    except ProducerNotFound:
        yield bad(
            f"there is no file {settings.producer}{_seen()}",
            "set acquisition.producer to the .cti of the camera's vendor: `find / -name '*.cti'` lists them",
        )


def _installed() -> Iterator[Answer]:
    found = _cti_files()
    yield from map(library, found)
    if not found:
        yield unknown(f"a line's file names the producer; {PATHS} names none")


def _cti_files() -> list[Path]:
    folders = filter(None, os.environ.get(PATHS, "").split(os.pathsep))
    return [path for folder in folders for path in sorted(Path(folder).glob("*.cti"))]


def _seen() -> str:
    found = _cti_files()
    return f"; {PATHS} has {', '.join(map(str, found))}" if found else f"; {PATHS} names none"


def library(path: Path) -> Answer:
    """Whether a file is a GenTL producer that can be loaded here; it is not, by this."""
    head = path.read_bytes()[:20]
    if head[:4] != b"\x7fELF":
        what = "of Windows" if head[:2] == b"MZ" else "no program"
        return bad(
            f"{path} is {what}, not a library of Linux", "install the vendor's package for Linux, and name its .cti"
        )
    if int.from_bytes(head[18:20], "little") != _machine_of(Path(sys.executable)):
        return bad(f"{path} is for another processor", f"install the vendor's package for {os.uname().machine}")
    lacking = _lacking(path)
    if lacking:
        return bad(
            f"{path} lacks {', '.join(lacking)}",
            f"leave it where its vendor installs it, beside those (copied away, it loses them): `ldd {path}`",
        )
    if b"GCInitLib" not in path.read_bytes():
        return bad(f"{path} is a library, but no GenTL producer", "name the .cti of the camera's vendor")
    return good(f"{path} is a GenTL producer")


def _machine_of(path: Path) -> int:
    """Processor in the head of an ELF file."""
    with path.open("rb") as file:
        return int.from_bytes(file.read(20)[18:20], "little")


def _lacking(path: Path) -> list[str]:
    """Libraries that it is linked with and that are not found."""
    try:
        told = subprocess.run(["ldd", str(path)], capture_output=True, encoding="utf-8", timeout=PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.split()[0] for line in told.stdout.splitlines() if line.rstrip().endswith("not found")]


def cameras(machine: Machine, wants: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """Cameras that the producer finds, asked in a process of its own, which it may take down."""
    settings = _chosen(wants)
    if settings is None or settings.source != "genicam":
        yield unknown("a line's file names the producer, which lists cameras")
    elif "simulator" in (wants.config.tables if wants.config else {}):
        yield good("the line brings its simulated camera along")
    elif wants.runs:
        yield unknown("the line runs, and has its camera")
    else:
        yield _listed(settings)


def _listed(settings: Settings) -> Answer:
    try:
        path = find_producer(settings.producer)
        if library(path).verdict is not Verdict.GOOD:
            return unknown("the producer is none that could be asked")
        command = [sys.executable, "-P", "-c", _LIST, str(path)]
        told = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=PATIENCE_S)
    except ProducerNotFound:
        return unknown("there is no producer to ask")
    except subprocess.TimeoutExpired:
        return unknown(f"{settings.producer} has not listed its cameras within {PATIENCE_S:g} s")
    found = [line for line in told.stdout.splitlines() if line.strip()]
    if told.returncode:
        why = (told.stderr.strip().splitlines() or [f"it ended with {told.returncode}"])[-1]
        return bad(
            f"{path} does not work: {why}", "install the vendor's package again, with its udev rules and filters"
        )
    serials = [line.rpartition(" ")[2] for line in found]
    if not found:
        return bad(
            f"{path} finds no camera",
            "switch it on, give its card an address of the camera's network, and let the firewall pass UDP from it",
        )
    if settings.serial and settings.serial not in serials:
        return bad(
            f"there is no camera {settings.serial}, but {', '.join(found)}", f'acquisition.serial = "{serials[0]}"'
        )
    return good(f"found: {', '.join(found)}")


CHECKS = (
    Check("producer", "library", "the .cti is there, of this processor, with all its libraries", ALARM, producer),
    Check("producer", "cameras", "the producer finds the line's camera", WARNING, cameras),
)
