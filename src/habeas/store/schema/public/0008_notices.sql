-- What users were told, how far that got on each channel, and how each channel does.

CREATE TABLE notice (
    account_id TEXT NOT NULL REFERENCES account (account_id),
    position INTEGER NOT NULL,           -- in the account's inbox, from 1 on
    id TEXT NOT NULL,                    -- the receiver tells a repeat by it
    body BLOB NOT NULL,                  -- sealed
    PRIMARY KEY (account_id, position),
    UNIQUE (account_id, id)
) STRICT;

CREATE TABLE delivery (
    account_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    channel TEXT NOT NULL,
    id TEXT NOT NULL,                    -- the notice's
    queued_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    next_at INTEGER,                     -- NULL: over
    delivered_at INTEGER,                -- NULL: not, or not yet
    problem TEXT NOT NULL,               -- of the last attempt; no names, no addresses
    PRIMARY KEY (account_id, position, channel),
    FOREIGN KEY (account_id, position) REFERENCES notice (account_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_waiting ON delivery (channel, next_at, account_id, position) WHERE next_at IS NOT NULL;

CREATE TABLE channel (
    channel TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    failing_since INTEGER,
    next_at INTEGER,
    disabled_at INTEGER
) STRICT, WITHOUT ROWID;

-- Document requests whose date comes near, and cases that have been open for long.
CREATE INDEX document_request_waiting ON document_request (due_at, account_id) WHERE status = 'issued';
CREATE INDEX case_waiting ON case_file (opened_at, account_id) WHERE status = 'open';
