"""Where a request comes from: regions, sanctioned and restricted travel, territories and the traps in their names."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from habeas.decision.limits import request_limits
from habeas.domain.account import new_account
from habeas.domain.capability import ACCOUNT_CAPABILITIES, FLOOR, Level
from habeas.domain.facts import Facts, IpActivity, ListHit
from habeas.domain.ids import AccountId
from habeas.domain.kind import Kind
from habeas.domain.place import Place
from habeas.domain.restriction import HeldAmount, Scope
from habeas.domain.verdict import Request, Standing, evaluate
from tests.builders import NOON
from tests.stories import Story, a_place, a_settled_state, signals_of, span, the_policy

LISTED = ListHit("OFAC-SDN", "OFAC-SDN@2024-05-03", "27307", "ETH:0x7f367cc41522ce07553e823bf3be79a889debe1b")


def a_spot(country: str, latitude: float, longitude: float, region: str = "", code: str = "", **changes: Any) -> Place:
    place = Place(
        area=country,
        latitude=latitude,
        longitude=longitude,
        radius_km=100.0,
        prefix="198.51.100.0/24",
        sources=("cities-2026",),
        region=region,
        region_code=code,
    )
    return replace(place, **changes)


HAVANA = a_spot("CU", 23.1, -82.4)
SIMFEROPOL_RU = a_spot("RU", 44.9199, 34.0775, "Crimea")
SIMFEROPOL_UA = a_spot("UA", 44.95, 34.1, "Crimea", "UA-43")
SEVASTOPOL_RU = a_spot("RU", 44.6, 33.5, "Sebastopol City")
NEW_YORK = a_place("US")


def a_resident(of: str = "GB", **changes: Any) -> Story:
    return Story(replace(a_settled_state(), residence=of, nationalities=(of,), **changes))


def level(capability: str, facts: Facts) -> Level:
    """What a request may do, only because of what was looked up about it."""
    limits = request_limits(AccountId("a"), facts, the_policy(), NOON, is_outgoing=True)
    from habeas.domain.capability import Capability

    return evaluate(Standing(AccountId("a"), limits), Request(Capability(capability), NOON)).level


# --- the request itself


@pytest.mark.row("B003", "B010")
def test_a_request_from_a_region_that_is_not_served_is_refused_but_for_the_floor() -> None:
    levels = {c: level(c, Facts(place=HAVANA)) for c in ACCOUNT_CAPABILITIES}
    assert levels == {c: Level.ALLOW if c in FLOOR else Level.DENY for c in ACCOUNT_CAPABILITIES}


@pytest.mark.row("B010", "B012")
def test_the_refusal_of_a_request_changes_nothing_on_the_account_and_is_gone_on_another_network() -> None:
    story = a_resident()
    story.event("login.failed", place=HAVANA, ip="200.55.128.10")
    assert story.state.restrictions == ()
    assert level("login", Facts(place=a_place("GB"))) is Level.ALLOW


@pytest.mark.row("B028", "B030")
def test_nobody_is_refused_where_two_sources_disagree() -> None:
    assert level("login", Facts(place=replace(HAVANA, disagrees_with="MX"))) is Level.ALLOW


def test_the_us_is_never_an_ip_block() -> None:
    assert level("login", Facts(place=NEW_YORK)) is Level.ALLOW


@pytest.mark.row("B007")
def test_requests_from_an_address_of_bad_reputation_are_refused_until_the_time_is_over() -> None:
    activity = IpActivity(refused_until=NOON + timedelta(hours=1))
    assert level("login", Facts(ip_activity=activity)) is Level.DENY
    limits = request_limits(AccountId("a"), Facts(ip_activity=activity), the_policy(), NOON, is_outgoing=False)
    assert [limit.ends_at for limit in limits] == [activity.refused_until]
    assert level("login", Facts(ip_activity=IpActivity(refused_until=NOON))) is Level.ALLOW


@pytest.mark.row("B007")
def test_many_failed_logins_on_many_accounts_refuse_the_address_for_a_day_and_limit_no_account() -> None:
    story = a_resident()
    looked_up = Facts(ip_activity=IpActivity(failed_logins=19, accounts=5))
    story.event("login.failed", looked_up=looked_up, ip="203.0.113.9")
    (refusal,) = story.decisions[-1].refused_ips
    assert (refusal.ip, refusal.until_at) == ("203.0.113.9", story.now + span("24h"))
    assert story.state.restrictions == ()


@pytest.mark.parametrize(("failed", "accounts"), [(18, 9), (500, 4)])
def test_one_users_forgotten_password_refuses_no_address(failed: int, accounts: int) -> None:
    story = a_resident()
    looked_up = Facts(ip_activity=IpActivity(failed_logins=failed, accounts=accounts))
    story.event("login.failed", looked_up=looked_up, ip="203.0.113.9")
    assert story.decisions[-1].refused_ips == ()


# --- territories and their traps


@pytest.mark.parametrize("place", [SIMFEROPOL_RU, SIMFEROPOL_UA, SEVASTOPOL_RU])
def test_crimea_is_recognised_whichever_country_a_provider_puts_it_in(place: Place) -> None:
    assert the_policy().regions.area(place) == "crimea"
    assert level("login", Facts(place=place)) is Level.DENY


@pytest.mark.parametrize(
    "place",
    [
        a_spot("RU", 48.34, 39.95, "Rostov"),  # Donetsk in Rostov
        a_spot("RU", 55.6, 80.4, "Novosibirsk Oblast"),  # Lugansk in Novosibirsk
        a_spot("RU", 54.2, 35.9, "Kaluga"),  # Sevastopol' in Kaluga
        a_spot("RU", 55.9, 40.9, "Vladimir"),  # Gorlovka in Vladimir
        # A label alone is not enough: the coordinates must lie there too.
        a_spot("RU", 55.7, 37.6, "Crimea"),
        a_spot("UA", 50.45, 30.5, "Kyiv", "UA-30"),
    ],
)
def test_ordinary_places_with_a_famous_name_are_ordinary(place: Place) -> None:
    assert the_policy().regions.territory(place) is None
    assert level("login", Facts(place=place)) is Level.ALLOW


@pytest.mark.parametrize("place", [a_spot("UA", 48.6, 38.4, "Luhansk", "UA-09"), a_spot("UA", 48.0, 37.8, "Donetsk")])
def test_a_partial_territory_asks_for_proof_of_residence_and_limits_nobody(place: Place) -> None:
    story = a_resident("UA")
    story.login(place=place)
    assert story.standing == []
    assert [request.documents for request in story.decisions[-1].requests] == [("proof_of_address",)]
    assert level("withdraw_crypto", Facts(place=place)) is Level.ALLOW


def test_the_same_document_is_not_asked_for_twice() -> None:
    story = a_resident("UA")
    place = a_spot("UA", 48.6, 38.4, "Luhansk", "UA-09")
    story.login(place=place)
    story.login(place=place)
    assert len([request for decision in story.decisions for request in decision.requests]) == 1


def test_a_sanctioned_territory_counts_as_a_country_of_its_own_among_places() -> None:
    story = a_resident("UA")
    story.login(place=SIMFEROPOL_UA)
    assert story.state.anchors[-1].area == "crimea"


def test_a_regime_that_has_ended_refuses_nobody_and_the_past_is_judged_by_what_was_in_force() -> None:
    damascus = a_spot("SY", 33.5, 36.3)
    regions = the_policy().regions
    assert regions.at_place(damascus, datetime(2025, 6, 30, tzinfo=UTC)) is not None
    assert regions.at_place(damascus, datetime(2025, 7, 1, tzinfo=UTC)) is None


def test_a_part_of_a_country_goes_before_the_country() -> None:
    from habeas.domain.region import RegionBasis

    ontario = the_policy().regions.declared("CA-ON", RegionBasis.RESIDENCE, NOON)
    quebec = the_policy().regions.declared("CA-QC", RegionBasis.RESIDENCE, NOON)
    assert [rule.id for rule in (ontario, quebec) if rule] == ["business-ca-on", "business-ca"]


# --- residence


@pytest.mark.row("A006", "A054", "A058")
def test_residence_in_a_sanctioned_country_locks_at_once_and_opens_an_off_boarding_case() -> None:
    story = Story(new_account(AccountId("acct-1")))
    outcome = story.event("account.opened", residence="CU")
    assert story.standing == [("SANCTIONED_RESIDENCE", "REGION_LOCK", "account")]
    assert [case.queue for case in story.decisions[-1].cases] == ["offboarding"]
    assert outcome.verdict is not None
    assert outcome.verdict.level is Level.DENY
    assert story.level("withdraw_crypto") is Level.ALLOW


@pytest.mark.row("A058")
def test_withdraw_only_follows_when_counsel_signs_off_and_nobody_else_can() -> None:
    from habeas.domain.actor import Actor, Role

    story = Story(new_account(AccountId("acct-1")))
    story.event("account.opened", residence="CU")
    refused = story.placed_by_staff("SANCTIONED_RESIDENCE", kind="WITHDRAW_ONLY")
    assert refused.refusal is not None
    assert "counsel" in refused.refusal.message
    story.placed_by_staff("SANCTIONED_RESIDENCE", kind="WITHDRAW_ONLY", actor=Actor("cora", Role.COUNSEL))
    assert story.standing == [("SANCTIONED_RESIDENCE", "WITHDRAW_ONLY", "account")]


@pytest.mark.row("A055")
@pytest.mark.parametrize("profile", [{"residence": "IR"}, {"residence": "UA-43"}, {"nationalities": ["US"]}])
def test_an_applicant_from_there_cannot_sign_up_or_pass_the_identity_check(profile: dict[str, Any]) -> None:
    story = Story(new_account(AccountId("acct-1")))
    opened = story.event("account.opened", **profile)
    decided = story.event("kyc.decided", "1h", tier="1", result="passed")
    assert [o.verdict.level for o in (opened, decided) if o.verdict] == [Level.DENY, Level.DENY]


def test_residence_in_a_region_that_is_being_left_is_told_apart() -> None:
    story = Story(new_account(AccountId("acct-1")))
    story.event("account.opened", residence="CA")
    assert story.standing == [("POLICY_EXIT", "WITHDRAW_ONLY", "account")]


# --- travel


@pytest.mark.row("A007", "A064")
@pytest.mark.parametrize("type_", ["login.succeeded", "withdrawal.requested"])
def test_a_login_or_a_transaction_from_a_sanctioned_country_is_sanctioned_travel(type_: str) -> None:
    story = a_resident()
    data: dict[str, Any] = (
        {"asset": "BTC", "amount": "1", "usd": "1", "address": "bc1q"} if type_ == "withdrawal.requested" else {}
    )
    story.event(type_, "20h", place=HAVANA, ip="200.55.128.10", **data)
    assert ("SANCTIONED_TRAVEL", "REGION_LOCK", "account") in story.standing
    assert story.restrictions[story.the(Kind.REGION_LOCK).id].facts == {"country": "CU"}


@pytest.mark.row("A007")
def test_whoever_has_left_again_is_looked_at_by_a_person() -> None:
    story = a_resident()
    story.login(after="20h", place=HAVANA)
    story.login("GB", "20h")
    assert [case.queue for case in story.decisions[-1].cases] == ["region"]


@pytest.mark.row("A065")
def test_travel_to_the_us_and_access_from_there_locks_asks_for_documents_and_leaves_withdrawals() -> None:
    story = a_resident()
    story.login(after="20h", place=NEW_YORK)
    assert story.standing == [("RESTRICTED_TRAVEL", "REGION_LOCK", "account")]
    (request,) = story.decisions[-1].requests
    assert request.documents == ("passport", "proof_of_address", "travel_declaration")
    assert request.optional == ("travel_proof",)
    assert request.restriction == story.the(Kind.REGION_LOCK).id
    assert story.levels("withdraw_crypto", "login", "place_order") == [Level.ALLOW, Level.ALLOW, Level.DENY]


@pytest.mark.row("A065")
def test_whoever_is_back_from_there_is_looked_at_by_a_person_and_stays_limited_until_then() -> None:
    story = a_resident()
    story.login(after="20h", place=NEW_YORK)
    story.login("GB", "20h")
    assert [case.queue for case in story.decisions[-1].cases] == ["region"]
    assert story.standing == [("RESTRICTED_TRAVEL", "REGION_LOCK", "account")]
    story.login("GB", "1h")
    assert story.decisions[-1].cases == ()


@pytest.mark.row("A065")
def test_travel_without_access_is_nothing() -> None:
    story = a_resident()
    story.event("login.failed", "20h", place=NEW_YORK)
    story.event("order.placed", "1h", market="BTC-EUR", side="buy", usd="5")
    assert story.standing == []


@pytest.mark.parametrize(
    "place",
    [
        replace(NEW_YORK, tags=("vpn",)),
        replace(NEW_YORK, tags=("relay",)),
        replace(NEW_YORK, tags=("hosting",)),
        replace(NEW_YORK, disagrees_with="CA"),
    ],
)
def test_a_network_that_proves_no_journey_locks_nobody(place: Place) -> None:
    story = a_resident()
    story.login(after="20h", place=place)
    assert ("RESTRICTED_TRAVEL", "REGION_LOCK", "account") not in story.standing


def test_a_leap_to_the_us_is_no_evidence_of_travel() -> None:
    story = a_resident()
    story.login("GB")
    story.login(place=NEW_YORK)
    assert story.standing == []


def test_a_documented_traveller_is_not_locked_again() -> None:
    story = a_resident(traveller_until=NOON + span("30d"))
    story.login(after="20h", place=NEW_YORK)
    assert story.standing == []


def test_silence_for_thirty_days_leaves_withdrawals_only() -> None:
    story = a_resident()
    story.login(after="20h", place=NEW_YORK)
    story.wait("30d")
    assert story.standing == [("RESTRICTED_TRAVEL", "WITHDRAW_ONLY", "account")]
    assert story.the(Kind.WITHDRAW_ONLY).condition is not None


@pytest.mark.row("B006")
def test_a_new_device_in_a_high_risk_region_starts_the_risk_control() -> None:
    policy = the_policy()
    regions = replace(policy.regions, high_risk=("BR",))
    travel = replace(policy.detectors["travel"], regions=regions)
    risky = replace(policy, regions=regions, detectors=policy.detectors | {"travel": travel})
    story = Story(policy=risky)
    story.login("BR", "20h", device="phone")
    assert story.standing == []
    story.login("BR", "1h", device="burner")
    assert ("RISK_CONTROL", "TEMP_RISK", "account") in story.standing


# --- exact hits


@pytest.mark.row("A005")
def test_a_deposit_from_a_listed_wallet_blocks_the_amount_and_not_the_person() -> None:
    story = a_resident()
    deposit: dict[str, Any] = {
        "asset": "ETH",
        "chain": "ETH",
        "amount": "2",
        "usd": "6000",
        "tx": "0x1",
        "from": LISTED.found[4:],
    }
    outcome = story.event("deposit.crypto", looked_up=Facts(wallets=(LISTED,)), **deposit)
    assert outcome.disposition == "block"
    assert story.standing == [("SANCTIONS_NEXUS", "SANCTIONS_BLOCK", "amount")]
    assert story.pages == 1
    assert story.level("login") is Level.ALLOW
    assert story.level("withdraw_crypto", asset="BTC") is Level.ALLOW
    assert story.level("withdraw_crypto", asset="ETH", amount=1, balance=2) is Level.HOLD
    assert story.level("withdraw_crypto", asset="ETH", amount=1, balance=3) is Level.ALLOW
    story.wait("400d")
    assert story.level("withdraw_crypto", asset="ETH", amount=1, balance=2) is Level.HOLD


def test_a_withdrawal_is_denied_with_a_case_while_the_lists_cannot_be_asked() -> None:
    story = a_resident()
    data: dict[str, Any] = {"asset": "ETH", "amount": "1", "usd": "3000", "address": "0xa"}
    outcome = story.event("withdrawal.requested", looked_up=Facts(unavailable=("wallets",)), **data)
    assert outcome.verdict is not None
    assert outcome.verdict.level is Level.DENY
    assert (story.state.restrictions, story.pages) == ((), 1)


def test_an_ordinary_deposit_beside_a_blocked_one_is_credited() -> None:
    story = a_resident()
    deposit: dict[str, Any] = {"asset": "ETH", "amount": "2", "usd": "6000", "tx": "0x1", "from": "0xa"}
    story.event("deposit.crypto", looked_up=Facts(wallets=(LISTED,)), **deposit)
    assert story.event("deposit.crypto", "1h", **(deposit | {"tx": "0x2"})).disposition == "credit"


def test_a_wallet_listed_between_request_and_broadcast_is_denied_too() -> None:
    story = a_resident()
    data: dict[str, Any] = {"request": "w-1", "asset": "ETH", "amount": "1", "address": "0xa"}
    outcome = story.event("withdrawal.broadcasting", looked_up=Facts(wallets=(LISTED,)), **data)
    assert outcome.verdict is not None
    assert outcome.verdict.level is Level.DENY
    assert signals_of(outcome) == ["listed_wallet_withdrawal"]


def test_a_sender_on_two_lists_blocks_the_deposit_once_until_both_were_found_false() -> None:
    story = a_resident()
    other = replace(LISTED, list="UK", entry="CYB0001")
    deposit: dict[str, Any] = {"asset": "ETH", "amount": "2", "usd": "6000", "tx": "0x1", "from": "0xa"}
    outcome = story.event("deposit.crypto", looked_up=Facts(wallets=(LISTED, other)), **deposit)
    assert len(outcome.placed) == 1
    (block,) = story.state.restrictions
    assert [e for e in block.evidence_ids if e.startswith("match:")] == [f"match:{h.pair}" for h in (LISTED, other)]
    assert len(story.decisions[-1].cases) == 2


def test_dust_from_a_listed_wallet_grows_what_is_held_and_not_the_number_of_restrictions() -> None:
    story = a_resident()
    for number in range(2):
        deposit: dict[str, Any] = {"asset": "ETH", "amount": "2", "usd": "6000", "tx": f"0x{number}", "from": "0xa"}
        story.event("deposit.crypto", "1h", looked_up=Facts(wallets=(LISTED,)), **deposit)
    (block,) = story.state.restrictions
    assert block.held == HeldAmount("ETH", Decimal(4))
    assert story.decisions[-1].outcome.disposition == "block"
    assert story.level("withdraw_crypto", asset="ETH", amount=1, balance=4) is Level.HOLD


@pytest.mark.row("A005")
def test_a_withdrawal_to_a_listed_wallet_is_denied_with_a_case_and_the_account_is_not_limited() -> None:
    story = a_resident()
    data: dict[str, Any] = {"asset": "ETH", "amount": "1", "usd": "3000", "address": LISTED.found[4:]}
    outcome = story.event("withdrawal.requested", looked_up=Facts(wallets=(LISTED,)), **data)
    assert outcome.verdict is not None
    assert outcome.verdict.level is Level.DENY
    assert story.state.restrictions == ()
    assert [case.queue for case in story.decisions[-1].cases] == ["sanctions"]
    assert story.level("withdraw_crypto") is Level.ALLOW


@pytest.mark.parametrize(
    ("type_", "data", "facts"),
    [
        ("address.added", {"chain": "ETH", "address": "0xa"}, Facts(wallets=(LISTED,))),
        (
            "account.profile_changed",
            {"document": {"kind": "passport", "number": "X1", "country": "IR"}},
            Facts(documents=(LISTED,)),
        ),
    ],
)
def test_a_listed_wallet_or_document_of_ones_own_blocks_the_holder_until_a_person_has_looked(
    type_: str, data: dict[str, Any], facts: Facts
) -> None:
    story = a_resident()
    story.event(type_, looked_up=facts, **data)
    assert ("SANCTIONS_NEXUS", "SANCTIONS_BLOCK", "holder") in story.standing
    story.wait("300d")
    assert story.level("withdraw_crypto") is Level.DENY
    assert story.level("contact_support") is Level.ALLOW


@pytest.mark.parametrize(
    ("kind", "scope", "disposition"),
    [
        ("FROZEN", "account", "hold"),
        ("LEGAL_FREEZE", "holder", "hold"),
        ("PERM_BAN", "account", "hold"),
        ("SANCTIONS_BLOCK", "holder", "block"),
        ("REGION_LOCK", "account", "credit"),
        ("OUTFLOW_HOLD", "account", "credit"),
    ],
)
def test_coins_that_arrive_anyway_are_never_refused(kind: str, scope: str, disposition: str) -> None:
    from habeas.domain.disposition import Disposition
    from habeas.domain.disposition import disposition as of
    from tests.builders import a_restriction

    standing = (a_restriction(kind=Kind(kind), scope=Scope(scope)), a_restriction("rs_2", kind=Kind.REGION_LOCK))
    assert of(standing, (), NOON) is Disposition(disposition)


# --- documents


@pytest.mark.row("A009")
def test_an_expired_document_is_asked_for_by_name_and_only_then_limits() -> None:
    story = a_resident()
    story.event("document.expired", kind="passport")
    assert story.standing == [("MISSING_DOCUMENT", "STEP_UP", "account")]
    (request,) = story.decisions[-1].requests
    assert (request.documents, request.due_at) == (("passport",), story.now + span("14d"))
    assert story.the(Kind.STEP_UP).facts["document"] == "passport"
    story.wait("14d")
    assert story.standing == [("MISSING_DOCUMENT", "WITHDRAW_ONLY", "account")]
    assert story.level("withdraw_crypto") is Level.ALLOW


@pytest.mark.row("A009")
def test_an_identity_check_that_misses_a_document_names_it() -> None:
    story = a_resident()
    outcome = story.event("kyc.decided", tier="1", result="documents_missing", missing=["proof_of_address"])
    assert signals_of(outcome) == ["missing_document"]
    assert story.decisions[-1].requests[0].documents == ("proof_of_address",)
