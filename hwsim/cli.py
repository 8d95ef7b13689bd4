"""`oreline sim`: the simulated world a piece at a time. What is heavy is imported when a command needs it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.progress import Progress
from rich.table import Table

from oreline.config import Config
from oreline.errors import ConfigError
from oreline.files import try_to_write
from oreline.terminal import commands, console, tell

app = commands("Render scenes, be a camera, be a PLC, script what goes wrong.")
OUTPUT = Path("out/sim")
SET_HELP = "A key of the table in configuration.md and a TOML value, such as surface.dust=0.1. May be repeated."
Set = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help=SET_HELP)]
LINE_HELP = "TOML file of a line, whose [{}] table is taken."
CameraFile = Annotated[Path | None, typer.Argument(metavar="LINE.toml", help=LINE_HELP.format("simulator"))]
PlantFile = Annotated[Path | None, typer.Argument(metavar="LINE.toml", help=LINE_HELP.format("plant"))]


@app.command()
def scene(
    out: Annotated[Path, typer.Option(help="Folder for the recording and its truth.")] = OUTPUT / "scene",
    world: Annotated[Literal["belt", "core"], typer.Option(help="Stones on a belt, or core in trays.")] = "belt",
    camera: Annotated[str, typer.Option(help="Camera preset: nir224, swir288 or swir640.")] = "swir288",
    lines: Annotated[int | None, typer.Option(help="Length of a belt; core has trays (--set trays=2).", min=1)] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    preview: Annotated[Path | None, typer.Option(help="Write a PNG: false colours, the truth, spectra.")] = None,
    setting: Set = None,
) -> None:
    """Render a scene into a recording, with dark and white lines and the truth of every pixel beside it.

    Example: oreline sim scene --world core --set 'cut="half"' --preview core.png
    """
    from hwsim.render import preview as picture
    from hwsim.render.scene import MANIFEST, render

    tables = {"world": world, "camera": camera, "seed": seed, **({"lines": lines} if lines else {})}
    if lines and world == "core":
        raise ConfigError("--lines is of a belt: core is as long as its trays, give --set trays=2")
    model = _simulator(_merged(tables, setting)).scene
    assert model is not None
    try_to_write(out / MANIFEST, *([preview] if preview else []))
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("rendering")
        rendering = render(model, out, lambda done, total: bar.update(task, completed=done, total=total))
    console.print(f"{rendering.scene.path}: {rendering.scene.lines} lines, truth in {out}")
    if preview is not None:
        picture.preview(rendering, preview)
        console.print(f"preview {preview}")


@app.command()
def camera(
    line: CameraFile = None,
    recording: Annotated[Path | None, typer.Option(help="What it sees: an ENVI header, TIFF or folder.")] = None,
    serial: Annotated[str, typer.Option(help="Serial number that hosts see.")] = "SIM0001",
    rate: Annotated[float, typer.Option(help="Lines a second.", min=0.1)] = 100.0,
    speed: Annotated[str, typer.Option(help="Factor on the rate; max: as taken; step: as you press Enter.")] = "1",
    loop: Annotated[bool, typer.Option(help="Play the recording over and over.")] = False,
    setting: Set = None,
) -> None:
    """Be a GenICam camera until Ctrl-C, for any GenTL host that loads hwsim/simcam.cti.

    Example: oreline sim camera --recording out/sim/scene --rate 450 --loop
    """
    from hwsim.__main__ import camera as serve
    from hwsim.camera.sim_camera import PRODUCER

    if (line is None) == (recording is None):
        raise ConfigError("say what the camera sees: the file of a line with a [simulator] table, or --recording")
    factor: Any = speed if speed in ("max", "step") else _number(speed)
    own = {"recording": str(recording), "serial": serial, "frame_rate": rate, "speed": factor, "loop": loop}
    config = _line(line, "simulator", own, setting)
    name = config.tables["simulator"].get("serial", serial)
    serve(
        str(_saved(config, "camera")),
        lambda: tell(f"camera {name} is on; producer {PRODUCER}; Ctrl-C ends it"),
    )
    _tell(config, "camera")


@app.command()
def plant(
    line: PlantFile = None,
    port: Annotated[int, typer.Option(help="Modbus TCP port on this host.", min=0, max=65535)] = 5020,
    setting: Set = None,
) -> None:
    """Be the PLC of a sorting belt until Ctrl-C, and say what it was told.

    Example: oreline sim plant --port 5020 --set rearm_s=0.5
    """
    from hwsim.__main__ import plant as serve

    config = _line(line, "plant", {"port": port}, setting)
    serve(str(_saved(config, "plant")), lambda bound: tell(f"PLC at port {bound}; Ctrl-C ends it"))
    _tell(config, "plant")


@app.command("judge-core")
def judge_core(
    truth: Annotated[Path, typer.Argument(metavar="SCENE", help="Folder of a rendered scene of core, or its truth.")],
    depths: Annotated[Path, typer.Option(help="Table of depths, CSV or Parquet: box, row, line or frame, depth_m.")],
    runs: Annotated[Path | None, typer.Option(help="Table of runs: from_m, to_m, recovered_m.")] = None,
    intervals: Annotated[Path | None, typer.Option(help="Table of intervals: from_m, to_m, n, mineral.NAME.")] = None,
    first_seq: Annotated[
        int | None, typer.Option(help="Where depths have seq instead of frame: that of the scene's first line.")
    ] = None,
) -> None:
    """Hold a core log of simulated core against the truth: rows, depths, recovery, losses and veins, as JSON.

    Example: oreline sim judge-core out/core/scene --depths lines.csv --runs runs.csv --first-seq 200
    """
    from hwsim.core_judge import judge, read_table
    from hwsim.render.core_truth import CoreTruth
    from oreline.recordings.truth import find_truth

    tables = {name: read_table(path) for name, path in (("runs", runs), ("intervals", intervals)) if path}
    table = read_table(depths)
    if first_seq is not None:
        table["frame"] = table["seq"] - first_seq
    console.print_json(data=judge(CoreTruth.read(find_truth(truth)), table, **tables))


@app.command()
def faults(
    line: CameraFile = None,
    lines: Annotated[int | None, typer.Option(help="Of the scene, where the file does not say it.", min=1)] = None,
) -> None:
    """List what can go wrong with a camera, or what a line's file makes go wrong, and when.

    Example: oreline sim faults deploy/examples/faults.toml
    """
    from hwsim.camera.faults import plan
    from hwsim.camera.layout import FOR_EVER

    if line is None:
        _list_kinds()
        return
    settings = _simulator_of(Config.load(line))
    length = None if settings.loop or settings.live else lines or getattr(settings.scene, "lines", None)
    table = Table("line", "view", "what", "times", "amount", box=None)
    for event in plan(settings.faults, length, settings.frame_rate):
        times = "for ever" if event.n == FOR_EVER else str(event.n)
        table.add_row(str(event.line), event.view, event.kind.name.lower(), times, f"{event.amount:g}")
    console.print(table)


def _list_kinds() -> None:
    from hwsim.camera.fault_help import described

    table = Table("kind", "keys", "what happens", box=None)
    for kinds, keys, meaning in described():
        table.add_row("\n".join(kinds), ", ".join(keys), meaning)
    console.print(table)


def _merged(tables: dict[str, Any], settings: list[str] | None) -> dict[str, Any]:
    """Tables with KEY=VALUE put in. Raises ConfigError."""
    for text in settings or []:
        key, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"--set {text!r}: give KEY=VALUE")
        *path, last = key.strip().split(".")
        inner = tables
        for name in path:
            inner = inner.setdefault(name, {})
            if not isinstance(inner, dict):
                raise ConfigError(f"--set {text!r}: {name} is no table, it is {inner!r}")
        inner[last] = _value(value.strip())
    return tables


def _value(text: str) -> Any:
    """A TOML value; a bare word is a string."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigError(f"--speed {text!r}: a number, max or step") from None


def _simulator(scene: dict[str, Any]) -> Any:
    """Keys are named as they are given here: those of a scene, in whatever world."""
    try:
        return _simulator_of(Config({"simulator": {"scene": scene}}, "sim scene"))
    except ConfigError as error:
        words = str(error).replace("[simulator] is not right", "what --set and the options say is not right")
        raise ConfigError(words.replace(f"scene.{scene['world']}.", "")) from None


def _simulator_of(config: Config) -> Any:
    from hwsim.settings import Settings

    return config.section("simulator", Settings)


def _line(path: Path | None, table: str, own: dict[str, Any], settings: list[str] | None) -> Config:
    """The line's file with its table, or a line of that table alone."""
    if path is None:
        tables = {"line": {"name": f"sim-{table}", "output": str(OUTPUT)}, table: own}
    else:
        tables = Config.load(path).tables
    _merged(tables.setdefault(table, {}), settings)
    return Config(tables, str(path or "sim"))


def _saved(config: Config, name: str) -> Path:
    """The file that this process reads; the line itself may run, and has its own."""
    config.check()
    path = config.line.output / f"sim-{name}.json"
    config.save(path)
    return path


def _tell(config: Config, name: str) -> None:
    """Print its report, which it has left at its end."""
    from oreline.facts import facts_of

    console.print_json(data=facts_of(config.line.output, name))
