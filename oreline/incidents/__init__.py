"""Incidents, of which somebody should know: counted, said on stderr, and written to a file of the process.

Every process of a line tells them by `report` and in no other way, so that terminal, file and journal say the same. The
files are `logs/NAME.jsonl` in the output folder, a line an incident; the log takes them into the journal from there.
"""

from __future__ import annotations

from oreline.incidents.following import Follower, history, in_order
from oreline.incidents.incident import Incident, Severity
from oreline.incidents.kinds import KINDS, Kind, kind_of
from oreline.incidents.log import INCIDENTS, Log
from oreline.incidents.process import FOLDER, open_log, refused, report

__all__ = [
    "FOLDER",
    "INCIDENTS",
    "KINDS",
    "Follower",
    "Incident",
    "Kind",
    "Log",
    "Severity",
    "history",
    "in_order",
    "kind_of",
    "open_log",
    "refused",
    "report",
]
