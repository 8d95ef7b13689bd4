"""`oreline calibrate report`: what a reference is, and whether to believe it, on one page that needs no other file.

`gathered` collects the facts, `plots` draws them, `page` writes them down.
"""

from __future__ import annotations

from pathlib import Path

from inference.commands.report.facts import gather
from inference.commands.report.page import page
from oreline.extras import lacking
from oreline.files import try_to_write, write_whole


def write(source: Path, out: Path) -> None:
    """Write the page of a line's chosen reference, or of the reference in a folder. Raises ConfigError where matplotlib
    is not installed, ReferenceRefused where there is no reference."""
    try_to_write(out)
    facts = gather(source)
    try:
        from inference.commands.report.plots import plots
    except ModuleNotFoundError as error:
        raise lacking("the page", error, "report") from None
    write_whole(out, page(facts, plots(facts)).encode())
