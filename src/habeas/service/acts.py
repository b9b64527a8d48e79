"""Acts of staff, as events of our own: judged, recorded and journaled like everything else."""

from datetime import datetime
from uuid import uuid4

import msgspec

from habeas.domain.decision import Outcome
from habeas.domain.event import (
    ASSISTANCE_PROPOSE,
    ASSISTANCE_SIGN,
    CASE_DECIDE,
    CASE_WORK,
    DOCUMENT_OPENED,
    EXEMPTION_GRANT,
    REQUEST_EXTEND,
    RESTRICTION_ANNUL,
    RESTRICTION_APPROVE,
    RESTRICTION_LIFT,
    RESTRICTION_PLACE,
    RESTRICTION_RENEW,
    STAFF_SOURCE,
    make_event,
)
from habeas.domain.event_data import (
    AnnulAct,
    ApproveAct,
    AssistAct,
    AssistSignAct,
    CaseAct,
    CaseWork,
    DocumentOpened,
    EventData,
    ExemptAct,
    ExtendAct,
    LiftAct,
    PlaceAct,
    RenewAct,
)
from habeas.domain.ids import AccountId
from habeas.service.intake import Intake

Act = (
    PlaceAct
    | LiftAct
    | ApproveAct
    | RenewAct
    | AnnulAct
    | CaseAct
    | CaseWork
    | AssistAct
    | AssistSignAct
    | ExemptAct
    | ExtendAct
    | DocumentOpened
)

_TYPES: dict[type[EventData], str] = {
    PlaceAct: RESTRICTION_PLACE,
    LiftAct: RESTRICTION_LIFT,
    ApproveAct: RESTRICTION_APPROVE,
    RenewAct: RESTRICTION_RENEW,
    AnnulAct: RESTRICTION_ANNUL,
    CaseAct: CASE_DECIDE,
    CaseWork: CASE_WORK,
    AssistAct: ASSISTANCE_PROPOSE,
    AssistSignAct: ASSISTANCE_SIGN,
    ExtendAct: REQUEST_EXTEND,
    DocumentOpened: DOCUMENT_OPENED,
    ExemptAct: EXEMPTION_GRANT,
}


def carry_out(intake: Intake, account: AccountId, act: Act, at: datetime, id_: str | None = None) -> Outcome:
    """Submit an act and wait until it is durable. A refusal is in the outcome, and is recorded too.

    Under an `id_` an act is carried out once: told again it gets its first answer, and another act under the same one raises
    IdentityReusedError.
    """
    body = msgspec.json.Encoder(decimal_format="string").encode(act)
    return tell_once(intake, STAFF_SOURCE, _TYPES[type(act)], account, at, body, id_)


def tell_once(
    intake: Intake, source: str, type_: str, account: AccountId, at: datetime, body: bytes, id_: str | None
) -> Outcome:
    """Submit an event that somebody may tell again later without remembering when it was told first. Without an `id_` it
    is a new one each time.
    """
    first_at = None if id_ is None else intake.recorded_at(account, source, id_)
    return intake.decide(make_event(id_ or uuid4().hex, source, type_, account, first_at or at, body))
