"""Checks of a camera's wavelengths, as they were made for a hole, one a line in `qc/wavelengths.jsonl`."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from datetime import datetime
from io import FileIO
from typing import Any

from oreline.files import append_whole
from oreline.moment import now
from oreline.ownership import open_own
from sinks.core.hole_folder import HoleFolder
from sinks.core.qc.finding import Finding, Level
from sinks.core.qc.limits import QcLimits
from sinks.core.qc.standard import WavelengthCheck

FILE = "wavelengths.jsonl"


def note(folder: HoleFolder, check: WavelengthCheck, who: str) -> dict[str, Any]:
    """Write a check down, and return what stands there of it. Raises OSError."""
    said = {
        "at": now().text,
        "who": who,
        "standard": check.standard.title,
        "source": check.standard.source,
        "passes": check.passes,
        "worst_nm": _known(check.worst_nm),
        "spread_nm": _known(check.spread_nm),
        "features": [
            {"nm": one.nm, "off_nm": _known(one.off_nm), "limit_nm": one.limit_nm, "passes": one.passes}
            for one in check.features
        ],
    }
    folder.qc.mkdir(parents=True, exist_ok=True)
    with FileIO(open_own(folder.qc / FILE, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640), "r+") as file:
        append_whole(file, json.dumps(said, ensure_ascii=False).encode() + b"\n")
    return said


def checks_of(folder: HoleFolder) -> list[dict[str, Any]]:
    """Checks that were made, oldest first; lines that are none are passed over."""
    try:
        lines = (folder.qc / FILE).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            said = json.loads(line)
            datetime.fromisoformat(said["at"])
        except (ValueError, KeyError, TypeError):
            continue
        found.append(said)
    return found


def of_wavelengths(folder: HoleFolder, at: datetime, limits: QcLimits) -> Iterator[Finding]:
    """The last check before a moment: that it failed, or is too old. Nothing where there was none."""
    before = [one for one in checks_of(folder) if datetime.fromisoformat(one["at"]) <= at]
    if not before:
        return
    last = before[-1]
    if not last["passes"]:
        nm = "?" if last["worst_nm"] is None else f"{last['worst_nm']:.1f}"
        yield Finding("wavelength", Level.LOOK, {"standard": last["standard"], "nm": nm})
    hours = (at - datetime.fromisoformat(last["at"])).total_seconds() / 3600
    if hours > limits.standard_h:
        yield Finding("wavelength_age", Level.LOOK, {"hours": f"{hours:.1f}"})


def last_words(folder: HoleFolder) -> str:
    """The last check in words; that there was none, where there was none."""
    checks = checks_of(folder)
    if not checks:
        return "none was made"
    last = checks[-1]
    nm = "not found" if last["worst_nm"] is None else f"up to {last['worst_nm']:.2f} nm off"
    return f"{'pass' if last['passes'] else 'fail'}, {nm}: {last['standard']}, {last['at']}"


def _known(number: float) -> float | None:
    return number if math.isfinite(number) else None
