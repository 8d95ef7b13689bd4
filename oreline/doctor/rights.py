"""Rights: keys that are nobody else's, rings that a dead run has left, cameras that are devices."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from oreline.doctor.answer import ALARM, WARNING, Answer, Check, bad, good, unknown
from oreline.doctor.machine import Machine
from oreline.doctor.needs import Needs
from oreline.files import OTHERS
from oreline.keys import SECRET
from oreline.places import namesakes
from oreline.state_folder import CONFIGURATION

NO_LINE = "a line's file tells where its files are"
_USB3_VISION = "ef", "05"
"""Class and subclass of an interface."""


def secret_keys(machine: Machine, needs: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """Secret keys of the line, which only its user may read."""
    folder = needs.config.line.keys if needs.config else None
    if needs.config is None or folder is None:
        yield unknown(NO_LINE) if needs.config is None else good("the line has no folder of keys")
        return
    found = [path for path in (folder, *sorted(folder.glob(f"*{SECRET}"))) if path.exists()]
    open_to_others = [path for path in found[1:] if path.stat().st_mode & OTHERS]
    theirs = [path for path in found if path.stat().st_uid not in (0, os.geteuid())]
    for path in open_to_others:
        yield bad(f"others can read the secret key {path} (mode {_mode(path)})", f"chmod 600 {path}")
    for path in theirs:
        yield bad(f"{path} belongs to user {path.stat().st_uid}", f"chown {os.geteuid()} {path}, or run as that user")
    if not open_to_others and not theirs:
        yield good(f"{len(found[1:])} secret keys of {folder} are this user's alone")


def _mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.lstat().st_mode):04o}"


def left_rings(machine: Machine, needs: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """Rings of a run that is dead: they hold memory, and lines that nobody has."""
    if needs.config is None:
        yield unknown(NO_LINE)
        return
    if needs.runs:
        yield good("the line runs, and its rings are in use")
        return
    dead = [folder for folder in _places(needs) if not _is_foreign(folder) and any(folder.glob("*.ring"))]
    for folder in dead:
        size = sum(path.stat().st_size for path in folder.glob("*.ring"))
        delivers = f"`oreline run {needs.config.source}` delivers what they hold first; `rm -r {folder}` gives it up"
        yield bad(f"{folder} has rings of a run that is dead, {size / 1e6:.0f} MB", delivers)
    if not dead:
        yield good("no rings of a dead run")


def foreign_rings(machine: Machine, needs: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """Rings and folders that a run would refuse, since others can write to them."""
    if needs.config is None:
        yield unknown(NO_LINE)
        return
    if os.geteuid() == 0 and (theirs := [one for one in _places(needs) if one.stat().st_uid]):
        yield unknown(f"{theirs[0]} belongs to user {theirs[0].stat().st_uid}: ask as that user")
        return
    places = [path for folder in _places(needs) for path in (folder, *folder.glob("*.ring"))]
    wrong = [path for path in places if _is_foreign(path)]
    for path in wrong:
        yield bad(
            f"{path} belongs to user {path.lstat().st_uid}, mode {_mode(path)}: a run refuses it",
            f"run it as that user, or, where no line runs there: chown {os.geteuid()} {path} && chmod go= {path}",
        )
    if not wrong:
        yield good("the line's folder and rings are this user's own")


def _is_foreign(path: Path) -> bool:
    status = path.lstat()
    return status.st_uid != os.geteuid() or bool(status.st_mode & 0o022) or stat.S_ISLNK(status.st_mode)


def _places(needs: Needs) -> list[Path]:
    """Folders of the line's rings, now or of runs before."""
    assert needs.config is not None
    site = needs.config.line
    usual = [folder for folder in namesakes(site.name) if folder.name == needs.config.line.folder.name]
    there = [folder for folder in dict.fromkeys([site.folder, *usual]) if folder.is_dir()]
    return [folder for folder in there if any(folder.glob("*.ring")) or (folder / CONFIGURATION).exists()]


def camera_devices(machine: Machine, needs: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """Cameras on USB, which this user may open."""
    found = _usb_cameras(machine)
    closed = [node for node in found if not os.access(machine.root / node, os.R_OK | os.W_OK)]
    for node in closed:
        yield bad(
            f"there is a USB3 Vision camera at /{node}, and this user may not open it",
            "the vendor's udev rule, or usermod -aG plugdev $USER, and log in again",
        )
    if not closed:
        yield good(f"{len(found)} USB3 Vision cameras may be opened") if found else good("no camera on USB")


def _usb_cameras(machine: Machine) -> list[str]:
    base = "sys/bus/usb/devices"
    devices = {
        path.rpartition("/")[0].partition(":")[0]
        for path in machine.names(f"{base}/*/bInterfaceClass")
        if (machine.read(path), machine.read(path.replace("Class", "SubClass"))) == _USB3_VISION
    }
    numbers = ((machine.number(f"{one}/busnum"), machine.number(f"{one}/devnum")) for one in sorted(devices))
    return [f"dev/bus/usb/{bus:03d}/{device:03d}" for bus, device in numbers if bus and device]


CHECKS = (
    Check("rights", "secret keys", "they are of mode 0600 and this user's", ALARM, secret_keys),
    Check("rights", "rings left", "no rings of a run that is dead", WARNING, left_rings),
    Check("rights", "rings of others", "the line's folder and rings are this user's own", ALARM, foreign_rings),
    Check("rights", "camera devices", "cameras on USB may be opened", ALARM, camera_devices),
)
