"""Judging of a scan: all checks together, from what lies on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from oreline.errors import ConfigError
from oreline.moment import now
from sinks.core.box_scans import BoxScan
from sinks.core.hole_log import HoleLog
from sinks.core.qc.checks import of_scan
from sinks.core.qc.finding import Finding, Level, Verdict
from sinks.core.qc.limits import QcLimits
from sinks.core.qc.passage import passage_of
from sinks.core.qc.references import of_reference
from sinks.core.qc.wavelengths import of_wavelengths
from sinks.core.scan import Scan


def judge(hole: HoleLog, at: BoxScan, references: Path, limits: QcLimits) -> Verdict:
    """Verdict on a scan. `references`: folder of the line's. Raises RecordingError where the journal cannot be read."""
    try:
        findings = list(_findings(hole, at, hole.seen(at), references, limits))
    except ConfigError as error:
        findings = [Finding("depth", Level.RESCAN, {"why": str(error)})]
    cut = [Finding("cut_short", Level.RESCAN, {"why": at.cut})] if at.cut else []
    return Verdict(at.box, at.scan, (*cut, *findings), now().text)


def _findings(hole: HoleLog, at: BoxScan, scan: Scan, references: Path, limits: QcLimits) -> Iterator[Finding]:
    passage = passage_of(hole.folder.output, at, scan)
    rows = hole.rows(scan) if scan.rock.any() else ()
    yield from of_scan(scan, passage, rows, limits)
    seen = datetime.fromtimestamp(passage.wall_ns * 1e-9, UTC) if passage.wall_ns else datetime.now(UTC)
    used = scan.provenance.get("reference") or [""]
    yield from of_reference(references, used[-1], seen, limits)
    yield from of_wavelengths(hole.folder, seen, limits)
    if rows and not at.cut:
        try:
            hole.depth_of(scan)
        except ConfigError as error:
            yield Finding("depth", Level.LOOK, {"why": str(error)})
