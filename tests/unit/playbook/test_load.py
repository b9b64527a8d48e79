"""Reading a playbook: every fault is one sentence that names the file and the path inside it."""

import re

import pytest

from habeas.detection.table import DETECTORS
from habeas.domain.errors import PlaybookError
from habeas.domain.ids import EntityId
from habeas.domain.kind import Kind
from habeas.playbook.load import read_playbook, shipped_playbook
from habeas.playbook.policy import Policy
from tests.stories import span, the_playbook

SHIPPED = the_playbook().text.decode()


def changed(*changes: tuple[str, str], more: str = "") -> str:
    """The shipped text with some passages replaced, and something added at its end."""
    text = SHIPPED
    for old, new in changes:
        assert text.count(old) >= 1, f"the shipped playbook no longer says `{old}`"
        text = text.replace(old, new, 1)
    return text + more


def fault(text: str) -> str:
    """The sentence with which a playbook is refused."""
    with pytest.raises(PlaybookError) as caught:
        read_playbook(text.encode(), "house.toml")
    said = str(caught.value)
    assert said.startswith("house.toml")
    assert "\n" not in said
    assert not re.search(r"Traceback|Struct\b|msgspec|NoneType|<class", said)
    return said


def policy_of(text: str, entity: str = "main") -> Policy:
    return read_playbook(text.encode(), "house.toml").policy(EntityId(entity))


def test_the_shipped_playbook_loads() -> None:
    assert shipped_playbook().version.startswith("2026.11.1@")


A_RESPONSE = """
[[response]]
signal = "leap_chain"
at_least = 0.99
place = [{ %s }]
"""


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("this is no TOML", "not readable TOML"),
        (changed(more='\n[reasons.X]\npurpose = "protect_user"\n'), "unknown section `reasons`"),
        (changed(('version = "2026.11.1"', "version = 7")), "needs a `version` string"),
        (changed(("[entity.main]", "[entity.other]")), "[entity.main]"),
        (changed(('unstake = "transfer_own"', 'unstake = "fly"')), "action"),
        (changed(('unknown_outflow = "HOLD"', 'unknown_outflow = "MAYBE"')), "safety.unknown_outflow"),
        (changed(('ahead_for = "5m"', 'ahead_for = "soon"')), "safety.ahead_for"),
        (changed(('ahead_for = "5m"', "ahead_for = 5")), "safety.ahead_for"),
        (changed(("[detector.travel]", "[detector.teleport]")), "`detector.teleport` is no detector"),
        (changed(("chain_leaps_min = 2", 'chain_leaps_min = "two"')), "detector.travel.chain_leaps_min"),
        (changed(("chain_leaps_min = 2", "chain_leaps = 2")), "detector.travel"),
        (changed(("sim_change = 40", "sim_swap = 40")), "sim_swap"),
        (changed(('signal = "kyc_region"', 'signal = "kyc_regoin"')), "no detector signals `kyc_regoin`"),
        (changed(('place = [{ reason = "KYC_REGION" }]', 'place = [{ reason = "KYC" }]')), "the reason `KYC` has no"),
        (changed(('kind = "TEMP_RISK"', 'kind = "TIME_OUT"')), "reason.RISK_CONTROL.kind"),
        (changed(("[kind.TEMP_RISK]", "[kind.TIME_OUT]")), "kind"),
        (changed(('disclosure = "LIMITED"', 'disclosure = "SECRET"')), "reason.ACCOUNT_TAKEOVER.disclosure"),
        (changed(('disclosure = "LIMITED"', 'disclosure = "GAGGED"')), "reason.ACCOUNT_TAKEOVER"),
        (changed(('disclosure = "LIMITED"', 'disclosure = "STATUTORY"')), "sealed desk"),
        (changed(('purpose = "protect_user"', 'purpose = "protect_profit"')), "reason.ACCOUNT_TAKEOVER.purpose"),
        (changed(('tier = "local"', 'tier = "galactic"')), "reason.ACCOUNT_TAKEOVER.ground.tier"),
        (changed(('remedies = ["wait_until_end", "contact_support"]', "remedies = []")), "`remedies` is empty"),
        (changed(('considered = ["only what moves', 'consider = ["only what moves')), "reason.SYSTEM_REVIEW"),
        (
            changed(('on_place = ["recall_withdrawals", "cancel', 'on_place = ["sell_all", "cancel')),
            "kind.OUTFLOW_HOLD",
        ),
        (changed(('basis = ["residence"]', 'basis = ["rumour"]')), "region.rules[7].basis"),
        (changed(("valid_from = 2017-09-04", 'valid_from = "long ago"')), "region.rules[7].valid_from"),
        (changed(more=A_RESPONSE % 'reason = "IP_REGION"'), "has no default kind"),
        (changed(more=A_RESPONSE % 'reason = "RISK_CONTROL", kind = "PERM_BAN"'), "does not permit PERM_BAN"),
        (changed(more=A_RESPONSE % 'reason = "RISK_CONTROL", kind = "OUTFLOW_HOLD"'), "does not permit OUTFLOW_HOLD"),
        (changed(more=A_RESPONSE % 'reason = "RISK_CONTROL", first_for = "73h"'), "longer than the ladder allows"),
        (
            changed(
                more=A_RESPONSE
                % 'reason = "KYC_REGION", evidence = "E3", kind = "OUTFLOW_HOLD", scope = "new_destinations"'
            ),
            "needs a `cool_off_for`",
        ),
        (
            changed(('quarantine = { reason = "SYSTEM_REVIEW" }', 'quarantine = { reason = "NOTHING" }')),
            "safety.quarantine",
        ),
    ],
)
def test_a_faulty_playbook_is_refused_in_one_sentence_that_says_where(text: str, about: str) -> None:
    assert about in fault(text)


def test_text_in_another_encoding_is_refused() -> None:
    with pytest.raises(PlaybookError, match=r"house\.toml is not readable TOML"):
        read_playbook(b'title = "\xff"', "house.toml")


FIRST_FOR_OF_RISK_CONTROL = 'kind = "TEMP_RISK"\nevidence = "E1"\nfirst_for = "24h"'
CONDITION = 'condition = { until = "shown", recheck_for = "30d", owner = "risk" }'


def test_a_reason_with_neither_an_end_nor_a_condition_is_refused() -> None:
    text = changed((FIRST_FOR_OF_RISK_CONTROL, 'kind = "TEMP_RISK"\nevidence = "E1"'))
    assert "at `reason.RISK_CONTROL`: set exactly one of `first_for` and `condition`" in fault(text)


def test_a_reason_with_both_an_end_and_a_condition_is_refused() -> None:
    text = changed((FIRST_FOR_OF_RISK_CONTROL, f"{FIRST_FOR_OF_RISK_CONTROL}\n{CONDITION}"))
    assert "at `reason.RISK_CONTROL`: set exactly one of `first_for` and `condition`" in fault(text)


def test_a_condition_is_no_way_around_the_ladder() -> None:
    # On mere suspicion everything has an end (model 1.10); a condition would make it open.
    text = changed((FIRST_FOR_OF_RISK_CONTROL, f'kind = "TEMP_RISK"\nevidence = "E1"\n{CONDITION}'))
    assert "RISK_CONTROL" in fault(text)


def test_a_placement_that_would_have_neither_a_length_nor_a_condition_is_refused() -> None:
    text = changed(more=A_RESPONSE % 'reason = "RISK_CONTROL", kind = "REGION_LOCK", evidence = "E3"')
    assert "response[" in fault(text)


def test_a_placement_of_another_kind_is_not_measured_by_the_reasons_own_length() -> None:
    # TOS_FAKE_DOCUMENT locks for 30 days by default; a hold placed for it lasts as long as the ladder allows a hold.
    text = changed(more=A_RESPONSE % 'reason = "TOS_FAKE_DOCUMENT", kind = "STEP_UP", evidence = "E1"')
    assert policy_of(text).response("leap_chain", 1.0) is not None


def test_a_placement_of_what_law_holds_must_stay_at_its_end() -> None:
    text = changed(more=A_RESPONSE % 'reason = "TAINTED_FUNDS", kind = "SANCTIONS_BLOCK", first_for = "24h"')
    assert "response[" in fault(text)


def test_a_fall_back_to_new_destinations_needs_a_cool_off() -> None:
    end = 'at_end = { ending = "fall_back", kind = "OUTFLOW_HOLD", scope = "new_destinations", lasts_for = "72h" }\n'
    text = changed((f'{end}cool_off_for = "72h"', end))
    assert "SCAM_OFFENDER" in fault(text)


def test_a_fall_back_to_what_law_holds_is_refused() -> None:
    text = changed(('kind = "OUTFLOW_HOLD", scope = "new_destinations", lasts_for', 'kind = "LEGAL_FREEZE", lasts_for'))
    assert "SCAM_OFFENDER" in fault(text)


@pytest.mark.parametrize("kind", ["FROZEN", "PERM_BAN", "LEGAL_FREEZE"])
def test_a_response_that_would_let_a_score_freeze_or_ban_is_refused(kind: str) -> None:
    text = changed(more=A_RESPONSE % f'reason = "TERMS_REVIEW", kind = "{kind}", evidence = "E5", first_for = "24h"')
    assert "response[" in fault(text)


@pytest.mark.parametrize("length", ["0h", "0d"])
def test_a_length_of_nothing_is_refused(length: str) -> None:
    text = changed((FIRST_FOR_OF_RISK_CONTROL, FIRST_FOR_OF_RISK_CONTROL.replace("24h", length)))
    assert "RISK_CONTROL" in fault(text)


def test_a_duration_beyond_all_measure_is_refused_like_any_other_fault() -> None:
    assert "ahead_for" in fault(changed(('ahead_for = "5m"', 'ahead_for = "99999999999d"')))


def with_instead(section: str, line: str) -> str:
    """The shipped text with all tables of a section taken out and a line in their place."""
    tables = re.split(r"(?m)^(?=\[)", SHIPPED)
    kept = [table for table in tables if not re.match(rf"\[+{section}\b", table)]
    return kept[0] + line + "\n" + "".join(kept[1:])


@pytest.mark.parametrize(
    "line",
    [
        'detector = "off"',
        "detector = { travel = 3 }",
        "detector = []",
        "reason = 3",
        "safety = []",
        'ladder = "high"',
        "kind = 1",
        "challenge = 1",
        "response = 1",
        "response = [1]",
        "action = 1",
        "entity = 3",
    ],
)
def test_a_section_of_the_wrong_shape_is_refused_and_not_ignored(line: str) -> None:
    section = line.split(" ", maxsplit=1)[0]
    assert section in fault(with_instead(section, line))


@pytest.mark.parametrize("entities", ['entity = ["main"]', 'entity = "main"', "[entity]\nmain = 3"])
def test_entities_that_are_no_tables_are_refused(entities: str) -> None:
    assert "entity" in fault(f'version = "1"\n{entities}\n')


def test_whether_a_detector_is_switched_on_is_yes_or_no() -> None:
    assert "detector.travel" in fault(changed(("[detector.travel]", '[detector.travel]\nenabled = "no"')))


def test_a_misspelt_row_of_the_ladder_is_refused() -> None:
    assert "ladder" in fault(changed(('[ladder."OUTFLOW_HOLD/new_destinations"]', "[ladder.OUTFLOW_HOLDS]")))


def test_a_misspelt_scope_in_the_ladder_is_refused() -> None:
    assert "ladder" in fault(changed(("OUTFLOW_HOLD/new_destinations", "DEPOSIT_HOLD/new_destination")))


def test_a_challenge_for_a_reason_that_is_not_there_is_refused() -> None:
    assert "challenge" in fault(changed(('"RISK_CONTROL", "SCAM_CONTACT"]', '"RISK_CONTROLL"]')))


# --- what may be changed


def test_a_vendors_signal_may_lead_to_a_restriction() -> None:
    more = '\n[[response]]\nsignal = "vendor.mule"\nplace = [{ reason = "SCAM_OFFENDER" }]\n'
    assert policy_of(changed(more=more)).response("vendor.mule", 0.5) is not None


def test_of_the_rows_of_one_signal_the_highest_that_is_reached_applies() -> None:
    more = """
[[response]]
signal = "vendor.mule"
[[response]]
signal = "vendor.mule"
at_least = 0.9
actions = ["revoke_sessions"]
"""
    policy = policy_of(changed(more=more))
    low, high = policy.response("vendor.mule", 0.89), policy.response("vendor.mule", 0.9)
    assert low is not None
    assert high is not None
    assert (low.actions, high.actions) == ((), ("revoke_sessions",))


def test_a_detector_can_be_switched_off() -> None:
    policy = policy_of(changed(("[detector.travel]", "[detector.travel]\nenabled = false")))
    assert set(policy.detectors) == {detector.name for detector in DETECTORS} - {"travel"}


@pytest.mark.row("A027")
def test_a_playbook_may_have_reasons_of_its_own() -> None:
    more = """
[reason.HOUSE_RULE]
purpose = "protect_others"
kind = "REGION_LOCK"
evidence = "E3"
first_for = "7d"
disclosure = "FULL"
ground = { basis = "contract", clause = "terms-house", jurisdiction = "contract", tier = "local" }
remedies = ["appeal"]
considered = ["a warning"]
"""
    assert policy_of(changed(more=more)).reasons["HOUSE_RULE"].kind is Kind.REGION_LOCK


AN_ENTITY = """
[entity.uk]
name = "the UK company"
contact = "help@example.org"
complaints = "the Financial Ombudsman Service"

[entity.uk.reason.RISK_CONTROL]
first_for = "12h"

[entity.uk.safety]
unknown_outflow = "DENY"
"""


def test_an_entity_lays_its_own_values_over_the_common_ones() -> None:
    uk = policy_of(changed(more=AN_ENTITY), "uk")
    assert uk.entity.name == "the UK company"
    assert uk.reasons["RISK_CONTROL"].first_for == span("12h")
    assert uk.reasons["RISK_CONTROL"].remedies == policy_of(SHIPPED).reasons["RISK_CONTROL"].remedies
    assert uk.safety.unknown_outflow == "DENY"


def test_the_values_of_one_entity_leave_the_others_alone() -> None:
    main = policy_of(changed(more=AN_ENTITY))
    assert main.reasons["RISK_CONTROL"].first_for == span("24h")
    assert main.safety.unknown_outflow == "HOLD"


def test_a_fault_in_an_entitys_own_values_names_the_entity() -> None:
    said = fault(changed(more=AN_ENTITY.replace('"12h"', '"400h"')))
    assert "entity `uk`" in said
    assert "longer than the ladder allows" in said


def test_an_entity_may_not_lay_something_over_what_all_share() -> None:
    more = AN_ENTITY + '\n[entity.uk.action]\nteleport = "withdraw_crypto"\n'
    assert "entity.uk" in fault(changed(more=more))
