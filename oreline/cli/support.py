"""`oreline support`: one archive of what somebody who was not there needs to help, without secrets."""

from __future__ import annotations

import importlib
import io
import json
import tarfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from oreline import redaction
from oreline.cli import doctor
from oreline.cli.report import report_of
from oreline.config import Config
from oreline.errors import ConfigError, OrelineError, RecordingError
from oreline.files import replacing, try_to_write
from oreline.guard import refusal
from oreline.incidents import FOLDER
from oreline.keys import SECRET
from oreline.metrics_port import noted_port
from oreline.redaction import Redaction
from oreline.sink import LOG
from oreline.terminal import console

LOG_BYTES = 256 << 10
"""Of each log, its end."""
SECONDS = 60.0
JOURNAL = "journal.sqlite"
LEFT_OUT = "keys, passwords, accounts, certificates, the audit log, comments of the file, spectra, pictures"
Member = tuple[str, bytes]


def main(line: Path, out: Path | None) -> None:
    """Pack, and say where. Raises StoreFailed and SystemRefused where it cannot be written."""
    out = out or Path(f"oreline-support-{line.stem}-{time.strftime('%Y%m%dT%H%M%S')}.tar.gz")
    try_to_write(out, reading=[line])
    names = pack(line, out)
    console.print(f"{out}: {', '.join(names)}")
    console.print(f"left out: {LEFT_OUT}. Look into it before you send it.")


def pack(line: Path, out: Path) -> list[str]:
    """Write the archive, whole or not at all, for its owner alone. Returns the names of what is in it."""
    names = list[str]()
    try:
        with replacing(out) as draft:
            draft.touch(0o600)
            with tarfile.open(draft, "w:gz") as archive:
                for name, content in members(line):
                    entry = tarfile.TarInfo(f"oreline-support/{name}")
                    entry.size, entry.mtime, entry.mode = len(content), int(time.time()), 0o600
                    archive.addfile(entry, io.BytesIO(content))
                    names.append(name)
    except OSError as error:
        raise refusal(error, out) from None
    return names


def members(line: Path) -> Iterator[Member]:
    """Names and contents, each without secrets. What cannot be had is named in `missing.txt`."""
    config, missing = _loaded(line)
    redact = Redaction(_known(config))
    if config is not None:
        yield "configuration.json", _json(redact.tables(config.tables))
    yield "versions.json", _json(_versions())
    yield "doctor.json", _json(redact.tables(doctor.report_of(doctor.examine(line), line)))
    if config is not None:
        yield from _of_run(config, redact, missing)
    yield "missing.txt", redact.text("\n".join(missing) + "\n").encode()


def _loaded(line: Path) -> tuple[Config | None, list[str]]:
    """The line's file, and why it is not there where it is none: a file that nobody can read may hold anything."""
    try:
        return Config.load(line), []
    except ConfigError as error:
        return None, [f"configuration, logs, metrics, labels: {error}"]


def _known(config: Config | None) -> set[str]:
    """Secrets of this host and of a line's file and folders."""
    known = redaction.of_environment()
    if config is None:
        return known
    known |= redaction.of_settings(config.tables)
    with suppress(OrelineError):
        folder = config.line.keys
        for path in sorted(folder.glob(f"*{SECRET}")) if folder else ():
            known |= redaction.of_file(path)
    for table in config.tables.get("sinks", {}).values():
        if isinstance(accounts := table.get("accounts"), str):
            known |= _accounts(Path(accounts))
    return known


def _accounts(path: Path) -> set[str]:
    """Names of accounts, and what is kept of their passwords."""
    try:
        found = importlib.import_module("sinks.station.accounts").AccountFile(path).accounts
    except (OrelineError, OSError, ModuleNotFoundError):
        return redaction.of_file(path)
    return {text for one in found.values() for text in (one.name, one.kept)}


def _of_run(config: Config, redact: Redaction, missing: list[str]) -> Iterator[Member]:
    """What the line's newest run has left, or is leaving."""
    try:
        output = config.line.output
    except ConfigError as error:
        missing.append(str(error))
        return
    for path in sorted((output / FOLDER).glob("*.jsonl*")):
        yield f"logs/{path.name}", "".join(_without(redact, row) for row in _end_of(path)).encode()
    for name in ("acquisition", "inference", *config.kinds):
        if (port := noted_port(output, name)) is not None:
            yield f"metrics/{name}.txt", redact.text(_metrics(port)).encode()
    try:
        yield "report.json", _json(redact.tables(report_of(config)))
    except (OrelineError, OSError, ValueError) as error:
        missing.append(f"report: {error}")
    if config.sinks(LOG):
        yield from _labels(output / JOURNAL, missing)


def _labels(journal: Path, missing: list[str]) -> Iterator[Member]:
    """The last minute of label lines, as a journal of its own."""
    with TemporaryDirectory() as folder:
        target = Path(folder) / "labels.sqlite"
        try:
            importlib.import_module("sinks.log.excerpt").excerpt(journal, target, SECONDS)
            yield target.name, target.read_bytes()
        except RecordingError as error:
            missing.append(f"labels: {error}")


def _without(redact: Redaction, row: str) -> str:
    """A line of a log without secrets: an incident is one still."""
    try:
        return f"{json.dumps(redact.tables(json.loads(row)), ensure_ascii=False)}\n"
    except ValueError:
        return redact.text(row)


def _end_of(path: Path) -> list[str]:
    """The last whole lines of a log."""
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - LOG_BYTES))
        content = file.read()
    whole = content if size <= LOG_BYTES else content.partition(b"\n")[2]
    return whole.decode(errors="replace").splitlines(keepends=True)


def _metrics(port: int) -> str:
    try:
        with closing(urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=1)) as answer:
            return str(answer.read().decode(errors="replace"))
    except OSError as error:
        return f"# {error}\n"


def _versions() -> dict[str, str]:
    """Every package that is installed beside Oreline."""
    return {one.metadata["Name"]: one.version for one in sorted(metadata.distributions(), key=lambda one: one.name)}


def _json(facts: Any) -> bytes:
    return f"{json.dumps(facts, indent=2, default=str, ensure_ascii=False)}\n".encode()
