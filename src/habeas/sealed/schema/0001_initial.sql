-- The sealed store. Times are microseconds since 1970, UTC. Every body, and the inside of journal entries, opens with the data
-- key of its subject: an order, a review, a report, or the desk itself.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE subject (
    subject TEXT PRIMARY KEY,
    wrapped_key BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
    kind TEXT NOT NULL,                  -- order, review, report, registry
    id TEXT NOT NULL REFERENCES subject (subject),
    is_open INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    body BLOB NOT NULL,                  -- sealed
    PRIMARY KEY (kind, id)
) STRICT;

CREATE INDEX record_open ON record (kind, id) WHERE is_open = 1;

-- Public acts that were decided: submitted from `not_before` on, marked when the public store has answered.
CREATE TABLE command (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,             -- random: the public event's id, which makes it happen once
    subject TEXT NOT NULL REFERENCES subject (subject),
    not_before INTEGER NOT NULL,
    applied_at INTEGER,
    body BLOB NOT NULL                   -- sealed
) STRICT;

CREATE INDEX command_waiting ON command (not_before) WHERE applied_at IS NULL;

CREATE TABLE attachment (
    subject TEXT NOT NULL REFERENCES subject (subject),
    sha256 TEXT NOT NULL,
    body BLOB NOT NULL,                  -- sealed: a copy that was preserved, data that were handed over
    PRIMARY KEY (subject, sha256)
) STRICT;

CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY,
    subject TEXT NOT NULL REFERENCES subject (subject),
    entry BLOB NOT NULL                  -- the bytes that the next entry's hash is of
) STRICT;
