-- The public store in PostgreSQL: the same tables as in schema/public, in the dialect and for many processes.
--
-- Times are microseconds since 1970, UTC. Sealed columns (state, body, the inside of journal entries) open with the data key of
-- the row's account. What is about one account has the account first in its key and lies in hash partitions. Texts compare by
-- their bytes, as everywhere else in Habeas, whatever the language of the database.
--
-- There are no foreign keys: whatever is written about an account is written under its lock, by one piece of code, and every
-- row would be looked up again in another partition.

CREATE TABLE account (
    account_id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,             -- counts writes; a write names the version that it replaces
    state BYTEA NOT NULL,                -- sealed
    journal_sequence BIGINT NOT NULL,    -- the end of the journal: its last entry
    journal_head BYTEA NOT NULL,         -- and the hash of that
    entity TEXT COLLATE "C" NOT NULL,
    holder TEXT COLLATE "C",
    parent TEXT COLLATE "C",
    life TEXT COLLATE "C" NOT NULL
) PARTITION BY HASH (account_id);

CREATE INDEX account_by_holder ON account (holder, account_id) WHERE holder IS NOT NULL;
CREATE INDEX account_by_parent ON account (parent, account_id) WHERE parent IS NOT NULL;

-- Apart from the account, so that forgetting a key is deleting a row.
CREATE TABLE account_key (
    account_id TEXT COLLATE "C" PRIMARY KEY,
    wrapped_key BYTEA NOT NULL
) PARTITION BY HASH (account_id);

CREATE TABLE event (
    account_id TEXT COLLATE "C",
    source TEXT COLLATE "C",
    id TEXT COLLATE "C",
    digest BYTEA NOT NULL,
    sequence BIGINT NOT NULL,            -- the journal entry with its facts and its outcome
    PRIMARY KEY (account_id, source, id)
) PARTITION BY HASH (account_id);

CREATE TABLE journal (
    account_id TEXT COLLATE "C",
    sequence BIGINT,
    entry BYTEA NOT NULL,                -- the bytes that the next entry's hash is of
    position BIGINT NOT NULL,            -- among all entries: from 1 without a gap, in the order of commits (ADR 0018)
    PRIMARY KEY (account_id, sequence)
) PARTITION BY HASH (account_id);

CREATE INDEX journal_by_position ON journal (position);

-- One row: the last position that was given. Whoever has locked it is the only one who can commit entries.
CREATE TABLE journal_end (
    position BIGINT NOT NULL
) WITH (fillfactor = 10);

INSERT INTO journal_end VALUES (0);

CREATE TABLE checkpoint (
    number BIGINT PRIMARY KEY,
    body BYTEA NOT NULL,                 -- the bytes that the signature is of
    signature BYTEA NOT NULL
);

-- One row: the highest number that a checkpoint ever had. That one is missing at the end is seen, too.
CREATE TABLE checkpoint_end (
    number BIGINT NOT NULL
);

INSERT INTO checkpoint_end VALUES (0);

CREATE TABLE restriction (
    account_id TEXT COLLATE "C",
    id TEXT COLLATE "C",
    kind TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT,
    ended_at BIGINT,
    sequence BIGINT NOT NULL,            -- the journal entry of its birth
    body BYTEA NOT NULL,                 -- sealed
    batch TEXT COLLATE "C",
    PRIMARY KEY (account_id, id)
) PARTITION BY HASH (account_id);

CREATE INDEX restriction_by_id ON restriction (id, account_id);
CREATE INDEX restriction_by_batch ON restriction (batch, status, account_id) WHERE batch IS NOT NULL;

CREATE TABLE case_file (
    account_id TEXT COLLATE "C",
    id TEXT COLLATE "C",
    queue TEXT COLLATE "C" NOT NULL,
    priority TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    opened_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,            -- the journal entry of its opening
    body BYTEA NOT NULL,                 -- sealed
    PRIMARY KEY (account_id, id)
) PARTITION BY HASH (account_id);

CREATE INDEX case_by_id ON case_file (id, account_id);
CREATE INDEX case_by_queue ON case_file (queue, account_id, sequence);
CREATE INDEX case_by_age ON case_file (account_id, sequence);
CREATE INDEX case_open ON case_file (due_at, id) WHERE status = 'open';

CREATE TABLE document_request (
    account_id TEXT COLLATE "C",
    id TEXT COLLATE "C",
    reason TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    issued_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,            -- the journal entry of its birth
    body BYTEA NOT NULL,                 -- sealed
    PRIMARY KEY (account_id, id)
) PARTITION BY HASH (account_id);

CREATE INDEX document_request_by_id ON document_request (id, account_id);

CREATE TABLE document_file (
    account_id TEXT COLLATE "C",
    id TEXT COLLATE "C",
    received_at BIGINT NOT NULL,
    about BYTEA NOT NULL,                -- sealed
    body BYTEA NOT NULL,                 -- sealed
    PRIMARY KEY (account_id, id)
) PARTITION BY HASH (account_id);

CREATE TABLE timer (
    account_id TEXT COLLATE "C",
    about TEXT COLLATE "C",
    generation BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, about)
) PARTITION BY HASH (account_id);

CREATE INDEX timer_by_due_at ON timer (due_at, account_id, about);

-- A position is never given twice, even if the rows at the end are gone.
CREATE SEQUENCE outbox_position;

CREATE TABLE outbox (
    position BIGINT NOT NULL DEFAULT nextval('outbox_position'),
    account_id TEXT COLLATE "C",         -- whose event caused it, and whose key seals it
    id TEXT COLLATE "C",
    about TEXT COLLATE "C" NOT NULL,     -- the account it speaks of
    topic TEXT COLLATE "C" NOT NULL,
    body BYTEA NOT NULL,                 -- sealed
    delivered_at BIGINT,
    PRIMARY KEY (account_id, id)
) PARTITION BY HASH (account_id);

CREATE INDEX outbox_waiting ON outbox (position) WHERE delivered_at IS NULL;
CREATE INDEX outbox_waiting_by_topic ON outbox (topic, position) WHERE delivered_at IS NULL;

CREATE TABLE notice (
    account_id TEXT COLLATE "C",
    position BIGINT,                     -- in the account's inbox, from 1 on
    id TEXT COLLATE "C" NOT NULL,        -- the receiver tells a repeat by it
    body BYTEA NOT NULL,                 -- sealed
    PRIMARY KEY (account_id, position),
    UNIQUE (account_id, id)
) PARTITION BY HASH (account_id);

CREATE TABLE delivery (
    account_id TEXT COLLATE "C",
    position BIGINT,
    channel TEXT COLLATE "C",
    id TEXT COLLATE "C" NOT NULL,        -- the notice's
    queued_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT,                      -- NULL: over
    delivered_at BIGINT,                 -- NULL: not, or not yet
    problem TEXT NOT NULL,               -- of the last attempt; no names, no addresses
    PRIMARY KEY (account_id, position, channel)
) PARTITION BY HASH (account_id);

CREATE INDEX delivery_waiting ON delivery (channel, next_at, account_id, position) WHERE next_at IS NOT NULL;

DO $$
DECLARE
    parent TEXT;
BEGIN
    FOREACH parent IN ARRAY ARRAY[
        'account', 'account_key', 'event', 'journal', 'restriction', 'case_file', 'document_request', 'document_file',
        'timer', 'outbox', 'notice', 'delivery'
    ] LOOP
        FOR part IN 0..7 LOOP
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 8, REMAINDER %s)', parent || '_' || part, parent, part
            );
        END LOOP;
    END LOOP;
    -- Room on each page, so that the next version of an account lies beside the one before and no index is touched.
    FOR part IN 0..7 LOOP
        EXECUTE format('ALTER TABLE account_%s SET (fillfactor = 70)', part);
    END LOOP;
END
$$;

-- What follows is no one account's.

CREATE TABLE channel (
    channel TEXT COLLATE "C" PRIMARY KEY,
    failures BIGINT NOT NULL,
    failing_since BIGINT,
    next_at BIGINT,
    disabled_at BIGINT
);

-- Failed logins of the last day. The address itself is not kept: `ip_key` is a keyed hash of it.
CREATE TABLE failed_login (
    ip_key BYTEA,
    at BIGINT,
    account_id TEXT COLLATE "C",
    sequence BIGINT,                     -- the journal entry of its event: two failed logins of one instant are two
    PRIMARY KEY (ip_key, at, account_id, sequence)
);

CREATE INDEX failed_login_by_at ON failed_login (at);

-- From then until then, requests from an address were or are refused.
CREATE TABLE refused_ip (
    ip_key BYTEA,
    from_at BIGINT,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (ip_key, from_at)
);

-- Which account declared which identity document. `document_key` is a keyed hash of country, kind and number.
CREATE TABLE declared_document (
    document_key BYTEA,
    account_id TEXT COLLATE "C",
    at BIGINT NOT NULL,                  -- of its first declaration
    PRIMARY KEY (document_key, account_id)
);

CREATE INDEX declared_document_by_account ON declared_document (account_id, document_key);

-- Trades and transfers of the last 90 days. The other side need not be an account that we know.
CREATE TABLE dealing (
    counterparty_id TEXT COLLATE "C",
    at BIGINT,
    account_id TEXT COLLATE "C",
    sequence BIGINT,                     -- the journal entry of its event
    has_paid BIGINT NOT NULL,
    PRIMARY KEY (counterparty_id, account_id, at, sequence)
);

CREATE INDEX dealing_by_at ON dealing (at);

-- How common the traits of logins are among all accounts (domain/login.py).
CREATE TABLE login_count (
    cell BIGINT PRIMARY KEY,
    logins BIGINT NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE reference_set (
    kind TEXT COLLATE "C",
    version TEXT COLLATE "C",
    as_of TEXT,                          -- a day; NULL where nobody says from when it is
    loaded_at BIGINT NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    entries BIGINT NOT NULL,
    source TEXT NOT NULL,
    loaded_by TEXT NOT NULL,
    is_current BIGINT NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (kind, version)
);

CREATE UNIQUE INDEX reference_set_current ON reference_set (kind) WHERE is_current = 1;
CREATE UNIQUE INDEX reference_set_by_digest ON reference_set (kind, sha256);

CREATE TABLE playbook (
    version TEXT COLLATE "C" PRIMARY KEY,
    text BYTEA NOT NULL
);

-- Many accounts at once: campaigns, bulk acts and imports, and whom they are about.
CREATE TABLE batch (
    id TEXT COLLATE "C" PRIMARY KEY,
    is_live BIGINT NOT NULL,             -- whether it meets accounts that are still to come
    body BYTEA NOT NULL
);

CREATE INDEX batch_live ON batch (id) WHERE is_live = 1;

CREATE TABLE batch_member (
    batch TEXT COLLATE "C",
    account_id TEXT COLLATE "C",
    about TEXT COLLATE "C",              -- a restriction, or nothing
    PRIMARY KEY (batch, account_id, about)
);

CREATE TABLE meta (
    name TEXT COLLATE "C" PRIMARY KEY,
    value BYTEA NOT NULL
);

-- What waits is shared out among workers by whom it is about: whoever has locked a row here has that part of it in hand.
CREATE TABLE work_share (
    work TEXT COLLATE "C",
    number BIGINT,
    PRIMARY KEY (work, number)
);

INSERT INTO work_share SELECT work, number FROM unnest(ARRAY['timers', 'effects', 'notices']) AS work, generate_series(0, 7) AS number;

-- The ledger of coins: what moved on public chains, of no account of ours in particular, so nothing of it is sealed. Amounts are
-- whole numbers of the smallest unit, of up to 128 bits.

CREATE TABLE coin_asset (
    asset_id BIGINT PRIMARY KEY,
    symbol TEXT COLLATE "C" NOT NULL,
    network TEXT COLLATE "C" NOT NULL,
    chain TEXT NOT NULL,
    decimals BIGINT NOT NULL,
    final_height BIGINT NOT NULL,        -- up to here nothing changes any more; -1 if nothing is final
    last_height BIGINT NOT NULL,         -- the place of the last record; -1 in an empty book
    last_index BIGINT NOT NULL,
    last_log BIGINT NOT NULL,
    last_at BIGINT,
    UNIQUE (symbol, network)
);

CREATE TABLE coin_tx (
    tx_id BIGINT PRIMARY KEY,
    asset_id BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    height BIGINT NOT NULL,
    place BIGINT NOT NULL,               -- in its block
    at BIGINT NOT NULL,
    node_id BIGINT,                      -- on a chain of outputs; the nodes of its outputs follow it
    outputs BIGINT NOT NULL,
    UNIQUE (asset_id, name)
);

CREATE INDEX coin_tx_by_height ON coin_tx (asset_id, height);

-- An account, an output or a transaction. `is_account` tells an account from an output of the same address.
CREATE TABLE coin_node (
    node_id BIGINT PRIMARY KEY,
    asset_id BIGINT NOT NULL,
    owner TEXT COLLATE "C",              -- NULL for a transaction
    is_account BIGINT NOT NULL,
    received NUMERIC(39) NOT NULL,
    sent NUMERIC(39) NOT NULL
);

CREATE INDEX coin_node_by_owner ON coin_node (asset_id, owner) WHERE owner IS NOT NULL;

-- Outputs that were spent and that no recorded transaction made.
CREATE TABLE coin_strange_output (
    asset_id BIGINT,
    tx TEXT COLLATE "C",
    n BIGINT,
    node_id BIGINT NOT NULL,
    PRIMARY KEY (asset_id, tx, n)
);

-- Numbered in the order of their book. A negative sender or receiver is no account (`domain.transfer`).
CREATE TABLE coin_flow (
    flow_id BIGINT PRIMARY KEY,
    tx_id BIGINT NOT NULL,
    log BIGINT NOT NULL,
    sender BIGINT NOT NULL,
    receiver BIGINT NOT NULL,
    amount NUMERIC(39) NOT NULL,
    in_start NUMERIC(39) NOT NULL,       -- how much the receiver had received in all before
    out_start NUMERIC(39) NOT NULL,      -- how much the sender had sent in all before
    sender_in NUMERIC(39) NOT NULL,      -- how much the sender had received in all before
    balance NUMERIC(39) NOT NULL         -- of the receiver, right after
);

CREATE INDEX coin_flow_in ON coin_flow (receiver, in_start);
CREATE INDEX coin_flow_out ON coin_flow (sender, out_start);
CREATE INDEX coin_flow_by_tx ON coin_flow (tx_id);

CREATE TABLE coin_conversion (
    bought BIGINT PRIMARY KEY,
    sold BIGINT NOT NULL UNIQUE
);
