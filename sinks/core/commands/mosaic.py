"""`oreline core mosaic`: a hole's core as pictures by depth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from oreline.errors import ConfigError
from oreline.files import try_to_write
from sinks.core.commands.asked import Asked
from sinks.core.pictures.choosing import layer_named
from sinks.core.pictures.marks import marks_of
from sinks.core.pictures.mosaic import Grid, Mosaic
from sinks.core.pictures.sheets import Heading, sheet_path, write_sheets
from sinks.core.source import Source
from sinks.core.table import words_of

SHEETS, TIFF = ".png", (".tif", ".tiff")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be shown, from where to where, how finely; `ends` of a feature's scale of colours. None: as it is."""

    shown: str
    step_m: float
    from_m: float | None
    to_m: float | None
    ends: tuple[float, float] | None
    least_depth: float


def make(asked: Asked, out: Path, wanted: Wanted) -> Iterator[str]:
    """Write sheets OUT_000.png and so on, or the GeoTIFF OUT.tif. Yields what was made, in words. Raises
    OrelineError."""
    if out.suffix.lower() not in (SHEETS, *TIFF):
        raise ConfigError(f"{out} is neither NAME.png, for sheets NAME_000.png and so on, nor NAME.tif, for a GeoTIFF")
    is_tiff = out.suffix.lower() in TIFF
    write_geotiff = _write_geotiff() if is_tiff else None
    try_to_write(out if is_tiff else sheet_path(out, 0), reading=(asked.session,))
    source = asked.source()
    layer = layer_named(wanted.shown, source.scans, source.output, wanted.least_depth, wanted.ends)
    mosaic = Mosaic(_grid(source, wanted), source.depth, layer, source.scan_of)
    out.parent.mkdir(parents=True, exist_ok=True)
    if write_geotiff:
        write_geotiff(mosaic, out, _tags(source))
        yield f"{out}: {layer.title}, {mosaic.grid.rows} rows of {mosaic.grid.step_m * 1e3:g} mm"
    else:
        heading = Heading(source.session.hole.id, _made_from(source))
        yield from map(str, write_sheets(mosaic, out, heading, marks_of(source.session)))


def _write_geotiff() -> Callable[[Mosaic, Path, Mapping[str, str]], None]:
    from sinks.core.pictures.geotiff import write_geotiff  # only here: it needs the extra [core]

    return write_geotiff


def _grid(source: Source, wanted: Wanted) -> Grid:
    """Raises ConfigError where nothing would be shown."""
    from_m, to_m = source.ends_m
    from_m = from_m if wanted.from_m is None else wanted.from_m
    to_m = to_m if wanted.to_m is None else wanted.to_m
    if not from_m < to_m:
        raise ConfigError(f"there is nothing from {from_m:g} to {to_m:g} m: give --from above --to")
    return Grid.over(source.depth, from_m, to_m, wanted.step_m, source.scan_of(source.boxes[0]).pixel_mm)


def _tags(source: Source) -> dict[str, str]:
    told = {"HOLE": source.session.hole.id, "SOFTWARE": f"oreline {metadata.version('oreline')}"}
    provenance = {**source.header, **source.scan_of(source.boxes[0]).provenance}
    return told | {name.upper(): words_of(value) for name, value in provenance.items()}


def _made_from(source: Source) -> str:
    """Runs and models, in short."""
    scan = source.scan_of(source.boxes[0])
    run = f"run {scan.run[:12]}, " if scan.run else ""
    return f"{run}model {words_of(scan.provenance.get('model', 'not known'))}, {scan.which}"
