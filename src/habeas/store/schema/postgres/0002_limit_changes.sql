-- What gates follow: at which position of the journal what limits an account last changed, and whether a gate must know it.
-- An account that was never limited is not here.

CREATE TABLE limit_change (
    account_id TEXT COLLATE "C" PRIMARY KEY,
    position BIGINT NOT NULL,
    is_limited BIGINT NOT NULL           -- anything stands on it, or it follows a main account
) PARTITION BY HASH (account_id);

CREATE INDEX limit_change_by_position ON limit_change (position);
CREATE INDEX limit_change_limited ON limit_change (account_id) WHERE is_limited = 1;

DO $$
BEGIN
    FOR part IN 0..7 LOOP
        EXECUTE format(
            'CREATE TABLE limit_change_%s PARTITION OF limit_change FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part
        );
    END LOOP;
END
$$;

-- Those that are limited already, by what can be read without their keys. Each at its own last entry.
INSERT INTO limit_change
SELECT a.account_id, (SELECT max(position) FROM journal j WHERE j.account_id = a.account_id), 1
FROM account a
WHERE a.journal_sequence > 0 AND (a.parent IS NOT NULL OR a.life <> 'active' OR EXISTS (
    SELECT 1 FROM restriction r WHERE r.account_id = a.account_id AND r.status IN ('proposed', 'active')
));
