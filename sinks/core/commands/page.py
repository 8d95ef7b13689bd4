"""`oreline core page`: a hole on one page."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from oreline.files import try_to_write, write_whole
from oreline.moment import now
from sinks.core.page.gathering import gather
from sinks.core.page.page import page
from sinks.core.pictures.choosing import layer_named
from sinks.core.source import source_of

DEFAULT = ("groups", "minerals")


def make(hole: Path, html: Path, shown: Sequence[str], step_m: float | None, least_depth: float) -> str:
    """Write the page of a hole. Returns what was made, in words. Raises OrelineError."""
    try_to_write(html, reading=(hole,))
    source = source_of(hole)
    layers = [layer_named(name, source.scans, source.output, least_depth, None) for name in shown or DEFAULT]
    made = {"made by": f"oreline {metadata.version('oreline')}", "made at": now().text}
    content = page(gather(source, layers, made, step_m)).encode()
    write_whole(html, content)
    return f"{html}: {source.session.hole.id}, {len(source.boxes)} boxes, {len(content) / 1e6:.1f} MB"
