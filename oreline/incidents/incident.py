"""One incident, as it stands in a file: a JSON object on a line of its own."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import TypeAdapter

_I64 = 1 << 63
_YEARS = range(1969, 2262)
"""A host without a clock of its own begins with the first of January 1970, in UTC."""


class Severity(StrEnum):
    """Severity: how soon somebody must come."""

    INFO = "info"
    """Worth to be known."""
    WARNING = "warning"
    """Something is doubtful; the line goes on by itself."""
    ALARM = "alarm"
    """Lines or shots are lost, or nothing is concluded any more: somebody must look."""


@dataclass(frozen=True, slots=True)
class Incident:
    """`process`, `life`, `number` name it for ever: which process, which of its lives, counted from 1 in each.

    `time`: of the wall's clock, with its zone, for people. `t_ns`: CLOCK_MONOTONIC of the boot `boot`, which orders.
    `n`: how often it happened since it was said last; all else is of the last time. `run`, `seq`: the line that it
    concerns, where one is known. `words`: for people.
    """

    time: str
    severity: Severity
    process: str
    stage: str
    kind: str
    n: int
    run: str | None
    seq: int | None
    words: str
    t_ns: int
    boot: str
    life: str
    number: int

    def json(self) -> bytes:
        """One line, its end included."""
        return json.dumps(asdict(self), ensure_ascii=False).encode(errors="replace") + b"\n"

    def __str__(self) -> str:
        times = f" ({self.n} times, the last)" if self.n > 1 else ""
        where = "" if self.seq is None else f" at line {self.seq}"
        who = f"{self.stage} {self.kind}".lstrip()
        return f"{self.time} {self.severity} {who}{where}{times}: {self.words}"


_CHECKED = TypeAdapter(Incident)


def parsed(line: bytes) -> Incident | None:
    """The incident of a line of a file; None where the line is none, as a full disk or a crash may leave it."""
    try:
        incident = _CHECKED.validate_json(line)
        ids = bytes.fromhex(incident.boot), bytes.fromhex(incident.run or "")
        at = datetime.fromisoformat(incident.time)
    except ValueError:
        return None
    small = all(-_I64 <= number < _I64 for number in (incident.n, incident.seq or 0, incident.t_ns, incident.number))
    dated = at.year in _YEARS and at.utcoffset() is not None
    return incident if ids and dated and small else None
