"""Check of a line's file for what inference would refuse, and what comes out of it."""

from __future__ import annotations

from pathlib import Path

from inference import backends
from inference.classification.bands import compare
from inference.classification.card import Card
from inference.classification.layers import chosen
from inference.classification.signature import checked
from inference.features.windows import refuse_none
from inference.preprocessing.steps import Chain
from inference.references.certificates import panel_curve
from inference.references.files import load
from inference.references.store import Store
from inference.settings import Settings
from oreline.config import Config, LineSettings
from oreline.errors import ConfigError, ReferenceRefused
from oreline.expected import Expected
from oreline.findings import Findings
from oreline.keys import client_keys, server_keys
from oreline.recordings.exclusions import longest_run
from oreline.sink import infers


def check(config: Config, expected: Expected, findings: Findings) -> None:
    """The table of inference, unless all that this file has is for another host's."""
    if not (config.tables.keys() & {"inference", "acquisition", "simulator"} and infers(config)):
        return
    settings, line = config.section("inference", Settings), config.line
    if settings.remote:
        expected.kinds, expected.raw = None, False
        with findings.noted("[inference]"):
            client_keys(settings.remote, line.keys, "inference", "acquisition")
    for address in settings.listen.values():
        with findings.noted("[inference]"):
            server_keys(address, line.keys, "inference")
    with findings.noted("[inference]"):
        _model(settings, line, expected)
    with findings.noted("[inference]"):
        _sizes(settings, expected)
    with findings.noted("[inference]"):
        _references(settings, line, expected)
    can_be_made = {"labels": settings.model is not None, "reflectance": True, "features": True}
    expected.streams = tuple(stream for stream in settings.streams if can_be_made[stream])
    expected.uncertainty = settings.uncertainty


def _model(settings: Settings, line: LineSettings, expected: Expected) -> None:
    """Signed by one who is trusted, whole, and for these bands. Its network is not loaded: that takes seconds."""
    folder = settings.model_folder()
    if folder is None:
        expected.classes = expected.layers = ()
        return
    card = _card(folder, line.keys, settings.precision)
    expected.classes, expected.layers = card.labels, chosen(card, settings.layers)
    side_by_side, gap = longest_run(settings.correction.bad_bands), settings.correction.largest_gap
    if side_by_side > gap:
        raise ConfigError(
            f"{side_by_side} bands side by side are bad, and correction.largest_gap is {gap}, so no sample could have "
            "a label: ask for reflectance alone, or say of fewer bands that they are bad (bbl)"
        )
    if expected.wavelengths_nm is not None:
        if card.resampled:
            Chain(card.steps[:1], expected.wavelengths_nm, 1)
        else:
            compare(card, expected.wavelengths_nm, expected.camera)


def _card(folder: Path, keys: Path | None, precision: backends.Precision) -> Card:
    card, _ = checked(folder, keys)
    card.check_context(folder)
    card.check_files(folder)
    backends.check(card.backend, precision)
    return card


def _sizes(settings: Settings, expected: Expected) -> None:
    if settings.strip is not None and expected.samples is not None and settings.strip.end > expected.samples:
        raise ConfigError(f"strip ends at sample {settings.strip.end}, a line has {expected.samples}: move it")
    if expected.samples and expected.samples > settings.widest_line:
        raise ConfigError(f"widest_line = {settings.widest_line}, but a line has {expected.samples} samples: raise it")
    if "reflectance" in settings.streams and expected.bands and expected.samples:
        size = expected.bands * expected.samples
        if size > settings.largest_line:
            raise ConfigError(f"largest_line = {settings.largest_line}, but a line has {size} values: raise it")
    if "features" in settings.streams and expected.wavelengths_nm is not None:
        refuse_none(expected.wavelengths_nm)


def _references(settings: Settings, line: LineSettings, expected: Expected) -> None:
    """References of the line, and certificates that go with those that are taken."""
    if settings.panel is not None:
        panel_curve(settings.panel, expected.wavelengths_nm or ())
    store = Store(line.references_folder)
    if settings.reference is not None:
        load(settings.reference)
    elif store.chosen:
        store.load(store.chosen)
    elif settings.streams and expected.kinds is not None:
        waiting = store.waiting()
        there = expected.kinds | ({waiting.kind.name.lower()} if waiting else set())
        if "scene" in there and not there >= {"dark", "white"}:
            raise ReferenceRefused(
                "no dark and white reference: let [[acquisition.steps]] begin with steps of kind 'dark' and 'white', "
                "take them with `oreline calibrate`, or name a saved one in inference.reference", "none",
            )  # fmt: skip
