-- Documents that users are asked for; cases of a queue; what came from one IP address; and what is looked up, in versions.

CREATE TABLE document_request (
    account_id TEXT NOT NULL REFERENCES account (account_id),
    id TEXT NOT NULL,
    reason TEXT NOT NULL,
    status TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    sequence INTEGER NOT NULL,           -- the journal entry of its birth
    body BLOB NOT NULL,                  -- sealed
    PRIMARY KEY (account_id, id)
) STRICT;

CREATE INDEX case_by_id ON case_file (id, account_id);
CREATE INDEX case_by_queue ON case_file (queue, account_id, sequence);
CREATE INDEX case_by_age ON case_file (account_id, sequence);
CREATE INDEX case_open ON case_file (due_at, id) WHERE status = 'open';

-- Failed logins of the last day. The address itself is not kept: `ip_key` is a keyed hash of it.
CREATE TABLE failed_login (
    ip_key BLOB NOT NULL,
    at INTEGER NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (account_id),
    sequence INTEGER NOT NULL,           -- the journal entry of its event: two failed logins of one instant are two
    PRIMARY KEY (ip_key, at, account_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE INDEX failed_login_by_at ON failed_login (at);

-- From then until then, requests from an address were or are refused.
CREATE TABLE refused_ip (
    ip_key BLOB NOT NULL,
    from_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    PRIMARY KEY (ip_key, from_at)
) STRICT, WITHOUT ROWID;

-- Lists, places, networks, overrides. Old versions stay; at most one of a kind is current. The content comes last, so that
-- nobody who reads the other columns reads it.
CREATE TABLE reference_set (
    kind TEXT NOT NULL,
    version TEXT NOT NULL,
    as_of TEXT,                          -- a day; NULL where nobody says from when it is
    loaded_at INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    entries INTEGER NOT NULL,
    source TEXT NOT NULL,
    loaded_by TEXT NOT NULL,
    is_current INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (kind, version)
) STRICT;

CREATE UNIQUE INDEX reference_set_current ON reference_set (kind) WHERE is_current = 1;
CREATE UNIQUE INDEX reference_set_by_digest ON reference_set (kind, sha256);
