"""The journal's tables, and how those of an earlier release become them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from oreline.errors import RecordingError

SCHEMA = 4
_TABLES = """
CREATE TABLE IF NOT EXISTS runs(
    run BLOB PRIMARY KEY, next INTEGER NOT NULL, exported INTEGER NOT NULL DEFAULT 0,
    end INTEGER, lines INTEGER, lost INTEGER, reference INTEGER);
CREATE TABLE IF NOT EXISTS streams(
    run BLOB NOT NULL, seq INTEGER NOT NULL, info TEXT NOT NULL,
    wall_ns INTEGER, offset_s INTEGER, t_ns INTEGER, boot BLOB, PRIMARY KEY (run, seq));
CREATE TABLE IF NOT EXISTS lines(
    run BLOB NOT NULL, seq INTEGER NOT NULL, epoch INTEGER NOT NULL, block_id INTEGER NOT NULL, t_ns INTEGER NOT NULL,
    encoder INTEGER NOT NULL, flags INTEGER NOT NULL, model TEXT NOT NULL, calibration TEXT NOT NULL,
    latency_us INTEGER NOT NULL, labels BLOB NOT NULL, confidence BLOB NOT NULL, layers BLOB,
    PRIMARY KEY (run, seq));
CREATE TABLE IF NOT EXISTS gaps(
    run BLOB NOT NULL, first INTEGER NOT NULL, n INTEGER NOT NULL, epoch INTEGER NOT NULL, reason INTEGER NOT NULL,
    PRIMARY KEY (run, first));
CREATE TABLE IF NOT EXISTS incidents(
    time TEXT NOT NULL, severity TEXT NOT NULL, process TEXT NOT NULL, stage TEXT NOT NULL, kind TEXT NOT NULL,
    n INTEGER NOT NULL, run BLOB, seq INTEGER, words TEXT NOT NULL, t_ns INTEGER NOT NULL, boot BLOB NOT NULL,
    life TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (process, life, number));
CREATE TABLE IF NOT EXISTS stone_runs(run BLOB PRIMARY KEY, next INTEGER NOT NULL, end INTEGER);
CREATE TABLE IF NOT EXISTS stone_streams(
    run BLOB NOT NULL, seq INTEGER NOT NULL, info TEXT NOT NULL,
    wall_ns INTEGER, offset_s INTEGER, t_ns INTEGER, boot BLOB, PRIMARY KEY (run, seq));
CREATE TABLE IF NOT EXISTS stones(
    run BLOB NOT NULL, number INTEGER NOT NULL, first_line INTEGER NOT NULL, last_line INTEGER NOT NULL,
    first_sample INTEGER NOT NULL, stop_sample INTEGER NOT NULL, pixels INTEGER NOT NULL, counts TEXT NOT NULL,
    decision TEXT NOT NULL, why TEXT NOT NULL, measure REAL, valves TEXT NOT NULL, product INTEGER NOT NULL,
    cut INTEGER NOT NULL, clump INTEGER NOT NULL, t_ns INTEGER NOT NULL, encoder INTEGER NOT NULL,
    epoch INTEGER NOT NULL, block_id INTEGER NOT NULL, recipe TEXT NOT NULL, model TEXT NOT NULL,
    reference TEXT NOT NULL, outline BLOB NOT NULL, PRIMARY KEY (run, number));
CREATE TABLE IF NOT EXISTS stone_gaps(
    run BLOB NOT NULL, first INTEGER NOT NULL, n INTEGER NOT NULL, epoch INTEGER NOT NULL, reason INTEGER NOT NULL,
    PRIMARY KEY (run, first));
CREATE VIEW IF NOT EXISTS stone_classes AS SELECT run, number, key AS class, value AS pixels,
    CAST(value AS REAL) / stones.pixels AS fraction FROM stones, json_each(counts);
CREATE VIEW IF NOT EXISTS timed_stones AS SELECT *, t_ns + (
    SELECT wall_ns - streams.t_ns FROM streams
    WHERE streams.run = stones.run AND streams.seq <= stones.last_line ORDER BY streams.seq DESC LIMIT 1) AS wall_ns
    FROM stones;
CREATE VIEW IF NOT EXISTS timed_lines AS SELECT *, t_ns + (
    SELECT wall_ns - streams.t_ns FROM streams
    WHERE streams.run = lines.run AND streams.seq <= lines.seq ORDER BY streams.seq DESC LIMIT 1) AS wall_ns FROM lines;
CREATE VIEW IF NOT EXISTS history AS SELECT incidents.* FROM incidents
    JOIN (SELECT boot, min(rowid) AS came FROM incidents GROUP BY boot) USING (boot) ORDER BY came, t_ns;
"""
_FROM_1 = """
ALTER TABLE streams ADD COLUMN wall_ns INTEGER;
ALTER TABLE streams ADD COLUMN offset_s INTEGER;
ALTER TABLE streams ADD COLUMN t_ns INTEGER;
ALTER TABLE streams ADD COLUMN boot BLOB;
"""
_FROM_2 = "ALTER TABLE lines ADD COLUMN layers BLOB;"
_MIGRATIONS = {0: "", 1: _FROM_1 + _FROM_2, 2: _FROM_2, 3: "", SCHEMA: ""}


def version_of(db: sqlite3.Connection, path: Path) -> int:
    """The schema of a journal, 0 of one that is empty. Raises RecordingError where it is of a later release."""
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version not in _MIGRATIONS:
        raise RecordingError(f"{path} has schema {version}, this writes {SCHEMA}: use another output folder")
    return version


def prepare(db: sqlite3.Connection, version: int) -> None:
    """Make the tables, or make those of an earlier version these, all or none."""
    db.executescript(f"BEGIN IMMEDIATE; {_MIGRATIONS[version]} {_TABLES} PRAGMA user_version = {SCHEMA}; COMMIT;")
