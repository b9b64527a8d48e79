-- What programs and people show to be let in over the network. The secret itself is nowhere.

CREATE TABLE api_key (
    id TEXT NOT NULL PRIMARY KEY,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
