"""Acts of staff. Who acts is the person behind the credential; what that person may do is judged in the decision."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import asdict

from habeas.domain.capability import Capability
from habeas.domain.decision import Outcome
from habeas.domain.errors import BadInputError, UnknownIdError
from habeas.domain.event_data import (
    AnnulAct,
    ApproveAct,
    AssistAct,
    AssistSignAct,
    ExemptAct,
    LiftAct,
    Note,
    PlaceAct,
    RenewAct,
)
from habeas.domain.evidence import Evidence
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.kind import ACCOUNT_KINDS, Kind
from habeas.domain.reason import Disclosure
from habeas.domain.restriction import AtEnd, Condition, Scope
from habeas.service.acts import Act, carry_out
from habeas.web.accounts import account_of
from habeas.web.backend import Backend
from habeas.web.operation import Call
from habeas.web.problem import ProblemError, refusal_problem

Why = Annotated[Note, Meta(description="Why, in the actor's own words. It is recorded.")]
Token = Annotated[str, Meta(min_length=1, max_length=256)]
Instant = Annotated[datetime, Meta(tz=True)]


class Place(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A restriction to place. What is left out follows the reason's row in the playbook."""

    note: Why
    reason: Annotated[Token, Meta(description="A reason code of the playbook, such as `TOS_ABUSE`.")]
    kind: Annotated[Kind | None, Meta(description="The reason's own kind, where it is left out.")] = None
    scope: Annotated[Scope | None, Meta(description="`account`, `holder` or `new_destinations`.")] = None
    evidence: Annotated[Evidence, Meta(description="How well it is proved.")] = Evidence.E3
    evidence_ids: Annotated[tuple[Token, ...], Meta(description="What proves it.")] = ()
    ends_at: Annotated[Instant | None, Meta(description="When it ends.")] = None
    condition: Annotated[Condition | None, Meta(description="What ends it, where no date does.")] = None
    at_end: Annotated[AtEnd | None, Meta(description="What follows its end.")] = None
    disclosure: Annotated[Disclosure | None, Meta(description="How much the user is told.")] = None
    considered: Annotated[tuple[Token, ...], Meta(description="Which lesser limits were considered.")] = ()
    facts: Annotated[dict[str, str], Meta(description="Names and values for the user, if disclosure is full.")] = {}


class Lift(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A restriction ends from now on."""

    note: Why
    attests: Annotated[
        tuple[Literal["history"], ...],
        Meta(max_length=8, description="What the actor vouches for: that the user knew the account's history."),
    ] = ()


class Approve(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The second signature under a proposed restriction, or a refusal to give it."""

    note: Why
    declined: Annotated[bool, Meta(description="Do not sign it: the proposal is over.")] = False


class Renew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A restriction lasts longer, on new or higher evidence."""

    note: Why
    ends_at: Annotated[Instant, Meta(description="When it ends.")]
    evidence: Annotated[Evidence, Meta(description="How well it is proved now.")]
    evidence_ids: Annotated[tuple[Token, ...], Meta(description="What is new.")] = ()


class Annul(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A restriction was wrong from the start."""

    note: Why


class Exempt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """New discretionary restrictions of some kinds are not placed for a while."""

    note: Why
    kinds: Annotated[tuple[Kind, ...], Meta(min_length=1, max_length=16, description="Which kinds.")]
    until_at: Annotated[Instant, Meta(description="Until when.")]


class Assist(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One withdrawal of a limited account, to a destination that the actor verified; a second person signs it."""

    note: Why
    capability: Annotated[
        Literal["withdraw_crypto", "withdraw_fiat"],
        Meta(description="To an address, or a bank account."),
    ]
    asset: Annotated[Token, Meta(description="What leaves.")]
    amount: Annotated[Decimal, Meta(description="At most so much, as a decimal string.")]
    destination: Annotated[Token, Meta(description="The user's own address or bank account.")]
    until_at: Annotated[Instant, Meta(description="Until when it can be used.")]


class Sign(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signature under what somebody else proposed."""

    note: Why


def place(backend: Backend, call: Call) -> Outcome:
    """Place a restriction."""
    _require_account_kinds(call.body.kind)
    return do(backend, call, account_of(call), PlaceAct(actor=call.actor, **_fields(call.body)))


def exempt(backend: Backend, call: Call) -> Outcome:
    """Exempt an account."""
    _require_account_kinds(*call.body.kinds)
    return do(backend, call, account_of(call), ExemptAct(actor=call.actor, **_fields(call.body)))


def assist(backend: Backend, call: Call) -> Outcome:
    """Propose an assisted withdrawal."""
    said = {**_fields(call.body), "capability": Capability(call.body.capability)}
    return do(backend, call, account_of(call), AssistAct(actor=call.actor, **said))


def assist_sign(backend: Backend, call: Call) -> Outcome:
    """Sign an assisted withdrawal."""
    act = AssistSignAct(actor=call.actor, permit=call.path["permit"], note=call.body.note)
    return do(backend, call, account_of(call), act)


def lift(backend: Backend, call: Call) -> Outcome:
    """Lift a restriction."""
    return _on_restriction(backend, call, LiftAct)


def approve(backend: Backend, call: Call) -> Outcome:
    """Sign or decline a proposed restriction."""
    return _on_restriction(backend, call, ApproveAct)


def renew(backend: Backend, call: Call) -> Outcome:
    """Prolong a restriction."""
    return _on_restriction(backend, call, RenewAct)


def annul(backend: Backend, call: Call) -> Outcome:
    """Annul a restriction."""
    return _on_restriction(backend, call, AnnulAct)


def do(backend: Backend, call: Call, account: AccountId, act: Act) -> Outcome:
    """Carry out an act. A refusal is on record, and ends the request with a problem."""
    return accepted(carry_out(backend.intake, account, act, backend.clock(), call.event_id))


def accepted(outcome: Outcome) -> Outcome:
    """An outcome that is no refusal. Raises ProblemError."""
    if outcome.refusal is not None:
        raise ProblemError.of(refusal_problem(outcome))
    return outcome


def _on_restriction(backend: Backend, call: Call, act: type[LiftAct | ApproveAct | RenewAct | AnnulAct]) -> Outcome:
    restriction = RestrictionId(call.path["restriction"])
    with backend.store.reading() as reader:
        account = reader.restriction_account(restriction)
    if account is None:
        raise UnknownIdError(f"there is no restriction `{restriction}` here")
    return do(backend, call, account, act(actor=call.actor, restriction=restriction, **_fields(call.body)))


def _require_account_kinds(*kinds: Kind | None) -> None:
    for kind in kinds:
        if kind is not None and kind not in ACCOUNT_KINDS:
            raise BadInputError(f"`{kind}` limits requests, not accounts; take one of {', '.join(ACCOUNT_KINDS)}")


def _fields(body: Struct) -> Mapping[str, Any]:
    return asdict(body)
