"""Stories for tests: events that happen to one account one after another, decided as the intake would decide them."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from msgspec.structs import replace

from habeas.decision.decide import decide
from habeas.decision.standing import standing_of
from habeas.domain.account import AccountState, Device
from habeas.domain.actor import Actor, Role
from habeas.domain.capability import Capability, Level
from habeas.domain.case import Case
from habeas.domain.decision import ActionName, Decision, Outcome, Timer, Topic
from habeas.domain.document import DocumentRequest
from habeas.domain.event import (
    CASE_DECIDE,
    EFFECT_SOURCE,
    EXEMPTION_GRANT,
    RESTRICTION_ANNUL,
    RESTRICTION_APPROVE,
    RESTRICTION_LIFT,
    RESTRICTION_MIRRORED,
    RESTRICTION_PLACE,
    RESTRICTION_RENEW,
    STAFF_SOURCE,
    TIMER_DUE,
    TIMER_SOURCE,
    make_event,
)
from habeas.domain.facts import EnrichedEvent, Facts, MainAccount
from habeas.domain.ids import AccountId, DocumentRequestId, RestrictionId, event_seed, fingerprint
from habeas.domain.kind import Kind
from habeas.domain.place import Anchor, Place
from habeas.domain.restriction import Restriction, Scope
from habeas.domain.verdict import Request, Verdict, evaluate
from habeas.playbook.load import shipped_playbook
from habeas.playbook.policy import DEFAULT_ENTITY, Playbook, Policy
from tests.builders import NOON

_CITIES = {
    "AU": (-33.87, 151.21),  # Sydney
    "BR": (-23.55, -46.63),  # Sao Paulo
    "CN": (31.23, 121.47),  # Shanghai
    "ES": (39.57, 2.65),  # Palma
    "FR": (48.86, 2.35),  # Paris
    "GB": (51.51, -0.13),  # London
    "IN": (28.61, 77.21),  # Delhi
    "JP": (35.68, 139.69),  # Tokyo
    "RU": (55.76, 37.62),  # Moscow
    "US": (40.71, -74.01),  # New York
}

ANALYST = Actor("jane", Role.ANALYST)

_KEY = bytes(range(16))
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def span(text: str) -> timedelta:
    """A duration such as `90s`, `10m`, `24h`, `7d`."""
    found = re.fullmatch(r"(\d+)([smhd])", text)
    assert found, f"`{text}` is no duration"
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


@cache
def the_playbook() -> Playbook:
    """The shipped playbook, read once."""
    return shipped_playbook()


def the_policy() -> Policy:
    """The shipped policy of the entity `main`."""
    return the_playbook().policy(DEFAULT_ENTITY)


def a_place(country: str, *, tags: tuple[str, ...] = (), network: str | None = None, **changes: Any) -> Place:
    """A city of a country, known to within 100 km."""
    latitude, longitude = _CITIES[country]
    place = Place(
        area=country,
        latitude=latitude,
        longitude=longitude,
        radius_km=100.0,
        prefix=network or f"network of {country}/24",
        sources=("cities-2026",),
        tags=tags,
    )
    return replace(place, **changes)


def a_settled_state(*, home: str = "GB", account: str = "acct-1", at: datetime = NOON) -> AccountState:
    """An account watched for a month, whose owner uses a phone with a strong second factor and logged in two days ago."""
    month_ago, lately = at - span("30d"), at - span("2d")
    place = a_place(home)
    return AccountState(
        account=AccountId(account),
        is_known=True,
        watched_since=month_ago,
        decided_at=lately,
        devices=(Device(fingerprint("phone"), month_ago, lately, is_strong=True),),
        anchors=(
            Anchor(lately, home, place.latitude, place.longitude, place.radius_km, place.prefix, fingerprint("phone")),
        ),
    )


class Story:
    """What happens to one account. `now` is the story's clock; every event moves it by `after`."""

    def __init__(
        self,
        state: AccountState | None = None,
        *,
        policy: Policy | None = None,
        at: datetime = NOON,
        mains: tuple[MainAccount, ...] = (),
        siblings: tuple[str, ...] = (),
    ) -> None:
        self.state = a_settled_state(at=at) if state is None else state
        self.policy = policy or the_policy()
        self.now = at
        self.mains = mains
        self.siblings = tuple(AccountId(sibling) for sibling in siblings)
        self.decisions: list[Decision] = []
        self.restrictions: dict[RestrictionId, Restriction] = {r.id: r for r in self.state.restrictions}
        self.timers: dict[str, Timer] = {}
        self.requests: dict[DocumentRequestId, DocumentRequest] = {}
        self.cases: dict[str, Case] = {}

    # --- what happens -------------------------------------------------------------------------------------------------

    def event(
        self,
        type_: str,
        after: str = "0s",
        *,
        place: Place | None = None,
        looked_up: Facts | None = None,
        by: str = "urn:exchange",
        dated: datetime | None = None,
        **data: Any,
    ) -> Outcome:
        """An event, `after` the previous one (or `dated` otherwise, wherever the clock stands)."""
        self.now += span(after)
        body = msgspec.json.Encoder(decimal_format="string").encode(data)
        id_ = f"ev-{len(self.decisions) + 1}"
        event = make_event(id_, by, type_, self.state.account, dated or self.now, body)
        facts = looked_up or Facts(place=place, mains=self.mains, siblings=self.siblings)
        facts = self._related(facts, type_, data)
        seed = event_seed(_KEY, event.account, by, id_)
        return self.keep(decide(self.state, EnrichedEvent(event, facts, seed, self.now), self.policy)).outcome

    def _related(self, facts: Facts, type_: str, data: dict[str, Any]) -> Facts:
        """What the store would add: the requests, and the case and the restriction that an event is about."""
        case = facts.case or self.cases.get(data.get("case", data.get("about", "")))
        about = case.appeal.restriction if case is not None and case.appeal is not None else None
        if type_ in ("appeal.filed", RESTRICTION_ANNUL):
            about = data["restriction"]
        restriction = self.restrictions.get(about) if isinstance(about, str) else None  # type: ignore[call-overload]
        return replace(
            facts,
            requests=tuple(self.requests.values()),
            cases=tuple(self.cases[opened.id] for opened in self.state.cases if opened.id in self.cases),
            case=case,
            restriction=facts.restriction or restriction,
        )

    def keep(self, decision: Decision) -> Decision:
        """What a store does with a decision."""
        self.state = decision.state
        self.decisions.append(decision)
        for restriction in decision.restrictions:
            self.restrictions[restriction.id] = restriction
            self.timers.pop(restriction.id, None)
        for case in decision.cases:
            self.cases[case.id] = case
            self.timers.pop(case.id, None)
        for request in decision.requests:
            self.requests[request.id] = request
            self.timers.pop(request.id, None)
        self.timers |= {timer.about: timer for timer in decision.timers}
        return decision

    def login(
        self, country: str | None = None, after: str = "10m", *, device: str | None = "phone", **more: Any
    ) -> Outcome:
        """A successful login from a city of a country, on the owner's phone unless told otherwise."""
        place = more.pop("place", a_place(country) if country else None)
        return self.event("login.succeeded", after, place=place, device=device, **more)

    def travel(self, *countries: str, after: str = "10m", device: str | None = "phone") -> Outcome:
        """Logins from several countries in turn; the last one's outcome."""
        outcomes = [self.login(country, after, device=device) for country in countries]
        return outcomes[-1]

    def sim_changed(self, after: str = "10m") -> Outcome:
        """The phone number moved to another SIM card just now."""
        return self.event("phone.sim_changed", after, at=self.now + span(after))

    def credential_changed(self, what: str, after: str = "10m", **data: Any) -> Outcome:
        return self.event("credential.changed", after, what=what, **data)

    def withdrawal(self, after: str = "10m", *, address: str = "bc1q-thief", usd: str = "100", **data: Any) -> Outcome:
        return self.event("withdrawal.requested", after, asset="BTC", amount="1", usd=usd, address=address, **data)

    def challenge(self, method: str, after: str = "10m", **data: Any) -> Outcome:
        return self.event("challenge.passed", after, method=method, **data)

    def placed_by_staff(self, reason: str, after: str = "10m", *, actor: Actor = ANALYST, **data: Any) -> Outcome:
        """A person places a restriction."""
        note = data.pop("note", "as the case file says")
        return self.event(RESTRICTION_PLACE, after, by=STAFF_SOURCE, actor=actor, note=note, reason=reason, **data)

    def lifted_by_staff(self, restriction: str, after: str = "10m", *, actor: Actor = ANALYST, **data: Any) -> Outcome:
        """A person lifts a restriction."""
        return self.event(
            RESTRICTION_LIFT,
            after,
            by=STAFF_SOURCE,
            actor=actor,
            note="found in order",
            restriction=restriction,
            **data,
        )

    def approved(self, restriction: str, after: str = "10m", *, actor: Actor, declined: bool = False) -> Outcome:
        """A second person signs, or declines, what was proposed."""
        return self._act(RESTRICTION_APPROVE, after, actor, restriction=restriction, declined=declined)

    def renewed(
        self, restriction: str, ends_at: datetime, after: str = "10m", *, actor: Actor = ANALYST, **data: Any
    ) -> Outcome:
        """A person prolongs a restriction."""
        return self._act(RESTRICTION_RENEW, after, actor, restriction=restriction, ends_at=ends_at, **data)

    def annulled(self, restriction: str, after: str = "10m", *, actor: Actor) -> Outcome:
        """A person declares a restriction void."""
        return self._act(RESTRICTION_ANNUL, after, actor, restriction=restriction)

    def opinion(
        self, case: Case, outcome: str, after: str = "10m", *, actor: Actor, done: tuple[str, ...] = ()
    ) -> Outcome:
        """A person gives an opinion on a case as it was last written."""
        latest = [c for decision in self.decisions for c in decision.cases if c.id == case.id][-1]
        facts = Facts(case=latest)
        return self._act(CASE_DECIDE, after, actor, looked_up=facts, case=case.id, outcome=outcome, done=done)

    def act(self, type_: str, after: str = "10m", *, actor: Actor = ANALYST, **data: Any) -> Outcome:
        """Any act of staff, by its event type."""
        return self._act(type_, after, actor, **data)

    def _act(self, type_: str, after: str, actor: Actor, **data: Any) -> Outcome:
        return self.event(type_, after, by=STAFF_SOURCE, actor=actor, note="as the case file says", **data)

    def exempted(self, *kinds: Kind, until: str = "30d", actor: Actor | None = None) -> Outcome:
        """A person exempts the account from new restrictions of some kinds."""
        by = actor or Actor("sue", Role.SENIOR_ANALYST)
        return self.event(
            EXEMPTION_GRANT,
            "1m",
            by=STAFF_SOURCE,
            actor=by,
            note="a known correspondent who travels",
            kinds=kinds,
            until_at=self.now + span(until),
        )

    def mirrored(self, restriction: Restriction, after: str = "1m") -> Outcome:
        """The effect of a holder-wide restriction on another of the holder's accounts."""
        return self.event(RESTRICTION_MIRRORED, after, by=EFFECT_SOURCE, restriction=restriction)

    def timer(self, timer: Timer, *, at: datetime | None = None) -> Outcome:
        """A timer fires, at its due time unless told otherwise."""
        return self.event(
            TIMER_DUE,
            by=TIMER_SOURCE,
            dated=at or timer.due_at,
            about=timer.about,
            generation=timer.generation,
        )

    def wait(self, text: str) -> "Story":
        """Time passes, and every timer that comes due fires when it is due."""
        until = self.now + span(text)
        while due := sorted((t for t in self.timers.values() if t.due_at <= until), key=lambda t: t.due_at):
            self.now = max(self.now, due[0].due_at)
            del self.timers[due[0].about]
            self.timer(due[0])
        self.now = until
        return self

    # --- what stands --------------------------------------------------------------------------------------------------

    def verdict(self, capability: str, *, at: datetime | None = None, **request: Any) -> Verdict:
        """The answer to a question, by all restrictions that the account ever had."""
        standing = standing_of(self.state, self.policy, self.mains, restrictions=tuple(self.restrictions.values()))
        return evaluate(standing, Request(Capability(capability), at or self.now, **request))

    def level(self, capability: str, *, at: datetime | None = None, **request: Any) -> Level:
        return self.verdict(capability, at=at, **request).level

    def levels(self, *capabilities: str) -> list[Level]:
        return [self.level(capability) for capability in capabilities]

    @property
    def standing(self) -> list[tuple[str, str, str]]:
        """Reason, kind and scope of what is in force now, sorted."""
        return sorted((r.reason, str(r.kind), str(r.scope)) for r in self.state.in_force(self.now))

    def the(self, kind: Kind, scope: Scope = Scope.ACCOUNT) -> Restriction:
        """The one restriction in force of this kind and scope."""
        (found,) = (r for r in self.state.in_force(self.now) if (r.kind, r.scope) == (kind, scope))
        return found

    @property
    def pages(self) -> int:
        """How often a person was called."""
        return sum(message.topic is Topic.PAGE for message in self._messages())

    def _messages(self) -> Iterator[Any]:
        for decision in self.decisions:
            yield from decision.messages


def signals_of(outcome: Outcome) -> list[str]:
    """The typologies of an outcome's signals."""
    return [signal.typology for signal in outcome.signals]


def kinds_of(briefs: Iterable[Any]) -> list[tuple[str, str]]:
    """Kind and scope of restrictions as an outcome names them, sorted."""
    return sorted((brief.kind, str(brief.scope)) for brief in briefs)


def actions_of(outcome: Outcome) -> list[ActionName]:
    """What an outcome asks the exchange to do."""
    return [action.action for action in outcome.actions]
