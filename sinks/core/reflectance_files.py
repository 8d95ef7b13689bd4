"""Reflectance of a scan, from the ENVI files in which a recorder beside the journal keeps it."""

from __future__ import annotations

from pathlib import Path

from oreline.messages import Reason
from sinks.core.recorded_lines import Fields, RecordedLines, recorded_lines
from sinks.core.scan import Scan
from sinks.log.journal import JOURNAL
from sinks.log.reading import gaps, reading

_FLOAT = "4"


def reflectance_of(output: Path, scan: Scan) -> RecordedLines | None:
    """Reflectance of the lines of a scan, in `output`, the folder of its run; None where it was not recorded. Raises
    RecordingError where there is no journal."""
    with reading(output / JOURNAL) as db:
        found = gaps(db, bytes.fromhex(scan.run))
    reference = [(gap.first, gap.first + gap.n) for gap in found if gap.reason is Reason.REFERENCE]
    return recorded_lines(output, scan.run, scan.seqs, reference, _is_reflectance)


def _is_reflectance(fields: Fields) -> bool:
    """Not radiance, nor how sure it is."""
    is_it = fields.get("quantity", "reflectance") == "reflectance" and "data units" not in fields
    return is_it and fields.get("data type") == _FLOAT and "wavelength" in fields
