"""A PostgreSQL of one's own, in a folder that goes when it ends: for benches, and for tests.

It listens on a socket in that folder and on a port of the loopback interface, there with a password. PostgreSQL does not run
as root: where we are root it runs as the user that its package makes.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from habeas.domain.errors import HabeasError

_INSTALLED = Path("/usr/lib/postgresql")
_USER = "postgres"
START_WITHIN_S = 60.0

DURABLE: tuple[str, ...] = ()
"""As PostgreSQL comes: every commit is on the disk before it is acknowledged."""

IN_A_HURRY = ("fsync=off", "full_page_writes=off", "autovacuum=off", "shared_buffers=32MB", "max_connections=60")
"""For tests: a commit is visible and survives every process but the machine's own end."""


class NoPostgresError(HabeasError):
    """PostgreSQL is not installed, or does not start."""


class Cluster:
    """A running server. `socket_url` and `port_url` name a database in it."""

    def __init__(self, folder: Path, port: int, password: str) -> None:
        self.folder = folder
        self.port = port
        self.password = password

    def socket_url(self, database: str) -> str:
        """By the socket, without a password."""
        return f"postgresql://habeas@/{database}?host={self.folder}&port={self.port}"

    def port_url(self, database: str, password: str | None = None) -> str:
        """By the loopback interface, with the password or with another one."""
        return f"postgresql://habeas:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str) -> None:
        """One statement outside of any transaction, in the database that is there from the beginning."""
        with psycopg.connect(self.socket_url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs: the newest release that is installed. Raises NoPostgresError."""
    versions = sorted(_INSTALLED.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which(name)
    if found is None:
        raise NoPostgresError(f"PostgreSQL's `{name}` is not here; install PostgreSQL 15 or later (Debian: postgresql)")
    return found


@contextmanager
def running(settings: Sequence[str] = DURABLE) -> Iterator[Cluster]:
    """A new server with these settings, stopped and removed at the end. Raises NoPostgresError."""
    initdb, postgres = program("initdb"), program("postgres")
    folder = Path(tempfile.mkdtemp(prefix="habeas-postgres-"))
    user = _USER if os.getuid() == 0 else None
    try:
        cluster = Cluster(folder, _free_port(), secrets.token_hex(16))
        password_file = folder / "password"
        password_file.write_text(cluster.password)
        if user is not None:
            owner = pwd.getpwnam(user)
            for path in (folder, password_file):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        made = subprocess.run(  # noqa: S603 - a program of PostgreSQL's, found above
            [initdb, "--pgdata", folder / "data", "--username=habeas", "--encoding=UTF8", "--locale=C", "--no-sync",
             "--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={password_file}"],
            user=user, group=user, extra_groups=[] if user else None, cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode:
            raise NoPostgresError(f"PostgreSQL's initdb failed: {made.stderr.strip()[-300:]}")
        options = [f"--port={cluster.port}", f"--unix_socket_directories={folder}", "--listen_addresses=127.0.0.1"]
        options += [f"--{setting}" for setting in settings]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(  # noqa: S603 - as above
                [postgres, "-D", folder / "data", *options],
                user=user, group=user, extra_groups=[] if user else None, cwd=folder, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            _await(server, cluster)
            yield cluster
        finally:
            if server.poll() is None:
                server.send_signal(signal.SIGQUIT)  # At once: nothing of it is kept.
            server.wait()
    finally:
        shutil.rmtree(folder)


def _await(server: "subprocess.Popen[bytes]", cluster: Cluster) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while True:
        with suppress(psycopg.OperationalError):
            cluster.run("SELECT 1")
            return
        if server.poll() is not None or time.monotonic() > deadline:
            said = (cluster.folder / "log").read_text("utf-8", "replace").strip()
            raise NoPostgresError(f"PostgreSQL does not start: {said[-300:]}")
        time.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
