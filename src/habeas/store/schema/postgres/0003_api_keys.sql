-- What programs and people show to be let in over the network. The secret itself is nowhere.

CREATE TABLE api_key (
    id TEXT COLLATE "C" PRIMARY KEY,
    body BYTEA NOT NULL
);
