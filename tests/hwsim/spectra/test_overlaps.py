"""What the simulator shows and the models were trained with, by the names of specimens."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from hwsim.spectra import load
from hwsim.spectra.overlaps import FILE, in_training, specimen_in, table

LIBRARY = ("USGS:HS102", "USGS:IMt-1", "USGS:SHCa-1", "USGS:SHCa-1.Ac-B", "USGS:GDS9", "USGS:GDS11", "ECO:PS-1A")


@pytest.mark.parametrize(
    ("record", "specimen"),
    [
        ("Dolomite_HS102.3B_BECKb_AREF", "USGS:HS102"),
        ("Illite_IMt-1.b_lt2um_BECKa_AREF", "USGS:IMt-1"),
        ("Hectorite_SHCa-1.Ac-B_NIC4bb_RREF", "USGS:SHCa-1.Ac-B"),
        ("Alunite_GDS96_K_Syn_(250C)_NIC4a_RREF", ""),
        ("Muscovite_GDS116_Tanzania_NIC4aaa_RREF", ""),
    ],
)
def test_a_record_is_of_the_specimen_that_it_is_named_after(record: str, specimen: str) -> None:
    assert specimen_in(record, LIBRARY) == specimen


def test_every_mineral_is_in_the_table() -> None:
    lines = (files("hwsim.spectra") / FILE).read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == list(load().names)
    assert {"calcite", "kaolinite"} < in_training() < set(load().names)


@pytest.mark.shared
def test_the_table_is_that_of_the_library(shared_data: Path) -> None:
    with np.load(shared_data / "minerals_open.npz", allow_pickle=False) as data:
        made = table(data["sample_id"].tolist())
    assert made == (files("hwsim.spectra") / FILE).read_text()
