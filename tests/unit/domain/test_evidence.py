"""How long each kind may last on each grade of evidence: the shipped ladder against model 5.2."""

from datetime import timedelta

import pytest

from habeas.domain.evidence import NOT_PERMITTED, Allowance, Evidence, Rung, allowed_length
from habeas.domain.kind import ACCOUNT_KINDS
from tests.stories import span, the_policy

NO_LIMIT = Allowance(permitted=True, max_for=None)


def allowed(kind: str, evidence: str, *, scope: str = "account", circumstances: tuple[str, ...] = ()) -> Allowance:
    return allowed_length(the_policy().ladder, kind, Evidence(evidence), scope, circumstances)


def at_most(text: str) -> Allowance:
    return Allowance(permitted=True, max_for=span(text))


@pytest.mark.parametrize(
    ("kind", "evidence", "allowance"),
    [
        ("STEP_UP", "E1", at_most("24h")),
        ("TEMP_RISK", "E1", at_most("72h")),
        ("OUTFLOW_HOLD", "E1", NOT_PERMITTED),
        ("OUTFLOW_HOLD", "E2", at_most("24h")),
        ("OUTFLOW_HOLD", "E3", at_most("7d")),
        ("DEPOSIT_HOLD", "E1", at_most("72h")),
        ("DEPOSIT_HOLD", "E3", at_most("30d")),
        ("DEPOSIT_HOLD", "E4", at_most("90d")),
        ("REGION_LOCK", "E3", NO_LIMIT),
        ("WITHDRAW_ONLY", "E2", NOT_PERMITTED),
        ("WITHDRAW_ONLY", "E3", NO_LIMIT),
        ("OFFBOARD_NOTICE", "E2", NOT_PERMITTED),
        ("OFFBOARD_NOTICE", "E3", NO_LIMIT),
        ("FROZEN", "E1", NOT_PERMITTED),
        ("FROZEN", "E2", at_most("24h")),
        ("FROZEN", "E3", at_most("15d")),
        ("FROZEN", "E4", at_most("90d")),
        ("PERM_BAN", "E3", NOT_PERMITTED),
        ("PERM_BAN", "E4", NO_LIMIT),
        ("LEGAL_FREEZE", "E2", NOT_PERMITTED),
        ("LEGAL_FREEZE", "E3", at_most("72h")),
        ("LEGAL_FREEZE", "E4", at_most("72h")),
        ("LEGAL_FREEZE", "E5", NO_LIMIT),
        ("SANCTIONS_BLOCK", "E1", NO_LIMIT),
        ("SANCTIONS_BLOCK", "E5", NO_LIMIT),
    ],
)
def test_the_shipped_ladder_allows_what_the_model_allows(kind: str, evidence: str, allowance: Allowance) -> None:
    assert allowed(kind, evidence) == allowance


@pytest.mark.parametrize(
    ("circumstances", "length"),
    [
        ((), "24h"),
        (("credential_change",), "48h"),
        (("credential_change", "sim_and_credential_change"), "72h"),
        (("something else",), "24h"),
    ],
)
def test_an_outflow_hold_lasts_longer_when_credentials_and_sim_changed(
    circumstances: tuple[str, ...], length: str
) -> None:
    assert allowed("OUTFLOW_HOLD", "E2", circumstances=circumstances) == at_most(length)


def test_one_automated_signal_may_hold_new_destinations_although_it_may_not_hold_all_outflow() -> None:
    assert allowed("OUTFLOW_HOLD", "E1", scope="new_destinations") == at_most("72h")


def test_a_kind_that_the_ladder_does_not_name_is_not_permitted() -> None:
    assert allowed("IP_BLOCK", "E5") == NOT_PERMITTED


def test_every_kind_of_restriction_stands_in_the_shipped_ladder() -> None:
    assert {key.split("/")[0] for key in the_policy().ladder} == {str(kind) for kind in ACCOUNT_KINDS}


def test_a_higher_rung_that_names_less_does_not_take_away_what_a_lower_one_gave() -> None:
    ladder = {"STEP_UP": {Evidence.E1: Rung(span("48h")), Evidence.E3: Rung(span("24h"))}}
    assert allowed_length(ladder, "STEP_UP", Evidence.E3) == at_most("48h")


@pytest.mark.row("A026")
def test_mere_suspicion_always_has_an_end() -> None:
    # Declared facts (region) and what the law holds until a person has looked are no suspicion.
    for kind in ("STEP_UP", "TEMP_RISK", "OUTFLOW_HOLD", "DEPOSIT_HOLD", "FROZEN"):
        for evidence in ("E1", "E2"):
            allowance = allowed(kind, evidence)
            assert not allowance.permitted or allowance.max_for is not None
            assert allowance.max_for is None or allowance.max_for <= timedelta(hours=72)
