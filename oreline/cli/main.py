"""The command line. It composes: every other part is loaded here by name, and only when a command needs it."""

from __future__ import annotations

import importlib
import signal
import socket
import sys
import time
import webbrowser
from contextlib import suppress
from importlib import metadata, util
from pathlib import Path
from threading import Thread
from typing import Annotated, Any

import typer

from oreline import terminal
from oreline.__main__ import main
from oreline.cli import report as reports
from oreline.cli.accounts import app as accounts_app
from oreline.cli.audit import app as audit_app
from oreline.cli.config import app as config_app
from oreline.cli.core import app as core_app
from oreline.cli.keys import app as keys_app
from oreline.cli.model import app as model_app
from oreline.cli.progress import Progress
from oreline.cli.recipe import app as recipe_app
from oreline.cli.report_table import show
from oreline.cli.shifts import app as shifts_app
from oreline.cli.valves import app as valves_app
from oreline.cli.valves import hold, resume
from oreline.config import Config
from oreline.errors import STOPPED, ConfigError, StageFailed, StateGone, Undelivered
from oreline.files import try_to_write
from oreline.process import START_AGAIN
from oreline.shipped import DOCS, example
from oreline.stops import STOPS, heed
from oreline.supervision.launch import launch, try_output
from oreline.terminal import Ticker, console, tell

PLAIN = (signal.SIG_DFL, signal.default_int_handler)
"""What Python does about a signal by itself."""
PAGE_PORT = 8470
JSON_OPTION = Annotated[Path | None, typer.Option("--json", help="Write the report as JSON to this file.")]

app = terminal.commands(
    "Mineral labels, line by line, from a pushbroom NIR camera, in time to act on them.\n\n"
    f"The documentation is in {DOCS}."
)
app.add_typer(accounts_app, name="accounts")
app.add_typer(audit_app, name="audit")
app.add_typer(config_app, name="config")
app.add_typer(core_app, name="core")
app.add_typer(keys_app, name="keys")
app.add_typer(model_app, name="model")
app.add_typer(recipe_app, name="recipe")
app.add_typer(shifts_app, name="shifts")
app.add_typer(valves_app, name="valves")
app.command()(hold)
app.command()(resume)
app.add_typer(importlib.import_module("hwsim.cli").app, name="sim")
app.add_typer(importlib.import_module("inference.commands.calibrate").app, name="calibrate")


def _say_version(wanted: bool) -> None:
    if wanted:
        console.print(f"oreline {metadata.version('oreline')}")
        raise typer.Exit


@app.callback()
def oreline(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which release this is.")
    ] = False,
) -> None:
    """Options of `oreline` itself."""


@app.command()
def run(line: Annotated[Path, typer.Argument(help="TOML file of the line.")], json: JSON_OPTION = None) -> None:
    """Run a line: its camera, inference and sinks, until its stream ends or Ctrl-C.

    Example: oreline run line.toml --json report.json
    """
    _run(Config.load(line), json)


@app.command()
def record(
    line: Annotated[Path, typer.Argument(help="TOML file of the line.")],
    packed: Annotated[
        bool | None, typer.Option("--packed/--plain", help="Half the room, or ENVI files; as in the line's file.")
    ] = None,
    json: JSON_OPTION = None,
) -> None:
    """Record what a line's camera sees, dark and white too, and do nothing else with it, until the steps end or Ctrl-C.

    Example: oreline record line.toml --json report.json
    """
    recording = importlib.import_module("oreline.cli.record")
    _run(recording.line_of(Config.load(line), packed), json, recording.report_of)


@app.command()
def repair(
    folder: Annotated[Path, typer.Argument(help="Folder of a recording, or the output of a line.")],
) -> None:
    """Bring recordings that were cut short to their last whole line, and say what is missing. Twice does no more.

    Example: oreline repair out/line
    """
    importlib.import_module("sinks.record.repair").main(folder)


@app.command()
def unpack(
    folder: Annotated[Path, typer.Argument(help="Folder of a packed recording.")],
    out: Annotated[Path, typer.Argument(help="Folder for the same in plain ENVI files.")],
) -> None:
    """Make ENVI files of a recording of raw lines that is packed.

    Example: oreline unpack out/line/raw_0123456789ab_000 hole7-box12
    """
    importlib.import_module("oreline.recordings.raw.unpacking").unpack(folder, out)


@app.command()
def demo(
    seconds: Annotated[float, typer.Option(help="Length of belt to sort.", min=1.0, max=86_400.0)] = 20.0,
    output: Annotated[Path, typer.Option(help="Folder for everything that is made.")] = Path("out/demo"),
    show_page: Annotated[bool, typer.Option("--open", help="Show the operator's page in a browser.")] = False,
    json: JSON_OPTION = None,
) -> None:
    """Sort a simulated belt: dark, white, then stones at the camera's own rate, into sorter and log, and show it on the
    operator's page.

    Example: oreline demo --seconds 5 --output out/short
    """
    config = Config.load(example("demo"))
    scene, steps = config.tables["simulator"]["scene"], config.tables["acquisition"]["steps"]
    lines = round(seconds * config.tables["simulator"]["frame_rate"])
    scene["lines"] = steps[-1]["lines"] = lines
    config.tables["line"]["output"] = str(output)
    config.tables["plant"]["port"] = config.tables["sinks"]["conveyor"]["port"] = _free_port()
    _serve_page(config.tables["sinks"], show_page)
    _run(config, json)


@app.command()
def replay(
    recording: Annotated[Path, typer.Argument(help="ENVI header, TIFF, or a folder with references beside it.")],
    speed: Annotated[str, typer.Option(help="1 is the recorded rate; max loses nothing and waits for nobody.")] = "max",
    reflectance: Annotated[Path | None, typer.Option(help="Write reflectance as float32 ENVI BIL (OUT.hdr).")] = None,
    labels: Annotated[Path | None, typer.Option(help="Write labels as ENVI Classification (OUT.hdr).")] = None,
    groups: Annotated[
        Path | None, typer.Option(help="Write the groups of the labels likewise, of a model that tells them (OUT.hdr).")
    ] = None,
    bands: Annotated[
        Path | None, typer.Option(help="Write whose absorption bands samples show, of a model that tells it (OUT.hdr).")
    ] = None,
    uncertainty: Annotated[
        Path | None, typer.Option(help="Write how sure reflectance is, its standard uncertainty (OUT.hdr).")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Name or folder of the model for --labels, --groups and --bands.")
    ] = None,
    dark: Annotated[Path | None, typer.Option(help="The dark reference, or the folder that has it.")] = None,
    white: Annotated[Path | None, typer.Option(help="The white reference, or the folder that has it.")] = None,
    reference: Annotated[Path | None, typer.Option(help="Folder of a saved reference to use.")] = None,
    start_line: Annotated[int, typer.Option(help="First line to play, from 0.")] = 0,
    loop: Annotated[bool, typer.Option(help="Play it over and over, until Ctrl-C.")] = False,
    strict: Annotated[bool, typer.Option(help="Refuse a recording that is cut short.")] = False,
    output: Annotated[Path, typer.Option(help="Folder for references, journal and reports.")] = Path("out/replay"),
    json: JSON_OPTION = None,
) -> None:
    """Play a recording through the simulated camera and the running line.

    Example: oreline replay out/demo/scene --labels out/labels.hdr
    """
    asked = {"reflectance": reflectance, "labels": labels, "groups": groups, "bands": bands, "uncertainty": uncertainty}
    wanted = {what: header for what, header in asked.items() if header is not None}
    if not wanted:
        options = ", ".join(f"--{what}" for what in asked)
        raise ConfigError(
            f"nothing to do: ask for one or several of {options} OUT.hdr; with --labels a journal is kept too"
        )
    replaying = importlib.import_module("oreline.cli.replay")
    setting_of = importlib.import_module("oreline.cli.replay_setting").setting_of
    references = importlib.import_module("inference.references.from_recordings")
    found = replaying.find(
        recording, start_line=start_line, strict=strict, dark=dark, white=white, has_reference=reference is not None
    )
    replaying.try_targets(wanted, found)
    setting = setting_of(found, references.load(reference) if reference else None)
    config = replaying.line_of(
        found, setting, wanted, output=output, speed=speed, model=model, start_line=start_line, loop=loop
    )
    try_output(config)
    if json is not None:
        try_to_write(json)
    folder = config.line.references_folder
    used, notes = (
        references.saved_for(reference, setting, folder) if reference else references.keep(found, setting, folder)
    )
    config.tables["inference"]["reference"] = str(used)
    notes = [*setting.notes, *notes]
    for note in notes:
        tell(note)
    if found.scene.missing_lines:
        tell(
            f"{found.scene.path}: cut short, {found.scene.missing_lines} lines that its header promises are missing; "
            f"playing the {found.scene.lines} that are whole"
        )
    _run(config, json, lambda ran: replaying.report_of(ran, found, wanted, notes))


@app.command()
def evaluate(
    judged: Annotated[
        Path, typer.Argument(metavar="RUN|LABELS|MODEL", help="Output folder of a run, a file of labels, or a model.")
    ],
    data: Annotated[
        list[Path] | None,
        typer.Argument(help="What a model is judged by: a library, logs of rock (.tsg), spectra with their minerals."),
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="Truth: a label map, or the folder of a scene; by default that in RUN.")
    ] = None,
    first_line: Annotated[int, typer.Option(help="Line of the truth at which LABELS begins.", min=0)] = 0,
    errors: Annotated[Path | None, typer.Option(help="Write a map of the errors to this PNG.")] = None,
    against: Annotated[str | None, typer.Option(help="Another model, to compare MODEL with on the same DATA.")] = None,
    quick: Annotated[bool, typer.Option(help="One split of the library that MODEL learned, not three.")] = False,
    jobs: Annotated[int, typer.Option(help="Networks that are trained at a time.", min=1, max=64)] = 1,
    html: Annotated[Path | None, typer.Option(help="Write a page with pictures to this file.")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write all numbers as JSON to this file.")] = None,
) -> None:
    """Compare labels with the truth of a scene: accuracy by class, confusion, a map of the errors; or judge a model.

    Example: oreline evaluate out/demo --errors errors.png

    Example: oreline evaluate swir288 core.tsg rocks.csv --against my-model --html page.html
    """
    evaluation = importlib.import_module("oreline.cli.evaluate")
    model = evaluation.model_of(judged)
    of_labels = {"--truth": truth, "--first-line": first_line, "--errors": errors}
    of_model = {"DATA": data, "--against": against, "--quick": quick, "--html": html}
    evaluation.refuse_foreign(judged, of_labels if model else of_model, is_model=model is not None)
    try_to_write(*filter(None, (json, errors, html)), reading=filter(None, (judged, truth, *(data or ()))))
    if model is None:
        evaluation.main(judged, truth, first_line, errors, json)
    else:
        judging = importlib.import_module("inference.commands.evaluate")
        judging.main(model, data or [], against, json, html, quick, jobs)


@app.command()
def classify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Spectra in any format that is known.")],
    model: Annotated[str, typer.Option(help="Name or folder of the model.")],
    json: Annotated[Path | None, typer.Option("--json", help="Write all answers as JSON to this file.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write them as CSV, a row a spectrum.")] = None,
    percent: Annotated[
        bool | None, typer.Option("--percent/--fraction", help="What reflectance is in, in place of the file.")
    ] = None,
    unit: Annotated[str, typer.Option(help="Unit of wavelengths, in place of the file: nm, um or 1/cm.")] = "",
) -> None:
    """Label point spectra: files of spectrometers, spectral libraries, core scanners, and tables.

    ASD, Spectral Evolution, Spectra Vista, ENVI libraries, USGS splib07, ECOSTRESS, RELAB, TSG, CSV and NPZ are known
    by what they hold. What is assumed of units is shown. A file that is refused does not stop the others.

    Example: oreline classify rock.asd core_tsg.tsg --model swir288 --json labels.json
    """
    try_to_write(*filter(None, (json, csv)), reading=files)
    importlib.import_module("oreline.cli.classify").main(files, model, json, csv, percent, unit)


@app.command()
def train(
    preset: Annotated[str, typer.Argument(help="Camera preset: nir224, swir288 or swir640.")],
    data: Annotated[Path, typer.Option(help="Spectra, an .npz as docs/reference/spectra.md has it.")],
    out: Annotated[Path, typer.Option(help="Folder of the model that is made.")],
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    steps: Annotated[int | None, typer.Option(min=1, help="How long to learn; the camera's own otherwise.")] = None,
    preprocessing: Annotated[
        str | None,
        typer.Option(
            help='Steps between reflectance and network, in JSON: \'[{"step": "snv"}]\'; or the camera\'s own.'
        ),
    ] = None,
    family: Annotated[str, typer.Option(help="Model family: cnn, or one that another package adds.")] = "cnn",
    splits: Annotated[int, typer.Option(min=1, help="How many times the rocks are split into folds to judge by.")] = 3,
    jobs: Annotated[int, typer.Option(min=1, help="Networks trained at a time, each on a core. Same bytes.")] = 1,
    rock: Annotated[
        list[Path] | None, typer.Option(help="Log of real rock to judge by, a .tsg of TSG. It never trains.")
    ] = None,
) -> None:
    """Train a model for a camera, validate it by specimen, and write its card.

    Example: oreline train swir288 --data SPECTRA.npz --out my-model --jobs 2
    """
    training = importlib.import_module("inference.training.train")
    training.main(
        preset, data, out, seed, steps or training.STEPS, training.steps_of(preprocessing), family, splits, jobs,
        rock or (),
    )  # fmt: skip


@app.command()
def bench(
    json: JSON_OPTION = None,
    quick: Annotated[bool, typer.Option(help="Fewer rounds.")] = False,
) -> None:
    """Measure every stage against the machine's ceilings, side by side in one run.

    Example: oreline bench --quick --json bench.json
    """
    importlib.import_module("oreline.bench").main(json, quick)


@app.command()
def doctor(
    line: Annotated[Path | None, typer.Argument(help="TOML file of a line; without it the machine alone.")] = None,
    card: Annotated[str | None, typer.Option(help="Network card of the camera, such as eth1.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the answers as JSON instead.")] = False,
) -> None:
    """Say whether this machine is fit for a line: each check is good, bad with what cures it, or cannot be known here.

    Nothing is changed, and nothing needs root; it takes at most ten seconds. Exit code 80: lines would be lost, or none
    would run. 81: something is doubtful.

    Example: oreline doctor line.toml --card eth1
    """
    importlib.import_module("oreline.cli.doctor").main(line, card, json)


@app.command()
def support(
    line: Annotated[Path, typer.Argument(help="TOML file of the line.")],
    out: Annotated[
        Path | None, typer.Option(help="Archive to write, .tar.gz; named by line and time otherwise.")
    ] = None,
) -> None:
    """Pack what helps somebody who was not there into one archive: configuration, versions, doctor's answers, logs,
    metrics, the last minute of labels.

    Keys, passwords and accounts are left out. The line may run meanwhile.

    Example: oreline support line.toml --out line.tar.gz
    """
    importlib.import_module("oreline.cli.support").main(line, out)


def _free_port(wanted: int = 0) -> int:
    """For a PLC or a page beside those of other demos: the one that is wanted, or another."""
    try:
        with socket.create_server(("127.0.0.1", wanted)) as server:
            port: int = server.getsockname()[1]
            return port
    except OSError:
        return _free_port()


def _serve_page(sinks: dict[str, Any], show_page: bool) -> None:
    """Have the operator's page at a port of its own; without the extra there is none."""
    if util.find_spec("starlette") is None:
        del sinks["station"]
        tell("without the operator's page, for the extra [station] is not installed")
        return
    port = _free_port(PAGE_PORT)
    sinks["station"]["web"] = {"port": port, "without_account": "engineer"}
    if show_page:
        Thread(target=_open_page, args=(f"http://127.0.0.1:{port}",), daemon=True).start()


def _open_page(page: str) -> None:
    """Show a page as soon as it is served."""
    port = int(page.rpartition(":")[2])
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            webbrowser.open(page)
            return
        time.sleep(0.1)


def _run(config: Config, json: Path | None, make_report: Any = reports.report_of) -> None:
    """Run a line and report, also where it has ended with lines that its log did not take, or that are lost. A replay
    is played again then."""
    if json is not None:
        try_to_write(json)
    failed: StageFailed | None = None
    try:
        ticker = Ticker(console)
        launch(config, ticker, Progress(ticker))
    except StageFailed as error:
        if error.exit_code not in (Undelivered.exit_code, StateGone.exit_code):
            raise
        if not config.line.finish:
            raise _again(error) from None
        failed = error
    report = make_report(config)
    if json is not None:
        reports.save(report, json)
    try:
        show(report, console)
    finally:
        if failed is not None:
            raise failed


def _again(error: StageFailed) -> StageFailed:
    """What a replay's user does about lines that nobody took: its rings are not gone on with."""
    failure = StageFailed(str(error).replace(START_AGAIN, "the results are not whole; play the recording again"))
    failure.exit_code = error.exit_code
    return failure


def commands() -> None:
    """Typer makes a bare exit code of a stop; whoever calls this is to say it."""
    heed(signal.default_int_handler, [n for n in STOPS if signal.getsignal(n) in PLAIN])
    with terminal.printing():
        try:
            app()
        except SystemExit as end:
            code = end.code
        if code == STOPPED:
            raise KeyboardInterrupt
    sys.exit(code)


if __name__ == "__main__":
    main()
