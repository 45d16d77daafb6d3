CREATE TABLE stored_events (originator_id TEXT,
    originator_version INTEGER, topic TEXT, state BLOB,
    PRIMARY KEY (originator_id, originator_version));
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE entries (
    position INTEGER PRIMARY KEY, hash BLOB NOT NULL, recorded_at INTEGER NOT NULL,
    authority TEXT NOT NULL, request_id TEXT NOT NULL, record BLOB NOT NULL,
    topic_offset INTEGER, leader_epoch INTEGER, appended_ms INTEGER);
CREATE UNIQUE INDEX entries_by_key ON entries (authority, request_id);
CREATE UNIQUE INDEX entries_by_hash ON entries (hash);
CREATE INDEX entries_by_time ON entries (recorded_at);
CREATE TABLE heads_of_streams (
    stream TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
    stream TEXT NOT NULL, version INTEGER NOT NULL, position INTEGER NOT NULL,
    fingerprint BLOB NOT NULL, type TEXT NOT NULL, own_body BLOB,
    PRIMARY KEY (stream, version)) WITHOUT ROWID;
CREATE TABLE schemas (
    fingerprint BLOB PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE voids (
    number INTEGER PRIMARY KEY, topic_offset INTEGER, reason TEXT NOT NULL,
    kind TEXT NOT NULL, frame_hash BLOB, after_position INTEGER NOT NULL,
    size INTEGER NOT NULL, record BLOB NOT NULL);
CREATE INDEX voids_by_hash ON voids (frame_hash);
CREATE TABLE wards (
    holder TEXT NOT NULL, child TEXT NOT NULL,
    PRIMARY KEY (holder, child)) WITHOUT ROWID;
