-- Every journal entry gets a position of its own among all entries, in the order in which transactions committed: a checkpoint
-- is over the positions up to the last one that there is. The table is made anew because SQLite cannot add such a column.

CREATE TABLE positioned_journal (
    position INTEGER PRIMARY KEY AUTOINCREMENT,  -- from 1 without a gap, and never given twice
    account_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    entry BLOB NOT NULL,                 -- the bytes that the next entry's hash is of
    UNIQUE (account_id, sequence)
) STRICT;

INSERT INTO positioned_journal (account_id, sequence, entry) SELECT account_id, sequence, entry FROM journal ORDER BY rowid;

DROP TABLE journal;

ALTER TABLE positioned_journal RENAME TO journal;

CREATE TABLE checkpoint (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- from 1; that one is missing at the end is seen, too
    body BLOB NOT NULL,                  -- the bytes that the signature is of
    signature BLOB NOT NULL
) STRICT;
