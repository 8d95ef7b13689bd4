"""Recorders: what becomes of a stream in ENVI files."""

from __future__ import annotations

from sinks.record.envi import FeatureRecord, Record
from sinks.record.settings import RecordSettings

__all__ = ["FeatureRecord", "Record", "RecordSettings"]
