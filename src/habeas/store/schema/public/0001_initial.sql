-- The public store. Times are microseconds since 1970, UTC. Sealed columns (state, body, the inside of journal entries) open
-- with the data key of the row's account. Small rows lie in their primary key (WITHOUT ROWID); large ones beside it.

CREATE TABLE account (
    account_id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,            -- counts writes; a write names the version that it replaces
    state BLOB NOT NULL,                 -- sealed
    journal_sequence INTEGER NOT NULL,   -- the end of the journal: its last entry
    journal_head BLOB NOT NULL,          -- and the hash of that
    entity TEXT NOT NULL,
    holder TEXT,
    parent TEXT,
    life TEXT NOT NULL
) STRICT;

CREATE INDEX account_by_holder ON account (holder, account_id) WHERE holder IS NOT NULL;
CREATE INDEX account_by_parent ON account (parent, account_id) WHERE parent IS NOT NULL;

-- Apart from the account, so that forgetting a key is deleting a row.
CREATE TABLE account_key (
    account_id TEXT PRIMARY KEY REFERENCES account (account_id),
    wrapped_key BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
    account_id TEXT NOT NULL REFERENCES account (account_id),
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    digest BLOB NOT NULL,
    sequence INTEGER NOT NULL,           -- the journal entry with its facts and its outcome
    PRIMARY KEY (account_id, source, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
    account_id TEXT NOT NULL REFERENCES account (account_id),
    sequence INTEGER NOT NULL,
    entry BLOB NOT NULL,                 -- the bytes that the next entry's hash is of
    PRIMARY KEY (account_id, sequence)
) STRICT;

CREATE TABLE restriction (
    account_id TEXT NOT NULL REFERENCES account (account_id),
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    scope TEXT NOT NULL,
    status TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER,
    ended_at INTEGER,
    sequence INTEGER NOT NULL,           -- the journal entry of its birth
    body BLOB NOT NULL,                  -- sealed
    PRIMARY KEY (account_id, id)
) STRICT;

CREATE INDEX restriction_by_id ON restriction (id, account_id);

CREATE TABLE case_file (
    account_id TEXT NOT NULL REFERENCES account (account_id),
    id TEXT NOT NULL,
    queue TEXT NOT NULL,
    priority TEXT NOT NULL,
    status TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    sequence INTEGER NOT NULL,           -- the journal entry of its opening
    body BLOB NOT NULL,                  -- sealed
    PRIMARY KEY (account_id, id)
) STRICT;

CREATE TABLE timer (
    account_id TEXT NOT NULL REFERENCES account (account_id),
    restriction_id TEXT NOT NULL,
    generation INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, restriction_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX timer_by_due_at ON timer (due_at, account_id, restriction_id);

-- AUTOINCREMENT: a position is never given twice, even if the rows at the end are gone.
CREATE TABLE outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id TEXT NOT NULL REFERENCES account (account_id), -- whose event caused it, and whose key seals it
    id TEXT NOT NULL,
    about TEXT NOT NULL,                 -- the account it speaks of
    topic TEXT NOT NULL,
    body BLOB NOT NULL,                  -- sealed
    delivered_at INTEGER,
    UNIQUE (account_id, id)
) STRICT;

CREATE INDEX outbox_waiting ON outbox (position) WHERE delivered_at IS NULL;
CREATE INDEX outbox_waiting_by_topic ON outbox (topic, position) WHERE delivered_at IS NULL;

CREATE TABLE playbook (
    version TEXT PRIMARY KEY,
    text BLOB NOT NULL
) STRICT;

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
