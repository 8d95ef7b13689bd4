"""A door for Python: what a line makes, for a script or a notebook beside it.

    from oreline.reading import lines

    for line in lines("line.toml", "labels"):
        print(line.stamp.encoder, line.labels)

Lines of a line that runs, its journal, boxes of core, and recordings, as NumPy arrays; and as xarray, with the extra
[reading].
"""

from __future__ import annotations

from pathlib import Path

from oreline.reading.boxes import core_box
from oreline.reading.journals import Labels, journal
from oreline.reading.live import Lines, lines
from oreline.reading.xarrays import to_xarray
from oreline.recordings.finding import find_recording
from oreline.recordings.recording import Recording

__all__ = ["Labels", "Lines", "Recording", "core_box", "journal", "lines", "recording", "to_xarray"]


def recording(path: str | Path) -> Recording:
    """A recording, of any maker that is known: an ENVI header or its data, a TIFF, a packed one, or the folder of one.

    `cube` of it is what lies in the file, (lines, bands, samples), mapped and read-only; `wavelengths_nm`, one a band;
    `read_stamps()`, where `stamps` is not None, time in ns and encoder count of each line. Raises RecordingError, as
    for a folder of several, which are named then.
    """
    return find_recording(Path(path), references=False).scene
