"""`oreline core qc`: verdicts on boxes, and a check of the camera's wavelengths."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from oreline.errors import WavelengthsOff
from sinks.core.hole_folder import HoleFolder
from sinks.core.hole_log import HoleLog
from sinks.core.live.line_file import limits_of, line_of
from sinks.core.qc.finding import Level, Verdict
from sinks.core.qc.judging import judge
from sinks.core.qc.standard import Placed, check_wavelengths, find_standard, read_standard
from sinks.core.qc.verdicts import keep, read_verdicts
from sinks.core.qc.wavelengths import note


def verdicts(path: Path, *, again: bool) -> Iterator[str]:
    """Verdicts on all scans of a hole, line by line. Raises OrelineError."""
    folder = HoleFolder.at(path)
    if again:
        _judge_again(folder)
    scans = folder.scans.read()
    if not scans.all:
        yield (
            "no box has been scanned yet: what passed while the core sink was away is written down when the line "
            "starts again, or by oreline core register"
        )
    found = {(one.box, one.scan): one for one in read_verdicts(folder)}
    for scan in sorted(scans.all, key=lambda one: (one.box, one.scan)):
        kept = "" if scans.in_force.get(scan.box) == scan else ", not in force"
        yield from _said(f"{scan.name}{kept}", found.get((scan.box, scan.scan)))


def wavelengths(path: Path, recorded: Path, material: str, who: str) -> Iterator[str]:
    """Check of the camera's wavelengths, line by line; it is noted for the hole's boxes. Raises OrelineError, and
    WavelengthsOff where they are not right."""
    folder, standard = HoleFolder.at(path), find_standard(material)
    check = check_wavelengths(*read_standard(recorded), standard, limits_of(folder))
    note(folder, check, who)
    yield f"{standard.title}, by {standard.source}"
    yield from map(_placed, check.features)
    if not math.isnan(check.spread_nm):
        yield f"  columns differ by {check.spread_nm:.2f} nm to either side"
    if not check.passes:
        raise WavelengthsOff(
            f"wavelengths are off by up to {check.worst_nm:.1f} nm: let the camera warm up and check again, and look "
            "whether it is that standard; boxes that are judged from now on say so"
        )
    yield "pass" if standard.certified else "pass, as far as places that are not certified can tell"


def _judge_again(folder: HoleFolder) -> None:
    hole, config, limits = HoleLog(folder), line_of(folder), limits_of(folder)
    for scan in folder.scans.read().all:
        keep(folder, judge(hole, scan, config.line.references_folder, limits))


def _said(name: str, verdict: Verdict | None) -> Iterator[str]:
    if verdict is None:
        yield f"{name}: not judged yet"
        return
    yield f"{name}: {verdict.level.words}"
    for one in sorted(verdict.findings, key=lambda one: -one.level):
        yield f"  {one.level.words if one.level is not Level.PASS else 'note'}: {one.words}. {one.action}"


def _placed(one: Placed) -> str:
    if math.isnan(one.off_nm):
        return f"  {one.nm:.1f} nm: not found"
    return f"  {one.nm:.1f} nm: {one.off_nm:+.2f} nm, {'pass' if one.passes else 'fail'} (limit {one.limit_nm:g} nm)"
