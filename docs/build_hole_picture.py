"""Makes docs/img/hole.png: `python docs/build_hole_picture.py HOLE`, the page of the folder of a hole whose reflectance
and features were recorded, in Debian's chromium."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from sinks.core.commands.asked import Asked
from sinks.core.commands.page import Wanted, make

PICTURE = Path(__file__).parent / "img" / "hole.png"
SHOWN = ("colour", "groups", "minerals", "2200W")
SIZE = {"width": 1280, "height": 900}
COLOURS = 200
LEAST_DEPTH = 0.05


def build(hole: Path) -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        html, shot = Path(folder) / "hole.html", Path(folder) / "hole.png"
        make(Asked(hole), html, Wanted(SHOWN, None, LEAST_DEPTH))
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        page.goto(html.as_uri())
        page.evaluate("document.querySelector('#log').scrollIntoView({block: 'end'})")
        page.screenshot(path=shot)
        browser.close()
        Image.open(shot).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(PICTURE, optimize=True)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
