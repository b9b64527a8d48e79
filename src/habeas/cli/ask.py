"""`habeas check`, `habeas statement`, `habeas account`: questions, which change nothing."""

from typing import Annotated

import typer

from habeas.cli import show, wiring
from habeas.cli.options import AccountArgument, AtOption, JsonOption, StoreOption, account_id, amount, instant, ip
from habeas.disclosure.text import as_text
from habeas.domain.capability import Capability
from habeas.domain.errors import BadInputError, UnknownIdError
from habeas.domain.verdict import Request
from habeas.service.questions import AccountView, Questions


def check(
    account: AccountArgument,
    capability: Annotated[str, typer.Argument(metavar="CAPABILITY", help="For example withdraw_crypto.")],
    ip_address: Annotated[str | None, typer.Option("--ip", help="Where the request comes from.")] = None,
    at: AtOption = None,
    asset: Annotated[str | None, typer.Option("--asset", help="For example BTC.")] = None,
    amount_: Annotated[str | None, typer.Option("--amount", help="How much of the asset.")] = None,
    balance: Annotated[str | None, typer.Option("--balance", help="How much of the asset the account has.")] = None,
    destination: Annotated[str | None, typer.Option("--destination", help="Address, bank account or payee.")] = None,
    known_since: Annotated[
        str | None, typer.Option("--known-since", help="Since when the destination is known.")
    ] = None,
    stage: Annotated[str, typer.Option("--stage", help="request or broadcast.")] = "request",
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """May this account do this, now or at another instant?

    Example: habeas check alice withdraw_crypto --destination bc1q... --known-since 2026-11-01T00:00:00Z
    """
    playbook = wiring.playbook()
    asked = playbook.capability(capability)
    if asked is None:
        known = ", ".join(c for c in Capability)
        raise BadInputError(f"`{capability}` is no capability; known are {known}, and the actions of the playbook")
    if stage not in ("request", "broadcast"):
        raise BadInputError(f"--stage `{stage}` must be request or broadcast")
    request = Request(
        capability=asked,
        at=instant(at, "--at") if at else wiring.now(),
        ip=ip(ip_address, "--ip"),
        stage=stage,
        asset=asset,
        amount=amount(amount_, "--amount"),
        balance=amount(balance, "--balance"),
        destination=destination,
        destination_known_since=instant(known_since, "--known-since") if known_since else None,
    )
    with wiring.opened_store(store) as opened:
        verdict = wiring.questions(opened).check(account_id(account), request)
    show.json_line(verdict) if json else print(show.verdict_line(verdict))


def statement(
    account: AccountArgument,
    locale: Annotated[str, typer.Option("--locale", help="Language, for example en.")] = "en",
    at: AtOption = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """What the user of an account is told.

    Example: habeas statement alice
    """
    when = instant(at, "--at") if at else wiring.now()
    with wiring.opened_store(store) as opened:
        words = Questions(opened, wiring.playbook()).statement(account_id(account), when, locale)
    show.json_line(words) if json else print(as_text(words, locale))


def account(account: AccountArgument, at: AtOption = None, store: StoreOption = None, json: JsonOption = False) -> None:
    """What staff see of an account: events with their signals, restrictions, cases.

    Example: habeas account alice
    """
    until = instant(at, "--at") if at else None
    with wiring.opened_store(store) as opened:
        view = Questions(opened, wiring.playbook()).account(account_id(account), until)
    if view.state is None:
        raise UnknownIdError(f"account `{account}` is unknown here; check the id and the store")
    show.json_line(view) if json else _print(view)


def _print(view: AccountView) -> None:
    assert view.state is not None
    console = show.console()
    state = view.state
    console.print(f"account {view.account}, entity {state.entity}, life {state.life}, holder {state.holder_or_self}")
    if state.parents:
        console.print(f"main account {', '.join(state.parents)}")
    console.print(f"residence {state.residence or '-'}, nationalities {', '.join(state.nationalities) or '-'}")
    for exemption in state.exemptions:
        kinds = ", ".join(exemption.kinds)
        console.print(
            f"exempt from {kinds} until {show.when(exemption.until_at)} by {exemption.granted_by}: {exemption.note}"
        )
    console.print("\nevents")
    for event in view.events:
        console.print(f"{show.when(event.time)}  {event.type}  from {event.source}")
        for line in show.outcome_lines(event.outcome)[1:]:
            console.print(line)
    console.print("\nrestrictions")
    for restriction in view.restrictions:
        console.print("\n".join(show.restriction_lines(restriction)))
    if not view.restrictions:
        console.print("none")
    console.print("\ncases")
    for case in view.cases:
        console.print(
            f"{case.id} {case.queue} {case.priority}, opened {show.when(case.opened_at)}, due {show.when(case.due_at)}"
        )
        console.print(f"  {case.why}")
    if not view.cases:
        console.print("none")
    console.print("\ndocument requests")
    for request in view.requests:
        optional = f", helpful {', '.join(request.optional)}" if request.optional else ""
        console.print(
            f"{request.id} {request.status} for {request.reason}: {', '.join(request.documents)}{optional}; "
            f"asked {show.when(request.issued_at)}, due {show.when(request.due_at)}"
        )
        console.print(f"  {request.why}")
    if not view.requests:
        console.print("none")
