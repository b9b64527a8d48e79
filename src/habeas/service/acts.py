"""Acts of staff, as events of our own: judged, recorded and journaled like everything else."""

from datetime import datetime
from uuid import uuid4

import msgspec

from habeas.domain.decision import Outcome
from habeas.domain.event import EXEMPTION_GRANT, RESTRICTION_LIFT, RESTRICTION_PLACE, STAFF_SOURCE, make_event
from habeas.domain.event_data import EventData, ExemptAct, LiftAct, PlaceAct
from habeas.domain.ids import AccountId
from habeas.service.intake import Intake

_TYPES: dict[type[EventData], str] = {
    PlaceAct: RESTRICTION_PLACE,
    LiftAct: RESTRICTION_LIFT,
    ExemptAct: EXEMPTION_GRANT,
}


def carry_out(intake: Intake, account: AccountId, act: PlaceAct | LiftAct | ExemptAct, at: datetime) -> Outcome:
    """Submit an act and wait until it is durable. A refusal is in the outcome, and is recorded too."""
    body = msgspec.json.Encoder(decimal_format="string").encode(act)
    return intake.decide(make_event(uuid4().hex, STAFF_SOURCE, _TYPES[type(act)], account, at, body))
