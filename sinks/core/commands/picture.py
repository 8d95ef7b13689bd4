"""`oreline core picture`: a box as it was scanned."""

from __future__ import annotations

from pathlib import Path

from oreline.errors import ConfigError
from oreline.files import replacing, try_to_write
from sinks.core.commands.asked import Asked
from sinks.core.pictures.box import draw_box
from sinks.core.pictures.choosing import layer_named


def make(asked: Asked, number: int, png: Path, shown: str, least_depth: float) -> str:
    """Write the picture of a box. Returns what was made, in words. Raises OrelineError."""
    try_to_write(png, reading=(asked.session,))
    source = asked.source()
    if number not in source.boxes:
        why = next((one.words for one in source.depth.flags if one.box == number), "it has not been scanned")
        raise ConfigError(f"box {number}: {why}; there are {', '.join(map(str, source.boxes))}")
    box = next(one for one in source.session.boxes if one.number == number)
    layer = layer_named(shown, source.scans, source.output, least_depth, None)
    scan, depth = source.scan_of(number), source.depth
    notes = [one.words for one in (*scan.flags, *depth.flags) if one.box in (None, number)]
    verdict = source.verdicts.get(number)
    notes += [f"{verdict.level.words}: {one.words}" for one in verdict.findings] if verdict else []
    picture = draw_box(scan, depth.boxes[number], box, layer, depth.missing, list(dict.fromkeys(notes)))
    png.parent.mkdir(parents=True, exist_ok=True)
    with replacing(png) as draft:
        picture.save(draft, "PNG")
    return f"{png}: box {number} of {source.session.hole.id}"
