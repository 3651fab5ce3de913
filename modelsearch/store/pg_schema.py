"""Tables of the database that several workers share, in a schema of their own, and how older ones are brought up.

Why functions for money: a reservation reads and writes two rows, and inside the database that is one message and one
lock, not five. Why the turns at replies are unlogged: they are of no use after a crash of the server, and cost no wait
for its disk.
"""

from modelsearch.core.errors import StoreError
from modelsearch.store.pg import Connection, Database

_LOCK = 7_233_514_881_002
"""Number of the advisory lock: one process at a time makes tables."""
_VERSION_1 = """
CREATE TABLE modelsearch.workers (
    id text PRIMARY KEY, told text NOT NULL, until timestamptz NOT NULL
);
CREATE TABLE modelsearch.claims (
    night text NOT NULL, key text NOT NULL, owner text NOT NULL, token text NOT NULL, note text NOT NULL DEFAULT '',
    result text, taken_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (night, key)
);
CREATE TABLE modelsearch.budgets (
    id text PRIMARY KEY, limit_usd numeric NOT NULL CHECK (limit_usd >= 0), max_calls bigint,
    settled_usd numeric NOT NULL DEFAULT 0, reserved_usd numeric NOT NULL DEFAULT 0 CHECK (reserved_usd >= 0),
    unknown_usd numeric NOT NULL DEFAULT 0 CHECK (unknown_usd >= 0), n_calls bigint NOT NULL DEFAULT 0
);
CREATE TABLE modelsearch.reservations (
    budget_id text NOT NULL REFERENCES modelsearch.budgets, call_id text NOT NULL, owner text NOT NULL,
    step text NOT NULL, amount_usd numeric NOT NULL CHECK (amount_usd >= 0),
    state text NOT NULL CHECK (state IN ('reserved', 'lost', 'settled', 'released', 'held')),
    settled_usd numeric NOT NULL DEFAULT 0, unknown_usd numeric NOT NULL DEFAULT 0, PRIMARY KEY (budget_id, call_id)
);
CREATE INDEX reservations_open ON modelsearch.reservations (budget_id, owner) WHERE state = 'reserved';
CREATE TABLE modelsearch.replies (
    scope text NOT NULL, key bytea NOT NULL, http_status integer NOT NULL, body bytea NOT NULL, headers text NOT NULL,
    latency_s double precision NOT NULL, kept_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (scope, key)
);
CREATE UNLOGGED TABLE modelsearch.turns (
    scope text NOT NULL, key bytea NOT NULL, owner text NOT NULL, token text NOT NULL, PRIMARY KEY (scope, key)
);
CREATE TABLE modelsearch.leases (
    account text NOT NULL, holder text NOT NULL, n_wanted integer NOT NULL, n_slots integer NOT NULL,
    until timestamptz NOT NULL, PRIMARY KEY (account, holder)
);

CREATE FUNCTION modelsearch.is_alive(who text) RETURNS boolean LANGUAGE sql VOLATILE AS $$
    SELECT EXISTS (SELECT FROM modelsearch.workers AS w WHERE w.id = who AND w.until > clock_timestamp())
$$;

CREATE FUNCTION modelsearch.reserve(budget text, call text, who text, this_step text, amount numeric)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE b modelsearch.budgets; r modelsearch.reservations;
BEGIN
    SELECT * INTO STRICT b FROM modelsearch.budgets WHERE id = budget FOR UPDATE;
    SELECT * INTO r FROM modelsearch.reservations WHERE budget_id = budget AND call_id = call;
    IF FOUND AND r.step = this_step THEN RETURN 'ok'; END IF;
    IF FOUND AND r.state <> 'released' THEN RETURN r.state; END IF;
    IF b.settled_usd + b.reserved_usd + b.unknown_usd + amount > b.limit_usd OR b.n_calls >= b.max_calls THEN
        RETURN 'full';
    END IF;
    INSERT INTO modelsearch.reservations (budget_id, call_id, owner, step, amount_usd, state)
        VALUES (budget, call, who, this_step, amount, 'reserved')
        ON CONFLICT (budget_id, call_id) DO UPDATE SET owner = who, step = this_step, amount_usd = amount,
            state = 'reserved', settled_usd = 0, unknown_usd = 0;
    UPDATE modelsearch.budgets SET reserved_usd = reserved_usd + amount, n_calls = n_calls + 1 WHERE id = budget;
    RETURN 'ok';
END $$;

CREATE FUNCTION modelsearch.finish(
    budget text, call text, who text, this_step text, ending text, settled numeric, doubtful numeric,
    OUT told text, OUT bound numeric
) LANGUAGE plpgsql AS $$
DECLARE r modelsearch.reservations; freed numeric; lost numeric;
BEGIN
    PERFORM FROM modelsearch.budgets WHERE id = budget FOR UPDATE;
    SELECT * INTO r FROM modelsearch.reservations WHERE budget_id = budget AND call_id = call;
    bound := r.amount_usd;
    IF NOT FOUND THEN told := 'never reserved'; RETURN; END IF;
    IF r.step = this_step THEN told := 'ok'; RETURN; END IF;
    IF r.state NOT IN ('reserved', 'lost') THEN told := r.state; RETURN; END IF;
    IF r.owner <> who THEN told := 'another worker''s'; RETURN; END IF;
    freed := CASE r.state WHEN 'reserved' THEN r.amount_usd ELSE 0 END;
    lost := CASE r.state WHEN 'lost' THEN r.amount_usd ELSE 0 END;
    IF ending = 'held' THEN doubtful := r.amount_usd; END IF;
    UPDATE modelsearch.budgets SET
        reserved_usd = reserved_usd - freed, settled_usd = settled_usd + settled,
        unknown_usd = unknown_usd - lost + doubtful,
        n_calls = n_calls - CASE ending WHEN 'released' THEN 1 ELSE 0 END
        WHERE id = budget;
    UPDATE modelsearch.reservations SET step = this_step, state = ending, settled_usd = settled, unknown_usd = doubtful
        WHERE budget_id = budget AND call_id = call;
    told := 'ok';
END $$;

CREATE FUNCTION modelsearch.sweep(budget text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE gone numeric;
BEGIN
    PERFORM FROM modelsearch.reservations WHERE budget_id = budget AND state = 'reserved'
        AND NOT modelsearch.is_alive(owner) LIMIT 1;
    IF NOT FOUND THEN RETURN; END IF;
    PERFORM FROM modelsearch.budgets WHERE id = budget FOR UPDATE;
    WITH dead AS (
        UPDATE modelsearch.reservations SET state = 'lost' WHERE budget_id = budget AND state = 'reserved'
            AND NOT modelsearch.is_alive(owner) RETURNING amount_usd
    ) SELECT coalesce(sum(amount_usd), 0) INTO gone FROM dead;
    UPDATE modelsearch.budgets SET reserved_usd = reserved_usd - gone, unknown_usd = unknown_usd + gone
        WHERE id = budget;
END $$;

CREATE FUNCTION modelsearch.adopt(budget text, call text, who text, this_step text)
RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE r modelsearch.reservations;
BEGIN
    PERFORM FROM modelsearch.budgets WHERE id = budget FOR UPDATE;
    SELECT * INTO r FROM modelsearch.reservations WHERE budget_id = budget AND call_id = call;
    IF NOT FOUND OR r.state NOT IN ('reserved', 'lost') THEN RETURN NULL; END IF;
    IF r.owner <> who AND modelsearch.is_alive(r.owner) THEN RETURN NULL; END IF;
    UPDATE modelsearch.reservations SET owner = who, step = this_step, state = 'reserved'
        WHERE budget_id = budget AND call_id = call;
    IF r.state = 'lost' THEN
        UPDATE modelsearch.budgets SET reserved_usd = reserved_usd + r.amount_usd,
            unknown_usd = unknown_usd - r.amount_usd WHERE id = budget;
    END IF;
    RETURN r.amount_usd;
END $$;
"""
STEPS = (_VERSION_1,)
"""What brings the tables from one version to the next; the version is how many were run. Steps are never edited."""


def prepare(database: Database) -> None:
    """Make or bring up the tables; many processes may do it at once.

    Raises:
        StoreError: a newer modelsearch made them, or the rights to make them are missing.
    """
    version = database.run(_version)
    if version < len(STEPS):
        database.run(_bring_up)
    elif version > len(STEPS):
        message = (
            f"database {database.place}: expected tables of version {len(STEPS)} at most, got {version}; a newer "
            f"modelsearch made them: upgrade this one, workers of one night must be alike"
        )
        raise StoreError(message)


def _version(connection: Connection) -> int:
    found = connection.execute("SELECT to_regclass('modelsearch.schema_version')").fetchone()
    if found is None or found[0] is None:
        return 0
    row = connection.execute("SELECT max(version) FROM modelsearch.schema_version").fetchone()
    return int(row[0] or 0) if row is not None else 0


def _bring_up(connection: Connection) -> None:
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute("CREATE SCHEMA IF NOT EXISTS modelsearch")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS modelsearch.schema_version "
            "(version integer PRIMARY KEY, made_at timestamptz NOT NULL DEFAULT now())"
        )
        for number, step in enumerate(STEPS[_version(connection) :], start=_version(connection) + 1):
            connection.execute(step.encode())
            connection.execute("INSERT INTO modelsearch.schema_version (version) VALUES (%s)", (number,))
