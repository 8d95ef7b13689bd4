"""Files of a data set of The Spectral Geologist: `NAME.tsg`, text in sections, beside `NAME.bip`, float32 (2, samples,
bands), of which the first half is reflectance and the second scalars.

The layout is that of data sets of a HyLogger, as TSG 7 and 8 write them; there is no published description of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import numpy as np
from numpy.typing import NDArray

from oreline.messages import ClassInfo

NO_DATA = np.finfo(np.float32).min
_BLANK_NM = np.linspace(1000.0, 2500.0, 301)
"""Bands of a data set without reflectance."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Spectra:
    """Reflectance of samples: `values` float32 (samples, bands), NaN where there is none, at `wavelengths_nm`
    (bands,)."""

    wavelengths_nm: Array
    values: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ClassTable:
    """A class table: what its codes stand for, from 0, with their colours."""

    name: str
    classes: Sequence[ClassInfo]


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A scalar of all samples, float64 (samples,), NaN where there is none; `table`: of a class, the number of its
    table."""

    name: str
    values: Array
    table: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class DataSet:
    """What a pair of files says. `headers`: name and marks of each sample."""

    hole: str
    headers: Sequence[str]
    tables: Sequence[ClassTable]
    scalars: Sequence[Scalar]
    spectra: Spectra | None


def write_data_set(stem: Path, told: DataSet) -> None:
    """Write `stem` with `.tsg` and `.bip`."""
    nm, reflectance = _even(told.spectra, len(told.scalars))
    data = np.full((2, len(told.headers), len(nm)), NO_DATA, "<f4")
    if reflectance is not None:
        data[0] = np.where(np.isfinite(reflectance), reflectance, NO_DATA)
    for number, scalar in enumerate(told.scalars):
        data[1, :, number] = np.where(np.isfinite(scalar.values), scalar.values, NO_DATA)
    data.tofile(stem.with_name(stem.name + ".bip"))
    name = uuid5(NAMESPACE_URL, sha256(data.tobytes()).hexdigest())
    text = "".join(f"{line}\r\n" for line in _text(told, str(name), nm))
    stem.with_name(stem.name + ".tsg").write_bytes(text.encode("cp1252"))


def _even(spectra: Spectra | None, scalars: int) -> tuple[Array, NDArray[np.float32] | None]:
    """Wavelengths that a data set can say, which are even steps, and reflectance there; of as many bands as it has
    scalars, at least."""
    if spectra is None:
        return np.linspace(_BLANK_NM[0], _BLANK_NM[-1], max(len(_BLANK_NM), scalars)), None
    rising = np.argsort(spectra.wavelengths_nm)
    own, values = spectra.wavelengths_nm[rising], spectra.values[:, rising]
    nm = np.linspace(own[0], own[-1], max(len(own), scalars))
    if len(nm) == len(own) and np.allclose(nm, own, rtol=0, atol=1e-3):
        return nm, values
    return nm, np.stack([np.interp(nm, own, one) for one in values]).astype(np.float32)


def _text(told: DataSet, uuid: str, nm: Array) -> Iterator[str]:
    """Lines of the text, section after section, each closed by an empty one."""
    samples, bands = len(told.headers), len(nm)
    about = ["SPECTRAL LIBRARY", "TSG  7.27 Dataset", f"UUID :{uuid}", "Last written by :Oreline"]
    yield from _section("description", about)
    yield from _section("structure", ["datatype = float", "dataheader = 0"])
    ends = {"sample": samples, "line": 1, "band": bands}
    yield from _section(
        "coordinates", [f"{at}{name} = {n}" for name, end in ends.items() for at, n in (("first", 1), ("last", end))]
    )
    sizes = {"samples": samples, "lines": 1, "bands": bands, "classes": len(told.tables), "sclrsets": 0, "domains": 1}
    yield from _section("dimensions", [f"{name} = {size}" for name, size in sizes.items()])
    yield from _section("platform", ["byteorder = 3"])
    yield from _section("dbextra", [f"drillhole name = {told.hole}"])
    yield from _section("band headers", [f"{number}:{_scalar(one)}" for number, one in enumerate(told.scalars)])
    yield from _section("sample headers", [f"{number}:{header}" for number, header in enumerate(told.headers)])
    yield from _section("line headers", ["0:Reflectance; 0.000000; 1.000000; 0"])
    for number, table in enumerate(told.tables):
        yield from _section(f"class {number}", _class(table))
    yield from _section("wavelength specs", [f"{nm[0]:.6f} {nm[-1]:.6f} nm"])


def _section(name: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"[{name}]"
    yield from lines
    yield ""


def _class(table: ClassTable) -> list[str]:
    colours = " ".join(str(red | green << 8 | blue << 16) for red, green, blue in (one.colour for one in table.classes))
    names = [f"{code}:{one.name}" for code, one in enumerate(table.classes)]
    return [f"name = {table.name}", f"max = {len(table.classes)}", f"colours = {colours}", *names]


def _scalar(scalar: Scalar) -> str:
    """A scalar's header: name, least and greatest, kind 2, class table, and at their places mean, standard deviation
    and how many samples have none."""
    known = scalar.values[np.isfinite(scalar.values)]
    least, most, mean, sd = (f"{f(known):.6f}" if len(known) else "0.000000" for f in (np.min, np.max, np.mean, np.std))
    none, is_class = len(scalar.values) - len(known), int(scalar.table >= 0)
    return (
        f"{scalar.name};{least};{most};2;{scalar.table};0;0;0;{mean};{sd};0;0;0;{none};"
        f"0;0;0;0;-1;0;0;0;{is_class};0;;0;0;0;{is_class}"
    )
