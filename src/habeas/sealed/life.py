"""The life of an order as functions: from an order and what somebody does to it, to the order after it, or why not.

Every act names who does it, and is in the order's history. Four people's eyes: whoever accepts is two, and neither may be the
one who alone verified.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from habeas.domain.actor import Actor, Role
from habeas.domain.decision import Refusal
from habeas.domain.reason import Disclosure
from habeas.sealed import gag
from habeas.sealed.agency import Agency, digits, domain_of
from habeas.sealed.checks import BY_HAND
from habeas.sealed.letter import Level, OrderType
from habeas.sealed.order import TRANSITIONS, Did, Order, Page, State, Step, Target, TargetStatus
from habeas.sealed.policy import OrderPolicy, Touch

DESK = frozenset({Role.LE_DESK, Role.COUNSEL})
ROLES: dict[str, frozenset[Role]] = {
    "receive": DESK,
    "verify": DESK,
    "accept": DESK,
    "reject": DESK,
    "return": DESK,
    "scope": frozenset({Role.COUNSEL}),
    "execute": frozenset({Role.LE_DESK}),
    "extend": DESK,
    "withdraw": DESK,
    "release": DESK,
    "disclose": frozenset({Role.COUNSEL}),
    "custody": DESK,
    "report": DESK | {Role.MLRO, Role.SANCTIONS_OFFICER},
    "registry": DESK,
    "read": DESK | {Role.SEALED_AUDITOR},
}
"""Who may do what. Nobody else, whatever their rank; in need, there is the break-glass."""

ACCEPTING = 2


def why_not_role(act: str, by: Actor) -> Refusal | None:
    """Why this role does not do this; None if it does."""
    if by.role in ROLES[act]:
        return None
    return Refusal("not_permitted", f"the role {by.role} does not {act} here; {', '.join(sorted(ROLES[act]))} may")


def moved(order: Order, state: State, act: str, by: Actor, at: datetime, note: str = "") -> Order | Refusal:
    """The order in its next state, if the table has that step."""
    refused = why_not_role(act, by)
    if refused is not None:
        return refused
    if state not in TRANSITIONS[order.state]:
        return Refusal("state", f"order `{order.id}` is {order.state}, from where it cannot become {state}")
    return noted(replace(order, state=state), act, by, at, note)


def noted(order: Order, act: str, by: Actor, at: datetime, note: str = "") -> Order:
    """The order with one more line in its history."""
    return replace(order, history=(*order.history, Did(act=act, by=by, at=at, note=note)))


# --- verification ----------------------------------------------------------------------------------------------------


def verify(
    order: Order, agency: Agency | None, level: Level, how: str, by: Actor, at: datetime, *, passed: bool = True
) -> Order | Refusal:
    """One step of verification was tried. What the registry can tell is not left to the desk's word."""
    if order.state is State.RECEIVED:
        begun = moved(order, State.VERIFYING, "verify", by, at)
        if isinstance(begun, Refusal):
            return begun
        order = begun
    refused = why_not_role("verify", by)
    if refused is None and order.state is not State.VERIFYING:
        refused = Refusal("state", f"order `{order.id}` is {order.state}, and is not verified now")
    if refused is None and passed:
        refused = _why_not_verified(order, agency, level, how)
    if refused is not None:
        return refused
    step = Step(level=level, passed=passed, by=by, at=at, how=how)
    return noted(replace(order, steps=(*order.steps, step)), "verify", by, at, f"{level.name}: {how}")


def _why_not_verified(order: Order, agency: Agency | None, level: Level, how: str) -> Refusal | None:
    said = order.letter.authorisation
    if agency is None:
        return Refusal("unknown_agency", f"the registry has no agency `{said.agency}`")
    match level:
        case Level.V0:
            return Refusal("verification", "V0 is that it arrived; there is nothing to verify")
        case Level.V1 if domain_of(said.sent_from) not in map(str.lower, agency.domains):
            return Refusal("verification", f"`{domain_of(said.sent_from)}` is no domain of `{said.agency}`")
        case Level.V2 if said.officer not in agency.officers or agency.officers[said.officer].key != how:
            return Refusal("verification", f"the key that was shown is not the one enrolled for `{said.officer}`")
        case Level.V3 if digits(how) not in {digits(number) for number in agency.call_back}:
            numbers = ", ".join(agency.call_back)
            return Refusal("verification", f"call back at {numbers}, the registry's numbers, and not at another")
        case Level.V5 if how not in agency.officers or how == said.officer:
            return Refusal("verification", f"`{how}` is no second officer who is enrolled for `{said.agency}`")
        case _:
            return None


def verified(order: Order) -> frozenset[Level]:
    """The levels whose last try passed."""
    last = {step.level: step.passed for step in order.steps}
    return frozenset(level for level, passed in last.items() if passed)


# --- accepted or not --------------------------------------------------------------------------------------------------


def accept(
    order: Order, policy: OrderPolicy, by: Actor, at: datetime, note: str, *, despite: str = ""
) -> Order | Refusal:
    """One of the two people who accept an order. With the second it is accepted."""
    refused = why_not_role("accept", by)
    if refused is not None:
        return refused
    if order.state is not State.VERIFYING:
        return Refusal("state", f"order `{order.id}` is {order.state}, not verifying")
    missing = policy.needed(order.letter.types, is_first_use=order.is_first_use) - verified(order)
    if missing:
        names = ", ".join(level.name for level in sorted(missing))
        return Refusal("not_verified", f"{names} must be verified before order `{order.id}` is accepted")
    if despite and by.role is not Role.COUNSEL:
        return Refusal("not_permitted", "only counsel answers for the signs of a forged order")
    order = replace(order, despite=despite or order.despite)
    grave = [sign for sign in order.signs if sign.is_grave]
    if grave and not order.despite:
        return Refusal("signs", f"{grave[0].message}; counsel must say why it is accepted all the same")
    if by.name in (approval.by.name for approval in order.approvals):
        return Refusal("four_eyes", f"`{by.name}` has accepted it already; a second person must")
    verifiers = {step.by.name for step in order.steps if step.passed}
    approvals = (*order.approvals, Did(act="accept", by=by, at=at, note=note))
    order = noted(replace(order, approvals=approvals), "accept", by, at, note)
    if len(approvals) < ACCEPTING:
        return order
    if {approval.by.name for approval in approvals} <= verifiers and len(verifiers) == 1:
        return Refusal("four_eyes", "whoever verified it alone does not accept it alone")
    return replace(order, state=State.ACCEPTED)


def turn_down(order: Order, code: str, by: Actor, at: datetime, note: str) -> Order | Refusal:
    """A person rejects it, or sends it back to be mended."""
    state = BY_HAND.get(code)
    if state is None:
        return Refusal("unknown_code", f"`{code}` is no reason; known are {', '.join(BY_HAND)}")
    act = "reject" if state is State.REJECTED else "return"
    after = moved(order, state, act, by, at, note)
    return after if isinstance(after, Refusal) else replace(after, code=code)


def scope(
    order: Order,
    targets: tuple[str, ...],
    disclosure: Disclosure,
    why: str,
    policy: OrderPolicy,
    by: Actor,
    at: datetime,
) -> Order | Refusal:
    """Counsel says whom it reaches and what the user may be told. Empty `targets`: all that it names."""
    refused = gag.why_not(order.letter.authorisation.gag, disclosure, why)
    if refused is not None:
        return refused
    meant = {order.target(each) for each in targets}
    if None in meant:
        return Refusal("unknown_target", f"order `{order.id}` has no such target; `habeas order show` lists them")
    ids = {target.id for target in meant if target is not None} or {target.id for target in order.targets}
    after = moved(order, State.SCOPED, "scope", by, at, why)
    if isinstance(after, Refusal):
        return after
    said = order.letter.authorisation
    types = {t.type for t in order.targets if t.id in ids}
    lengths = [policy.type[t].lasts_max_for for t in types]
    most = min((length for length in lengths if length is not None), default=None)
    ends = [e for e in (said.ends_at, at + most if most is not None else None) if e is not None]
    process = [policy.type[t].process_within_for for t in types]
    return replace(
        after,
        targets=tuple(_scoped(target, is_meant=target.id in ids) for target in order.targets),
        disclosure=disclosure,
        disclosure_why=why or said.gag.prejudice,
        disclosure_review_at=gag.review_at(said.gag, disclosure, at, policy),
        ends_at=min(ends, default=None),
        process_by=min((at + p for p in process if p is not None), default=None),
    )


def _scoped(target: Target, *, is_meant: bool) -> Target:
    return replace(target, status=TargetStatus.IN_SCOPE if is_meant else TargetStatus.LEFT_OUT)


# --- carried out ------------------------------------------------------------------------------------------------------


def settle(order: Order, by: Actor, at: datetime) -> Order:
    """An order whose every target has come to rest is executed; one whose every limit has ended is over."""
    waiting = {TargetStatus.IN_SCOPE, TargetStatus.PLACING}
    if order.state is State.EXECUTING and not any(t.status in waiting for t in order.targets):
        return noted(replace(order, state=State.EXECUTED), "executed", by, at)
    return order


def extend(order: Order, ends_at: datetime, policy: OrderPolicy, by: Actor, at: datetime, note: str) -> Order | Refusal:
    """A renewed instrument prolongs it. Two people were needed to accept it; the renewal is verified anew by its letter."""
    if order.ends_at is not None and ends_at <= order.ends_at:
        return Refusal("no_later", f"it ends at {order.ends_at.isoformat()} already; an extension ends later")
    for type_ in {t.type for t in order.targets if t.status is TargetStatus.HELD}:
        rule = policy.type[type_]
        if OrderType.PROVISIONAL_HOLD is type_:
            return Refusal("too_long", "a provisional hold is not prolonged; it becomes a freeze or ends")
        if rule.lasts_max_for is not None and ends_at - at > rule.lasts_max_for:
            return Refusal("too_long", f"{type_} lasts at most {rule.lasts_max_for} at once")
    after = moved(order, State.EXTENDED, "extend", by, at, note)
    if isinstance(after, Refusal):
        return after
    return answered(replace(after, ends_at=ends_at, generation=after.generation + 1), EXPIRED, at)


# --- what time brings -------------------------------------------------------------------------------------------------

EXPIRED = "expired"
GAG_OVER = "gag_over"
LOOK_AGAIN = "disclosure_review"
PROCESS_MISSING = "process_missing"
UNANSWERED = "unanswered"


def paged(order: Order, what: str, at: datetime, decide_within_for: timedelta) -> Order:
    """A person is called, once for as long as nobody has decided."""
    if any(page.what == what and page.decided_at is None for page in order.pages):
        return order
    page = Page(what=what, at=at, decide_by=at + decide_within_for)
    return replace(order, pages=(*order.pages, page))


def answered(order: Order, what: str, at: datetime) -> Order:
    """A person has decided what was asked."""
    pages = tuple(
        replace(page, decided_at=at) if page.what == what and page.decided_at is None else page for page in order.pages
    )
    return replace(order, pages=pages)


def limits(order: Order, policy: OrderPolicy) -> bool:
    """Whether any of its tasks limits an account."""
    return any(Touch.CAPABILITIES in policy.type[t].touches for t in order.letter.types)
