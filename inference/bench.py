"""Cases of `oreline bench` in inference: calibration, all of the correction chain, features, and a network of about 150
kMAC."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from inference.arrays import aligned
from inference.backends import Precision, bfloat16, load
from inference.backends.torchscript import encode
from inference.calibration.calibrator import Calibrator
from inference.calibration.settings import Correction, DarkColumns
from inference.classification.card import GOLDEN, MODEL, Card
from inference.classification.signature import sign
from inference.features.line import LineFeatures
from inference.illumination import WhiteStrip
from inference.models import SHIPPED
from inference.preprocessing.step import Layout
from inference.references.measurement import Measurement
from inference.references.reference import Reference
from inference.training.network import BENCH_WIDTHS, build, deployed, kmac
from oreline.bench.case import BANDS, SAMPLES, Case, repeated
from oreline.bench.ceilings import CALIBRATED_BYTES, FMA, MEMCPY, SOURCES
from oreline.bench.ceilings import CAMERA as CAMERA_RATE
from oreline.cameras import camera_preset
from oreline.messages import StreamInfo

CAMERA = "nir224"
FEATURES_CAMERA = "swir288"
KMAC_MODEL = "bench"
NOISY = 300
"""Bad pixels of the sensor, a five-hundredth."""
CHAIN = Correction(find_bad_pixels=True, nonlinearity=(0.02, -0.01), shade=DarkColumns(first=620, samples=20))
STRIP = WhiteStrip(first=0, samples=20, correct=True)
BENT = CHAIN.model_copy(update={"smile_bands": (0.0, 0.0, 0.3), "keystone_pixels": (0.0, 0.3)})
"""Every step of the chain, without and with smile and keystone."""


def cases(folder: Path, _quick: bool) -> list[Case]:
    """Calibration against memcpy, the network against the peak of fused multiply-adds.

    Leaves the network as a model in `folder`/bench, for the lines that are measured end to end.
    """
    card = write_model(folder / KMAC_MODEL)
    reference, info = _reference(card)
    calibration, chain, bent = (Calibrator(reference, info, *steps) for steps in ((), (CHAIN, STRIP), (BENT, STRIP)))
    lines = aligned((SOURCES, BANDS, SAMPLES), np.uint16)
    lines[...] = np.random.default_rng(1).integers(350, 3500, lines.shape)
    lines.flags.writeable = False  # as those of the ring are
    snv = aligned((BANDS, SAMPLES), np.float32)
    snv[...] = calibration.snv(lines[0])[0]
    flop = 2.0 * card.kmac * 1e3 * SAMPLES
    gigabytes = CALIBRATED_BYTES / 1e9

    def stage(name: str, call: Callable[[NDArray[np.uint16]], object], goal: float, ceiling: str = MEMCPY) -> Case:
        amount, unit = (gigabytes, "GB/s") if ceiling == MEMCPY else (1.0, "lines/s")
        return Case(name, repeated(lambda i: call(lines[i % SOURCES]), 64), amount, unit, ceiling, goal)

    content = (folder / KMAC_MODEL / MODEL).read_bytes()

    def network(name: str, precision: Precision, goal: float | None) -> Case:
        answer = load(card.backend, content, (BANDS, SAMPLES), precision)
        return Case(name, repeated(lambda _: answer(snv), 4, 1), flop / 1e9, "GFLOP/s", FMA, goal)

    size = f"network, {card.kmac:.0f} kMAC"
    return [
        stage("calibration", calibration.reflectance, 0.7),
        stage("calibration + SNV", calibration.snv, 0.3),
        stage("every step but smile", chain.reflectance, 0.3),
        stage("every step + SNV", bent.snv, 1, CAMERA_RATE),
        network(size, "float32", 0.5),
        _features(),
        *([network(f"{size}, bfloat16", "bfloat16", None)] if bfloat16.available() else []),
    ]


def _features() -> Case:
    """All features of a line of the camera that sees them."""
    camera = camera_preset(FEATURES_CAMERA)
    measure = LineFeatures(camera.wavelengths_nm.tolist(), camera.samples)
    values = aligned((camera.bands, camera.samples), np.float32)
    values[...] = np.random.default_rng(3).uniform(0.2, 0.6, values.shape)
    free = np.zeros(camera.samples, np.uint8)
    return Case(
        f"{len(measure.infos)} features, {FEATURES_CAMERA}",
        repeated(lambda _: measure(values, free), 64),
        1.0,
        "lines/s",
    )


def write_model(folder: Path) -> Card:
    """An untrained network of about 150 kMAC, always the same, as a model for the camera `nir224`."""
    shipped = Card.read(SHIPPED / CAMERA)
    torch.manual_seed(1)
    content = encode(deployed(build(Layout(1, BANDS), len(shipped.classes), BENCH_WIDTHS)))
    golden = io.BytesIO()
    spectra = np.random.default_rng(1).standard_normal((BANDS, 16), np.float32)
    np.savez(golden, snv=spectra, logits=load(shipped.backend, content, spectra.shape)(spectra))
    changes = {
        "name": KMAC_MODEL,
        "kmac": kmac(Layout(1, BANDS), len(shipped.classes), BENCH_WIDTHS),
        "model_sha256": hashlib.sha256(content).hexdigest(),
        "golden_sha256": hashlib.sha256(golden.getvalue()).hexdigest(),
    }
    card = shipped.model_copy(update=changes)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(content)
    (folder / GOLDEN).write_bytes(golden.getvalue())
    card.write(folder)
    sign(folder)
    return card


def _reference(card: Card) -> tuple[Reference, StreamInfo]:
    """A sensor with an uneven dark and white and some bad pixels, and a stream of all of it."""
    rng = np.random.default_rng(2)
    info = StreamInfo(
        run=bytes(16), epoch=0, seq=0, camera="bench", serial="bench", wavelengths_nm=card.wavelengths_nm,
        samples=SAMPLES, offset_x=0, full_scale=4095, exposure_us=1000.0, gain=1.0, line_rate_hz=670.0,
        counts_per_line=1.0, pitch_mm=1.0,
    )  # fmt: skip
    std = np.ones((BANDS, SAMPLES))
    std.ravel()[rng.choice(std.size, NOISY, replace=False)] = 30.0
    dark, white = (
        Measurement(
            mean=rng.uniform(*level, (BANDS, SAMPLES)),
            std=std,
            saturated=np.zeros((BANDS, SAMPLES), np.uint32),
            lines=100,
            exposure_us=info.exposure_us,
            gain=info.gain,
        )
        for level in ((290, 340), (2000, 3800))
    )
    return Reference(dark, white, info.wavelengths_nm, 0, info.full_scale, "bench", "bench", "never"), info
