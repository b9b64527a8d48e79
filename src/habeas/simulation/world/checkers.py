"""Promises that no figure may buy: one checker each, which yields where its promise is broken."""

from collections.abc import Callable, Iterator

from habeas.simulation.world.deeds import FOREVER, Trait
from habeas.simulation.world.guards import LOCKING, Limit, Reach
from habeas.simulation.world.run import Record

Checker = Callable[[Record], Iterator[str]]

NAME_SIGNAL = "similar_name"
_REPORT_REASONS = frozenset({"SCAM_OFFENDER", "MALICIOUS_USER", "TOS_ABUSE", "SCAM_CONTACT", "SCAM_VICTIM"})
_COIN_REASONS = frozenset({"SANCTIONS_NEXUS", "TAINTED_FUNDS"})
_DUST_USD = 5.0
_NAME_SIGNALS = frozenset({NAME_SIGNAL, "listed_name"})
"""What a listed name leads to is no matter of coins, where somebody has both."""


def has_a_way_out(record: Record) -> Iterator[str]:
    """Nobody is limited without an end, or a date at which somebody looks again."""
    yield from (_named(limit) for limit in record.limits.values() if limit.reach and not limit.is_looked_at)


def is_not_permanent(record: Record) -> Iterator[str]:
    """Automation never places what only a person may: a freeze, a ban."""
    for limit in record.limits.values():
        if limit.is_automated and limit.kind in ("FROZEN", "PERM_BAN", "LEGAL_FREEZE"):
            yield _named(limit)


def lets_owners_in(record: Record) -> Iterator[str]:
    """Who loses a phone abroad is never barred from logging in."""
    barred = set(record.barred_logins)
    for account in _with(record, Trait.PHONE_LOST):
        if account in barred:
            yield f"{account} was refused a login"
        yield from (_named(limit) for limit in _wrong(record, account) if Reach.LOGIN in limit.reach)


def spares_name_alikes(record: Record) -> Iterator[str]:
    """A name alone never limits anybody."""
    yield from (_named(limit) for limit in record.limits.values() if limit.signal == NAME_SIGNAL)


def spares_the_reported(record: Record) -> Iterator[str]:
    """One report, or many from a brigade, never limits anybody."""
    for trait in (Trait.REPORTED, Trait.BRIGADED):
        for account in _with(record, trait):
            yield from (_named(limit) for limit in _wrong(record, account) if limit.reason in _REPORT_REASONS)


def spares_the_dusted(record: Record) -> Iterator[str]:
    """Dust never limits the person: at most the dust itself is set aside, where a listed wallet sent it."""
    for account in _with(record, Trait.DUSTED):
        for limit in _wrong(record, account):
            is_dust_alone = Reach.AMOUNT in limit.reach and limit.held_usd <= _DUST_USD
            if limit.reason in _COIN_REASONS and limit.signal not in _NAME_SIGNALS and not is_dust_alone:
                yield _named(limit)


CHECKERS: dict[str, Checker] = {
    check.__name__: check
    for check in (
        has_a_way_out,
        is_not_permanent,
        lets_owners_in,
        spares_name_alikes,
        spares_the_reported,
        spares_the_dusted,
    )
}


def _with(record: Record, trait: Trait) -> list[str]:
    return [account for account, traits in record.cluster.traits.items() if trait in traits]


def _wrong(record: Record, account: str) -> Iterator[Limit]:
    for limit in record.limits.values():
        if limit.account == account and limit.reach and record.plot_for(limit) is None:
            yield limit


def _named(limit: Limit) -> str:
    reach = ", ".join(sorted(limit.reach & LOCKING)) or "nothing else"
    until = "for ever" if limit.ends == FOREVER else f"{limit.ends - limit.begins:.1f} h"
    return f"{limit.account}: {limit.kind} for {limit.reason} by {limit.signal}, {reach}, {until}"
