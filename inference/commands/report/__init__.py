"""`oreline calibrate report`: what a reference is, and whether to believe it, on one page that needs no other file.

`facts` collects the facts, `plots` draws them, `page` writes them down.
"""

from __future__ import annotations

from pathlib import Path

from inference.commands.report.facts import gather
from inference.commands.report.page import page
from oreline.files import try_to_write, write_whole


def write(source: Path, out: Path) -> None:
    """Write the page of a line's chosen reference, or of the reference in a folder. Raises ReferenceRefused where there
    is no reference."""
    from inference.commands.report.plots import plots  # only here: it needs the extra [report]

    try_to_write(out)
    facts = gather(source)
    write_whole(out, page(facts, plots(facts)).encode())
