"""`habeas doctor`: what is configured, reachable, stale."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from itertools import islice
from typing import Annotated

import typer
from msgspec import Struct

from habeas.cli import show, wiring
from habeas.cli.options import JsonOption, StoreOption, duration
from habeas.cli.reference import Row, rows
from habeas.domain.errors import HabeasError
from habeas.domain.ids import EntityId
from habeas.domain.notice import Channel
from habeas.service.ports import Reader, Store

ACCOUNTS_CHECKED = 200
LATE_AFTER_FOR = timedelta(minutes=15)
_OWNER_ONLY = 0o077


class Finding(StrEnum):
    """How it is with one thing."""

    OK = "ok"
    NOTICE = "notice"
    """It works, and should be known."""
    FAULT = "fault"


class Checked(Struct, frozen=True):
    """One thing that was looked at."""

    what: str
    finding: Finding
    says: str


def doctor(
    stale_after: Annotated[
        str, typer.Option("--stale-after", metavar="LENGTH", help="How old a reference set may be.")
    ] = "30d",
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Say what is configured, whether it works, and what has become old. Exits 1 if anything needs to be looked at.

    Example: habeas doctor
    """
    found = list(_examine(store, duration(stale_after, "--stale-after")))
    is_well = all(each.finding is not Finding.FAULT for each in found)
    if json:
        show.json_line({"ok": is_well, "checks": found})
    else:
        for each in found:
            show.console().print(f"{each.finding:<6}  {each.what}: {each.says}")
    if not is_well:
        raise typer.Exit(1)


def _examine(url: str | None, stale_after: timedelta) -> Iterator[Checked]:
    try:
        playbook = wiring.playbook()
        yield Checked("playbook", Finding.OK, f"version {playbook.version}")
        if playbook.dual_entities:
            yield Checked("DUAL RUN", Finding.NOTICE, _dual(playbook.dual_entities))
    except HabeasError as exc:
        yield Checked("playbook", Finding.FAULT, str(exc))
        return
    try:
        with wiring.opened_store(url) as opened:
            yield from _store(opened)
            with opened.reading() as reader:
                yield from _references(reader, stale_after)
                yield from _journal(reader)
                yield from _worker(reader)
                yield from _channels(reader)
            faults = wiring.library(opened).refresh()
            for fault in faults:
                yield Checked("reference sets in use", Finding.FAULT, fault)
            if not faults:
                yield Checked("reference sets in use", Finding.OK, "all can be looked up in")
    except HabeasError as exc:
        yield Checked("store", Finding.FAULT, str(exc))


def _dual(entities: tuple[EntityId, ...]) -> str:
    return (
        f"NOTHING THAT IS DECIDED TAKES EFFECT for {', '.join(entities)}: no notice, no action and no request leaves, and the "
        "older system acts; watch `habeas reconcile`, and set `run.mode` to `live` to go over"
    )


def _store(opened: Store) -> Iterator[Checked]:
    facts = opened.facts()
    schema = "" if facts.schema is None else f", schema {facts.schema}"
    yield Checked("store", Finding.OK, f"{facts.where}{schema}")
    if facts.server is not None:
        yield Checked("server", Finding.OK, facts.server)
    if facts.unsafe:
        says = f"{' and '.join(facts.unsafe)} off: what was acknowledged can be lost when the machine fails; switch on"
        yield Checked("server", Finding.FAULT, says)
    if facts.key_mode is None:
        return
    if facts.key_mode & _OWNER_ONLY:
        says = f"{facts.key_path} has mode {facts.key_mode:04o}, so others may read it; set it to 0600"
        yield Checked("key file", Finding.FAULT, says)
    else:
        yield Checked("key file", Finding.OK, f"{facts.key_path}, mode {facts.key_mode:04o}")


def _references(reader: Reader, stale_after: timedelta) -> Iterator[Checked]:
    today = wiring.now().date()
    for row in rows(reader.reference_sets(current=True)):
        if row.state == "built in":
            says = f"built in: {row.source}, {row.version}; load your own with `habeas reference load`"
            yield Checked(row.kind, Finding.NOTICE, says)
        elif row.state == "current":
            yield _age(row, today, stale_after)


def _age(row: Row, today: date, stale_after: timedelta) -> Checked:
    # What staff have corrected, and what was once found out about addresses, does not grow stale.
    if row.kind == "overrides" or row.kind.startswith("tags."):
        return Checked(row.kind, Finding.OK, f"version {row.version}, {row.entries} entries")
    # Where nobody says from when it is, it is at least as old as its loading.
    day = row.as_of or (row.loaded_at.date() if row.loaded_at else today)
    if today - day > stale_after:
        says = f"version {row.version} is of {day} or earlier, more than {stale_after.days} days; load a newer one"
        return Checked(row.kind, Finding.FAULT, says)
    if row.as_of is None:
        return Checked(row.kind, Finding.NOTICE, f"version {row.version}; nobody says from when it is (--as-of)")
    return Checked(row.kind, Finding.OK, f"version {row.version} of {day}")


def _journal(reader: Reader) -> Iterator[Checked]:
    accounts = list(islice(reader.accounts(), ACCOUNTS_CHECKED))
    fault = next(iter(reader.verify_journal(accounts)), None)
    if fault is not None:
        yield Checked("journal", Finding.FAULT, f"account {fault.account}, entry {fault.sequence}: {fault.what}")
    else:
        more = "; `habeas journal verify` walks all" if len(accounts) == ACCOUNTS_CHECKED else ""
        yield Checked("journal", Finding.OK, f"the journals of {len(accounts)} accounts verify{more}")


def _worker(reader: Reader) -> Iterator[Checked]:
    late = reader.due_timers(wiring.now() - LATE_AFTER_FOR, 1)
    if late:
        says = f"timers have been due since {show.when(late[0].timer.due_at)}; is `habeas worker` running?"
        yield Checked("worker", Finding.NOTICE, says)


def _channels(reader: Reader) -> Iterator[Checked]:
    """Nothing of a channel that nothing has gone wrong on."""
    for health in map(reader.channel_health, Channel):
        what = f"notices by {health.channel}"
        if health.disabled_at is not None:
            says = f"switched off since {show.when(health.disabled_at)}; `habeas worker --enable {health.channel}`"
            yield Checked(what, Finding.FAULT, says)
        elif health.failing_since is not None:
            says = (
                f"nothing has arrived since {show.when(health.failing_since)}; is it set up as docs/operating.md says?"
            )
            yield Checked(what, Finding.NOTICE, says)
