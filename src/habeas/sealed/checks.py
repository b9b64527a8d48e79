"""What is wrong with a letter: one code each, in a table. What can be mended goes back; what cannot is rejected (row A016)."""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from habeas.sealed.agency import Agency
from habeas.sealed.letter import GagForce, Letter, OrderType
from habeas.sealed.order import State
from habeas.sealed.policy import OrderPolicy


class Received(Struct, frozen=True, kw_only=True):
    """A letter with what was looked up about it."""

    letter: Letter
    agency: Agency | None
    policy: OrderPolicy
    now: datetime
    unknown: tuple[str, ...] = ()
    """Accounts and holders that it names and that are not here."""
    touched: dict[str, int] = {}
    """How many accounts each wallet reaches."""
    ours: frozenset[str] = frozenset()
    """Destinations that it names and that are the house's own."""
    known_orders: frozenset[str] = frozenset()
    """References of orders in force, which a release or a non-disclosure may be about."""


class Defect(Struct, frozen=True):
    """What is wrong: a code for the answer, a sentence for the desk, and where the order goes."""

    code: str
    message: str
    state: State


Check = Callable[[Received], str | None]


def _unknown_agency(r: Received) -> str | None:
    return None if r.agency else f"the registry has no agency `{r.letter.authorisation.agency}`"


def _unknown_officer(r: Received) -> str | None:
    said = r.letter.authorisation
    known = r.agency is None or said.officer in r.agency.officers
    return None if known else f"`{said.officer}` is not enrolled for `{said.agency}`"


def _other_jurisdiction(r: Received) -> str | None:
    said = r.letter.authorisation
    holds = r.agency is None or said.jurisdiction in r.agency.jurisdictions
    return None if holds else f"`{said.agency}` does not apply the law of `{said.jurisdiction}`"


def _expired(r: Received) -> str | None:
    ends_at = r.letter.authorisation.ends_at
    return None if ends_at is None or ends_at > r.now else f"it ended at {ends_at.isoformat()}"


def _wrong_instrument(r: Received) -> str | None:
    legal = r.letter.authorisation.legal_type
    wrong = [t for t in r.letter.types if legal not in r.policy.type[t].instruments]
    return f"a {legal} does not carry {wrong[0]}" if wrong else None


def _house_destination(r: Received) -> str | None:
    return f"`{min(r.ours)}` is an address of the house, which nothing is ever handed to" if r.ours else None


def _unsigned(r: Received) -> str | None:
    return None if r.letter.is_signed else "no document is signed"


def _future(r: Received) -> str | None:
    issued_at = r.letter.authorisation.issued_at
    return None if issued_at <= r.now else f"it is dated {issued_at.isoformat()}, after now"


def _unknown_target(r: Received) -> str | None:
    return f"`{r.unknown[0]}` is not here" if r.unknown else None


def _over_broad(r: Received) -> str | None:
    if len(r.letter.tasks) > r.policy.targets_max:
        return f"it names {len(r.letter.tasks)} targets; at most {r.policy.targets_max} in one order"
    for wallet, accounts in r.touched.items():
        if accounts > r.policy.wallet_accounts_max:
            return f"`{wallet}` was touched by {accounts} accounts, at most {r.policy.wallet_accounts_max} can be meant"
    return None


def _no_end(r: Received) -> str | None:
    lacking = [t for t in r.letter.types if r.policy.type[t].needs_end]
    return f"{lacking[0]} has no end" if lacking and r.letter.authorisation.ends_at is None else None


def _too_long(r: Received) -> str | None:
    ends_at = r.letter.authorisation.ends_at
    for each in r.letter.types:
        most = r.policy.type[each].lasts_max_for
        if ends_at is not None and most is not None and ends_at - r.now > most:
            return f"{each} lasts at most {most}, not until {ends_at.isoformat()}"
    return None


def _gag_without_instrument(r: Received) -> str | None:
    gag = r.letter.authorisation.gag
    ids = {document.id for document in r.letter.documents}
    ordered = gag.force is GagForce.ORDERED
    return "a gag is ordered and no document orders it" if ordered and gag.instrument not in ids else None


def _gag_without_end(r: Received) -> str | None:
    gag = r.letter.authorisation.gag
    if gag.force is not GagForce.ORDERED or gag.until_at is not None or gag.review_at is not None:
        return None
    return "a gag is ordered with neither an end nor a date to look again"


def _nothing_to_be_about(r: Received) -> str | None:
    for task in r.letter.tasks:
        if task.type in (OrderType.RELEASE, OrderType.NONDISCLOSURE) and task.about not in r.known_orders:
            return f"task `{task.id}` is about the order `{task.about or '-'}`, which is not in force here"
    return None


def _no_destination(r: Received) -> str | None:
    lacking = [t.id for t in r.letter.tasks if t.type is OrderType.SEIZURE and not t.destination]
    return f"task `{lacking[0]}` seizes and names no destination" if lacking else None


CHECKS: dict[str, tuple[Check, State]] = {
    "unknown_agency": (_unknown_agency, State.REJECTED),
    "unknown_officer": (_unknown_officer, State.REJECTED),
    "other_jurisdiction": (_other_jurisdiction, State.REJECTED),
    "expired": (_expired, State.REJECTED),
    "wrong_instrument": (_wrong_instrument, State.REJECTED),
    "house_destination": (_house_destination, State.REJECTED),
    "unsigned": (_unsigned, State.RETURNED),
    "dated_ahead": (_future, State.RETURNED),
    "unknown_target": (_unknown_target, State.RETURNED),
    "over_broad": (_over_broad, State.RETURNED),
    "no_end": (_no_end, State.RETURNED),
    "too_long": (_too_long, State.RETURNED),
    "gag_without_instrument": (_gag_without_instrument, State.RETURNED),
    "gag_without_end": (_gag_without_end, State.RETURNED),
    "about_nothing": (_nothing_to_be_about, State.RETURNED),
    "no_destination": (_no_destination, State.RETURNED),
}
"""By code: what is wrong, and where the order goes. The first that speaks decides."""

BY_HAND = {
    "not_verified": State.REJECTED,
    "forged": State.REJECTED,
    "not_ours": State.REJECTED,
    "unlawful": State.REJECTED,
    "unclear": State.RETURNED,
    "over_broad": State.RETURNED,
}
"""What only a person finds."""


def defect(received: Received) -> Defect | None:
    """The first thing that is wrong, or None."""
    for code, (check, state) in CHECKS.items():
        message = check(received)
        if message is not None:
            return Defect(code, message, state)
    return None
