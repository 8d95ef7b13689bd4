"""`oreline core page`: a hole on one page."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from oreline.features import LEAST_DEPTH
from oreline.files import try_to_write, write_whole
from oreline.moment import now
from sinks.core.commands.asked import Asked
from sinks.core.page.gathering import gather
from sinks.core.page.page import page
from sinks.core.pictures.choosing import layer_named


@dataclass(frozen=True, slots=True)
class Wanted:
    """Mosaics that are shown, intervals that are written down (None: of a round length), and the depth that features
    are deeper than."""

    shown: tuple[str, ...] = ("groups", "minerals")
    step_m: float | None = None
    least_depth: float = LEAST_DEPTH


def make(asked: Asked, html: Path, wanted: Wanted) -> str:
    """Write the page of a hole. Returns what was made, in words. Raises OrelineError."""
    try_to_write(html, reading=(asked.session,))
    source = asked.source()
    layers = [layer_named(name, source.scans, source.output, wanted.least_depth, None) for name in wanted.shown]
    made = {"made by": f"oreline {metadata.version('oreline')}", "made at": now().text}
    content = page(gather(source, layers, made, wanted.step_m, wanted.least_depth)).encode()
    write_whole(html, content)
    return f"{html}: {source.session.hole.id}, {len(source.boxes)} boxes, {len(content) / 1e6:.1f} MB"
