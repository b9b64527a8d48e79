"""Unusual logins: what is asked of whom, and what calms it. Stories under the shipped playbook."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from habeas.detection.login_score import Params, ratio
from habeas.domain.decision import Outcome
from habeas.domain.event_data import Login
from habeas.domain.facts import Facts
from habeas.domain.kind import Kind
from habeas.domain.login import NO_LOGINS, Trait, TraitFact, with_login
from habeas.domain.place import Place
from habeas.domain.reason import Reason
from habeas.service.login_traits import agent_of, traits_of
from tests.builders import NOON
from tests.stories import Story, a_place, a_settled_state, span, the_policy

PHONE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
)
NEW_PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
THIEF = "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0"
HOME, HOTEL, FAR = "88.6.10.10", "77.1.2.3", "5.5.5.5"


def facts(ip: str, user_agent: str, place: Place | None) -> Facts:
    """As enrichment would give them on a fresh store, where nothing was counted for everybody."""
    login = Login(ip=ip, user_agent=user_agent)
    traits = tuple(TraitFact(trait, name, 0, 0) for trait, name in traits_of(login, place, agent_of(user_agent)))
    return Facts(place=place, traits=traits)


class Logins(Story):
    """An account watched for a month, of somebody in Britain who logs in with a phone."""

    def enter(
        self,
        ip: str = HOME,
        country: str = "GB",
        user_agent: str = PHONE,
        after: str = "1d",
        device: str | None = "phone",
        mfa: str = "totp",
    ) -> Outcome:
        place = a_place(country, network=f"{ip.rpartition('.')[0]}.0/24")
        return self.event(
            "login.succeeded",
            after,
            looked_up=facts(ip, user_agent, place),
            ip=ip,
            user_agent=user_agent,
            device=device,
            mfa=mfa,
        )

    @property
    def is_asked(self) -> bool:
        """Whether a proof of control is asked for because of a takeover."""
        return any(
            r.kind is Kind.STEP_UP and r.reason == Reason.ACCOUNT_TAKEOVER for r in self.state.in_force(self.now)
        )

    @property
    def signals(self) -> list[str]:
        return [
            r for restriction in self.restrictions.values() for r in restriction.evidence_ids if "unusual_login" in r
        ]


def settled(logins: int = 12) -> Logins:
    story = Logins()
    for _ in range(logins):
        story.enter()
    assert not story.is_asked
    return story


def test_a_stranger_from_afar_on_another_system_is_asked_for_a_proof_and_no_more() -> None:
    story = settled()
    story.enter(FAR, "BR", THIEF, device=None)
    assert story.is_asked
    placed = [r for r in story.restrictions.values() if "signal:unusual_login" in r.evidence_ids]
    assert [(r.kind, r.evidence.value, r.ends_at) for r in placed] == [(Kind.STEP_UP, "E1", story.now + span("24h"))]
    assert "new: ip, network, country, agent, browser, system, device type" in placed[0].note


def test_the_owner_at_home_is_never_asked() -> None:
    assert settled(100).signals == []


def test_a_short_history_says_nothing() -> None:
    params = the_policy().detectors["login_score"]
    assert isinstance(params, Params)
    story = settled(params.logins_min - 1)
    story.enter(FAR, "BR", THIEF, device=None)
    assert story.signals == []
    story = settled(params.logins_min)
    story.enter(FAR, "BR", THIEF, device=None)
    assert story.signals


def test_a_traveller_with_the_own_phone_is_not_asked() -> None:
    story = settled()
    for number, country in enumerate(["FR", "ES", "US", "JP", "AU"]):
        story.enter(f"{60 + number}.1.2.3", country, after="3d")
        story.enter(f"{60 + number}.1.2.4", country)
    assert story.signals == []


def test_a_traveller_with_a_new_phone_is_asked_once() -> None:
    story = settled()
    story.enter(HOTEL, "FR", NEW_PHONE, device="new", after="2d")
    assert story.is_asked
    story.challenge("totp", device="new")
    assert [r.reason for r in story.state.in_force(story.now) if r.kind is Kind.STEP_UP] == []
    for number, country in enumerate(["FR", "ES", "US", "JP"]):
        story.enter(f"{60 + number}.1.2.3", country, NEW_PHONE, device="new", after="2d")
        story.enter(f"{60 + number}.1.2.4", country, NEW_PHONE, device="new", after="1d")
    assert len(story.signals) == 1


def test_who_never_proves_control_stays_unusual_however_often_they_come() -> None:
    story = settled()
    for _ in range(10):
        story.enter(FAR, "BR", THIEF, device=None, after="26h")
        assert story.is_asked
    assert story.state.logins.logins(Trait.IP) == 12


def test_a_proof_from_another_device_does_not_make_a_stranger_usual() -> None:
    story = settled()
    story.enter(FAR, "BR", THIEF, device="burner")
    story.challenge("totp", device="phone")
    assert story.state.logins.logins(Trait.AGENT) == 12
    story.enter(FAR, "BR", THIEF, device="burner", after="2d")
    assert story.is_asked


def test_a_factor_that_was_just_replaced_makes_nobody_usual() -> None:
    story = settled()
    story.enter(FAR, "BR", THIEF, device="burner")
    story.credential_changed("mfa")
    story.challenge("totp", device="burner")
    assert story.state.logins.logins(Trait.AGENT) == 12


def test_a_login_with_a_passkey_proves_control_by_itself() -> None:
    story = settled()
    story.enter(FAR, "BR", THIEF, device=None, mfa="passkey")
    assert story.signals == []


def test_a_passkey_that_was_just_replaced_proves_nothing() -> None:
    story = settled()
    story.credential_changed("mfa")
    story.enter(FAR, "BR", THIEF, device=None, mfa="passkey")
    assert story.signals


def test_a_login_without_any_trait_is_not_judged() -> None:
    story = settled()
    story.event("login.succeeded", "1d")
    assert story.signals == []
    assert story.state.logins.length == 12


def test_the_ratio_is_what_the_formula_says() -> None:
    params = the_policy().detectors["login_score"]
    assert isinstance(params, Params)
    params = replace(params, everybody_logins=100.0, own_logins=1.0)
    history = NO_LOGINS
    for name in (1, 1, 1, 2):
        history = with_login(history, [(Trait.COUNTRY, name), (Trait.SYSTEM, 9)])
    # Worked by hand. Country 2: everybody's share (50 + 100 * 0.03) / (900 + 100) = 0.053, of the account 1 of 4:
    # lift (1 / 0.053 + 1) / 5. A system that the account never had: lift 1 / 5.
    seen = [TraitFact(Trait.COUNTRY, 2, 50, 900), TraitFact(Trait.SYSTEM, 8, 700, 900)]
    assert ratio(history, seen, params) == pytest.approx(1 / ((1 / 0.053 + 1) / 5) / (1 / 5))


def test_a_common_value_says_less_than_a_rare_one() -> None:
    params = the_policy().detectors["login_score"]
    assert isinstance(params, Params)
    history = with_login(NO_LOGINS, [(Trait.IP, 1)])
    own, shared = TraitFact(Trait.IP, 1, 1, 100_000), TraitFact(Trait.IP, 1, 60_000, 100_000)
    assert ratio(history, [own], params) < ratio(history, [shared], params) < 1


def test_a_late_proof_does_not_reach_a_login_after_it() -> None:
    story = Logins(replace(a_settled_state(), logins=settled().state.logins), at=NOON)
    story.enter(FAR, "BR", THIEF, device=None, after="2h")
    story.event("challenge.passed", "1h", dated=NOON + timedelta(minutes=30), method="totp")
    assert story.state.logins.doubted
    assert story.state.logins.logins(Trait.IP) == 12
