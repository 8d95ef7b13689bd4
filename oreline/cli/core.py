"""`oreline core`: the core log, from a scanned box to the files that geologists read."""

from __future__ import annotations

import getpass
import importlib
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from oreline.terminal import commands, console

LineFile = Annotated[Path, typer.Argument(help="TOML file of the line.")]
HoleFolder = Annotated[Path, typer.Argument(metavar="HOLE", help="Folder of a hole, OUTPUT/core/HOLE, or its session.")]
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
    console.print(_command("box").order(line, number, end=end, who=getpass.getuser()))


@app.command()
def depth(
    hole: HoleFolder,
    lines: Annotated[Path | None, typer.Option(help="Write depth line by line to this file, .csv or .parquet.")] = None,
    runs: Annotated[Path | None, typer.Option(help="Write recovery run by run to this file, .csv or .parquet.")] = None,
) -> None:
    """Lay the boxes that were scanned into the hole: recovery of each run, what is missing, and depth of each line.

    Example: oreline core depth out/core/core/SIM1 --lines depth.parquet --runs runs.csv
    """
    for text in _command("depth").depth(hole, lines, runs):
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
) -> None:
    """Put right a block's depth, or which scan of a box is in force. Tables are made anew; the audit log says who, when
    and why, and `oreline audit verify` works on it.

    Example: oreline core edit out/core/core/SIM1 --box 3 --block 2 --depth 101.6 --why "misread"
    """
    for text in _command("edit").edit(hole, box, block, depth, scan, who=getpass.getuser(), why=why):
        console.print(text)


@app.command()
def export(
    hole: HoleFolder,
    to: Annotated[Path | None, typer.Option(help="Folder of the files; HOLE/export if it is left out.")] = None,
    formats: Annotated[str, typer.Option(help="csv, las, parquet, envi, tsg, with commas.")] = "csv,las,parquet",
    dialect: Annotated[
        Literal["leapfrog", "micromine", "datamine"], typer.Option(help="Program that the CSV files are for.")
    ] = "leapfrog",
    step: Annotated[float, typer.Option(help="Length of an interval in m.")] = 1.0,
) -> None:
    """Write a hole's tables and boxes as files for other programs, with a manifest of their hashes.

    Example: oreline core export out/core/core/SIM1 --to out/SIM1 --formats csv,las --dialect datamine
    """
    for text in _command("export").export(hole, to, formats, dialect, step):
        console.print(text)


def _command(name: str) -> Any:
    """The module of a command: it is loaded when that is called."""
    return importlib.import_module(f"sinks.core.commands.{name}")
