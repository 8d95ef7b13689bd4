"""`oreline calibrate report`: what a reference is, and whether to believe it, on one page that needs no other file.

`gathered` collects the facts, `plots` draws them, `page` writes them down.
"""

from __future__ import annotations

from pathlib import Path

from inference.report.gathered import gather
from inference.report.page import page
from oreline.errors import ConfigError


def write(source: Path, out: Path) -> None:
    """Write the page of a line's chosen reference, or of the reference in a folder. Raises ConfigError where matplotlib
    is not installed, ReferenceRefused where there is no reference."""
    facts = gather(source)
    try:
        from inference.report.plots import plots
    except ModuleNotFoundError as error:
        raise ConfigError(f"the page needs {error.name}: pip install 'oreline[report]'") from None
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page(facts, plots(facts)), encoding="utf-8")
