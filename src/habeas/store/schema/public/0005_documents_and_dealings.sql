-- Which account declared which identity document, to find whoever registers again; and who dealt with whom.

-- The number itself is not kept: `document_key` is a keyed hash of country, kind and number.
CREATE TABLE declared_document (
    document_key BLOB NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (account_id),
    at INTEGER NOT NULL,                 -- of its first declaration
    PRIMARY KEY (document_key, account_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX declared_document_by_account ON declared_document (account_id, document_key);

-- Trades and transfers of the last 90 days. The other side need not be an account that we know.
CREATE TABLE dealing (
    counterparty_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (account_id),
    sequence INTEGER NOT NULL,           -- the journal entry of its event
    has_paid INTEGER NOT NULL,
    PRIMARY KEY (counterparty_id, account_id, at, sequence)
) STRICT, WITHOUT ROWID;

CREATE INDEX dealing_by_at ON dealing (at);
