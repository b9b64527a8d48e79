-- Many accounts at once: campaigns, bulk acts and imports, whom they are about, and what they placed.

ALTER TABLE restriction ADD COLUMN batch TEXT;

CREATE INDEX restriction_by_batch ON restriction (batch, status, account_id) WHERE batch IS NOT NULL;

CREATE TABLE batch (
    id TEXT NOT NULL PRIMARY KEY,
    is_live INTEGER NOT NULL,            -- whether it meets accounts that are still to come
    body BLOB NOT NULL
) STRICT;

CREATE INDEX batch_live ON batch (id) WHERE is_live = 1;

CREATE TABLE batch_member (
    batch TEXT NOT NULL REFERENCES batch (id),
    account_id TEXT NOT NULL,
    about TEXT NOT NULL,                 -- a restriction, or nothing
    PRIMARY KEY (batch, account_id, about)
) STRICT, WITHOUT ROWID;
