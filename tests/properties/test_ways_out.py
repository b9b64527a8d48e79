"""Nobody is forgotten: any life of one account with its restrictions, cases, documents and appeals, through `decide`.

| invariant | |
|---|---|
| no limbo | what is in force has an end, or a condition with a date and an owner, or waits for people; and a timer for it |
| clocks | each open case and document request has a timer, or is late and a person was called |
| once | no timer comes due twice as the same one, which a store would take for a duplicate and never do |
| people decide | automation never closes a case |
| law | what law holds ends by no time, by no automation, and by no appeal: only when two found a false match |
| floor | support, documents, appeals and the own data are never held or denied |
| way out | when everything that is needed was shown, what automation placed is gone, or a person was asked to decide |

Each planted bug breaks one of them, and must be caught.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from habeas.decision import acts, casework, draft, release
from habeas.domain.account import Life
from habeas.domain.actor import Actor, Role
from habeas.domain.capability import FLOOR, Level
from habeas.domain.case import Case, CaseOutcome, CaseStatus, CaseStep, Priority
from habeas.domain.decision import Decision, Outcome, Timer
from habeas.domain.facts import Facts, ListHit
from habeas.domain.kind import HELD_BY_LAW_KINDS, Kind
from habeas.domain.restriction import ACCOUNT_WIDE, AtEnd, Ending, Restriction, Status
from tests.stories import Story, a_place, a_settled_state, span, the_policy

PEOPLE = [
    Actor("ann", Role.ANALYST),
    Actor("bob", Role.ANALYST),
    Actor("sue", Role.SENIOR_ANALYST),
    Actor("alma", Role.APPEALS_OFFICER),
    Actor("olga", Role.SANCTIONS_OFFICER),
    Actor("cora", Role.COUNSEL),
    Actor("finn", Role.FRONTLINE),
]
PASSPORT = ListHit("OFAC-SDN", "OFAC-SDN@1", "888", "passport IR")
WALLET = ListHit("OFAC-SDN", "OFAC-SDN@1", "777", "ETH:0xbad")
SERVED = ("DE", "GB")
COUNTRIES = ("DE", "GB", "CN", "CA", "CU", "US")
PLACES = ("GB", "FR", "US", "CN", "IN", "RU")
DOCUMENTS = ("passport", "proof_of_address", "residence_permit", "source_of_funds", "identity_card")
REASONS = (
    *("TOS_ABUSE", "TOS_FAKE_DOCUMENT", "SCAM_VICTIM", "SCAM_OFFENDER", "ACCOUNT_TAKEOVER", "TERMS_REVIEW"),
    *("MALICIOUS_USER", "RESTRICTED_TRAVEL", "LEGAL_ORDER", "SANCTIONS_NEXUS", "MISSING_DOCUMENT"),
)
METHODS = ("liveness", "document", "passkey", "totp")
UNSHAKEN = ("liveness", "document")
"""Proofs that count whatever was changed lately."""
REMEMBERED_FOR = timedelta(days=360)
SELDOM = st.sampled_from([False] * 5 + [True])

people, countries, documents = st.sampled_from(PEOPLE), st.sampled_from(COUNTRIES), st.sampled_from(DOCUMENTS)
picks = st.integers(0, 30)


class Clockwork(Story):
    """A story whose timers are kept as a store keeps them: one for each thing, and the same one never twice."""

    def __init__(self) -> None:
        super().__init__(replace(a_settled_state(), residence="DE", nationalities=("DE",)))
        self.fired: set[Timer] = set()

    def keep(self, decision: Decision) -> Decision:
        before = dict(self.timers)
        super().keep(decision)
        over = {
            *(r.id for r in decision.restrictions if r.ended_at is not None),
            *(case.id for case in decision.cases if case.status is not CaseStatus.OPEN),
            *(request.id for request in decision.requests if not request.is_open),
        }
        self.timers = {about: t for about, t in before.items() if about not in over} | {
            t.about: t for t in decision.timers
        }
        return decision

    def wait(self, text: str) -> "Clockwork":
        until = self.now + span(text)
        while due := sorted((t for t in self.timers.values() if t.due_at <= until), key=lambda t: (t.due_at, t.about)):
            assert due[0] not in self.fired, "a store takes a timer that comes again for a duplicate"
            self.fired.add(due[0])
            self.now = max(self.now, due[0].due_at)
            del self.timers[due[0].about]
            open_before = self.open_cases
            self.timer(due[0], at=self.now)
            assert self.open_cases >= open_before or self.state.life is Life.PURGED, "time closes no case"
        self.now = until
        return self

    @property
    def open_cases(self) -> set[str]:
        return {case.id for case in self.state.cases}


class WaysOut(RuleBasedStateMachine):
    """One account, its user, automation, the staff, and a clock."""

    planted: ClassVar[Callable[[pytest.MonkeyPatch], None] | None] = None

    @initialize()
    def begins(self) -> None:
        self.patch = pytest.MonkeyPatch()
        if type(self).planted is not None:
            type(self).planted(self.patch)  # type: ignore[misc]
        self.story = Clockwork()
        self.shown: list[tuple[str, datetime, str]] = []

    def teardown(self) -> None:
        if hasattr(self, "patch"):
            self.patch.undo()

    # --- what happens

    def event(self, type_: str, **data: Any) -> Outcome:
        """An event that is no act of staff: it closes no case."""
        self.story.wait("1m")
        open_before = self.story.open_cases
        outcome = self.story.event(type_, **data)
        assert self.story.open_cases >= open_before, "automation closes no case"
        return outcome

    def show(self, what: str, about: str = "") -> None:
        self.shown.append((what, self.story.now, about))

    def act(self, type_: str, by: Actor, **data: Any) -> None:
        self.story.wait("1m")
        self.story.act(type_, "0s", actor=by, **data)

    @property
    def standing(self) -> tuple[Restriction, ...]:
        return self.story.state.in_force(self.story.now)

    def pick(self, which: int) -> Restriction | None:
        return self.standing[which % len(self.standing)] if self.standing else None

    def any_id(self, which: int) -> str:
        known = list(self.story.restrictions)
        return known[which % len(known)] if known else "rs_none"

    def an_open_case(self, which: int) -> Case | None:
        opened = [self.story.cases[case.id] for case in self.story.state.cases]
        return opened[which % len(opened)] if opened else None

    @rule(length=st.sampled_from(["1h", "7h", "25h", "3d", "15d", "31d", "100d", "400d"]))
    def time_passes(self, length: str) -> None:
        self.story.wait(length)

    @rule(country=countries)
    def moves(self, country: str) -> None:
        self.event("account.profile_changed", residence=country)
        self.follows_what_was_shown()

    @rule(country=st.sampled_from(PLACES), device=st.sampled_from(["phone", "burner"]))
    def logs_in(self, country: str, device: str) -> None:
        self.event("login.succeeded", place=a_place(country), device=device)

    @rule(citizen=st.sampled_from([None, "no", "yes"]))
    def travels_to_the_us(self, citizen: str | None) -> None:
        self.story.wait("2d")
        self.event("login.succeeded", place=a_place("US"), device="phone")
        for r in self.standing:
            if r.reason == "RESTRICTED_TRAVEL" and citizen is not None:
                answers = {"us_citizen": citizen, "us_resident": "no"}
                self.event("declaration.made", restriction=r.id, answers=answers)
                if citizen == "no":
                    self.show("declaration", r.id)
                    self.follows_what_was_shown()

    @rule()
    def is_taken_over(self) -> None:
        self.event("phone.sim_changed", at=self.story.now)
        self.event("login.succeeded", place=a_place("RU"), device="burner")
        self.event("credential.changed", what="password", device="burner")

    @rule()
    def travels_through_many_countries(self) -> None:
        for country in ("CN", "FR", "IN", "RU"):
            self.event("login.succeeded", place=a_place(country), device="phone")

    @rule(kind=documents)
    def a_document_expires(self, kind: str) -> None:
        self.event("document.expired", kind=kind)

    @rule(kind=documents)
    def waits_for_a_check(self, kind: str) -> None:
        self.event("document.expired", kind=kind)
        self.event("document.received", kind=kind)
        self.story.wait("4d")

    @rule(kind=documents, which=picks, named=SELDOM)
    def sends_a_document(self, kind: str, which: int, named: bool) -> None:
        known = list(self.story.requests)
        more = {"request": known[which % len(known)]} if named and known else {}
        self.event("document.received", kind=kind, **more)

    @rule(kind=documents, result=st.sampled_from(["accepted", "accepted", "rejected"]))
    def a_document_is_decided(self, kind: str, result: str) -> None:
        self.event("document.decided", kind=kind, result=result)
        if result == "accepted":
            self.show(f"document:{kind}")
            self.follows_what_was_shown()

    @rule(result=st.sampled_from(["approved", "rejected"]))
    def kyc_is_decided(self, result: str) -> None:
        self.event("kyc.decided", result=result)
        if result == "approved":
            self.show("kyc")
            self.follows_what_was_shown()

    @rule(method=st.sampled_from(METHODS))
    def proves_control(self, method: str) -> None:
        self.event("challenge.passed", method=method)
        if method in UNSHAKEN:
            self.show(f"challenge:{method}")
            lifted = self.story.policy.challenges.lifts
            reasons = self.story.policy.challenges.reasons
            assert not [
                r
                for r in self.standing
                if r.is_automated
                and r.scope in ACCOUNT_WIDE
                and r.reason in reasons
                and method in lifted.get(r.kind, ())
            ], "a proof of control ends what asks for one"
            self.follows_what_was_shown()

    @rule(which=picks, citizen=st.sampled_from(["no", "no", "yes"]))
    def declares(self, which: int, citizen: str) -> None:
        about = self.pick(which)
        if about is None:
            return
        self.event("declaration.made", restriction=about.id, answers={"us_citizen": citizen, "us_resident": "no"})
        if citizen == "no":
            self.show("declaration", about.id)
            self.follows_what_was_shown()

    @rule(which=picks)
    def takes_the_lesson(self, which: int) -> None:
        about = self.pick(which)
        if about is not None:
            self.event("education.completed", restriction=about.id, answers={"q1": "never"})
            self.show("education", about.id)
            self.follows_what_was_shown()

    @rule(what=st.sampled_from(["document", "wallet", "deposit"]))
    def resembles_somebody_listed(self, what: str) -> None:
        if what == "document":
            said = {"kind": "passport", "number": "X1", "country": "GB"}
            self.event("account.profile_changed", looked_up=Facts(documents=(PASSPORT,)), document=said)
        elif what == "wallet":
            self.event("address.added", looked_up=Facts(wallets=(WALLET,)), chain="ETH", address="0xbad")
        else:
            said = {"asset": "ETH", "chain": "ETH", "amount": "1", "usd": "10", "tx": "t", "from": "0xbad"}
            self.event("deposit.crypto", looked_up=Facts(wallets=(WALLET,)), **said)

    @rule(asset=st.sampled_from(["ETH", "BTC"]), score=st.sampled_from([0.6, 0.9]))
    def gets_tainted_coins(self, asset: str, score: float) -> None:
        more: dict[str, Any] = {"score": score, "asset": asset, "amount": "2", "tx": "t"}
        self.event("signal.received", vendor="acme", typology="tainted_funds", **more)

    @rule(finding=st.sampled_from(["fake_document", "abuse", "hacker_signs"]), evidence=st.integers(1, 3))
    def is_found_to(self, finding: str, evidence: int) -> None:
        self.event("conduct.found", finding=finding, severity="high", evidence=f"act-{evidence}")

    @rule(which=picks)
    def appeals(self, which: int) -> None:
        self.event("appeal.filed", restriction=self.any_id(which), text="it was not me")

    @rule(is_sure=SELDOM)
    def closes_the_account(self, is_sure: bool) -> None:
        if is_sure:
            self.event("account.deactivated")

    # --- the staff

    @rule(
        reason=st.sampled_from(REASONS),
        kind=st.sampled_from([None, None, Kind.FROZEN, Kind.PERM_BAN, Kind.LEGAL_FREEZE, Kind.STEP_UP]),
        by=people,
        ending=st.sampled_from([None, None, AtEnd(Ending.HOLD_AND_PAGE)]),
        days=st.sampled_from([None, 1, 5]),
        evidence=st.sampled_from(["E3", "E4", "E5"]),
    )
    def somebody_places(
        self, reason: str, kind: Kind | None, by: Actor, ending: AtEnd | None, days: int | None, evidence: str
    ) -> None:
        more: dict[str, Any] = {} if days is None else {"ends_at": self.story.now + timedelta(days=days)}
        if ending is not None:
            more["at_end"] = ending
        self.act("habeas.restriction.place", by, reason=reason, kind=kind, evidence=evidence, **more)

    @rule(by=people)
    def somebody_freezes_until_a_person_decides(self, by: Actor) -> None:
        ends_at, at_end = self.story.now + span("1d"), AtEnd(Ending.HOLD_AND_PAGE)
        self.act(
            "habeas.restriction.place", by, reason="SCAM_OFFENDER", kind=Kind.FROZEN, ends_at=ends_at, at_end=at_end
        )

    @rule(by=people, declined=SELDOM)
    def somebody_signs(self, by: Actor, declined: bool) -> None:
        for r in self.story.state.restrictions:
            if r.status is Status.PROPOSED:
                self.act("habeas.restriction.approve", by, restriction=r.id, declined=declined)

    @rule(which=picks, by=people)
    def somebody_lifts(self, which: int, by: Actor) -> None:
        self.act("habeas.restriction.lift", by, restriction=self.any_id(which))

    @rule(which=picks, by=people)
    def somebody_annuls(self, which: int, by: Actor) -> None:
        self.act("habeas.restriction.annul", by, restriction=self.any_id(which))

    @rule(which=picks, by=people, days=st.integers(1, 6))
    def somebody_renews(self, which: int, by: Actor, days: int) -> None:
        ends_at, new = self.story.now + timedelta(days=days), f"case:{len(self.story.decisions)}"
        known = self.any_id(which)
        self.act("habeas.restriction.renew", by, restriction=known, ends_at=ends_at, evidence="E3", evidence_ids=[new])

    @rule(which=picks, by=people, outcome=st.sampled_from(list(CaseOutcome)), second=people)
    def somebody_decides(self, which: int, by: Actor, outcome: CaseOutcome, second: Actor) -> None:
        case = self.an_open_case(which)
        if case is None:
            return
        for who in (by, second):
            self.act("habeas.case.decide", who, case=case.id, outcome=outcome, done=list(case.tasks))

    @rule(which=picks, by=people, outcome=st.sampled_from([CaseOutcome.GRANTED, CaseOutcome.PARTLY]))
    def an_appeal_is_heard(self, which: int, by: Actor, outcome: CaseOutcome) -> None:
        contested = self.pick(which)
        if contested is None:
            return
        self.event("appeal.filed", restriction=contested.id, text="it was not me")
        for opened in self.story.state.cases:
            if opened.queue == "appeals" and opened.about == contested.id:
                self.act("habeas.case.decide", by, case=opened.id, outcome=outcome)

    @rule(which=picks, by=people, step=st.sampled_from(list(CaseStep)))
    def somebody_works(self, which: int, by: Actor, step: CaseStep) -> None:
        known = list(self.story.cases)
        case = self.an_open_case(which)
        id_ = known[which % len(known)] if step is CaseStep.REOPEN and known else case.id if case else None
        if id_ is not None:
            self.act("habeas.case.work", by, case=id_, step=step, value="J-1")

    @rule(by=people)
    def somebody_gives_more_time(self, by: Actor) -> None:
        for request in self.story.state.requests:
            self.act("habeas.request.extend", by, request=request.id)

    # --- what must hold

    def is_alive(self) -> bool:
        return hasattr(self, "story") and self.story.state.life is not Life.PURGED

    def timer_of(self, about: str) -> Timer | None:
        timer = self.story.timers.get(about)
        return timer if timer is not None and timer.due_at > self.story.now else None

    @precondition(is_alive)
    @invariant()
    def nobody_is_in_limbo(self) -> None:
        for r in self.standing:
            timer = self.timer_of(r.id)
            assert timer is not None, (r.reason, r.kind, r.at_end, "nobody will ever look at it")
            assert timer.generation == r.generation
            if r.condition is not None:
                assert r.condition.owner
                assert timer.due_at == r.condition.recheck_at > self.story.now
            elif r.at_end.ending is not Ending.HOLD_AND_PAGE:
                assert timer.due_at == r.ends_at

    @precondition(is_alive)
    @invariant()
    def each_open_matter_has_a_clock(self) -> None:
        for opened in self.story.state.cases:
            case = self.story.cases[opened.id]
            timer = self.timer_of(case.id)
            assert case.status is CaseStatus.OPEN
            is_called = case.is_late and case.priority is Priority.PAGE
            assert is_called or (timer is not None and timer.generation == case.generation), case
        for request in self.story.state.requests:
            timer = self.timer_of(request.id)
            assert timer is not None, self.story.requests[request.id]
            assert timer.generation == self.story.requests[request.id].generation
            assert request.restriction is None or request.restriction in {r.id for r in self.standing}, request

    @precondition(is_alive)
    @invariant()
    def what_law_holds_is_freed_by_people_only(self) -> None:
        for r in self.story.restrictions.values():
            if r.kind not in HELD_BY_LAW_KINDS or r.status in (Status.PROPOSED, Status.DECLINED):
                continue
            assert r.status is not Status.EXPIRED
            if r.status is Status.ACTIVE:
                assert r.is_in_force(self.story.now + timedelta(days=3650))
            elif r.status is not Status.SUPERSEDED:
                assert r.ended_by is not None
                assert r.ended_by.is_person
                # Two reviewers found a false match, and there is no other way.
                assert (r.kind, r.status) == (Kind.SANCTIONS_BLOCK, Status.LIFTED)
                assert r.end_note.startswith("false match")

    @precondition(is_alive)
    @invariant()
    def the_floor_stays(self) -> None:
        for capability in FLOOR:
            assert self.story.level(capability) <= Level.STEP_UP

    def follows_what_was_shown(self) -> None:
        """Right after something was shown: no restriction for which all was shown stands, unless a person was asked."""
        for r in self.standing:
            way_out = the_policy().releases.get(r.reason)
            if way_out is None or r.kind in HELD_BY_LAW_KINDS or not r.is_automated:
                continue
            if way_out.kinds and r.kind not in way_out.kinds:
                continue
            is_done = any(all(self.was_shown(what, r) for what in way) for way in way_out.ways)
            worth = sum(points for what, points in way_out.points.items() if self.was_shown(what, r))
            if is_done or (way_out.points and worth >= way_out.points_min):
                assert any(case.about == r.id for case in self.story.cases.values()), (r.reason, r.kind, self.shown)

    def was_shown(self, what: str, r: Restriction) -> bool:
        state, since = self.story.state, max(r.starts_at, self.story.now - REMEMBERED_FOR)
        if what == "served_residence":
            return state.residence in SERVED
        if what == "strong_challenge":
            return any(self.was_shown(f"challenge:{method}", r) for method in UNSHAKEN)
        wanted = f"document:{r.facts.get('document')}" if what == "named_document" else what
        return any(said == wanted and at >= since and about in ("", r.id) for said, at, about in self.shown)


QUICK = settings(max_examples=120, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))

TestWaysOut = WaysOut.TestCase
TestWaysOut.settings = QUICK


# --- planted bugs ----------------------------------------------------------------------------------------------------


def _forgets_what_is_held_and_paged(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(draft.Draft, "time", lambda *_: None)


def _ways_out_lead_nowhere(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(release, "follow", lambda _: None)


def _silence_closes_cases(patch: pytest.MonkeyPatch) -> None:
    def clock(drafted: draft.Draft, due: Any) -> None:
        case = drafted.facts.case
        if case is not None and case.id == due.about:
            drafted.change_case(replace(case, status=CaseStatus.DECIDED, outcome=CaseOutcome.RESOLVED))

    patch.setattr(casework, "clock", clock)


def _cases_have_no_clock(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(draft, "next_look_at_case", lambda *_: None)


def _time_frees_what_law_holds(patch: pytest.MonkeyPatch) -> None:
    def recheck(drafted: draft.Draft, restriction: Restriction) -> None:
        drafted.end(replace(restriction, status=Status.LIFTED, ended_at=drafted.now, ended_by=draft.AUTOMATION))

    patch.setattr(acts, "_recheck", recheck)


def _requests_outlive_what_they_were_for(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(draft.Draft, "_pass_on_requests", lambda *_: None)


PLANTED = [
    _forgets_what_is_held_and_paged,
    _ways_out_lead_nowhere,
    _silence_closes_cases,
    _cases_have_no_clock,
    _time_frees_what_law_holds,
    _requests_outlive_what_they_were_for,
]


@pytest.mark.parametrize("planted", PLANTED, ids=lambda plant: plant.__name__.strip("_"))
def test_the_checks_catch_a_planted_bug(planted: Callable[[pytest.MonkeyPatch], None]) -> None:
    class Broken(WaysOut):
        pass

    Broken.planted = staticmethod(planted)
    quick = settings(
        max_examples=300,
        stateful_step_count=30,
        phases=(Phase.generate,),
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Broken, settings=quick)
