"""What is imported by name, unseen by import-linter: each such edge is here, with what it is for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("oreline", "acquisition", "inference", "sinks", "hwsim")
EDGES = {
    # Its kernels are compiled where a camera's format needs them.
    ("acquisition/unpacking.py", "acquisition.unpacking_kernels"),
    # The file of a line is validated by the model of whoever reads each table.
    ("oreline/config.py", "module"),
    ("oreline/config.py", "sinks.settings"),
    # `config check` asks each package.
    ("oreline/supervision/check.py", "f'{part}.check'"),
    # The doctor asks each package, too.
    ("oreline/cli/doctor.py", "f'{part}.doctor'"),
    ("oreline/cli/main.py", "oreline.cli.doctor"),
    ("oreline/cli/main.py", "oreline.cli.support"),
    ("oreline/cli/support.py", "sinks.log.excerpt"),
    ("oreline/cli/support.py", "sinks.station.accounts"),
    # The supervisor renders the scene of a simulated camera, and asks how a sink takes its lines.
    ("oreline/supervision/launch.py", "hwsim.render.scenery"),
    ("oreline/supervision/supervisor.py", "sinks.settings"),
    # A journal, and the depths of a hole, are read by those who write them.
    ("oreline/reading/journals.py", "sinks.log.reading"),
    ("oreline/reading/boxes.py", "sinks.core.hole_folder"),
    ("oreline/reading/boxes.py", "sinks.core.hole_log"),
    # Accounts need argon2, which only a station that has some needs.
    ("sinks/station/hub.py", "sinks.station.accounts"),
    ("sinks/station/sink.py", "sinks.station.accounts.file"),
    # Commands, each loaded when it is called.
    ("oreline/__main__.py", "oreline.guard"),
    ("oreline/__main__.py", "oreline.cli.main"),
    ("oreline/__main__.py", "oreline.stops"),
    ("oreline/cli/main.py", "hwsim.cli"),
    ("oreline/cli/main.py", "inference.commands.calibrate"),
    ("oreline/cli/main.py", "inference.commands.evaluate"),
    ("inference/commands/evaluate/__init__.py", "inference.commands.evaluate.plots"),
    ("oreline/cli/main.py", "inference.training.train"),
    ("oreline/cli/main.py", "oreline.bench"),
    ("oreline/cli/main.py", "inference.references.from_recordings"),
    ("oreline/cli/main.py", "oreline.cli.classify"),
    ("oreline/cli/main.py", "oreline.cli.evaluate"),
    ("oreline/cli/main.py", "oreline.cli.record"),
    ("oreline/cli/main.py", "oreline.cli.replay"),
    ("oreline/cli/main.py", "oreline.recordings.raw.unpacking"),
    ("oreline/cli/main.py", "sinks.record.repair"),
    ("oreline/cli/main.py", "oreline.cli.replay_setting"),
    ("oreline/cli/accounts.py", "sinks.station.accounts"),
    ("oreline/cli/accounts.py", "sinks.station.accounts.passwords"),
    ("oreline/cli/accounts.py", "sinks.station.commands"),
    ("oreline/cli/audit.py", "sinks.station.audit"),
    ("oreline/cli/shifts.py", "sinks.station.shifts.commands"),
    ("oreline/cli/core.py", "f'sinks.core.commands.{name}'"),
    ("oreline/cli/classify.py", "inference.classification.point_spectra"),
    ("oreline/cli/evaluate.py", "inference.models"),
    ("oreline/cli/evaluate.py", "sinks.log.evaluation"),
    ("oreline/cli/config.py", "sinks.settings"),
    ("oreline/cli/config_migrate.py", "sinks.settings"),
    ("oreline/cli/config_show.py", "sinks.settings"),
    ("oreline/cli/recipe.py", "inference.check"),
    ("oreline/cli/recipe.py", "sinks.recipes.choosing"),
    ("oreline/cli/acts.py", "sinks.station.audit"),
    ("oreline/cli/model.py", "inference.classification.card"),
    ("oreline/cli/model.py", "inference.classification.changes"),
    ("oreline/cli/model.py", "inference.classification.signature"),
    ("oreline/cli/model.py", "inference.models"),
    # The report asks the simulated plant and camera what was true.
    ("oreline/cli/report_table.py", "hwsim.plant.report"),
    ("oreline/cli/report.py", "hwsim.verdict"),
    # The bench measures all of them.
    ("oreline/bench/__init__.py", "stage"),
    ("oreline/bench/camera.py", "acquisition.genicam"),
    ("oreline/bench/camera.py", "acquisition.settings"),
    ("oreline/bench/camera.py", "hwsim.camera.sim_camera"),
    ("oreline/bench/line.py", "inference.backends.bfloat16"),
}


def edges(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            what = node.args[0]
            yield str(path.relative_to(ROOT)), what.value if isinstance(what, ast.Constant) else ast.unparse(what)


def test_every_import_by_name_is_known() -> None:
    found = {edge for package in PACKAGES for path in (ROOT / package).rglob("*.py") for edge in edges(path)}
    assert found == EDGES
