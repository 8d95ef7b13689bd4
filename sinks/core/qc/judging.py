"""Judging of a scan: all checks together, from what lies on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from oreline.errors import ConfigError
from oreline.moment import now
from sinks.core.box_scans import LONG, BoxScan, usual_way_mm
from sinks.core.contradictions import MOST
from sinks.core.depth import HoleDepth
from sinks.core.hole_log import HoleLog
from sinks.core.qc.checks import of_scan
from sinks.core.qc.finding import Finding, Level, Verdict
from sinks.core.qc.limits import QcLimits
from sinks.core.qc.passage import passage_of
from sinks.core.qc.references import of_reference
from sinks.core.qc.wavelengths import of_wavelengths
from sinks.core.scan import Scan, core_in


def judge(hole: HoleLog, at: BoxScan, references: Path, limits: QcLimits) -> Verdict:
    """Verdict on a scan. `references`: folder of the line's. Raises RecordingError where the journal cannot be read."""
    try:
        findings = list(_findings(hole, at, hole.seen(at), references, limits))
    except ConfigError as error:
        findings = [Finding("depth", Level.RESCAN, {"why": str(error)})]
    cut = [Finding("cut_short", Level.RESCAN, {"why": at.cut})] if at.cut else []
    return Verdict(at.box, at.scan, (*cut, *_of_order(hole, at), *findings), now().text)


def _of_order(hole: HoleLog, at: BoxScan) -> Iterator[Finding]:
    """Whether the scan may be of another box, or of two."""
    if at.counted:
        yield Finding("counted", Level.LOOK, {})
    others = (one.way_mm for one in hole.folder.scans.read().all if one != at)
    usual_mm = usual_way_mm(others, hole.session.row_mm)
    if 0 < LONG * usual_mm < at.way_mm:
        yield Finding("length", Level.RESCAN, {"way": f"{at.way_mm / 1e3:.2f}", "usual": f"{usual_mm / 1e3:.2f}"})


def _findings(hole: HoleLog, at: BoxScan, scan: Scan, references: Path, limits: QcLimits) -> Iterator[Finding]:
    passage = passage_of(hole.folder.output, at, scan)
    rows = hole.rows(scan) if scan.rock.any() else ()
    yield from of_scan(replace(scan, rock=core_in(scan, hole.session.tray)), passage, rows, limits)
    seen = datetime.fromtimestamp(passage.wall_ns * 1e-9, UTC) if passage.wall_ns else datetime.now(UTC)
    used = scan.provenance.get("reference") or [""]
    yield from of_reference(references, used[-1], seen, limits)
    yield from of_wavelengths(hole.folder, seen, limits)
    if rows and not at.cut:
        try:
            yield from of_depth(hole.depth_of(scan))
        except ConfigError as error:
            yield Finding("depth", Level.LOOK, {"why": str(error)})


def of_depth(depth: HoleDepth) -> Iterator[Finding]:
    """Blocks that were not found, and runs of which there is more core than the session has room for."""
    words = [flag.words for flag in depth.flags if flag.is_grave]
    words += [
        f"run {run.from_m:g} to {run.to_m:g} m: {run.recovered_m:.2f} m of core, {run.share:.0%}"
        for run in depth.recovery
        if run.share > 1 + MOST
    ]
    if words:
        yield Finding("depth", Level.LOOK, {"why": "; ".join(words)})
