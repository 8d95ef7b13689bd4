"""`oreline audit`: what people did at a line, and whether that is all as it was written."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from oreline.errors import AuditBroken
from oreline.terminal import commands, console

FILE = "audit.jsonl"
Log = Annotated[Path, typer.Argument(metavar="OUTPUT", help=f"Output folder of a line, or its {FILE}.")]

app = commands("The audit log of a line: who did what at its operator's station, and when.")


@app.command()
def verify(
    output: Log,
    noted: Annotated[
        list[str] | None, typer.Option(help="Head that was noted before: it must still be in the chain.")
    ] = None,
) -> None:
    """Check that no line of the log was changed, taken out, put in or moved.

    Each line has the hash of the one before. That lines at its end were taken away nobody can tell by the file alone:
    note the head that is printed, elsewhere, and give it with --noted the next time. Exit code 43: it is not whole.

    Example: oreline audit verify out/demo
    """
    audit, path = importlib.import_module("sinks.station.audit"), _path(output)
    heads = frozenset(head.strip().lower() for head in noted or ())
    verdict = audit.verify(path, heads)
    wrong = [f"line {line} {why}" for line, why in verdict.broken.items()]
    if verdict.wrong > len(wrong):
        wrong.append(f"and {verdict.wrong - len(wrong)} more")
    wrong += [f"{head} is not in it: lines were taken away, or it is another log" for head in heads - verdict.heads]
    if wrong:
        raise AuditBroken(f"{path} was changed:\n" + "\n".join(f"  {one}" for one in wrong))
    console.print(f"{path} of {verdict.site}: whole, {verdict.entries} lines. Head: {verdict.head}")


@app.command()
def show(
    output: Log,
    last: Annotated[int, typer.Option(help="Only so many, the last ones; 0 for all.", min=0)] = 0,
) -> None:
    """Print the acts, one a line; what was changed by hand is left out, and `verify` says so.

    Example: oreline audit show out/demo --last 20
    """
    audit = importlib.import_module("sinks.station.audit")
    acts = list(audit.entries(_path(output)))
    for entry in acts[-last:]:
        console.print(_words(entry))


def _words(entry: Any) -> str:
    record = entry.record
    where = " ".join(filter(None, (record.face, record.address)))
    who = f"{record.who} ({', '.join(filter(None, (record.role, where)))})" if record.role or where else record.who
    arguments = " ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in record.arguments.items())
    changed = (
        f": {_short(record.old)} -> {_short(record.new)}" if record.old is not None or record.new is not None else ""
    )
    result = "" if record.result == "done" else f" refused: {record.result}"
    return f"{entry.time} {who} {record.verb} {arguments}".rstrip() + changed + result


def _short(value: Any) -> str:
    return "-" if value is None else json.dumps(value, ensure_ascii=False)


def _path(output: Path) -> Path:
    return output / FILE if output.is_dir() else output
