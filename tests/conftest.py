"""How hard hypothesis tries: `fast` by default, `thorough` with HABEAS_HYPOTHESIS=thorough (make soak).

Examples are drawn anew on each run; a failure prints a blob that draws its example again (`@reproduce_failure`), and is
tried first on the next run here.
"""

import os
from collections.abc import Iterator
from itertools import count

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from habeas.bench.cluster import IN_A_HURRY, Cluster, running
from habeas.store.postgres import PostgresStore

# The same examples every time, so that a change is judged by what it changed; `make soak` looks for new ones.
settings.register_profile("fast", max_examples=50, deadline=None, print_blob=True, derandomize=True)
settings.register_profile(
    "thorough",
    settings.get_profile("fast"),
    derandomize=False,
    max_examples=2_000,
    stateful_step_count=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HABEAS_HYPOTHESIS", "fast"))


_TEMPLATE = "template_habeas"
_numbers = count()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL for all tests of one run, with a database to copy."""
    with running(IN_A_HURRY) as cluster:
        cluster.run(f"CREATE DATABASE {_TEMPLATE}")
        yield cluster


@pytest.fixture(scope="session")
def template(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database that has the tables and no keys yet, so that copying it is a fresh store."""
    PostgresStore(cluster.socket_url(_TEMPLATE), tmp_path_factory.mktemp("template") / "habeas.key").close()
    with psycopg.connect(cluster.socket_url(_TEMPLATE)) as connection:
        connection.execute("DELETE FROM meta")
    return _TEMPLATE


@pytest.fixture
def own_database(cluster: Cluster, template: str) -> Iterator[str]:
    """The URL of a new database with the tables of a store, for a test that does more than write rows."""
    name = f"test_{next(_numbers)}"
    cluster.run(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield cluster.socket_url(name)
    cluster.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def emptied(cluster: Cluster, template: str) -> str:
    """What makes a fresh store of a database again: faster than a new database."""
    with psycopg.connect(cluster.socket_url(template)) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
            "AND relnamespace = 'public'::regnamespace"
        ).fetchall()
    kept = {"habeas_schema", "work_share", "journal_end", "checkpoint_end"}
    deletions = "; ".join(f"DELETE FROM {table}" for (table,) in tables if table not in kept)
    ends = "UPDATE journal_end SET position = 0; UPDATE checkpoint_end SET number = 0"
    return f"{deletions}; {ends}; ALTER SEQUENCE outbox_position RESTART"


@pytest.fixture(scope="session")
def shared_database(cluster: Cluster, template: str) -> str:
    """The URL of the database that tests use one after another."""
    cluster.run(f"CREATE DATABASE shared TEMPLATE {template}")
    return cluster.socket_url("shared")


@pytest.fixture
def database(shared_database: str, emptied: str) -> Iterator[str]:
    """The URL of a database with the tables of a store and nothing in them."""
    yield shared_database
    with psycopg.connect(shared_database, autocommit=True) as connection:
        connection.execute(emptied.encode())
