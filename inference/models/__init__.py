"""Models: a folder each, as `oreline train` writes it, or a package of others that holds `card.json` and its files."""

from __future__ import annotations

from pathlib import Path

from oreline.errors import ModelError, nearest
from oreline.registry import Registry

SHIPPED = Path(__file__).parent

MODELS = Registry(
    "oreline.models",
    "model",
    {path.parent.name: f"{__name__}.{path.parent.name}" for path in sorted(SHIPPED.glob("*/card.json"))},
    error=ModelError,
)
"""By name, the package whose folder it is."""


def folder(name: str) -> Path:
    """Folder of a model: that of the path, or of a model that is installed. Raises ModelError."""
    if (Path(name) / "card.json").is_file():
        return Path(name)
    if name not in MODELS:
        known = ", ".join(MODELS)
        raise ModelError(
            f"no model {name!r}: give one of {known}, or a folder with model.pt and card.json.{nearest(name, MODELS)}"
        )
    (found, *_) = MODELS.find(name).__path__
    return Path(found)
