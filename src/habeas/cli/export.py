"""`habeas export ...`: what leaves the house on paper: for a regulator, and for the person behind an account."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from habeas.cli import wiring
from habeas.cli.files import write_pair
from habeas.cli.options import AccountArgument, StoreOption, account_id
from habeas.domain.errors import BadInputError

app = typer.Typer(no_args_is_help=True, help="Files for a regulator, and for the person behind an account.")

OutOption = Annotated[Path, typer.Option("--out", metavar="DIR", help="An empty folder, or one that is not there yet.")]
SAMPLE = 20


@app.command()
def subject(
    account: AccountArgument,
    out: OutOption,
    locale: Annotated[str, typer.Option("--locale", help="Language, for example en.")] = "en",
    store: StoreOption = None,
) -> None:
    """Everything that the person behind an account may be told about it (GDPR, Article 15). The same form for everyone.

    Example: habeas export subject alice --out alice-data
    """
    from habeas.disclosure.access_text import access_text
    from habeas.service.subject import subject_of

    with wiring.opened_store(store) as opened:
        questions = wiring.questions(opened)
        told = subject_of(questions, account_id(account), wiring.now(), locale)
        text = access_text(told, questions.policy(told.account), locale)
    write_pair(out, "subject", told, text)


@app.command()
def regulator(
    from_: Annotated[str, typer.Option("--from", metavar="DAY", help="The first day, for example 2026-10-01.")],
    to: Annotated[str, typer.Option("--to", metavar="DAY", help="The day after the last one.")],
    out: OutOption,
    sample: Annotated[int, typer.Option("--sample", min=0, max=1000, help="How many restrictions to draw.")] = SAMPLE,
    seed: Annotated[int, typer.Option("--seed", help="The same seed draws the same ones again.")] = 0,
    store: StoreOption = None,
) -> None:
    """Counts of restrictions over a period, in bands, and some drawn by chance with their reasons. No personal data.

    Example: habeas export regulator --from 2026-10-01 --to 2027-01-01 --out q4
    """
    from habeas.service import regulator

    first, behind = _day(from_, "--from"), _day(to, "--to")
    if behind <= first:
        raise BadInputError(f"--to {behind} must be a day after --from {first}")
    with wiring.opened_store(store) as opened, opened.reading() as reader:
        told = regulator.sample(reader, wiring.playbook(), first, behind, wiring.now(), sample, seed)
    write_pair(out, "regulator", told, regulator.sample_text(told))


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInputError(f"{option} `{text}` is no day; write it like 2026-10-01") from None
