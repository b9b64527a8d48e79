"""`habeas restrict`, `habeas lift`, `habeas exempt`: acts of staff. A refused act is recorded, says why, and exits 1."""

import sys
from enum import StrEnum
from typing import Annotated, TypeVar

import typer

from habeas.cli import show, wiring
from habeas.cli.options import (
    AccountArgument,
    ActorOption,
    JsonOption,
    NoteOption,
    StoreOption,
    account_id,
    actor,
    duration,
    instant,
)
from habeas.domain.decision import Outcome
from habeas.domain.errors import BadInputError
from habeas.domain.event_data import ExemptAct, LiftAct, PlaceAct
from habeas.domain.evidence import Evidence
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.kind import ACCOUNT_KINDS, Kind
from habeas.domain.restriction import Condition, Scope
from habeas.service.acts import carry_out

E = TypeVar("E", bound=StrEnum)


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
        note=_note(note),
        reason=reason,
        kind=_one_of(kind, Kind, [str(k) for k in ACCOUNT_KINDS], "--kind") if kind else None,
        scope=_one_of(scope, Scope, [str(s) for s in Scope], "--scope") if scope else None,
        evidence=_one_of(evidence, Evidence, [str(e) for e in Evidence], "--evidence"),
        ends_at=ends_at,
        condition=Condition(condition, now + duration(recheck, "--recheck"), owner) if condition else None,
        facts=dict(_fact(text) for text in fact or ()),
    )
    _carry_out(account_id(account), act, store, json=json)


def lift(
    restriction: Annotated[str, typer.Argument(metavar="RESTRICTION", help="The restriction's id.")],
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Lift a restriction.

    Example: habeas lift rs_5k2jq3v7x4m6a2bc --note "control proved on the phone of record" --as tom:analyst
    """
    act = LiftAct(actor=actor(as_), note=_note(note), restriction=RestrictionId(restriction))
    with wiring.opened_store(store) as opened, opened.reading() as reader:
        account = reader.restriction_account(RestrictionId(restriction))
    if account is None:
        raise BadInputError(
            f"there is no restriction `{restriction}` here; `habeas account ACCOUNT` lists an account's"
        )
    _carry_out(account, act, store, json=json)


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
    chosen = tuple(_one_of(kind, Kind, [str(k) for k in ACCOUNT_KINDS], "--kind") for kind in kinds)
    act = ExemptAct(actor=actor(as_), note=_note(note), kinds=chosen, until_at=wiring.now() + duration(for_, "--for"))
    _carry_out(account_id(account), act, store, json=json)


def _carry_out(account: AccountId, act: PlaceAct | LiftAct | ExemptAct, store: str | None, *, json: bool) -> None:
    with wiring.opened_store(store) as opened, wiring.opened_intake(opened) as intake:
        outcome = carry_out(intake, account, act, wiring.now())
    _report(outcome, json=json)


def _report(outcome: Outcome, *, json: bool) -> None:
    if json:
        show.json_line(outcome)
    if outcome.refusal is not None:
        print(f"refused: {outcome.refusal.message}", file=sys.stderr)
        raise typer.Exit(1)
    if not json:
        print("\n".join(show.outcome_lines(outcome)))


def _note(text: str) -> str:
    if len(text.strip()) < 3:
        raise BadInputError("--note must say why, in a few words")
    return text.strip()


def _one_of(text: str, type_: type[E], known: list[str], option: str) -> E:
    if text not in known:
        raise BadInputError(f"{option} `{text}` must be one of {', '.join(known)}")
    return type_(text)


def _fact(text: str) -> tuple[str, str]:
    name, is_pair, value = text.partition("=")
    if not is_pair or not name:
        raise BadInputError(f"--fact `{text}` must be NAME=VALUE")
    return name, value
