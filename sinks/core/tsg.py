"""Core as The Spectral Geologist (TSG) logged it: its trays as scans of one sample a row, and the depths it gives."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oreline.answers import Answer
from oreline.errors import SpectraRefused
from oreline.features import FEATURES, LEAST_DEPTH
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, ClassInfo, FeatureInfo
from oreline.palette import Colour, colour_of, colour_of_group, group_of, group_of_tsg, tint
from oreline.point_spectra import PointSpectra, read_points
from sinks.core.depth import BoxDepth, HoleDepth, Kind, RowDepth, RowFind
from sinks.core.samples import REASONS
from sinks.core.scan import NO_REASON, NOT_ROCK, Scan, is_not_rock

ANSWERS = ("sTSAS", "uTSAS", "dTSAS", "sTSAV", "uTSAV", "dTSAV", "Oreline")
"""TSG's answers, the first that a file has being taken: of the short-wave infrared, chosen by the system, the user or
the domain, then those of visible light, which are of other minerals, and what our own data sets say."""
_REASONS = {
    "aspectral": "no bands", "notinlibrary": "not in the list", "dark": "too dark", "noisy": "noisy",
    "higherror": "unsure",
}  # fmt: skip
"""By mineral of the group INVALID, folded."""
_NO_ROCK = ("wood", "plasticchiptray", "teflon", "whitemarker", "yellowmarker", "vegetation-dry")
_MINERAL, _DEPTH = "Min1 ", "Depth (m)"
_INVALID, _MASKED = "invalid", "maskedoff"
_NO_COLOUR = (136, 136, 136)
_SCALAR = re.compile(r"(\d{4})([WD])(3pfit)?")


class TsgHole(NamedTuple):
    """A hole by its name, a scan a tray, and its depths. Sample r of a scan is row r + 1 of its tray."""

    hole: str
    scans: tuple[Scan, ...]
    depth: HoleDepth


class _Said(NamedTuple):
    """What a file says of its spectra: codes and reasons (n,) of an answer, and features (n, features, 2)."""

    which: str
    answer: Answer
    codes: NDArray[np.uint8]
    reasons: NDArray[np.uint8]
    infos: tuple[FeatureInfo, ...]
    features: NDArray[np.float32] | None


def read_tsg(path: Path, answer: str = "", masks: Sequence[str] = ()) -> TsgHole:
    """A data set of TSG. `answer`: one of its, such as "sTSAS", the first of ANSWERS that it has where none is named.
    `masks`: scalars that mask a spectrum where they are 0. Raises SpectraRefused where it has no such thing, or no
    depths."""
    points = read_points(path)
    which = _chosen(points, answer)
    for name in masks:
        if name not in points.columns:
            raise SpectraRefused(f"{path} has no scalar {name!r}")
    said, depths = _said(points, which), _depths(points)
    for name in masks:
        said.codes[~(points.columns[name].astype(np.float64) > 0)] = INVALID
    parts = [_tray(points, number, rows, said, depths) for number, rows in _trays(points)]
    hole = str(points.columns["hole"][0] if "hole" in points.columns else "") or path.stem
    depth = HoleDepth({box.box: box for _, box in parts}, (), (), ())
    return TsgHole(hole, tuple(scan for scan, _ in parts), depth)


def _chosen(points: PointSpectra, answer: str) -> str:
    found = [name.removeprefix(_MINERAL) for name in points.columns if name.startswith(_MINERAL)]
    there = sorted(found, key=lambda name: ANSWERS.index(name) if name in ANSWERS else len(ANSWERS))
    if (answer and answer not in there) or not there:
        has = ", ".join(there) or "none: let TSG name the minerals first"
        raise SpectraRefused(f"{points.path} has no answer {answer or 'of minerals'}; it has {has}")
    return answer or there[0]


def _depths(points: PointSpectra) -> NDArray[np.float64]:
    """Depths (n,) in m, as they mark samples or stand among the scalars."""
    for name in ("depth_m", _DEPTH):
        if name in points.columns and np.isfinite(points.columns[name].astype(np.float64)).any():
            return np.asarray(points.columns[name], np.float64)
    raise SpectraRefused(f"{points.path} has no depths: let TSG log the trays' depths first")


def _said(points: PointSpectra, which: str) -> _Said:
    minerals, groups = points.columns[_MINERAL + which], _groups(points, which)
    named = {str(name): group for name, group in zip(minerals, groups, strict=True) if name and group != _INVALID}
    names = sorted(named)
    infos = tuple(_classes({name: named[name] for name in names}))
    answer = Answer(infos, len(names), tuple(named[name] for name in names), None, None)
    codes, reasons = np.full(len(points), UNKNOWN, np.uint8), np.full(len(points), NO_REASON, np.uint8)
    for at, name in enumerate(minerals.tolist()):
        if name in named:
            codes[at] = names.index(name)
        elif name.casefold() == _MASKED:
            codes[at] = INVALID
        elif name.casefold() in _REASONS:
            reasons[at] = REASONS.index(_REASONS[name.casefold()])
    return _Said(which, answer, codes, reasons, *_measured(points))


def _groups(points: PointSpectra, which: str) -> list[str]:
    """Groups of the minerals, in the words of the palette: as the file has them, or else by their names."""
    if (column := points.columns.get(f"Grp1 {which}")) is not None:
        return [group_of_tsg(name) for name in column]
    return [_group_of(name.casefold()) for name in points.columns[_MINERAL + which].tolist()]


def _group_of(mineral: str) -> str:
    if mineral in _NO_ROCK:
        return NOT_ROCK
    plain = mineral.split("-")[0]
    return _INVALID if mineral in (*_REASONS, _MASKED) else group_of(plain) or plain


def _classes(groups: Mapping[str, str]) -> Iterator[ClassInfo]:
    """Classes of minerals, by name with the group of each: "Kaolinite-PX" is a kaolinite and has its colour, another
    kaolinite a tint of it, and a mineral that has none a tint of that of its group."""
    used = Counter[Colour]()
    for name, group in groups.items():
        of_group = colour_of_group(group, _NO_COLOUR)
        own = colour_of(name.split("-")[0].casefold(), of_group)
        number = used[own] - (own != of_group)
        used[own] += 1
        yield ClassInfo(name, own if number < 0 else tint(own, number))


def _trays(points: PointSpectra) -> Iterator[tuple[int, list[NDArray[np.intp]]]]:
    """The trays by number, their own where each has one or else counted as they come, and the spectra of each row."""
    trays = points.columns.get("tray", np.full(len(points), "1"))
    sections = np.nan_to_num(points.columns.get("section", np.ones(len(points))))
    names = list(dict.fromkeys(trays.tolist()))
    own = [int(name) if name.isdecimal() else 0 for name in names]
    numbers = own if len(set(own) - {0}) == len(names) else range(1, len(names) + 1)
    for number, name in zip(numbers, names, strict=True):
        at = np.flatnonzero(trays == name)
        yield number, [at[sections[at] == one] for one in dict.fromkeys(sections[at].tolist())]


def _tray(
    points: PointSpectra, number: int, rows: list[NDArray[np.intp]], said: _Said, depths: NDArray[np.float64]
) -> tuple[Scan, BoxDepth]:
    """A tray, its spectra given row by row, as a scan and its depths; behind a shorter row is BACKGROUND."""
    lines = max(map(len, rows))
    grid = np.full((lines, len(rows)), -1)
    for row, own in enumerate(rows):
        grid[: len(own), row] = own
    codes = np.where(grid >= 0, said.codes[grid], np.uint8(BACKGROUND))
    reasons = said.reasons[grid]
    way = _way_mm(points, max(rows, key=len))
    scan = Scan(
        box=number,
        run="",
        seqs=np.arange(lines),
        along_mm=way,
        pixel_mm=float(np.median(np.diff(way))) if lines > 1 else 1.0,
        answer=said.answer,
        codes=codes,
        reasons=reasons,
        reason_names=REASONS,
        rock=(codes != BACKGROUND) & (codes != INVALID) & ~is_not_rock(codes, reasons, said.answer, REASONS),
        missing=np.zeros(lines, np.bool_),
        features=None if said.features is None else np.moveaxis(said.features[grid], 1, -1),
        feature_infos=said.infos,
        provenance={"model": f"TSG {said.which}", "source": points.path.name},
        which=said.which,
    )
    return scan, BoxDepth(number, tuple(_row_depth(depths[own], row, lines) for row, own in enumerate(rows)))


def _way_mm(points: PointSpectra, row: NDArray[np.intp]) -> NDArray[np.float64]:
    """Way along a row from its first spectrum; a mm a spectrum where the file does not say it."""
    at = np.asarray(points.columns.get("x_mm", np.full(len(points), np.nan))[row], np.float64)
    return np.abs(at - at[0]) if np.isfinite(at).all() else np.arange(len(row), dtype=np.float64)


def _row_depth(depth_m: NDArray[np.float64], row: int, lines: int) -> RowDepth:
    """A row of a tray at the depths of its spectra, each of which stands for what lies between two."""
    padded = np.full(lines, np.nan)
    padded[: len(depth_m)] = depth_m
    there = np.isfinite(padded)
    steps = np.abs(np.diff(padded[there]))
    length = np.where(there, np.median(steps) if len(steps) else 0.0, 0.0)
    first, kind = np.full(lines, row, np.int32), np.where(there, Kind.ROCK, Kind.EMPTY).astype(np.uint8)
    find = RowFind(row + 1, first, first + np.int32(1), kind, there.astype(np.float32), backwards=False)
    return RowDepth(find, padded, np.where(there, 0.0, np.nan), length)


def _measured(points: PointSpectra) -> tuple[tuple[FeatureInfo, ...], NDArray[np.float32] | None]:
    """Features of which the file has both centre and depth, float32 (n, features, 2): NaN where there is none."""
    columns = {
        found[1] + found[2]: values for name, values in points.columns.items() if (found := _SCALAR.fullmatch(name))
    }
    infos = tuple(one for one in FEATURES if {f"{one.name}W", f"{one.name}D"} <= set(columns))
    if not infos:
        return (), None
    both = np.array([[columns[one.name + what] for what in "WD"] for one in infos], np.float32)
    known = np.isfinite(both).all(axis=1) & (both[:, 1] > LEAST_DEPTH)
    return infos, np.moveaxis(np.where(known[:, None], both, np.float32(np.nan)), -1, 0)
