"""Small files in the formats of others, for those who have no files of others."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

MINERALS = ("Dickite", "Kaolinite")


def write_tsg(folder: Path, reflectance: np.ndarray, first: float = 1000.0, last: float = 2500.0) -> Path:
    """A data set of samples (n, bands) every 8 mm from 65.9 m on, with a class scalar and a number."""
    samples, bands = reflectance.shape
    scalars = np.full((samples, bands), -3.4028235e38, np.float32)
    scalars[:, 0] = np.arange(samples) % 2
    scalars[0, 0] = -3.4028235e38
    scalars[:, 1] = 2200.5
    headers = [
        f"{n}:S_{n + 1}  T=0001 L=1 P={n + 1} D={65.9 + n * 0.008:.6f} X={8 * n:.6f} H=DDH 1" for n in range(samples)
    ]
    text = [
        "[description]", "SPECTRAL LIBRARY", "HyLogger :22 7.3", "", "[structure]", "datatype = float",
        "dataheader = 0", "", "[coordinates]", "firstsample = 1", f"lastsample = {samples}", "firstband = 1",
        f"lastband = {bands}", "", "[band headers]", "0:Min1 sTSAS;0.0;1.0;2;4;1", "1:2200W;0.0;1.0;8;2;-1", "2:Depth3",
        "", "[sample headers]", *headers, "", "[class 4]", "name = Minerals", "max = 2",
        *(f"{n}:{name}" for n, name in enumerate(MINERALS)), "", "[wavelength specs]", f"{first:.6f} {last:.6f} nm", "",
    ]  # fmt: skip
    path = folder / "hole_tsg.tsg"
    path.write_text("\n".join(text), encoding="cp1252")
    path.with_suffix(".bip").write_bytes(np.stack([reflectance, scalars]).astype("<f4").tobytes())
    return path


def spectrum(nm: Sequence[float] | np.ndarray, at: float = 2200.0) -> np.ndarray:
    """A smooth reflectance with a band at `at` nm."""
    nm = np.asarray(nm, float)
    return 0.6 + 0.0001 * (nm - 2000) - 0.25 * np.exp(-(((nm - at) / 30) ** 2))


def write_asd(path: Path, target: np.ndarray, reference: np.ndarray, kind: int = 1, version: bytes = b"as7") -> Path:
    """A file from 350 nm on in steps of 1 nm, counts as float64; without a reference where that is empty."""
    header = bytearray(484)
    header[:3], header[186], header[199] = version, kind, 2
    header[191:199] = struct.pack("<2f", 350.0, 1.0)
    header[204:206] = struct.pack("<H", len(target))
    behind = struct.pack("<H", 0xFFFF if reference.size else 0) + bytes(16) + struct.pack("<H", 5) + b"white"
    path.write_bytes(bytes(header) + target.astype("<f8").tobytes() + behind + reference.astype("<f8").tobytes())
    return path


def write_sed(path: Path, nm: np.ndarray, reflectance: np.ndarray, with_reflectance: bool = True) -> Path:
    heads = ["Wvl", "Norm. DN (Ref.)", "Norm. DN (Target)", *(["Reflect. %"] if with_reflectance else [])]
    rows = [[f" {w:.1f}", "4.000E+002", f"{400 * r:.6E}", f" {100 * r:.4f}"][: len(heads)]
            for w, r in zip(nm, reflectance, strict=True)]  # fmt: skip
    text = ["Comment: ", "Version: 2.0", "Measurement: REFLECTANCE", f"Channels: {len(nm)}", f"Columns [{len(heads)}]:"]
    path.write_text("\r\n".join([*text, "Data:", "\t".join(heads), *map("\t".join, rows), ""]), newline="")
    return path


def write_sig(path: Path, nm: np.ndarray, reflectance: np.ndarray) -> Path:
    rows = [f"{w:.1f}  500.00  {500 * r:.2f}  {100 * r:.4f}" for w, r in zip(nm, reflectance, strict=True)]
    head = [
        "/*** Spectra Vista SIG Data ***/",
        "name= a.sig",
        "instrument= HI: 1182047 (HR-1024)",
        "units= Radiance, Radiance",
    ]
    path.write_text("\n".join([*head, "data= ", *rows, ""]))
    return path


def write_sli(
    folder: Path, nm: np.ndarray, reflectance: np.ndarray, header: str = "lib.sli.hdr", **fields: str
) -> Path:
    """A library `lib.sli` of spectra (n, bands) in micrometres."""
    names = ", ".join(f"mineral {n}" for n in range(len(reflectance)))
    said = {
        "samples": len(nm), "lines": len(reflectance), "bands": 1, "data type": 4, "interleave": "bsq", "byte order": 0,
        "file type": "ENVI Spectral Library", "wavelength units": "Micrometers", "spectra names": f"{{{names}}}",
        "wavelength": "{" + ", ".join(f"{w / 1000:.6f}" for w in nm) + "}", **fields,
    }  # fmt: skip
    (folder / header).write_text("ENVI\n" + "".join(f"{key} = {value}\n" for key, value in said.items()))
    path = folder / "lib.sli"
    path.write_bytes(reflectance.astype("<f4").tobytes())
    return path


def write_splib07(folder: Path, nm: np.ndarray, reflectance: np.ndarray) -> Path:
    """A record in a folder of the library, its wavelengths in the folder above, both in three-digit exponents."""
    lines = [
        f" {value:.7e}".replace("e-0", "e-00").replace("e+0", "e+00").replace("e+34", "e+034") for value in reflectance
    ]
    wavelengths = [f" {w / 1000:.7e}".replace("e-0", "e-00").replace("e+0", "e+00") for w in nm]
    (folder / "splib07a_Wavelengths_ASD.txt").write_text(
        "\n".join([f" splib07a Record=23: Wavelengths ASD microns {len(nm)} ch", *wavelengths, ""])
    )
    (folder / "ChapterM").mkdir(exist_ok=True)
    path = folder / "ChapterM" / "splib07a_Kaolinite_CM9.txt"
    path.write_text("\n".join([" splib07a Record=9: Kaolinite CM9          ASDFRa AREF", *lines, ""]))
    return path


def write_ecostress(path: Path, nm: np.ndarray, reflectance: np.ndarray, y: str = "Reflectance (percent)") -> Path:
    head = ["Name: Kaolinite", "Type: Mineral", "", "Class: Silicate", "X Units: Wavelength (micrometers)",
            f"Y Units: {y}",
            f"Number of X Values: {len(nm)}", "Additional Information: none", ""]  # fmt: skip
    rows = [f"{w / 1000:.4f}\t{100 * r:.4f}" for w, r in zip(nm, reflectance, strict=True)]
    path.write_text("\n".join([*head, *rows, ""]))
    return path


def write_relab(path: Path, nm: np.ndarray, reflectance: np.ndarray) -> Path:
    rows = [f"  {w:8.1f}   {r:.6f}" for w, r in zip(nm, reflectance, strict=True)]
    path.write_text("\n".join([f"  {len(nm)}", *rows, "", " Source Ang: 30.00", " Date:  7-FEB-05", ""]))
    return path


def write_npz(path: Path, nm: np.ndarray, reflectance: np.ndarray, **columns: np.ndarray) -> Path:
    with path.open("wb") as file:
        np.savez(file, spectra=reflectance.astype(np.float32), wavelength_nm=nm, **columns)
    return path
