"""Audit log: what people did, each act a line that holds the hash of the line before."""

from __future__ import annotations

from sinks.station.audit.chain import Entry, Record
from sinks.station.audit.log import AUDIT, AuditLog
from sinks.station.audit.verdict import Verdict, entries, verify

__all__ = ["AUDIT", "AuditLog", "Entry", "Record", "Verdict", "entries", "verify"]
