"""`oreline calibrate dark|white`: a running line is asked for a step in between, another is started for it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from rich.console import Console

from inference.commands.ask import asked_for
from inference.commands.choose import answer, until_next_start, words
from inference.references.limits import Limits
from inference.references.store import Store
from oreline.camera_settings import CameraSettings
from oreline.config import Config
from oreline.errors import ConfigError, ReferenceRefused, StageFailed
from oreline.state_folder import choose_state, runs
from oreline.supervision.launch import launch
from oreline.terminal import Ticker, tell


class TakeReference:
    """Lines of one kind, and the step of the camera that brings them about."""

    def __init__(self, config: Config, kind: str, lines: int | None) -> None:
        """`lines`: None takes as many as the line's own step of that kind, or as many as are enough. Raises
        ConfigError."""
        self._config, self._kind = config, kind
        acquisition = config.part("acquisition", CameraSettings)
        limits = config.section("inference.limits", Limits)
        own = next((step for step in acquisition.steps if step.kind == kind), None)
        features = own.features if own else []
        self.automatic = bool(features)
        self._lines = lines or (own.lines if own and own.lines else limits.lines)
        self._step = {
            "kind": kind, "lines": self._lines, "features": features, "after": _undone(features, acquisition),
        }  # fmt: skip
        if self._lines > acquisition.ring_lines - 64:
            raise ConfigError(
                f"acquisition.ring_lines = {acquisition.ring_lines} hold no {self._lines} lines and 64 more"
            )

    def take(self, console: Console) -> str:
        """Take them and say what came of it. Raises ReferenceRefused with all that speaks against them."""
        store = Store(self._config.line.references_folder)
        seen = len(store.history())
        choose_state(self._config)
        if runs(self._config):
            return self._words(self._taken_between(store, console))
        tell(f"taking {self._lines} {self._kind} lines")
        try:
            launch(self._errand(), Ticker(console))
        except StageFailed as failure:
            if failure.exit_code != ReferenceRefused.exit_code or len(store.history()) == seen:
                raise
        entry = answer(lambda: store.history()[seen:], ("captured", "waiting"), self._config)
        return self._words(entry)

    def _words(self, entry: dict[str, Any]) -> str:
        return words(entry) + ("" if entry["what"] == "waiting" else until_next_start(self._config))

    def _taken_between(self, store: Store, console: Console) -> dict[str, Any]:
        """Entry of what came of the step on a running line, told from what came of the line's own by when it was
        taken."""
        taken = asked_for(self._config, self._step, console)

        def news(identity: str = "") -> list[dict[str, Any]]:
            entries = store.since(taken)
            return [entry for entry in entries if entry["id"] == identity] if identity else entries

        entry = answer(news, ("captured", "waiting"), self._config)
        if entry["what"] == "waiting":
            return entry
        return answer(lambda: news(entry["id"]), ("in_force",), self._config)

    def _errand(self) -> Config:
        """The line's camera with this step alone, and no more of inference than makes references."""
        tables: dict[str, Any] = deepcopy(self._config.tables)
        line = self._config.line
        tables["line"] = tables.get("line", {}) | {
            "output": str(line.output / "calibrate"), "references": str(line.references_folder),
        }  # fmt: skip
        if "simulator" in tables:
            tables["simulator"] = tables["simulator"] | {"folder": str(self._scenery(tables["simulator"]))}
        tables["acquisition"] = tables.get("acquisition", {}) | {"steps": [self._step]}
        kept = ("limits", "panel", "coefficients", "coefficients_unit")
        tables["inference"] = {key: value for key, value in tables.get("inference", {}).items() if key in kept}
        tables["inference"]["streams"] = []
        for name in ("sinks", "plant"):
            tables.pop(name, None)
        return Config(tables, self._config.source)

    def _scenery(self, simulator: dict[str, Any]) -> Any:
        """Folder of the scene: what a line has rendered is not rendered again."""
        return (self._config.line.output / simulator.get("folder", "scene")).absolute()


def _undone(features: list[tuple[str, Any]], acquisition: Any) -> list[tuple[str, Any]]:
    """Features that set back to what the line has after all its steps, as far as its file says that."""
    last = dict(acquisition.features)
    for step in acquisition.steps:
        last |= dict(step.features)
    return [(name, last[name]) for name, value in features if last[name] != value]
