"""`oreline calibrate`: dark and white references for those who stand at the line. What is heavy is imported when a
command needs it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.padding import Padding

from oreline.config import Config
from oreline.errors import ConfigError, RecordingError
from oreline.terminal import commands, console

app = commands("Take, check, choose and show dark and white references.")
LineFile = Annotated[Path, typer.Argument(metavar="LINE.toml", help="TOML file of the line.")]
Lines = Annotated[int | None, typer.Option(help="Lines to take; as many as the line's own step, or 100.", min=2)]
Yes = Annotated[bool, typer.Option("--yes", help="Do not wait for Enter: for scripts, when all is in place.")]
Force = Annotated[bool, typer.Option("--force", help="Take it though something speaks against it.")]
FILES_HELP = "A LUMO folder, DARKREF_* and WHITEREF_* (ENVI, TIFF) or their folder, or a reference that Oreline saved."
PROMPTS = {
    "dark": "Close the lens cap: no light may reach the camera.",
    "white": "Lay the white panel under the whole line, level and clean.",
}


@app.command()
def dark(line: LineFile, lines: Lines = None, yes: Yes = False) -> None:
    """Take a dark, with the shutter where the line's file has a step of kind 'dark' with features, else by a prompt.

    On a running line the belt is not seen for that moment; a line that stands is started for it. The dark comes into
    force with the white that is there, or waits for one.

    Example: oreline calibrate dark deploy/examples/demo.toml
    """
    _take("dark", line, lines, yes)


@app.command()
def white(line: LineFile, lines: Lines = None, yes: Yes = False) -> None:
    """Take a white, with the panel where the line's file has a step of kind 'white' with features, else by a prompt.

    It is compared with the reference in force. If something speaks against it, all of that is said, the old one stays
    in force, and the exit code is 30.

    Example: oreline calibrate white deploy/examples/demo.toml
    """
    _take("white", line, lines, yes)


@app.command("import")
def import_(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help=FILES_HELP)],
    line: LineFile,
    exposure_us: Annotated[float | None, typer.Option(help="Where files do not say it.", min=0)] = None,
    gain: Annotated[float | None, typer.Option(help="As a factor, where files do not say it.", min=0)] = None,
    serial: Annotated[str | None, typer.Option(help="The camera's; else that of the line's file.")] = None,
    full_scale: Annotated[int | None, typer.Option(help="Of counts, where files do not say it.")] = None,
    force: Force = False,
) -> None:  # fmt: skip
    """Take over references that were recorded elsewhere.

    Example: oreline calibrate import RECORDING/capture line.toml --exposure-us 1500
    """
    from inference.commands.choose import until_next_start
    from inference.commands.import_files import ImportOptions, import_reference

    for path in paths:
        if not path.exists():
            raise RecordingError(f"{path} does not exist: give {FILES_HELP[0].lower()}{FILES_HELP[1:-1]}")
    options = ImportOptions(exposure_us=exposure_us, gain=gain, serial=serial, full_scale=full_scale)
    config = Config.load(line)
    reference = import_reference(paths, config, options, force=force)
    lines = _summary(reference.dark.lines, reference.white.lines)
    console.print(f"reference {reference.id} is chosen: {lines}{until_next_start(config)}")


@app.command("list")
def list_(line: LineFile) -> None:
    """List the references of a line, when each was taken, how, and what became of it.

    Example: oreline calibrate list deploy/examples/demo.toml
    """
    from inference.references.store import Store

    store = Store(Config.load(line).line.references_folder)
    if not store.ids():
        raise ConfigError(f"no reference in {store.folder}: take one with `oreline calibrate dark` and `white`")
    for mark, identity, captured, dark, white, exposure, camera, became in store.overview():
        console.print(f"{mark or ' '} {identity}  {captured}  dark {dark}, white {white}, {exposure}", soft_wrap=True)
        console.print(Padding(f"{camera}: {became}" if became else camera, (0, 0, 0, 2)))


@app.command()
def use(
    identity: Annotated[str, typer.Argument(metavar="ID", help="As `oreline calibrate list` shows it.")],
    line: LineFile,
    force: Force = False,
) -> None:
    """Bring a reference into force: on a running line between two lines, without a pause.

    Example: oreline calibrate use 1f3c0d5a99e2b471 deploy/examples/demo.toml
    """
    from inference.commands.choose import choose

    console.print(choose(Config.load(line), identity, "used", force=force))


@app.command()
def revert(line: LineFile) -> None:
    """Go back to the reference that was in force before: on a running line between two lines, without a pause.

    Example: oreline calibrate revert deploy/examples/demo.toml
    """
    from inference.commands.choose import choose

    console.print(choose(Config.load(line), None, "reverted"))


@app.command()
def report(
    source: Annotated[Path, typer.Argument(metavar="LINE.toml|FOLDER", help="A line, or the folder of a reference.")],
    out: Annotated[Path, typer.Option(help="The page, one HTML file that needs no other.")] = Path("calibration.html"),
) -> None:
    """Write a page of plots: dark, white, signal to noise, bad pixels, drift since last, verdicts.

    Example: oreline calibrate report deploy/examples/demo.toml --out calibration.html
    """
    from inference.commands.report import write

    write(source, out)
    console.print(f"report {out}")


def _take(kind: str, path: Path, lines: int | None, yes: bool) -> None:
    from inference.commands.take import TakeReference

    config = Config.load(path)
    taking = TakeReference(config, kind, lines)
    if not taking.automatic and not yes:
        if not sys.stdin.isatty():
            raise ConfigError(f"nobody is there to press Enter. {PROMPTS[kind]} Then call again with --yes")
        console.input(f"{PROMPTS[kind]} Then press Enter. ")
    console.print(taking.take(console))


def _summary(dark: int, white: int) -> str:
    return f"{dark} dark and {white} white lines"
