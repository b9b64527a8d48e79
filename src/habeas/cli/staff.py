"""Acts of staff on restrictions: `restrict`, `approve`, `renew`, `lift`, `annul`, `exempt`."""

from decimal import Decimal
from typing import Annotated

import typer

from habeas.cli import wiring
from habeas.cli.acting import act_on_account, act_on_restriction, one_of
from habeas.cli.options import (
    AccountArgument,
    ActorOption,
    JsonOption,
    NoteOption,
    StoreOption,
    account_id,
    actor,
    amount,
    duration,
    instant,
    note_text,
)
from habeas.domain.capability import Capability
from habeas.domain.errors import BadInputError
from habeas.domain.event_data import (
    AnnulAct,
    ApproveAct,
    AssistAct,
    AssistSignAct,
    ExemptAct,
    LiftAct,
    PlaceAct,
    RenewAct,
)
from habeas.domain.evidence import Evidence
from habeas.domain.ids import RestrictionId
from habeas.domain.kind import ACCOUNT_KINDS, Kind
from habeas.domain.restriction import Condition, Scope

RestrictionArgument = Annotated[str, typer.Argument(metavar="RESTRICTION", help="The restriction's id.")]

ATTESTABLE = ("history",)
"""What a person can vouch for: that the user knew the account's history (`[release]`, the way by points)."""


def restrict(
    account: AccountArgument,
    reason: Annotated[str, typer.Option("--reason", help="A reason code of the playbook, for example TOS_ABUSE.")],
    note: NoteOption,
    as_: ActorOption,
    kind: Annotated[str | None, typer.Option("--kind", help="Default: the reason's own kind.")] = None,
    scope: Annotated[str | None, typer.Option("--scope", help="account, holder or new_destinations.")] = None,
    evidence: Annotated[str, typer.Option("--evidence", help="E1 to E5: how well it is proved.")] = "E3",
    for_: Annotated[
        str | None, typer.Option("--for", metavar="LENGTH", help="How long, for example 24h or 7d.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="When it ends.")] = None,
    condition: Annotated[str | None, typer.Option("--condition", help="What ends it, where no date does.")] = None,
    recheck: Annotated[
        str, typer.Option("--recheck", metavar="LENGTH", help="With --condition: look again after.")
    ] = "30d",
    owner: Annotated[str, typer.Option("--owner", help="With --condition: the queue that looks again.")] = "review",
    fact: Annotated[
        list[str] | None, typer.Option("--fact", help="NAME=VALUE for the user, if disclosure is full.")
    ] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Place a restriction, as far as your role, the evidence and the four-eyes rule allow.

    Example: habeas restrict alice --reason TOS_ABUSE --note "insulted support staff, case 17" --as jane:analyst
    """
    if sum(option is not None for option in (for_, until, condition)) > 1:
        raise BadInputError("give at most one of --for, --until and --condition: a restriction has one end")
    now = wiring.now()
    ends_at = instant(until, "--until") if until else now + duration(for_, "--for") if for_ else None
    act = PlaceAct(
        actor=actor(as_),
        note=note_text(note),
        reason=reason,
        kind=one_of(kind, Kind, list(ACCOUNT_KINDS), "--kind") if kind else None,
        scope=one_of(scope, Scope, list(Scope), "--scope") if scope else None,
        evidence=one_of(evidence, Evidence, list(Evidence), "--evidence"),
        ends_at=ends_at,
        condition=Condition(condition, now + duration(recheck, "--recheck"), owner) if condition else None,
        facts=dict(_fact(text) for text in fact or ()),
    )
    act_on_account(account_id(account), act, store, json=json)


def lift(
    restriction: RestrictionArgument,
    note: NoteOption,
    as_: ActorOption,
    attest: Annotated[
        list[str] | None,
        typer.Option("--attest", help="What you vouch for: history, that the user knew what happened on the account."),
    ] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Lift a restriction. Some reasons are left only when enough was shown; what you vouch for counts as far as the playbook
    says.

    Example: habeas lift rs_5k2jq3v7x4m6a2bc --note "control proved on the phone of record" --as tom:analyst
    """
    seen = tuple(_attested(text) for text in attest or ())
    act = LiftAct(actor=actor(as_), note=note_text(note), restriction=RestrictionId(restriction), attests=seen)
    act_on_restriction(act.restriction, act, store, json=json)


def approve(
    restriction: RestrictionArgument,
    note: NoteOption,
    as_: ActorOption,
    decline: Annotated[bool, typer.Option("--decline", help="Do not sign it: the proposal is over.")] = False,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Give a proposed restriction its second signature, or decline it.

    Example: habeas approve rs_5k2jq3v7x4m6a2bc --note "forensics seen, legal agrees" --as cora:counsel
    """
    act = ApproveAct(actor=actor(as_), note=note_text(note), restriction=RestrictionId(restriction), declined=decline)
    act_on_restriction(act.restriction, act, store, json=json)


def renew(
    restriction: RestrictionArgument,
    evidence: Annotated[str, typer.Option("--evidence", help="E1 to E5: how well it is proved now.")],
    note: NoteOption,
    as_: ActorOption,
    for_: Annotated[str | None, typer.Option("--for", metavar="LENGTH", help="From now, for example 15d.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="When it ends.")] = None,
    evidence_id: Annotated[
        list[str] | None, typer.Option("--evidence-id", help="What is new; may be repeated.")
    ] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Prolong a restriction on new or higher evidence.

    Example: habeas renew rs_5k2jq3v7x4m6a2bc --evidence E4 --for 30d --note "forensics, report 12" --as sue:senior_analyst
    """
    if (for_ is None) == (until is None):
        raise BadInputError("give exactly one of --for and --until")
    act = RenewAct(
        actor=actor(as_),
        note=note_text(note),
        restriction=RestrictionId(restriction),
        ends_at=instant(until, "--until") if until else wiring.now() + duration(for_ or "", "--for"),
        evidence=one_of(evidence, Evidence, list(Evidence), "--evidence"),
        evidence_ids=tuple(evidence_id or ()),
    )
    act_on_restriction(act.restriction, act, store, json=json)


def annul(
    restriction: RestrictionArgument,
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Declare a restriction void from the start, because it was wrong. Not the same as lifting it.

    Example: habeas annul rs_5k2jq3v7x4m6a2bc --note "the device was the owner's" --as ann:appeals_officer
    """
    act = AnnulAct(actor=actor(as_), note=note_text(note), restriction=RestrictionId(restriction))
    act_on_restriction(act.restriction, act, store, json=json)


def exempt(
    account: AccountArgument,
    kinds: Annotated[list[str], typer.Option("--kind", help="A kind that is not placed meanwhile; may be repeated.")],
    for_: Annotated[str, typer.Option("--for", metavar="LENGTH", help="How long, for example 7d.")],
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Suppress new discretionary restrictions of some kinds for a while. What law requires has no exemption.

    Example: habeas exempt alice --kind TEMP_RISK --for 7d --note "on a world tour, tickets seen" --as mia:senior_analyst
    """
    chosen = tuple(one_of(kind, Kind, list(ACCOUNT_KINDS), "--kind") for kind in kinds)
    act = ExemptAct(
        actor=actor(as_), note=note_text(note), kinds=chosen, until_at=wiring.now() + duration(for_, "--for")
    )
    act_on_account(account_id(account), act, store, json=json)


def _attested(text: str) -> str:
    if text not in ATTESTABLE:
        raise BadInputError(f"--attest `{text}` must be one of {', '.join(ATTESTABLE)}")
    return text


def _fact(text: str) -> tuple[str, str]:
    name, is_pair, value = text.partition("=")
    if not is_pair or not name:
        raise BadInputError(f"--fact `{text}` must be NAME=VALUE")
    return name, value


def assist(
    account: AccountArgument,
    asset: Annotated[str, typer.Option("--asset", help="What leaves.")],
    amount_: Annotated[str, typer.Option("--amount", help="At most so much.")],
    destination: Annotated[
        str, typer.Option("--to", metavar="DESTINATION", help="The user's own address or bank account.")
    ],
    note: NoteOption,
    as_: ActorOption,
    fiat: Annotated[bool, typer.Option("--fiat", help="A bank account, not an address.")] = False,
    for_: Annotated[str, typer.Option("--for", metavar="LENGTH", help="How long it can be used.")] = "72h",
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Propose one withdrawal for a limited account, to a destination that you verified; a second person signs it.

    Example: habeas assist alice --asset USDT --amount 400 --to TQ7... --note "rent; own wallet, proved" --as tom:analyst
    """
    act = AssistAct(
        actor=actor(as_),
        note=note_text(note),
        capability=Capability.WITHDRAW_FIAT if fiat else Capability.WITHDRAW_CRYPTO,
        asset=asset,
        amount=amount(amount_, "--amount") or Decimal(0),
        destination=destination,
        until_at=wiring.now() + duration(for_, "--for"),
    )
    act_on_account(account_id(account), act, store, json=json)


def assist_sign(
    account: AccountArgument,
    permit: Annotated[str, typer.Argument(metavar="PERMIT", help="As the case in the queue `assistance` names it.")],
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Sign an assisted withdrawal that somebody else proposed.

    Example: habeas assist-sign alice pm_5k2jq3v7x4m6a2bc --note "papers seen" --as sue:senior_analyst
    """
    act = AssistSignAct(actor=actor(as_), note=note_text(note), permit=permit)
    act_on_account(account_id(account), act, store, json=json)
