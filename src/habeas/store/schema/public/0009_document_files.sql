-- The documents that users send, as files. They go with the key when the account is purged.

CREATE TABLE document_file (
    account_id TEXT NOT NULL REFERENCES account (account_id),
    id TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    about BLOB NOT NULL,                 -- sealed: kind, request, media type, size, digest
    body BLOB NOT NULL,                  -- sealed; comes last, so that nobody who reads the other columns reads it
    PRIMARY KEY (account_id, id)
) STRICT;

CREATE INDEX document_request_by_id ON document_request (id, account_id);
