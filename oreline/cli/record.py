"""`oreline record`: a line that only keeps what its camera sees."""

from __future__ import annotations

from typing import Any

from oreline.cli.report import acquired, artefacts_of, in_rings, incidents_of, less, rate_of, with_verdict
from oreline.config import Config
from oreline.errors import ConfigError
from oreline.facts import first_facts
from oreline.sink import RAW, RECORDER, raw_takers
from oreline.supervision.check import CAMERA

KEPT = "line", "simulator", "acquisition"
COUNTED = {"labelled": "lines", "shed": "shed", "lost": "lost"}
"""What a report calls what a recorder has counted."""


def line_of(config: Config, packed: bool | None = None) -> Config:
    """The line without inference and without sinks but its recorders of raw lines; it gets one where it has none.
    Other hosts are not served.
    `packed`: whether they pack, None where their tables say it. Raises ConfigError where its camera is not here."""
    if not config.tables.keys() & CAMERA:
        raise ConfigError(
            f"{config.source} has no camera here: record where its table [acquisition] is, or let [sinks.NAME] with "
            'sink = "record", what = "raw" and remote take the lines from there'
        )
    own = {name: config.tables["sinks"][name] for name in raw_takers(config)}
    sinks = own or {RAW: {"sink": RECORDER, "what": RAW, "name": RAW}}
    if packed is not None:
        sinks = {name: table | {"packed": packed} for name, table in sinks.items()}
    tables = {name: dict(table) for name, table in config.tables.items() if name in KEPT}
    tables.get("acquisition", {}).pop("listen", None)
    return Config({**tables, "sinks": sinks}, config.source)


def report_of(config: Config) -> dict[str, Any]:
    """What became of the lines that the camera sent, by acquisition's own count and by that of the recorder."""
    output, recorders = config.line.output, raw_takers(config)
    recorded, known = first_facts(output, recorders), acquired(config.line.output, {})
    counts = {key: recorded.get("account", {}).get(name) for key, name in COUNTED.items()}
    counts["undelivered"] = in_rings(config, recorded)
    artefacts = artefacts_of(config, recorders)
    return with_verdict(
        {
            "recording": next(iter(artefacts.values()), None),
            "acquired": known,
            **counts,
            "unaccounted": less(known, counts.values()),
            "lines_per_s": rate_of(config),
            **incidents_of(output),
            "artefacts": artefacts,
        }
    )
