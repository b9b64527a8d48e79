"""What an older system has, brought in: rows a second at two sizes, so that a cost that grows faster than the file shows."""

import random
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from habeas.bench import workload
from habeas.domain.actor import Actor, Role
from habeas.domain.batch import Signature
from habeas.domain.imported import ImportOf
from habeas.playbook.load import shipped_playbook
from habeas.playbook.policy import DEFAULT_ENTITY
from habeas.reference.library import ListsBuilder
from habeas.reference.places import BuiltInPlaces
from habeas.service import importing
from habeas.service.import_map import read_account_map, read_restriction_map
from habeas.service.intake import Intake
from habeas.service.ports import Store
from habeas.store.open import open_store

COMMIT_MAX = 512
"""As the command has it."""

_RESTRICTIONS = b"""
[column]
account = "id"
status = "state"
since = "since"
note = "comment"

[status]
frozen = { kind = "FROZEN", reason = "ACCOUNT_TAKEOVER" }
banned = { kind = "PERM_BAN", reason = "TOS_FAKE_DOCUMENT" }
exited = { kind = "WITHDRAW_ONLY", reason = "POLICY_EXIT" }
region = { kind = "REGION_LOCK", reason = "KYC_REGION" }
"""
_ACCOUNTS = b"""
[column]
account = "id"
holder = "person"
name = "name"
birth_date = "born"
residence = "country"
document_number = "passport"
document_country = "country"

[always]
document_kind = "passport"
"""
_STATES = ("frozen", "banned", "exited", "region")


def bench_import(size: int) -> dict[str, Any]:
    """Restrictions and accounts from a CSV file into SQLite, at a tenth of the size and at the whole: every row is a decision
    with its journal entries, durable when the import is done. Accounts come in no order, as files have them.
    """
    return {str(rows): _measured(rows) for rows in (max(100, size // 10), size)}


def _measured(rows: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="habeas-bench-") as folder:
        file = Path(folder) / "users.csv"
        _write(file, rows)
        store = open_store(f"sqlite:///{Path(folder) / 'bench.db'}")
        try:
            restrictions = _timed(store, file, rows, ImportOf.RESTRICTIONS)
            accounts = _timed(store, file, rows, ImportOf.ACCOUNTS)
        finally:
            store.close()
        written = (Path(folder) / "bench.db").stat().st_size
    return {"restrictions": restrictions, "accounts": accounts, "bytes_on_disk": written}


def _timed(store: Store, file: Path, rows: int, of: ImportOf) -> dict[str, Any]:
    playbook, at = shipped_playbook(), workload.START_AT.replace(year=2027)
    policy = playbook.policies[DEFAULT_ENTITY]
    jane, joe = Actor("jane", Role.ANALYST), Actor("joe", Role.COUNSEL)
    start, start_cpu = perf_counter(), process_time()
    lists = ListsBuilder(bytes(32))(())
    with Intake(store, playbook, BuiltInPlaces(), lists, lambda: at, batch_max=COMMIT_MAX) as intake:
        begun = Signature(jane, at, "bench")
        if of is ImportOf.RESTRICTIONS:
            batch = importing.begun(store, of, file, _RESTRICTIONS, begun, joe)
            map_ = read_restriction_map(_RESTRICTIONS, "map", policy)
            survey = importing.survey_restrictions(file, map_, policy, at, (jane, joe), _fail)
            done = importing.import_restrictions(store, intake, batch, file, map_, survey, _fail)
        else:
            batch = importing.begun(store, of, file, _ACCOUNTS, begun)
            account_map = read_account_map(_ACCOUNTS, "map")
            survey = importing.survey_accounts(file, account_map, at, _fail)
            done = importing.import_accounts(store, intake, batch, file, account_map, survey, _fail)
    seconds, cpu = perf_counter() - start, process_time() - start_cpu
    assert done.step is not None
    assert done.step.done == rows
    return {"seconds": round(seconds, 2), "cpu_seconds": round(cpu, 2), "per_second": round(rows / seconds)}


def _fail(line: int, why: str) -> None:
    raise AssertionError(f"line {line}: {why}")


def _write(file: Path, rows: int) -> None:
    draw = random.Random(20261122)
    ids = draw.sample(range(10**9), rows)
    with file.open("w", encoding="utf-8") as out:
        out.write("id,state,since,comment,person,name,born,country,passport\n")
        for n, id_ in enumerate(ids):
            since = f"20{draw.randrange(15, 26)}-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}"
            born = f"{draw.randrange(1950, 2005)}-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}"
            out.write(
                f"u{id_:09d},{draw.choice(_STATES)},{since},case {n},p{id_:09d},Kim Number {n},{born},DE,C{id_:09d}\n"
            )
