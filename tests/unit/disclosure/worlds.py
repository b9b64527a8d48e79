"""Whatever may stand on an account, drawn at random, and instants at which something changes."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from habeas.domain.account import Life
from habeas.domain.actor import Actor, Role
from habeas.domain.capability import Level
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.kind import ACCOUNT_KINDS, Kind
from habeas.domain.reason import Disclosure, Reason
from habeas.domain.restriction import AtEnd, Condition, Ending, Restriction, Scope, Status
from habeas.domain.verdict import Standing
from tests.builders import HOUR, NOON
from tests.unit.disclosure.helpers import DAY, a_limit

_STARTS = st.sampled_from([NOON - DAY, NOON - HOUR, NOON, NOON + HOUR])
_LENGTHS = st.sampled_from([timedelta(seconds=1), HOUR, 2 * HOUR, DAY, 40 * DAY])
_REASONS = st.sampled_from([*Reason, "HOUSE_RULE"])
_SCOPES = st.sampled_from([s for s in Scope if s is not Scope.REQUEST_IP])


@st.composite
def _restrictions(draw: st.DrawFn) -> Restriction:
    kind, scope = draw(st.sampled_from(ACCOUNT_KINDS)), draw(_SCOPES)
    starts_at, ends_for = draw(_STARTS), draw(_LENGTHS)
    ending = draw(
        st.sampled_from(
            [
                AtEnd(),
                AtEnd(Ending.HOLD_AND_PAGE),
                AtEnd(Ending.FALL_BACK, Kind.OUTFLOW_HOLD, Scope.NEW_DESTINATIONS, 2 * HOUR),
                AtEnd(Ending.FALL_BACK, Kind.STEP_UP, Scope.ACCOUNT, DAY),
            ]
        )
    )
    changes: dict[str, Any] = {
        "id_": draw(st.uuids(version=4)).hex,
        "account": AccountId(draw(st.sampled_from(["acct-1", "main-1"]))),
        "kind": kind,
        "scope": scope,
        "starts_at": starts_at,
        "ends_at": starts_at + ends_for,
        "condition": None,
        "at_end": ending,
        "disclosure": draw(st.sampled_from(list(Disclosure))),
        "cool_off_for": draw(st.sampled_from([None, HOUR, DAY, 3 * DAY])),
        "placed_by": draw(st.sampled_from([Actor("travel/1", Role.DETECTOR), Actor("jane", Role.ANALYST)])),
        "facts": draw(st.sampled_from([{}, {"country": "CN", "attribute": "residence"}, {"due_at": NOON.isoformat()}])),
        "status": draw(st.sampled_from([Status.ACTIVE, Status.ACTIVE, Status.ACTIVE, Status.PROPOSED])),
    }
    if ending.ending is Ending.LIFT and draw(st.booleans()):
        changes |= {"ends_at": None, "condition": Condition("-", starts_at + ends_for, "region")}
    restriction = a_limit(draw(_REASONS), **changes)
    if draw(st.integers(0, 4)) == 0:
        over = Status.LIFTED if restriction.status is Status.ACTIVE else Status.DECLINED
        return replace(restriction, status=over, ended_at=starts_at + draw(_LENGTHS))
    return restriction


def _of_the_request(id_: str, reason: Reason) -> Restriction:
    return a_limit(reason, id_=RestrictionId(id_), starts_at=NOON - DAY, ends_at=NOON + 40 * DAY)


@st.composite
def standings(draw: st.DrawFn, max_size: int = 5) -> Standing:
    """What stands on `acct-1`: its own and its main account's restrictions, seldom something worse."""
    restrictions = draw(st.lists(_restrictions(), max_size=max_size, unique_by=lambda r: r.id))
    if draw(st.integers(0, 6)) == 0:
        restrictions.append(_of_the_request("ip", draw(st.sampled_from([Reason.IP_REGION, Reason.IP_REPUTATION]))))
    lives = draw(st.sampled_from([(Life.ACTIVE,)] * 6 + [(life,) for life in Life] + [(Life.ACTIVE, Life.DEACTIVATED)]))
    return Standing(
        account=AccountId("acct-1"),
        restrictions=tuple(restrictions),
        lives=lives,
        is_known=draw(st.integers(0, 9)) > 0,
        is_unreadable=draw(st.integers(0, 9)) == 0,
        unknown_outflow=draw(st.sampled_from([Level.HOLD, Level.DENY])),
    )


@st.composite
def moments(draw: st.DrawFn, max_size: int = 5) -> tuple[Standing, datetime]:
    """What stands, and an instant: most often one at which something begins or ends, or just before it."""
    standing = draw(standings(max_size))
    edges = [NOON]
    for r in standing.restrictions:
        edges += [at for at in (r.starts_at, r.ends_at, r.ended_at) if at is not None]
    shift = draw(st.sampled_from([timedelta(0), timedelta(microseconds=-1), timedelta(minutes=30)]))
    return standing, draw(st.sampled_from(edges)) + shift
