"""`habeas diagnose`: which kind of limit an account has, or which one symptoms mean."""

from pathlib import Path
from typing import Annotated

import typer

from habeas.cli import show, wiring
from habeas.cli.options import AtOption, JsonOption, StoreOption, account_id, instant
from habeas.disclosure.diagnosis import Diagnosis
from habeas.disclosure.diagnosis import diagnose as diagnose_symptoms
from habeas.disclosure.diagnosis_text import as_text
from habeas.disclosure.symptoms import read_symptoms
from habeas.domain.errors import BadInputError
from habeas.playbook.policy import DEFAULT_ENTITY
from habeas.service.questions import Questions


def diagnose(
    account: Annotated[str | None, typer.Argument(metavar="[ACCOUNT]", help="The account's id.")] = None,
    symptoms: Annotated[
        Path | None,
        typer.Option("--symptoms", metavar="FILE", help="What was observed, as JSON or TOML, instead of an account."),
    ] = None,
    locale: Annotated[str, typer.Option("--locale", help="Language, for example en.")] = "en",
    at: AtOption = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Say which kind of limit it is, what to do about it and how long that takes.

    For an account its public record is read. With --symptoms it is a guess with weights: the file names any of ips_tried,
    since, prior_ok, announcement, leaps_24h, kyc_country, kyc_country_status, recovered_after_h, vpn_asn, geoip_disagree,
    login_denied_without_region_text, such as {"ips_tried": {"home": "denied", "phone": "ok"}}.

    Example: habeas diagnose alice, or habeas diagnose --symptoms seen.toml
    """
    when = instant(at, "--at") if at else wiring.now()
    if account is not None and symptoms is None:
        with wiring.opened_store(store) as opened:
            found = Questions(opened, wiring.playbook()).diagnosis(account_id(account), when, locale)
    elif symptoms is not None and account is None:
        observed = read_symptoms(wiring.read_input(symptoms), str(symptoms), when)
        found = diagnose_symptoms(observed, wiring.playbook().policy(DEFAULT_ENTITY), when, locale)
    else:
        raise BadInputError("name either an account or --symptoms FILE, not both, for example habeas diagnose alice")
    show.json_line(found) if json else print(_text(found, locale), end="")


def _text(found: Diagnosis, locale: str) -> str:
    text = as_text(found, locale)
    if found.account is None or found.is_on_record:
        return text
    return f"{text}\nTo narrow it down, write down what you see: habeas diagnose --symptoms FILE\n"
