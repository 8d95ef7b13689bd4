"""`oreline repair`: recordings that were cut short, each brought to its last whole line, and what is missing named.

Where a recorder is to go on with one, its sidecar is told: what is there it will not ask for again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from oreline.errors import OrelineError, RecordingError, StageFailed
from oreline.locks import is_held, is_locked
from oreline.messages import Kind
from oreline.recordings.cut_short import shorten
from oreline.recordings.finding import within
from oreline.recordings.names import HEADER, entrances
from oreline.recordings.raw import gaps, manifest
from oreline.recordings.raw.layout import MANIFEST, gaps_of
from oreline.recordings.raw.repair import Repaired, is_raw, repair
from oreline.terminal import tell
from sinks.record.place import Place
from sinks.record.recorder import SIDECAR

MOST_SHOWN = 8


@dataclass
class Recorded:
    """A recorder's sidecar, and what it says."""

    sidecar: Path
    place: Place


def main(folder: Path) -> None:
    """Repair what is in a folder: a recording, or the recordings of a line's output. Raises RecordingError where there
    is none, or one cannot be repaired, and StageFailed where a line is at work there."""
    if not folder.is_dir():
        raise RecordingError(f"{folder} is no folder: give that of a recording, or the output of a line")
    output = folder.parent if is_raw(folder) else folder
    _refuse_at_work(output)
    recorders = [Recorded(path, Place.read(path)) for path in sorted(output.glob(f"*.{SIDECAR}"))]
    raws = [folder] if is_raw(folder) else sorted(filter(is_raw, folder.iterdir()))
    plain = [] if is_raw(folder) else [path for path in entrances(within(folder)) if path.suffix.lower() == HEADER]
    if not raws and not plain and recorders:
        tell(f"{folder}: nothing was recorded yet")
    elif not raws and not plain:
        raise RecordingError(f"{folder} holds no recording: give the folder of one, or the output of a line")
    failed: list[OrelineError] = []
    for path in (*raws, *plain):
        try:
            for words in _raw(path, recorders) if path in raws else _plain(path, recorders):
                tell(words)
        except RecordingError as error:
            failed.append(error)
    if failed:
        raise RecordingError("\n".join(map(str, failed)))


def _refuse_at_work(output: Path) -> None:
    if is_held(output) or any(map(is_locked, output.glob("*.sink.lock"))):
        raise StageFailed(f"a line is at work in {output}: stop it, then repair; while it runs nothing is amiss")


def _raw(folder: Path, recorders: list[Recorded]) -> Iterator[str]:
    """What became of a raw recording, in words."""
    header = f"{folder.name}/{MANIFEST}"
    owner = next((one for one in recorders if one.place.header == header), None)
    repaired = repair(folder, owner.place.next if owner else _next_part(folder))
    if owner:
        _write(owner, replace(owner.place, lines=repaired.own, next=max(owner.place.next, repaired.next)))
    yield from _words(repaired)


def _next_part(folder: Path) -> int:
    """Where the next recording of the same run begins, 0 where there is none."""
    said = manifest.read(folder)
    number = f"{said['part']:03d}"
    beside = folder.with_name(f"{folder.name.removesuffix(number)}{said['part'] + 1:03d}")
    if not folder.name.endswith(number) or not is_raw(beside):
        return 0
    behind = manifest.read(beside)
    return int(behind["first"]) if behind["run"] == said["run"] else 0


def _write(recorder: Recorded, place: Place) -> None:
    if place != recorder.place:
        place.write(recorder.sidecar)
        recorder.place = place


def _words(repaired: Repaired) -> Iterator[str]:
    names = {Kind.SCENE: "of the scene", Kind.DARK: "dark", Kind.WHITE: "white"}
    lines = ", ".join(f"{n} {names[kind]}" for kind, n in repaired.lines.items()) or "none"
    yield f"{repaired.folder}: {'repaired' if repaired.changed else 'whole'}, lines: {lines}"
    missing = gaps.read(gaps_of(repaired.folder))
    for gap in missing[:MOST_SHOWN]:
        yield f"  missing: {gap.n} lines, {gap.first} to {gap.first + gap.n - 1} ({gap.reason})"
    if len(missing) > MOST_SHOWN:
        yield f"  missing: {len(missing) - MOST_SHOWN} more stretches, in {gaps_of(repaired.folder)}"
    if repaired.damaged:
        yield f"  damaged, and left where they are: {len(repaired.damaged)} lines, the first is {repaired.damaged[0]}"


def _plain(header: Path, recorders: list[Recorded]) -> Iterator[str]:
    """What became of an ENVI file. A recorder that had more lines in it begins another file with its next line."""
    lines, missing = shorten(header)
    for one in recorders:
        if one.place.header == header.name and one.place.lines > lines:
            missing = max(missing, one.place.lines - lines)
            _write(one, replace(one.place, header="", lines=0, layout=""))
    if missing:
        yield f"{header}: repaired, {lines} lines are whole; the {missing} behind them are missing"
    else:
        yield f"{header}: whole, {lines} lines"
