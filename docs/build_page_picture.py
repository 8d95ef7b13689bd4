"""Makes docs/img/page.png: `python docs/build_page_picture.py out/demo`, the operator's page of a demo as it runs, in
Debian's chromium."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).parent / "img" / "page.png"
SECONDS, SEEN = 25, 7000
"""Of belt, and lines that the page has painted before the picture is taken."""
SIZE = {"width": 1280, "height": 800}
COLOURS = 250
PAINTED = "import('/static/app.js').then(({belt}) => belt.painted)"
START_S = 300.0
NICE = 15


def build(output: Path) -> None:
    """Run the demo into `output`, and write the picture."""
    command = [sys.executable, "-m", "oreline", "demo", "--seconds", str(SECONDS), "--output", str(output)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as demo:
        try:
            assert demo.stdout is not None
            _stand_back()
            address = next(line.split()[-1] for line in demo.stdout if "page" in line)
            _take(address, output)
        finally:
            demo.terminate()
            demo.communicate()


def _stand_back() -> None:
    """A browser that paints without a graphics card takes a whole core: the line has it first."""
    os.nice(NICE)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICE), encoding="ascii")


def _take(address: str, output: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, locale="en")
        _until(lambda: _opened(page, address))
        _until(lambda: page.evaluate(PAINTED) > SEEN)
        shot = output / "page.png"
        page.screenshot(path=shot)
        browser.close()
    Image.open(shot).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(PICTURE, optimize=True)


def _opened(page: Any, address: str) -> bool:
    try:
        page.goto(address)
    except Exception as error:
        if "ERR_CONNECTION" in str(error):
            return False
        raise
    return True


def _until(what: Any) -> None:
    deadline = time.monotonic() + START_S
    while not what():
        assert time.monotonic() < deadline, "the demo has not come so far"
        time.sleep(0.5)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
