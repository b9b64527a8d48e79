"""What tests of diagnoses share: symptoms in one line, drawn at random, and the weights that come of them."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from habeas.disclosure.diagnosis import Diagnosis, diagnose
from habeas.disclosure.diagnosis_rules import ACCOUNT_CAUSES, Cause, see, weigh
from habeas.disclosure.symptoms import Announcement, Result, Status, Symptoms, Tried
from tests.builders import NOON
from tests.unit.disclosure.helpers import POLICY

SERVED = ("DE", "FR", "JP")
UNSERVED = ("IR", "CU", "US")
ONSET = date(2026, 2, 20)


def ok(country: str | None = None) -> Tried:
    return Tried(Result.OK, country=country)


def denied(country: str | None = None, page: str | None = None, *, before_login: bool = False) -> Tried:
    return Tried(Result.DENIED, country=country, page=page, before_login=before_login)


def tried(*networks: Tried, **more: Any) -> Symptoms:
    """Symptoms on these networks."""
    return Symptoms(ips_tried={f"network {n}": network for n, network in enumerate(networks, 1)}, **more)


def weights(symptoms: Symptoms) -> dict[Cause, float]:
    return weigh(see(symptoms, POLICY, NOON)).weights


def fired(symptoms: Symptoms) -> tuple[str, ...]:
    return weigh(see(symptoms, POLICY, NOON)).fired


def of_account(of: dict[Cause, float]) -> float:
    """What all causes on the account itself weigh together."""
    return sum(weight for cause, weight in of.items() if cause in ACCOUNT_CAUSES)


def diagnosed(symptoms: Symptoms) -> Diagnosis:
    return diagnose(symptoms, POLICY, NOON)


_COUNTRIES = st.sampled_from([None, *SERVED, *UNSERVED])
_PAGES = st.sampled_from([None, None, "Region Locked", "Your region is not available.", "Wrong password"])

networks = st.builds(
    Tried,
    result=st.sampled_from(Result),
    country=_COUNTRIES,
    page=_PAGES,
    before_login=st.booleans(),
)
refusals_in_served_countries = st.builds(
    Tried,
    result=st.just(Result.DENIED),
    country=st.sampled_from(SERVED),
    page=st.sampled_from([None, "Region Locked", "Wrong password"]),
)
"""Of this account: a network that refuses every visitor says nothing about the account."""
announcements = st.sampled_from(
    [None, "none", Announcement("NL", date(2026, 2, 1)), Announcement("NL", date(2026, 3, 1))]
)
symptoms = st.builds(
    Symptoms,
    ips_tried=st.dictionaries(st.sampled_from(["home", "office", "phone", "hotel"]), networks, max_size=4),
    since=st.sampled_from([None, ONSET]),
    prior_ok=st.sampled_from([None, True, False]),
    announcement=announcements,
    leaps_24h=st.sampled_from([None, 0, 1, 2, 5]),
    kyc_country=st.sampled_from([None, "NL", "DE", "CN"]),
    kyc_country_status=st.sampled_from(Status),
    recovered_after_h=st.sampled_from([None, 0.0, 5.0, 23.99, 24.0, 72.0, 72.01]),
    vpn_asn=st.sampled_from([None, True, False]),
    geoip_disagree=st.sampled_from([None, True, False]),
    login_denied_without_region_text=st.sampled_from([None, True, False]),
)
