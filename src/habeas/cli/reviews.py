"""`habeas order review ...`: ordinary reviews, placed through the same command as what law keeps secret."""

from typing import Annotated

import typer

from habeas.cli.acting import one_of, refused
from habeas.cli.options import (
    AccountArgument,
    ActorOption,
    JsonOption,
    NoteOption,
    StoreOption,
    account_id,
    actor,
    duration,
    note_text,
)
from habeas.cli.sealed import SealedKeyOption, SealedStoreOption, done, opened_desk
from habeas.cli.show import when
from habeas.domain.decision import Refusal
from habeas.domain.evidence import Evidence
from habeas.domain.kind import Kind
from habeas.domain.restriction import Scope

app = typer.Typer(no_args_is_help=True, help="Reviews of accounts: one class, whatever the cause.")

ReviewArgument = Annotated[str, typer.Argument(metavar="REVIEW", help="The review's id.")]
EvidenceOption = Annotated[str, typer.Option("--evidence", help="E3 to E5: how well it is proved.")]
EvidenceIdOption = Annotated[list[str] | None, typer.Option("--evidence-id", help="May be repeated.")]
ForOption = Annotated[str, typer.Option("--for", metavar="LENGTH", help="How long, for example 15d.")]


@app.command()
def place(
    account: AccountArgument,
    reason: Annotated[str, typer.Option("--reason", help="The true reason, as the playbook calls it.")],
    note: NoteOption,
    as_: ActorOption,
    evidence: EvidenceOption = "E3",
    for_: ForOption = "15d",
    kind: Annotated[str, typer.Option("--kind", help="FROZEN or OUTFLOW_HOLD.")] = "FROZEN",
    scope: Annotated[str, typer.Option("--scope", help="account or holder.")] = "account",
    evidence_id: EvidenceIdOption = None,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Review an account. Its user is told what everybody is told whose account is reviewed.

    Example: habeas order review place alice --reason MALICIOUS_USER --note "case 17" --as sue:senior_analyst
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        review = opened.reviews.place(
            account_id(account),
            reason,
            one_of(evidence, Evidence, list(Evidence), "--evidence"),
            tuple(evidence_id or ()),
            duration(for_, "--for"),
            note_text(note),
            actor(as_),
            one_of(kind, Kind, [Kind.FROZEN, Kind.OUTFLOW_HOLD], "--kind"),
            one_of(scope, Scope, [Scope.ACCOUNT, Scope.HOLDER], "--scope"),
        )
        opened.submit()
    line = "" if isinstance(review, Refusal) else f"{review.id}  {review.status}  ends {when(review.ends_at)}"
    done(review, json=json, line=line)


@app.command()
def sign(
    review: ReviewArgument,
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Sign a review that is to last for more than 30 days.

    Example: habeas order review sign rv_5k2jq3v7 --as cora:counsel
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        signed = opened.reviews.sign(review, actor(as_))
        opened.submit()
    done(signed, json=json, line=f"{review} signed")


@app.command()
def renew(
    review: ReviewArgument,
    evidence: EvidenceOption,
    note: NoteOption,
    as_: ActorOption,
    for_: ForOption = "15d",
    evidence_id: EvidenceIdOption = None,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """It goes on, on new or higher evidence.

    Example: habeas order review renew rv_5k2jq3v7 --evidence E4 --note "forensics, report 12" --as sue:senior_analyst
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        renewed = opened.reviews.renew(
            review,
            one_of(evidence, Evidence, list(Evidence), "--evidence"),
            tuple(evidence_id or ()),
            duration(for_, "--for"),
            note_text(note),
            actor(as_),
        )
        opened.submit()
    line = "" if isinstance(renewed, Refusal) else f"{review} ends {when(renewed.ends_at)}"
    done(renewed, json=json, line=line)


@app.command()
def end(
    review: ReviewArgument,
    note: NoteOption,
    as_: ActorOption,
    void: Annotated[bool, typer.Option("--void", help="It was wrong from the start, as an appeal may show.")] = False,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """It ends at the next slot of its class.

    Example: habeas order review end rv_5k2jq3v7 --note "nothing found" --as tom:analyst
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        ended = opened.reviews.end(review, note_text(note), actor(as_), is_void=void)
        opened.submit()
    done(ended, json=json, line=f"{review} ends at the next slot")


@app.command("go-on")
def go_on(
    review: ReviewArgument,
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """At a slot of its class: it goes on until the class's next end, within the time that its evidence allows.

    Example: habeas order review go-on rv_5k2jq3v7 --note "forensics not back yet" --as tom:analyst
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        prolonged = opened.reviews.go_on(review, note_text(note), actor(as_))
        opened.submit()
    line = "" if isinstance(prolonged, Refusal) else f"{review} ends {when(prolonged.ends_at)}"
    done(prolonged, json=json, line=line)


@app.command("looked-at")
def looked_at(
    review: ReviewArgument,
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """You looked whether its user can be told more by now, and it is not yet so.

    Example: habeas order review looked-at rv_5k2jq3v7 --note "telling would show what we watch for" --as tom:analyst
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        looked = opened.reviews.looked_at(review, note_text(note), actor(as_))
    done(looked, json=json, line=f"{review} is looked at again in time")


@app.command("list")
def list_(
    as_: ActorOption,
    all_: Annotated[bool, typer.Option("--all", help="Those that are over too.")] = False,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Ordinary reviews, by when they end.

    Example: habeas order review list --as sue:senior_analyst
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        found = opened.reviews.all(actor(as_), is_open=None if all_ else True)
    if isinstance(found, Refusal):
        raise refused(found)
    for review in found:
        line = f"{review.id}  {review.status}  {review.account}  {review.reason}  ends {when(review.ends_at)}"
        done(review, json=json, line=line)
