"""How an act of staff is carried out and reported. A refused act is recorded, says why, and exits 1."""

import sys
from enum import StrEnum
from typing import TypeVar

import typer

from habeas.cli import show, wiring
from habeas.domain.decision import Outcome, Refusal
from habeas.domain.errors import BadInputError, UnknownIdError
from habeas.domain.ids import AccountId, RestrictionId
from habeas.service.acts import Act, carry_out

E = TypeVar("E", bound=StrEnum)


def act_on_account(account: AccountId, act: Act, store: str | None, *, json: bool) -> None:
    """Carry out an act on an account, and print what it led to."""
    with wiring.opened_store(store) as opened, wiring.opened_intake(opened) as intake:
        outcome = carry_out(intake, account, act, wiring.now())
    report(outcome, json=json)


def act_on_restriction(restriction: RestrictionId, act: Act, store: str | None, *, json: bool) -> None:
    """Carry out an act on a restriction, wherever it stands. Raises BadInputError if there is none of that id."""
    with wiring.opened_store(store) as opened, opened.reading() as reader:
        account = reader.restriction_account(restriction)
    if account is None:
        raise UnknownIdError(
            f"there is no restriction `{restriction}` here; `habeas account ACCOUNT` lists an account's"
        )
    act_on_account(account, act, store, json=json)


def report(outcome: Outcome, *, json: bool) -> None:
    """Print an outcome; a refusal goes to stderr and ends with exit code 1."""
    if json:
        show.json_line(outcome)
    if outcome.refusal is not None:
        raise refused(outcome.refusal)
    if not json:
        print("\n".join(show.outcome_lines(outcome)))


def refused(refusal: Refusal) -> typer.Exit:
    """Say on stderr why something is not done; what to raise then."""
    print(f"refused: {refusal.message}", file=sys.stderr)
    return typer.Exit(1)


def one_of(text: str, type_: type[E], known: list[E], option: str) -> E:
    """A value of a closed set. Raises BadInputError that names the set."""
    if text not in known:
        raise BadInputError(f"{option} `{text}` must be one of {', '.join(known)}")
    return type_(text)
