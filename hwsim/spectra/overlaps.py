"""Overlaps: which of the simulator's specimens are in a library that models are trained with.

python -m hwsim.spectra.overlaps minerals_open.npz

writes overlaps.csv beside this file. Compared are the specimens' names, since one specimen has several records: a USGS
record is named after its mineral and its specimen, of which a suffix after a point is a grain size or a split.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from hwsim.spectra import load

FILE = "overlaps.csv"
FIELDS = ("mineral", "record", "specimen in the library")
USGS = "USGS:"


def specimen_in(record: str, specimens: Iterable[str]) -> str:
    """The specimen of a USGS record, such as "Dolomite_HS102.3B_BECKb_AREF", among those of a library, such as
    "USGS:HS102"; '' where it has none of it."""
    words = record.split("_")
    names = {one.removeprefix(USGS) for one in specimens if one.startswith(USGS)}
    found = [name for name in names for word in words if word == name or word.startswith(f"{name}.")]
    return USGS + max(found, key=len) if found else ""


def table(specimens: Iterable[str]) -> str:
    """overlaps.csv for a library with these specimens."""
    library, specimens = load(), sorted(set(specimens))
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(FIELDS)
    pairs = zip(library.names, library.titles, strict=True)
    write.writerows((name, title, specimen_in(title, specimens)) for name, title in pairs)
    return out.getvalue()


@cache
def in_training() -> frozenset[str]:
    """Minerals of the simulator whose specimen is in the library that the models which ship were trained with."""
    text = (files("hwsim.spectra") / FILE).read_text(encoding="utf-8")
    return frozenset(row["mineral"] for row in csv.DictReader(io.StringIO(text)) if row[FIELDS[2]])


if __name__ == "__main__":
    with np.load(sys.argv[1], allow_pickle=False) as data:
        Path(__file__).with_name(FILE).write_text(table(data["sample_id"].tolist()), encoding="utf-8")
