"""Verdict of the scene's truth on a run: how many labels were right, and what the nozzles hit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hwsim.accuracy import accuracy
from hwsim.bands_accuracy import bands_accuracy
from hwsim.plant import Settings as Plant
from hwsim.plant.report import plant_report
from hwsim.settings import Settings
from oreline.config import Config
from oreline.facts import facts_of
from oreline.recordings.truth import ENDING
from oreline.sink import LOG, SORTER


def verdict(config: Config) -> dict[str, Any]:
    """ "accuracy": the fraction of true stone pixels of trained species that carry their species' label, and what else
    `hwsim.accuracy` has of them, and `hwsim.bands_accuracy` of core; "plant": what became of the stones, see
    `plant_report`; "stones": ejected, missed, wrong, passed and "true", all of them. A scene that is rendered live
    leaves no truth to compare with, and nobody can say what a sorter aimed at that has left no report."""
    output, settings = config.line.output, config.section("simulator", Settings)
    assert settings.scene is not None
    truth = output / settings.folder / f"{settings.scene.name}{ENDING}"
    tables = [path for name in config.sinks(LOG) if (path := _table_of(output, name)) is not None]
    facts: dict[str, Any] = {"stones": {}}
    if settings.live:
        return facts
    if tables:
        facts.update(accuracy(tables[0], truth))
        if settings.scene.world == "core":
            facts.update(bands_accuracy(tables[0], truth))
    if "plant" in config.tables and (sorter := _sorter_of(config)):
        facts["plant"] = plant_report(config, sorter["settings"])
        outcomes = {name: facts["plant"][name] for name in ("ejected", "missed", "wrong", "passed")}
        facts["stones"] = {"true": facts["plant"]["feed"]["stones"], **outcomes}
    return facts


def _table_of(output: Path, log: str) -> Path | None:
    """The Parquet file that a log has left, where there is one."""
    path = facts_of(output, log).get("artefacts", {}).get("parquet")
    return Path(path) if path and Path(path).is_file() else None


def _sorter_of(config: Config) -> dict[str, Any]:
    """Facts that the sorter at the plant has left; of several, the one at its port. Empty where none has."""
    left = [facts for name in config.sinks(SORTER) if (facts := facts_of(config.line.output, name))]
    port = config.section("plant", Plant).port
    return next((facts for facts in left if facts["settings"].get("port") == port), left[0] if left else {})
