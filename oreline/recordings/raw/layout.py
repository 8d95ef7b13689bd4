"""Layout of a raw recording: a folder as Specim's LUMO makes it, with what belongs to each line beside the counts.

NAME/manifest.json            how each view was taken, what is missing, and the sha256 of each file
NAME/capture/NAME.hdr .raw    the scene, ENVI BIL, or packed, .blosc2; DARKREF_NAME and WHITEREF_NAME likewise
NAME/capture/NAME.stamps      time and encoder of each line, as `oreline.recordings.recording` plays them
NAME/capture/NAME.lines.csv   all that is known of each line, see `oreline.recordings.raw.lines`
NAME/capture/NAME.gaps.csv    lines that never came, and why
"""

from __future__ import annotations

from pathlib import Path

from oreline.messages import Kind
from oreline.recordings.names import CAPTURE, HEADER, STAMPS

MANIFEST = "manifest.json"
DATA, PACKED, LINES, GAPS = ".raw", ".blosc2", ".lines.csv", ".gaps.csv"
OF_A_VIEW = HEADER, DATA, PACKED, STAMPS, LINES
PREFIXES = {Kind.SCENE: "", Kind.DARK: "DARKREF_", Kind.WHITE: "WHITEREF_"}


def path_of(folder: Path, kind: Kind, suffix: str) -> Path:
    """A file of one view of a recording."""
    return folder / CAPTURE / f"{PREFIXES[kind]}{folder.name}{suffix}"


def gaps_of(folder: Path) -> Path:
    """The file of what never came, whatever the camera saw."""
    return path_of(folder, Kind.SCENE, GAPS)


def data_of(folder: Path, kind: Kind) -> Path:
    """The data file of a view, packed or not."""
    packed = path_of(folder, kind, PACKED)
    return packed if packed.is_file() else path_of(folder, kind, DATA)


def kinds_in(folder: Path) -> list[Kind]:
    """The views that are there, by their headers."""
    return [kind for kind in PREFIXES if path_of(folder, kind, HEADER).is_file()]


def drop(folder: Path, kind: Kind) -> None:
    """Remove the files of a view."""
    for suffix in OF_A_VIEW:
        path_of(folder, kind, suffix).unlink(missing_ok=True)


def files_of(folder: Path) -> list[Path]:
    """All files of a recording but its manifest, in order."""
    views = (path_of(folder, kind, suffix) for kind in PREFIXES for suffix in OF_A_VIEW)
    return [path for path in (*views, gaps_of(folder)) if path.is_file()]
