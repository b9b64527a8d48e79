"""The level table against a copy of model 5.1 kept here, and what must hold over every combination of kinds."""

from collections.abc import Iterator
from itertools import combinations

import pytest

from habeas.domain.capability import ACCOUNT_CAPABILITIES, FLOOR, RANK, Capability, Level, join
from habeas.domain.decision import ActionName
from habeas.domain.kind import (
    ACCOUNT_KINDS,
    FOUR_EYES_KINDS,
    HELD_BY_LAW_KINDS,
    LEVELS,
    MONEY_HELD_KINDS,
    PERSON_ONLY_KINDS,
    SEVERITY,
    Kind,
    covers,
)

# Copied from the model's text, section 5.1, not from the code.
MODEL_5_1 = """
| capability | STEP_UP | TEMP_RISK | OUTFLOW_HOLD | REGION_LOCK | WITHDRAW_ONLY | OFFBOARD_NOTICE | DEPOSIT_HOLD | FROZEN | LEGAL_FREEZE | SANCTIONS_BLOCK | PERM_BAN |
|---|---|---|---|---|---|---|---|---|---|---|---|
| login | . | . | s | . | . | . | . | X | X | s | X |
| view | . | . | . | . | . | . | . | X | X | . | X |
| place_order | . | X | X | X | X | . | . | X | X | X | X |
| close_position | . | . | s | . | . | . | . | X | X | X | X |
| cancel_order | . | . | . | . | . | . | . | X | X | X | X |
| withdraw_crypto | s | s | X | . | . | . | . | X | X | X | h |
| withdraw_fiat | s | s | X | . | . | . | . | X | X | X | h |
| deposit_crypto | . | . | . | X | X | . | . | X | X | h | X |
| deposit_fiat | . | X | X | X | X | . | . | X | X | X | X |
| p2p | s | X | X | X | X | . | . | X | X | X | X |
| transfer_out | s | X | X | X | X | . | . | X | X | X | X |
| transfer_own | . | . | X | . | . | . | . | X | X | X | X |
| upgrade_kyc | . | X | X | X | X | X | . | X | X | X | X |
| submit_documents | . | . | . | . | . | . | . | . | . | . | . |
| create_subaccount | . | X | X | X | X | X | . | X | X | X | X |
| api_keys | s | X | X | X | X | . | . | X | X | X | X |
| change_security | s | s | h | . | . | . | . | X | X | X | X |
| contact_support | . | . | . | . | . | . | . | . | . | . | . |
| file_appeal | . | . | . | . | . | . | . | . | . | . | . |
| export_data | s | . | s | . | . | . | . | s | s | . | s |
| deactivate | s | h | X | . | . | . | X | X | X | X | X |
"""  # noqa: E501 - a table is read across

SIGNS = {".": "ALLOW", "s": "STEP_UP", "h": "HOLD", "X": "DENY"}
FLOOR_NAMES = {"contact_support", "submit_documents", "file_appeal", "export_data"}
FREEZES = ("FROZEN", "LEGAL_FREEZE", "SANCTIONS_BLOCK", "PERM_BAN")


def the_model() -> dict[tuple[str, str], str]:
    """(kind, capability) to level, from the text above."""
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in MODEL_5_1.strip().splitlines())
    return {(kind, row[0]): SIGNS[sign] for row in rows for kind, sign in zip(head[1:], row[1:], strict=True)}


def subsets() -> Iterator[tuple[Kind, ...]]:
    """All 2,048 combinations of the 11 kinds."""
    for size in range(len(ACCOUNT_KINDS) + 1):
        yield from combinations(ACCOUNT_KINDS, size)


def joined(kinds: tuple[Kind, ...], capability: Capability) -> Level:
    return join(LEVELS[kind][capability] for kind in kinds)


# --- the table


def test_the_table_says_what_the_model_says() -> None:
    ours = {(str(k), str(c)): str(LEVELS[k][c]) for k in ACCOUNT_KINDS for c in ACCOUNT_CAPABILITIES}
    assert ours == the_model()


def test_there_are_21_capabilities_and_11_kinds_of_restriction() -> None:
    assert len(ACCOUNT_CAPABILITIES) == 21
    assert len(ACCOUNT_KINDS) == 11


def test_a_changed_cell_would_be_noticed() -> None:
    ours = {(str(k), str(c)): str(LEVELS[k][c]) for k in ACCOUNT_KINDS for c in ACCOUNT_CAPABILITIES}
    ours["REGION_LOCK", "view"] = "DENY"
    assert ours != the_model()


def test_every_kind_has_a_level_for_every_capability_and_for_opening_an_account() -> None:
    assert {kind: set(levels) for kind, levels in LEVELS.items()} == {kind: set(Capability) for kind in Kind}


def test_who_may_not_upgrade_the_identity_check_may_not_open_an_account() -> None:
    for kind in ACCOUNT_KINDS:
        assert LEVELS[kind][Capability.OPEN_ACCOUNT] is LEVELS[kind][Capability.UPGRADE_KYC]


def test_a_blocked_ip_is_denied_everything_but_the_floor() -> None:
    allowed = {str(c) for c in Capability if LEVELS[Kind.IP_BLOCK][c] is Level.ALLOW}
    denied = {str(c) for c in Capability if LEVELS[Kind.IP_BLOCK][c] is Level.DENY}
    assert allowed == FLOOR_NAMES
    assert denied == {str(c) for c in Capability} - FLOOR_NAMES


def test_the_floor_is_support_documents_appeal_and_own_data() -> None:
    assert {str(c) for c in FLOOR} == FLOOR_NAMES


# --- rows of the articles


@pytest.mark.parametrize(
    ("capability", "level"),
    [
        pytest.param("view", "ALLOW", marks=pytest.mark.row("B047")),
        pytest.param("withdraw_crypto", "ALLOW", marks=pytest.mark.row("B048", "B056")),
        pytest.param("withdraw_fiat", "ALLOW", marks=pytest.mark.row("B048", "B056")),
        pytest.param("cancel_order", "ALLOW", marks=pytest.mark.row("B049")),
        pytest.param("contact_support", "ALLOW", marks=pytest.mark.row("A096", "B050")),
        pytest.param("place_order", "DENY", marks=pytest.mark.row("B051")),
        pytest.param("deposit_fiat", "DENY", marks=pytest.mark.row("B052")),
        pytest.param("upgrade_kyc", "DENY", marks=pytest.mark.row("B053")),
        pytest.param("login", "ALLOW", marks=pytest.mark.row("B073", "B082")),
    ],
)
def test_a_region_lock_limits_exactly_what_the_article_says(capability: str, level: str) -> None:
    assert str(LEVELS[Kind.REGION_LOCK][Capability(capability)]) == level


@pytest.mark.row("B026")
@pytest.mark.parametrize("capability", ["place_order", "deposit_fiat", "upgrade_kyc"])
def test_a_temporary_risk_control_denies_what_a_region_lock_denies(capability: str) -> None:
    assert LEVELS[Kind.TEMP_RISK][Capability(capability)] is Level.DENY


@pytest.mark.row("B074")
@pytest.mark.parametrize("kind", [Kind.FROZEN, Kind.LEGAL_FREEZE])
def test_a_frozen_account_cannot_log_in(kind: Kind) -> None:
    assert LEVELS[kind][Capability.LOGIN] is Level.DENY


@pytest.mark.row("B077")
def test_a_region_lock_is_milder_than_a_freeze_in_effect_and_in_order() -> None:
    assert covers(Kind.FROZEN, Kind.REGION_LOCK)
    assert not covers(Kind.REGION_LOCK, Kind.FROZEN)
    assert SEVERITY[Kind.REGION_LOCK] < SEVERITY[Kind.FROZEN]


@pytest.mark.row("B058")
def test_every_kind_that_holds_money_back_forbids_the_reassurance() -> None:
    withdrawal = (Capability.WITHDRAW_CRYPTO, Capability.WITHDRAW_FIAT)
    holding = {k for k in ACCOUNT_KINDS if any(LEVELS[k][c] >= Level.HOLD for c in withdrawal)}
    assert holding | {Kind.DEPOSIT_HOLD} == MONEY_HELD_KINDS


@pytest.mark.row("B055")
def test_nothing_that_habeas_asks_of_the_exchange_moves_the_assets() -> None:
    assert {str(action) for action in ActionName} == {"recall_withdrawals", "cancel_risk_orders", "revoke_sessions"}


# --- every combination of kinds


def test_the_join_is_the_same_in_any_order_and_however_often() -> None:
    for kinds in subsets():
        for capability in ACCOUNT_CAPABILITIES:
            level = joined(kinds, capability)
            assert joined(kinds[::-1], capability) is level
            assert joined(kinds + kinds, capability) is level


def test_one_more_kind_never_allows_more() -> None:
    for kinds in subsets():
        for capability in ACCOUNT_CAPABILITIES:
            level = joined(kinds, capability)
            assert all(joined((*kinds, more), capability) >= level for more in ACCOUNT_KINDS)


def test_the_join_of_a_combination_is_its_highest_level_by_rank() -> None:
    order = ["ALLOW", "STEP_UP", "HOLD", "DENY"]
    model = the_model()
    for kinds in subsets():
        for capability in ACCOUNT_CAPABILITIES:
            highest = max((order.index(model[str(k), str(capability)]) for k in kinds), default=0)
            assert str(joined(kinds, capability)) == order[highest]


def test_no_combination_takes_the_floor_away() -> None:
    for kinds in subsets():
        assert all(joined(kinds, capability) <= Level.STEP_UP for capability in FLOOR)


@pytest.mark.row("B048", "B056")
def test_a_freeze_beats_the_permission_to_withdraw() -> None:
    for kinds in subsets():
        names = {str(kind) for kind in kinds}
        if names & {"WITHDRAW_ONLY", "REGION_LOCK"} and names & set(FREEZES):
            assert joined(kinds, Capability.WITHDRAW_CRYPTO) >= Level.HOLD
        if names & {"FROZEN", "LEGAL_FREEZE", "SANCTIONS_BLOCK", "OUTFLOW_HOLD"}:
            assert joined(kinds, Capability.WITHDRAW_CRYPTO) is Level.DENY


def test_a_join_by_name_instead_of_rank_would_be_noticed() -> None:
    # Alphabetically, DENY comes before HOLD; that is the mistake this test knows about.
    def by_name(kinds: tuple[Kind, ...], capability: Capability) -> Level:
        return Level(max((str(LEVELS[k][capability]) for k in kinds), default="ALLOW"))

    assert any(by_name(kinds, c) is not joined(kinds, c) for kinds in subsets() for c in ACCOUNT_CAPABILITIES)


# --- levels and closed sets


def test_levels_are_ordered_by_how_far_they_limit() -> None:
    assert sorted(Level, key=RANK.__getitem__) == [Level.ALLOW, Level.STEP_UP, Level.HOLD, Level.DENY]
    assert Level.ALLOW < Level.STEP_UP < Level.HOLD < Level.DENY
    assert Level.DENY > Level.HOLD >= Level.HOLD > Level.STEP_UP > Level.ALLOW
    assert Level.ALLOW <= Level.ALLOW
    assert max(Level) is Level.DENY


def test_no_answer_at_all_is_permission() -> None:
    assert join([]) is Level.ALLOW


def test_every_kind_has_its_place_in_the_order_of_severity() -> None:
    assert sorted(SEVERITY.values()) == list(range(12))
    assert set(SEVERITY) == set(Kind)


def test_bans_orders_and_sanctions_need_two_people() -> None:
    assert {str(kind) for kind in FOUR_EYES_KINDS} == {"PERM_BAN", "LEGAL_FREEZE", "SANCTIONS_BLOCK"}


def test_only_a_person_freezes_or_bans() -> None:
    assert {str(kind) for kind in PERSON_ONLY_KINDS} == {"FROZEN", "PERM_BAN", "LEGAL_FREEZE"}


def test_time_never_frees_what_sanctions_and_courts_hold() -> None:
    assert {str(kind) for kind in HELD_BY_LAW_KINDS} == {"SANCTIONS_BLOCK", "LEGAL_FREEZE"}
