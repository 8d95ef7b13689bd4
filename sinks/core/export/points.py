"""Points of a hole, as spectral loggers of core have them: lines of a row that lie within a few mm are one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.errors import ConfigError
from sinks.core.depth import BoxDepth
from sinks.core.export.tsg_file import Spectra
from sinks.core.recorded_lines import RecordedLines
from sinks.core.samples import CoreSamples
from sinks.core.scan import Scan

POINT_MM = 8.0
"""Way between two spectra of a HyLogger."""
_SUMMED = ("length_m", "counts", "reasons", "not_rock", "masked", "sums")

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Points in order of box, row and depth. `samples`: an entry each, whose `line` is the middle one. `x_mm` float64
    (n,): way from where its row begins to be read. `spectra`: mean reflectance of its pixels of rock, NaN where there
    are none; None where it was not recorded."""

    samples: CoreSamples
    x_mm: NDArray[np.float64]
    spectra: Spectra | None = None


def points_of(
    samples: CoreSamples, scan: Scan, depth: BoxDepth, seen: RecordedLines | None = None, point_mm: float = POINT_MM
) -> Points:
    """Points of a box. `seen`: reflectance of the lines of the scan."""
    if not len(samples):
        return Points(samples, np.empty(0))
    order = np.lexsort((samples.depth_m, samples.row))
    line, row = samples.line[order], samples.row[order]
    _, first = _begins(row)
    way = np.abs(scan.along_mm[line] - scan.along_mm[line[first]])
    starts, _ = _begins(row, (way // point_mm).astype(np.int64))
    pooled, x_mm = _pooled(samples, order, starts), np.add.reduceat(way, starts) / _lengths(starts, len(way))
    if seen is None:
        return Points(pooled, x_mm)
    rock = {one.find.row: one.find.cells(scan.rock.shape[1]) & scan.rock for one in depth.rows}
    groups = [(own, rock[row[at]][own]) for at, own in zip(starts, np.split(line, starts[1:]), strict=True)]
    values = np.stack([_mean(seen.cube, own, pixels) for own, pixels in groups])
    return Points(pooled, x_mm, Spectra(seen.wavelengths_nm, values))


def _begins(*keys: NDArray[np.integer]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where runs of like keys begin, and of each entry where its own does."""
    new = np.any([np.append(True, key[1:] != key[:-1]) for key in keys], axis=0)
    return np.flatnonzero(new), np.maximum.accumulate(np.where(new, np.arange(len(new)), 0))


def _lengths(starts: Array, n: int) -> Array:
    return np.diff(np.append(starts, n))


def _pooled(samples: CoreSamples, order: Array, starts: Array) -> CoreSamples:
    """Entries in a new order, pooled from each start to the next."""
    n = _lengths(starts, len(order))
    middle = order[starts + n // 2]
    fields: dict[str, Any] = {name: getattr(samples, name)[middle] for name in ("box", "row", "line", "kind", "sd_m")}
    fields |= {name: np.add.reduceat(getattr(samples, name)[order], starts, axis=0) for name in _SUMMED}
    fields["depth_m"] = np.add.reduceat(samples.depth_m[order], starts) / n
    return replace(samples, **fields)


def _mean(cube: NDArray[np.float32], lines: Array, rock: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Mean over pixels of rock, bool (lines, samples), of these lines of the cube: float32 (bands,)."""
    across, begin, end = np.flatnonzero(rock.any(axis=0)), lines.min(), lines.max() + 1
    if not len(across):
        return np.full(cube.shape[1], np.nan, np.float32)
    first, stop = across[0], across[-1] + 1
    own = np.zeros((end - begin, stop - first), np.bool_)
    own[lines - begin] = rock[:, first:stop]
    values = cube[begin:end, :, first:stop]
    with np.errstate(invalid="ignore"):
        mean = np.matmul(values, own[..., None].astype(np.float32)).sum(axis=0)[:, 0] / own.sum()
    return mean if np.isfinite(mean).all() else _mean_of_whole(np.moveaxis(values, 1, -1)[own])


def _mean_of_whole(spectra: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of the spectra (n, bands) without a gap, NaN where there is none."""
    whole = spectra[np.isfinite(spectra).all(axis=1)]
    return np.asarray((whole if len(whole) else np.full((1, spectra.shape[1]), np.nan)).mean(axis=0, dtype=np.float32))


def joined(parts: Sequence[Points]) -> Points:
    """Points of all boxes, with the classes, reasons and measures that any has. Raises ConfigError where there is no
    box, or reflectance of two cameras."""
    if not parts:
        raise ConfigError("no box was scanned, so there is nothing to export")
    cores = [part.samples for part in parts]
    classes = {
        info.name: (info, group) for core in cores for info, group in zip(core.classes, core.groups, strict=True)
    }
    reasons, measures = _names(core.reason_names for core in cores), _names(core.measures for core in cores)
    own = ("depth_m", "sd_m", "length_m", "box", "row", "line", "kind", "not_rock", "masked")
    entries: dict[str, Any] = {name: np.concatenate([getattr(core, name) for core in cores]) for name in own}
    samples = replace(
        cores[0],
        **entries,
        classes=tuple(info for info, _ in classes.values()),
        groups=tuple(group for _, group in classes.values()),
        counts=_placed(
            [core.counts for core in cores], [[one.name for one in core.classes] for core in cores], list(classes)
        ),
        reason_names=tuple(reasons),
        reasons=_placed([core.reasons for core in cores], [core.reason_names for core in cores], reasons),
        measures=tuple(measures),
        sums=_placed([core.sums for core in cores], [core.measures for core in cores], measures),
    )
    return Points(samples, np.concatenate([part.x_mm for part in parts]), _spectra(parts))


def _names(of: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(name for names in of for name in names))


def _placed(arrays: Sequence[Array], names: Sequence[Sequence[str]], all_names: Sequence[str]) -> Array:
    """Arrays (n, names, ...) one after another, each name at its place among all."""
    shape = (sum(map(len, arrays)), len(all_names), *arrays[0].shape[2:])
    joined, first = np.zeros(shape, arrays[0].dtype), 0
    for array, own in zip(arrays, names, strict=True):
        joined[first : first + len(array), [all_names.index(name) for name in own]] = array
        first += len(array)
    return joined


def _spectra(parts: Sequence[Points]) -> Spectra | None:
    """Reflectance of all, NaN of boxes of which none was recorded."""
    known = [part.spectra for part in parts if part.spectra is not None]
    if not known:
        return None
    nm = known[0].wavelengths_nm
    if any(not np.array_equal(one.wavelengths_nm, nm) for one in known):
        raise ConfigError("reflectance of the boxes is of different bands: a data set for TSG has those of one camera")
    blank = [np.full((len(part.x_mm), len(nm)), np.nan, np.float32) for part in parts]
    each = zip(blank, parts, strict=True)
    return Spectra(nm, np.concatenate([none if one.spectra is None else one.spectra.values for none, one in each]))
