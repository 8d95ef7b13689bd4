"""ENVI files whose data ends before their header says: the header is brought to the lines that are whole."""

from __future__ import annotations

import re
from pathlib import Path

from oreline.errors import RecordingError
from oreline.files import write_whole
from oreline.recordings.recording import open_recording

_LINES = re.compile(rb"(^[ \t]*lines[ \t]*=[ \t]*)\d+", re.IGNORECASE | re.MULTILINE)


def shorten(header: Path) -> tuple[int, int]:
    """Bring a header to its whole lines, and cut off half a line behind them; nothing else in it changes. Returns how
    many lines there are, and how many more it promised. Raises RecordingError where lines cannot be told apart, as in
    BSQ."""
    recording = open_recording(header)
    if not recording.missing_lines:
        return recording.lines, 0
    if recording.strides is None or recording.interleave == "bsq":
        raise RecordingError(
            f"{header}: {recording.missing_lines} lines are missing, and not only at its end: copy it anew"
        )
    text, found = _LINES.subn(rb"\g<1>%d" % recording.lines, header.read_bytes(), count=1)
    if not found:
        raise RecordingError(f"{header}: write lines = {recording.lines} there, {recording.missing_lines} are missing")
    write_whole(header, text)
    with recording.path.open("r+b") as data:
        data.truncate(recording.offset + recording.lines * recording.strides[0])
    return recording.lines, recording.missing_lines
