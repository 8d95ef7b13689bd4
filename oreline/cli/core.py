"""`oreline core`: the core log, from a scanned box to the files that geologists read."""

from __future__ import annotations

import getpass
import importlib
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from oreline.cli.acts import noted
from oreline.config import Config
from oreline.state_folder import choose_state
from oreline.terminal import commands, console

LineFile = Annotated[Path, typer.Argument(help="TOML file of the line.")]
HoleFolder = Annotated[Path, typer.Argument(metavar="HOLE", help="Folder of a hole, OUTPUT/core/HOLE, or its session.")]
Shown = Annotated[
    str, typer.Option(help="What is shown: minerals, groups, colour, or a measure such as 2200W, 2200D, crystallinity.")
]
LeastDepth = Annotated[float, typer.Option(min=0, max=1, help="Depth that a feature is to be deeper than, 0 to 1.")]
OfHole = Annotated[
    Path, typer.Argument(help="Session of a hole; or alone OUTPUT/core/HOLE, its folder, or a .tsg file of TSG.")
]
OfOutput = Annotated[
    Path | None, typer.Argument(help="Output folder of the line or replay that saw it, whose journal is read.")
]
Answer = Annotated[
    str, typer.Option(help="labels, the major mineral, or bands, whose bands it shows; of TSG sTSAS and its like.")
]
Session = Annotated[Path, typer.Argument(help="Session of a hole: a TOML file, or a folder of CSV files.")]

app = commands("Drill core: what a technician knows of a hole, its boxes as they were scanned, minerals against depth.")


@app.command()
def check(session: Session) -> None:
    """Say in words what a session is, or what is wrong with it.

    Example: oreline core check session.toml
    """
    for line in _command("check").check(session):
        console.print(line)


@app.command()
def box(
    line: LineFile,
    number: Annotated[int | None, typer.Argument(help="Number of the box in the session.", min=1)] = None,
    end: Annotated[bool, typer.Option("--end", help="End the box that is being scanned.")] = False,
) -> None:
    """Say which box it is, while a line runs: the one under the camera or, where none is there, the next tray.

    Boxes come in the order of the session by themselves; this is for one that comes out of turn, or is scanned again.
    Where `boxes = "orders"` stands in the line's file, it begins with the next line.

    Example: oreline core box deploy/examples/core.toml 3
    """
    config = Config.load(line)
    choose_state(config)
    with noted(config, "end_box" if end else "begin_box", box=number):
        console.print(_command("box").order(config, number, end=end, who=getpass.getuser()))


@app.command()
def register(
    session: Session,
    output: Annotated[Path, typer.Argument(help="Output folder of the replay that saw it, whose journal is read.")],
) -> None:
    """Write down trays that passed, in order, as the boxes of a hole, where no core sink did: from then on its folder
    is enough, and `oreline core edit` puts right what is not.

    Example: oreline core register session.toml out/replay
    """
    for text in _command("register").register(session, output, getpass.getuser()):
        console.print(text)


@app.command()
def depth(
    hole: HoleFolder,
    output: OfOutput = None,
    lines: Annotated[Path | None, typer.Option(help="Write depth line by line to this file, .csv or .parquet.")] = None,
    runs: Annotated[Path | None, typer.Option(help="Write recovery run by run to this file, .csv or .parquet.")] = None,
) -> None:
    """Lay the boxes that were scanned into the hole: recovery of each run, what is missing, and depth of each line.

    Example: oreline core depth out/core/core/SIM1 --lines depth.parquet --runs runs.csv
    """
    asked = _asked(hole, output, "")
    for text in _command("depth").depth(asked, lines, runs):
        console.print(text)


@app.command()
def qc(
    hole: HoleFolder,
    standard: Annotated[
        Path | None, typer.Option(help="Recorded reflectance of a standard, to check wavelengths.")
    ] = None,
    material: Annotated[
        str, typer.Option(help="What it is, by name, or the TOML file of its certificate.")
    ] = "rare-earths",
    again: Annotated[bool, typer.Option("--again", help="Judge all scans anew, by what is known now.")] = False,
) -> None:
    """Print the verdict on each box: pass, look or rescan, why, and what to do; or check the camera's wavelengths.

    A standard is recorded as core is, with a recorder of reflectance. Exit code 44: its features do not lie where they
    should.

    Example: oreline core qc out/core/core/SIM1
    """
    command = _command("qc")
    for text in (
        command.wavelengths(hole, standard, material, getpass.getuser())
        if standard
        else command.verdicts(hole, again=again)
    ):
        console.print(text)


@app.command()
def edit(
    hole: HoleFolder,
    box: Annotated[int, typer.Option(help="Number of the box.", min=1)],
    why: Annotated[str, typer.Option(help="Why, for the audit log.")],
    block: Annotated[int | None, typer.Option(help="Its block, counted from 1.", min=1)] = None,
    depth: Annotated[float | None, typer.Option(help="Depth that is on that block, in m.", min=0)] = None,
    scan: Annotated[int | None, typer.Option(help="Scan of the box that is to be in force.", min=1)] = None,
    scan_of: Annotated[
        int | None, typer.Option(help="Box that its scan was taken for; with --scan, which of that box's scans.", min=1)
    ] = None,
) -> None:
    """Put right a block's depth, which scan of a box is in force, or which box a scan is. Tables are made anew; the
    audit log says who, when and why, and `oreline audit verify` works on it.

    Example: oreline core edit out/core/core/SIM1 --box 3 --block 2 --depth 101.6 --why "misread"

    Example: oreline core edit out/core/core/SIM1 --box 3 --scan-of 2 --why "a tray passed that nobody saw"
    """
    for text in _command("edit").edit(hole, box, block, depth, scan, scan_of, who=getpass.getuser(), why=why):
        console.print(text)


@app.command()
def export(
    session: OfHole,
    output: OfOutput = None,
    to: Annotated[Path | None, typer.Option(help="Folder of the files; HOLE/export if it is left out.")] = None,
    formats: Annotated[str, typer.Option(help="csv, las, parquet, envi, tsg, with commas.")] = "csv,las,parquet",
    dialect: Annotated[
        Literal["leapfrog", "micromine", "datamine"], typer.Option(help="Program that the CSV files are for.")
    ] = "leapfrog",
    step: Annotated[float, typer.Option(help="Length of an interval in m.")] = 1.0,
    assays: Annotated[
        Path | None, typer.Option(help="CSV with columns hole, from, to, whose intervals are taken instead.")
    ] = None,
    answer: Answer = "",
) -> None:
    """Write a hole's tables and boxes as files for other programs, with a manifest of their hashes.

    Example: oreline core export out/core/core/SIM1 --to out/SIM1 --formats csv,las --dialect datamine
    """
    module = _command("export")
    wanted = module.Wanted(formats, dialect, step, assays, answer)
    for text in module.export(session, output, to, wanted):
        console.print(text)


@app.command()
def mosaic(
    session: OfHole,
    to: Annotated[Path, typer.Option(help="NAME.png, for sheets NAME_000.png and so on, or NAME.tif, a GeoTIFF.")],
    output: OfOutput = None,
    show: Shown = "minerals",
    row_mm: Annotated[float, typer.Option(min=0.1, max=1000, help="Depth that a row of pixels shows.")] = 1.0,
    from_m: Annotated[float | None, typer.Option(help="Depth to begin at.")] = None,
    to_m: Annotated[float | None, typer.Option(help="Depth to end at.")] = None,
    ends: Annotated[
        tuple[float, float] | None, typer.Option(help="Ends of a feature's scale of colours, in place of its own.")
    ] = None,
    least_depth: LeastDepth = 0.01,
    answer: Answer = "",
) -> None:
    """Draw the core of a hole by depth: minerals, groups, a feature, or false colour where reflectance was recorded.

    Row r of a GeoTIFF shows depth r: its y is minus the depth in m. Core that is missing and what was not scanned are
    drawn as such.

    Example: oreline core mosaic out/core/core/SIM1 --to groups.png --show groups

    Example: oreline core mosaic out/core/core/SIM1 --to mica.tif --show 2200W --ends 2190 2215
    """
    module = _command("mosaic")
    wanted = module.Wanted(show, row_mm / 1e3, from_m, to_m, ends, least_depth)
    for text in module.make(_asked(session, output, answer), to, wanted):
        console.print(text)


@app.command()
def picture(
    session: OfHole,
    box: Annotated[int, typer.Option(help="Number of the box.", min=1)],
    to: Annotated[Path, typer.Option(help="PNG to write.")],
    output: OfOutput = None,
    show: Shown = "minerals",
    least_depth: LeastDepth = 0.01,
    answer: Answer = "",
) -> None:
    """Draw a box as it was scanned: its rows, how they are read, depths at their ends, blocks, losses, what is wrong.

    Example: oreline core picture out/core/core/SIM1 --box 3 --to box3.png
    """
    console.print(_command("picture").make(_asked(session, output, answer), box, to, show, least_depth))


@app.command()
def page(
    session: OfHole,
    html: Annotated[Path, typer.Option(help="File to write.")],
    output: OfOutput = None,
    show: Annotated[
        list[str] | None,
        typer.Option(help="Mosaics beside each other: minerals, groups, colour, 2200W and their like."),
    ] = None,
    step: Annotated[float | None, typer.Option(min=0.01, help="Length of the table's intervals, in m.")] = None,
    least_depth: LeastDepth = 0.01,
    answer: Answer = "",
) -> None:
    """Write a hole on one page, for screen and paper: mosaics, plots down the hole, boxes and their quality, intervals,
    what is missing, and what it was all made from. The file needs no other, and asks for nothing from elsewhere.

    Example: oreline core page out/core/core/SIM1 --html SIM1.html --show groups --show 2200W
    """
    module = _command("page")
    shown = tuple(show) if show else module.Wanted().shown
    console.print(module.make(_asked(session, output, answer), html, module.Wanted(shown, step, least_depth)))


def _asked(session: Path, output: Path | None, answer: str) -> Any:
    """The hole that a command is asked for."""
    return _command("asked").Asked(session, output, answer)


@app.command()
def intervals(
    session: OfHole,
    output: OfOutput = None,
    step: Annotated[float, typer.Option(help="Length of an interval in m; intervals begin at its multiples.")] = 1.0,
    assays: Annotated[
        Path | None, typer.Option(help="CSV with columns hole, from, to, whose intervals are taken instead.")
    ] = None,
    answer: Answer = "",
    mask: Annotated[
        list[str] | None, typer.Option(help="Scalar of a TSG file, such as sec_end_mask, that takes out what it masks.")
    ] = None,
    least_depth: LeastDepth = 0.01,
    csv: Annotated[Path | None, typer.Option(help="Write the table as CSV, and its header beside it as JSON.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Write the table as Parquet, with its header in it.")] = None,
    all_minerals: Annotated[bool, typer.Option("--all-minerals", help="A column for each that there may be.")] = False,
) -> None:
    """Make the interval table of a hole: fractions of its rock by mineral and group, what is unknown and why, features,
    recovery.

    With OUTPUT, boxes that nobody has scanned under a running line are the trays that passed, in the order of the
    session.

    Example: oreline core intervals out/core/core/SIM1 --step 0.1 --parquet SIM1.parquet

    Example: oreline core intervals session.toml out/replay --assays assays.csv --csv SIM1.csv
    """
    module = _command("intervals")
    wanted = module.Wanted(step, assays, answer, tuple(mask or ()), least_depth, all_minerals, csv, parquet)
    for text in module.make(session, output, wanted):
        console.print(text)


def _command(name: str) -> Any:
    """The module of a command: it is loaded when that is called."""
    return importlib.import_module(f"sinks.core.commands.{name}")
