"""Examples and documentation that come with Oreline: in a checkout beside the packages, in a wheel within this one."""

from __future__ import annotations

from pathlib import Path

from oreline.errors import ConfigError, nearest

_PLACES = Path(__file__).parent / "share", Path(__file__).parents[1]
ROOT = next((place for place in _PLACES if (place / "deploy").is_dir()), _PLACES[0])
DOCS = ROOT / "docs"
EXAMPLES = ROOT / "deploy" / "examples"


def examples() -> list[str]:
    """Names of the lines that come as examples."""
    return sorted(path.stem for path in EXAMPLES.glob("*.toml"))


def example(name: str) -> Path:
    """The file of an example. Raises ConfigError where there is none of that name."""
    path = EXAMPLES / f"{name}.toml"
    if name not in examples():
        known = ", ".join(examples()) or f"none, for {EXAMPLES} is missing: install Oreline again"
        raise ConfigError(f"no example {name!r}: there are {known}.{nearest(name, examples())}")
    return path
