"""The tables of a log's file: how they are defined, filled, and told from others.

What lives here: SQL, and whether a file is defined by it. What never does: rows.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Final

LIBRARY: Final = """
CREATE TABLE IF NOT EXISTS stored_events (originator_id TEXT,
    originator_version INTEGER, topic TEXT, state BLOB,
    PRIMARY KEY (originator_id, originator_version))
"""
"""As the eventsourcing library defines its own (a test compares them)."""

TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS entries (
    position INTEGER PRIMARY KEY, hash BLOB NOT NULL, recorded_at INTEGER NOT NULL,
    authority TEXT NOT NULL, request_id TEXT NOT NULL, record BLOB NOT NULL,
    topic_offset INTEGER, leader_epoch INTEGER, appended_ms INTEGER);
CREATE UNIQUE INDEX IF NOT EXISTS entries_by_key ON entries (authority, request_id);
CREATE UNIQUE INDEX IF NOT EXISTS entries_by_hash ON entries (hash);
CREATE INDEX IF NOT EXISTS entries_by_time ON entries (recorded_at);
CREATE TABLE IF NOT EXISTS heads_of_streams (
    stream TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    stream TEXT NOT NULL, version INTEGER NOT NULL, position INTEGER NOT NULL,
    fingerprint BLOB NOT NULL, type TEXT NOT NULL, own_body BLOB,
    PRIMARY KEY (stream, version)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS schemas (
    fingerprint BLOB PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS voids (
    number INTEGER PRIMARY KEY, topic_offset INTEGER, reason TEXT NOT NULL,
    kind TEXT NOT NULL, frame_hash BLOB, after_position INTEGER NOT NULL,
    size INTEGER NOT NULL, record BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS voids_by_hash ON voids (frame_hash);
CREATE TABLE IF NOT EXISTS wards (
    holder TEXT NOT NULL, child TEXT NOT NULL,
    PRIMARY KEY (holder, child)) WITHOUT ROWID
"""

INSERTS: Final = {
    "entries": "INSERT INTO entries VALUES (?,?,?,?,?,?,?,?,?)",
    "schemas": "INSERT OR IGNORE INTO schemas VALUES (?,?)",
    "heads_of_streams": "INSERT OR REPLACE INTO heads_of_streams VALUES (?,?)",
    "events": "INSERT INTO events VALUES (?,?,?,?,?,?)",
    "wards": "INSERT OR IGNORE INTO wards VALUES (?,?)",
    "voids": "INSERT INTO voids (topic_offset, reason, kind, frame_hash, "
    "after_position, size, record) VALUES (?,?,?,?,?,?,?)",
    # The library's own insertion, but for the ids that nobody asks for.
    "stored_events": "INSERT INTO stored_events VALUES (?,?,?,?)",
}
"""How a batch's rows are written, by table."""

Definition = tuple[str, str, str, str]
"""Of a table, index, view or trigger: type, name, table, and its SQL in one line."""


def definitions(database: sqlite3.Connection) -> set[Definition]:
    """Return all that a database defines, but for SQLite's own statistics."""
    rows = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
    return {
        (str(kind), str(name), str(table), " ".join(str(sql or "").split()))
        for kind, name, table, sql in rows
        if (kind, str(name)[:11]) != ("table", "sqlite_stat")
    }


def defined_here() -> set[Definition]:
    """Return what a log's file defines, and nothing else."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(f"{LIBRARY};{TABLES}")
        return definitions(database)
