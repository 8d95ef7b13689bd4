"""Small files in the formats of others, for those who have no files of others."""

from __future__ import annotations

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
