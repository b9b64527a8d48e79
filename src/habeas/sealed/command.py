"""A public act that the desk has decided: ready to be submitted, once, whatever crashes in between (model 5.5)."""

from datetime import datetime
from uuid import uuid4

import msgspec
from msgspec import Struct

from habeas.domain.decision import Outcome
from habeas.domain.event import (
    DESK_END,
    DESK_RENEW,
    EXEMPTION_GRANT,
    ORDER_PLACE,
    REVIEW_PLACE,
    STAFF_SOURCE,
    Event,
    make_event,
)
from habeas.domain.event_data import DeskEndAct, DeskRenewAct, ExemptAct, OrderAct, ReviewAct
from habeas.domain.ids import AccountId, RestrictionId

DeskAct = ReviewAct | OrderAct | DeskRenewAct | DeskEndAct | ExemptAct

_TYPES: dict[type, str] = {
    ReviewAct: REVIEW_PLACE,
    OrderAct: ORDER_PLACE,
    DeskRenewAct: DESK_RENEW,
    DeskEndAct: DESK_END,
    ExemptAct: EXEMPTION_GRANT,
}
_encode = msgspec.json.Encoder(decimal_format="string").encode


class Command(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One act on one account. `id` is random, says nothing, and makes it happen once."""

    id: str
    subject: str
    """The order or the review that it is for."""
    target: str
    account: AccountId
    type: str
    at: datetime
    """The time of the public event, before which it is not submitted."""
    body: bytes
    after: str = ""
    """The command that must have been carried out before."""
    refusal: str = ""
    restriction: RestrictionId | None = None
    """What it placed, prolonged or ended, as the public store answered."""


def prepared(subject: str, target: str, account: AccountId, act: DeskAct, at: datetime, after: str = "") -> Command:
    """A command for an act, ready to be kept."""
    return Command(
        id=uuid4().hex,
        subject=subject,
        target=target,
        account=account,
        type=_TYPES[type(act)],
        at=at,
        body=_encode(act),
        after=after,
    )


def event_of(command: Command) -> Event:
    """The public event, the same whenever it is made."""
    return make_event(command.id, STAFF_SOURCE, command.type, command.account, command.at, command.body)


def answered(command: Command, outcome: Outcome) -> Command:
    """The command with what the public store answered."""
    changed = (*outcome.placed, *outcome.extended, *outcome.lifted)
    restriction = changed[0].id if changed else None
    refusal = f"{outcome.refusal.code}: {outcome.refusal.message}" if outcome.refusal is not None else ""
    if outcome.quarantined:
        refusal = "quarantined: the public store could not judge it; a person there is called"
    return msgspec.structs.replace(command, restriction=restriction, refusal=refusal)
