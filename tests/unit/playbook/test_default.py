"""The shipped playbook against a copy of model 5.7 kept here, and what every reason must carry."""

import datetime as dt

import pytest

from habeas.detection.table import DETECTORS
from habeas.domain.capability import Level
from habeas.domain.kind import MONEY_HELD_KINDS, SEVERITY, Kind
from habeas.domain.reason import Purpose, Reason, Tier
from habeas.domain.restriction import Ending, Scope
from habeas.playbook.policy import Playbook
from tests.stories import span, the_playbook, the_policy

# From model 5.7: purpose, default kind, default scope, first length (None: a condition), evidence, disclosure, and the
# promise (upper bound; None: instant or external). Rows of the table that are no reason of their own (PERM_BAN) are left out.
MODEL_5_7 = """
ACCOUNT_TAKEOVER      protect_user    STEP_UP         account  24h   E1 LIMITED 48h
SCAM_VICTIM           protect_user    OUTFLOW_HOLD    account  24h   E2 FULL    48h
SCAM_CONTACT          protect_user    STEP_UP         account  24h   E1 FULL    -
SCAM_OFFENDER         protect_others  OUTFLOW_HOLD    account  24h   E2 LIMITED 15d
SANCTIONS_NEXUS       comply_law      SANCTIONS_BLOCK holder   -     E1 LIMITED 24h
SANCTIONED_RESIDENCE  comply_law      REGION_LOCK     account  -     E3 FULL    7d
SANCTIONED_TRAVEL     comply_law      REGION_LOCK     account  -     E3 FULL    48h
RESTRICTED_TRAVEL     comply_law      REGION_LOCK     account  30d   E3 FULL    7d
TOS_FAKE_DOCUMENT     protect_others  REGION_LOCK     account  30d   E3 FULL    15d
TOS_ABUSE             protect_others  REGION_LOCK     account  7d    E3 FULL    15d
TOS_HACKER_SIGNS      protect_others  OUTFLOW_HOLD    account  24h   E2 LIMITED 15d
MISSING_DOCUMENT      comply_law      STEP_UP         account  14d   E3 FULL    7d
TAINTED_FUNDS         protect_others  DEPOSIT_HOLD    amount   72h   E1 LIMITED 7d
MALICIOUS_USER        protect_others  OUTFLOW_HOLD    account  24h   E2 LIMITED 15d
LEGAL_ORDER           comply_law      LEGAL_FREEZE    account  -     E5 FULL    15d
IP_REGION             comply_law      -               account  -     E1 FULL    48h
IP_REPUTATION         protect_user    -               account  -     E1 FULL    48h
NETWORK_MISIDENTIFIED protect_user    -               account  -     E1 FULL    48h
KYC_REGION            comply_law      REGION_LOCK     account  -     E3 FULL    7d
POLICY_EXIT           comply_law      WITHDRAW_ONLY   account  -     E3 FULL    7d
RISK_CONTROL          protect_user    TEMP_RISK       account  24h   E1 LIMITED 48h
REREGISTRATION        protect_others  -               account  -     E3 LIMITED 15d
TERMS_REVIEW          comply_law      FROZEN          account  15d   E3 LIMITED 15d
SYSTEM_REVIEW         protect_user    OUTFLOW_HOLD    account  24h   E2 FULL    24h
"""

ROWS = [line.split() for line in MODEL_5_7.strip().splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_reason_is_what_the_model_says(row: list[str]) -> None:
    code, purpose, kind, scope, first_for, evidence, disclosure, promise = row
    found = the_policy().reasons[code]
    assert (found.purpose, found.kind, found.scope, found.evidence, found.disclosure) == (
        purpose,
        None if kind == "-" else kind,
        scope,
        evidence,
        disclosure,
    )
    assert found.first_for == (None if first_for == "-" else span(first_for))
    assert found.promise.to_for == (None if promise == "-" else span(promise))


@pytest.mark.row("A003")
def test_every_reason_that_habeas_knows_has_a_row_and_no_other_code_has_one() -> None:
    assert set(the_policy().reasons) == {str(reason) for reason in Reason} == {row[0] for row in ROWS}


def test_the_reasons_are_those_of_the_interface_and_the_one_for_our_own_failures() -> None:
    interface = (
        "ACCOUNT_TAKEOVER, SCAM_VICTIM, SCAM_CONTACT, SCAM_OFFENDER, SANCTIONS_NEXUS, SANCTIONED_RESIDENCE, "
        "SANCTIONED_TRAVEL, RESTRICTED_TRAVEL, TOS_FAKE_DOCUMENT, TOS_ABUSE, TOS_HACKER_SIGNS, MISSING_DOCUMENT, "
        "TAINTED_FUNDS, MALICIOUS_USER, LEGAL_ORDER, IP_REGION, IP_REPUTATION, NETWORK_MISIDENTIFIED, KYC_REGION, "
        "POLICY_EXIT, RISK_CONTROL, REREGISTRATION, TERMS_REVIEW"
    )
    assert {str(reason) for reason in Reason} == {*interface.split(", "), "SYSTEM_REVIEW"}


@pytest.mark.row("A001")
def test_every_reason_serves_one_of_the_three_purposes() -> None:
    assert {reason.purpose for reason in the_policy().reasons.values()} == set(Purpose)


@pytest.mark.row("A003")
def test_a_takeover_is_restricted_to_protect_the_user() -> None:
    assert the_policy().reasons["ACCOUNT_TAKEOVER"].purpose is Purpose.PROTECT_USER


@pytest.mark.row("A014")
@pytest.mark.parametrize("code", [row[0] for row in ROWS])
def test_every_reason_names_its_legal_ground_and_whose_law_it_is(code: str) -> None:
    ground = the_policy().reasons[code].ground
    assert ground.clause
    assert ground.jurisdiction
    assert ground.tier in set(Tier)


@pytest.mark.row("A014")
def test_the_shipped_grounds_are_of_several_tiers() -> None:
    assert {reason.ground.tier for reason in the_policy().reasons.values()} == set(Tier)


@pytest.mark.row("A013")
@pytest.mark.parametrize("code", [row[0] for row in ROWS])
def test_every_reason_lists_what_its_user_can_do(code: str) -> None:
    assert the_policy().reasons[code].remedies


@pytest.mark.row("A026")
def test_no_reason_is_permanent_by_default() -> None:
    reasons = the_policy().reasons.values()
    assert all(reason.kind is not Kind.PERM_BAN for reason in reasons)
    assert all((reason.first_for is None) != (reason.condition is None) for reason in reasons if reason.kind)


def test_every_condition_says_when_somebody_looks_again_and_who() -> None:
    for code, reason in the_policy().reasons.items():
        if reason.condition is not None:
            assert reason.condition.recheck_for <= span("365d"), code
            assert reason.condition.owner, code


@pytest.mark.row("B015")
def test_a_region_lock_by_identity_data_has_no_end_and_a_yearly_look() -> None:
    reason = the_policy().reasons["KYC_REGION"]
    assert reason.condition is not None
    assert (reason.kind, reason.first_for, reason.condition.recheck_for) == (Kind.REGION_LOCK, None, span("365d"))


@pytest.mark.row("B008")
def test_each_meaning_of_region_locked_has_its_own_reason_remedies_and_promise() -> None:
    # The four meanings: by identity data, by network, by a policy's end, by risk control.
    meanings = ("KYC_REGION", "IP_REGION", "POLICY_EXIT", "RISK_CONTROL")
    handled = {
        (reason.kind, reason.remedies, reason.promise.from_for, reason.promise.to_for)
        for reason in (the_policy().reasons[code] for code in meanings)
    }
    assert len(handled) == 4
    assert len({the_policy().reasons[code].remedies for code in meanings}) == 4


@pytest.mark.row("B054", "B058", "B077")
def test_no_region_reason_freezes_assets() -> None:
    for code in ("KYC_REGION", "RESTRICTED_TRAVEL", "SANCTIONED_TRAVEL", "POLICY_EXIT", "RISK_CONTROL"):
        kind = the_policy().reasons[code].kind
        assert kind is not None
        assert kind not in MONEY_HELD_KINDS
        assert SEVERITY[kind] < SEVERITY[Kind.FROZEN]


def test_what_law_holds_stays_at_its_end_and_pages() -> None:
    for reason in the_policy().reasons.values():
        if reason.kind in (Kind.SANCTIONS_BLOCK, Kind.LEGAL_FREEZE):
            assert reason.at_end.ending is Ending.HOLD_AND_PAGE
            assert reason.is_mandatory


@pytest.mark.row("A028")
def test_what_law_requires_is_mandatory_and_the_house_rules_are_not() -> None:
    mandatory = {code for code, reason in the_policy().reasons.items() if reason.is_mandatory}
    assert {"SANCTIONS_NEXUS", "SANCTIONED_RESIDENCE", "SANCTIONED_TRAVEL", "LEGAL_ORDER"} <= mandatory
    assert not mandatory & {"RISK_CONTROL", "ACCOUNT_TAKEOVER", "TOS_ABUSE", "SCAM_VICTIM"}


def test_a_mules_hold_falls_back_to_a_hold_on_new_destinations() -> None:
    end = the_policy().reasons["SCAM_OFFENDER"].at_end
    assert (end.ending, end.kind, end.scope, end.lasts_for) == (
        Ending.FALL_BACK,
        Kind.OUTFLOW_HOLD,
        Scope.NEW_DESTINATIONS,
        span("72h"),
    )


# --- responses


@pytest.mark.row("A029")
@pytest.mark.parametrize(
    ("points", "placed", "priority", "actions"),
    [
        (39, [], None, []),
        (40, [("STEP_UP", "account")], None, []),
        (69, [("STEP_UP", "account")], None, []),
        (70, [("OUTFLOW_HOLD", "account")], "high", []),
        (99, [("OUTFLOW_HOLD", "account")], "high", []),
        (100, [("OUTFLOW_HOLD", "account")], "page", ["revoke_sessions"]),
        (105, [("OUTFLOW_HOLD", "account")], "page", ["revoke_sessions"]),
    ],
)
def test_the_sequence_score_leads_to_what_detection_3_says(
    points: int, placed: list[tuple[str, str]], priority: str | None, actions: list[str]
) -> None:
    policy = the_policy()
    response = policy.response("takeover_sequence", min(1.0, points / 100))
    if response is None:
        assert placed == []
        return
    found = [
        (str(p.kind or policy.reasons[p.reason].kind), str(p.scope or policy.reasons[p.reason].scope))
        for p in response.place
    ]
    assert (found, response.case and str(response.case.priority), list(response.actions)) == (placed, priority, actions)


@pytest.mark.parametrize(("points", "holds"), [(39, False), (40, True), (69, True), (70, False)])
def test_the_way_out_to_new_destinations_waits_from_40_points_until_all_outflow_does(points: int, holds: bool) -> None:
    response = the_policy().response("takeover_way_out", points / 100)
    placed = [(str(p.kind), str(p.scope)) for p in response.place] if response else []
    assert placed == ([("OUTFLOW_HOLD", "new_destinations")] if holds else [])


def test_no_signal_leads_to_a_freeze_or_a_ban_by_itself() -> None:
    policy = the_policy()
    for responses in policy.responses.values():
        for response in responses:
            for p in (*response.place, *response.rearm):
                kind = p.kind or policy.reasons[p.reason].kind
                assert kind not in (Kind.FROZEN, Kind.PERM_BAN, Kind.LEGAL_FREEZE)


@pytest.mark.row("B027")
def test_the_risk_control_is_24_hours_at_first_72_at_most_and_twice_a_week_without_a_person() -> None:
    policy = the_policy()
    assert policy.reasons["RISK_CONTROL"].first_for == span("24h")
    kind = policy.kind_policy(Kind.TEMP_RISK)
    assert (kind.automated_max, kind.automated_within_for) == (2, span("7d"))


def test_every_signal_of_a_detector_that_has_a_response_has_one_that_can_be_reached() -> None:
    policy = the_policy()
    typologies = {typology for detector in DETECTORS for typology in detector.typologies}
    typologies |= {rule.typology for rule in policy.rules.rules}
    own = {signal for signal in policy.responses if not signal.startswith("vendor.")}
    assert own <= typologies
    assert all(policy.response(signal, 1.0) is not None for signal in policy.responses)


def test_a_signal_without_a_response_is_only_noted() -> None:
    assert the_policy().response("single_leap", 1.0) is None


# --- safety, entities, product actions


def test_outflow_of_an_account_nobody_knows_is_held() -> None:
    assert the_policy().safety.unknown_outflow is Level.HOLD


def test_a_gate_may_be_thirty_seconds_behind() -> None:
    assert the_policy().safety.stale_for == dt.timedelta(seconds=30)


def test_an_entity_that_the_playbook_does_not_name_follows_the_default_one() -> None:
    from habeas.domain.ids import EntityId

    assert the_playbook().policy(EntityId("nowhere")) is the_policy()


@pytest.mark.row("A033")
@pytest.mark.parametrize(
    ("name", "capability"),
    [
        ("convert", "place_order"),
        ("unstake", "transfer_own"),
        ("card_payment", "withdraw_fiat"),
        ("gift", "transfer_out"),
        ("withdraw_crypto", "withdraw_crypto"),
        ("teleport", None),
    ],
)
def test_product_actions_map_to_capabilities(name: str, capability: str | None) -> None:
    playbook: Playbook = the_playbook()
    assert playbook.capability(name) == capability


def test_the_version_of_the_playbook_changes_with_its_text() -> None:
    from habeas.playbook.load import read_playbook

    text = the_playbook().text
    assert read_playbook(text, "copy").version == the_playbook().version
    assert read_playbook(text + b"\n# a remark\n", "copy").version != the_playbook().version


def test_every_detector_has_its_figures_in_the_shipped_playbook() -> None:
    assert set(the_policy().detectors) == {detector.name for detector in DETECTORS}
