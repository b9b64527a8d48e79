-- The ledger of coins: what moved on public chains, of no account of ours in particular, so nothing of it is sealed.
-- Amounts are whole numbers of the smallest unit: integers below 2^63, above it 16 bytes, big end first. SQLite orders integers
-- before bytes, and bytes by value, so both together are in order.

CREATE TABLE coin_asset (
    asset_id INTEGER PRIMARY KEY,
    symbol TEXT NOT NULL,
    network TEXT NOT NULL,
    chain TEXT NOT NULL,
    decimals INTEGER NOT NULL,
    final_height INTEGER NOT NULL,       -- up to here nothing changes any more; -1 if nothing is final
    last_height INTEGER NOT NULL,        -- the place of the last record; -1 in an empty book
    last_index INTEGER NOT NULL,
    last_log INTEGER NOT NULL,
    last_at INTEGER,
    UNIQUE (symbol, network)
) STRICT;

CREATE TABLE coin_tx (
    tx_id INTEGER PRIMARY KEY,
    asset_id INTEGER NOT NULL REFERENCES coin_asset (asset_id),
    name TEXT NOT NULL,
    height INTEGER NOT NULL,
    place INTEGER NOT NULL,              -- in its block
    at INTEGER NOT NULL,
    node_id INTEGER,                     -- on a chain of outputs; the nodes of its outputs follow it
    outputs INTEGER NOT NULL,
    UNIQUE (asset_id, name)
) STRICT;

CREATE INDEX coin_tx_by_height ON coin_tx (asset_id, height);

-- An account, an output or a transaction. `is_account` tells an account from an output of the same address.
CREATE TABLE coin_node (
    node_id INTEGER PRIMARY KEY,
    asset_id INTEGER NOT NULL REFERENCES coin_asset (asset_id),
    owner TEXT,                          -- NULL for a transaction
    is_account INTEGER NOT NULL,
    received ANY NOT NULL,
    sent ANY NOT NULL
) STRICT;

CREATE INDEX coin_node_by_owner ON coin_node (asset_id, owner) WHERE owner IS NOT NULL;

-- Outputs that were spent and that no recorded transaction made.
CREATE TABLE coin_strange_output (
    asset_id INTEGER NOT NULL REFERENCES coin_asset (asset_id),
    tx TEXT NOT NULL,
    n INTEGER NOT NULL,
    node_id INTEGER NOT NULL,
    PRIMARY KEY (asset_id, tx, n)
) STRICT, WITHOUT ROWID;

-- Numbered in the order of their book. A negative sender or receiver is no account (`domain.transfer`).
CREATE TABLE coin_flow (
    flow_id INTEGER PRIMARY KEY,
    tx_id INTEGER NOT NULL REFERENCES coin_tx (tx_id),
    log INTEGER NOT NULL,
    sender INTEGER NOT NULL,
    receiver INTEGER NOT NULL,
    amount ANY NOT NULL,
    in_start ANY NOT NULL,               -- how much the receiver had received in all before
    out_start ANY NOT NULL,              -- how much the sender had sent in all before
    sender_in ANY NOT NULL,              -- how much the sender had received in all before
    balance ANY NOT NULL                 -- of the receiver, right after
) STRICT;

-- A node belongs to one asset, so these are by asset as well.
CREATE INDEX coin_flow_in ON coin_flow (receiver, in_start);
CREATE INDEX coin_flow_out ON coin_flow (sender, out_start);
CREATE INDEX coin_flow_by_tx ON coin_flow (tx_id);

CREATE TABLE coin_conversion (
    bought INTEGER PRIMARY KEY REFERENCES coin_flow (flow_id),
    sold INTEGER NOT NULL UNIQUE REFERENCES coin_flow (flow_id)
) STRICT;
