"""Habeas itself under test: the real look-ups, the real `decide`, the shipped playbook; acts of reviewers as real acts.

Two engines with one meaning. `Direct` keeps states in a dict and calls `decide`; `Served` sends everything through the real
intake on a store. A test holds them equal, so that a long run can use the fast one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol, cast

import msgspec
from msgspec import Struct

from habeas.decision.decide import decide
from habeas.decision.draft import Effect
from habeas.domain.account import AccountState, new_account
from habeas.domain.actor import Actor, Role
from habeas.domain.campaign import Campaign
from habeas.domain.capability import Capability, Level
from habeas.domain.case import Case, CaseOutcome
from habeas.domain.decision import Decision, Outcome, Topic
from habeas.domain.document import DocumentRequest
from habeas.domain.event import (
    CASE_DECIDE,
    EFFECT_SOURCE,
    OWN_EVENT_TYPES,
    RESTRICTION_ANNUL,
    RESTRICTION_LIFT,
    STAFF_SOURCE,
    TIMER_DUE,
    TIMER_SOURCE,
    Event,
    make_event,
)
from habeas.domain.event_data import AnnulAct, CaseAct, Counterparty, IdentityDocument, LiftAct, Profile, TimerDue
from habeas.domain.facts import DealtWith, EnrichedEvent, Facts, IpActivity
from habeas.domain.ids import AccountId, CaseId, DocumentRequestId, EntityId, HolderId, RestrictionId, event_seed
from habeas.domain.kind import LEVELS
from habeas.domain.listing import document_key
from habeas.domain.login import Trait, TraitFact, cell_of, total_cell
from habeas.domain.restriction import ACCOUNT_WIDE, Restriction, Scope, Status
from habeas.playbook.policy import Playbook
from habeas.service.enrich import look_up, relate
from habeas.service.intake import Intake
from habeas.service.outbox import deliver_effects
from habeas.service.ports import Lists, Places, Reader, Store
from habeas.simulation.play import ScriptedClock
from habeas.simulation.world.deeds import FOREVER, Cluster, Deed, hours_of, instant
from habeas.simulation.world.guards import NOTHING, Answer, Ask, Due, Limit, Matter, Reach

SOURCE = "urn:world:exchange"
_KEY = bytes(32)
_REVIEWERS = (Actor("ruth", Role.ANALYST), Actor("otto", Role.SANCTIONS_OFFICER), Actor("mira", Role.MLRO))
_encode = msgspec.json.Encoder(decimal_format="string").encode
_decode_effect = msgspec.msgpack.Decoder(Effect).decode
_REACHES = (
    (Capability.WITHDRAW_CRYPTO, Reach.OUTFLOW),
    (Capability.LOGIN, Reach.LOGIN),
    (Capability.PLACE_ORDER, Reach.TRADE),
)
_USD_OF = {"BTC": 60_000, "ETH": 3_000}


class Heard(Struct, frozen=True):
    """An event's outcome with what changed, on other accounts too."""

    outcome: Outcome
    restrictions: tuple[Restriction, ...] = ()
    cases: tuple[Case, ...] = ()
    requests: tuple[DocumentRequest, ...] = ()


class Engine(Protocol):
    """Something that decides events."""

    def enter(self, accounts: Iterable[AccountId]) -> None:
        """Forget everything; these accounts are next."""

    def submit(self, event: Event) -> Heard:
        """Decide an event, and deliver its effects on other accounts."""


class Direct:
    """`decide` with states in a dict."""

    def __init__(self, places: Places, lists: Lists, playbook: Playbook) -> None:
        self._places, self._lists, self._playbook = places, lists, playbook
        self.enter(())

    def enter(self, accounts: Iterable[AccountId]) -> None:  # noqa: ARG002 - the port's
        """Forget everything."""
        self._states: dict[AccountId, AccountState] = {}
        self._restrictions: dict[AccountId, dict[RestrictionId, Restriction]] = {}
        self._cases: dict[AccountId, dict[CaseId, Case]] = {}
        self._requests: dict[AccountId, dict[DocumentRequestId, DocumentRequest]] = {}
        self._logins: Counter[int] = Counter()
        self._documents: dict[tuple[bytes, AccountId], datetime] = {}
        self._dealings: list[tuple[AccountId, AccountId, datetime, bool]] = []

    def submit(self, event: Event) -> Heard:
        """Look up, decide, remember; then the effects, each an event of its own."""
        state = self._states.get(event.account) or new_account(event.account)
        said = event.data.entity if isinstance(event.data, Profile) else None
        policy = self._playbook.policy(EntityId(said) if said else state.entity)
        facts = relate(look_up(event, self._places, self._lists), event, state, cast("Reader", self), self._lists)
        seed = event_seed(_KEY, event.account, event.source, event.id)
        decision = decide(state, EnrichedEvent(event, facts, seed, event.time), policy)
        self._states[event.account] = decision.state
        self._keep(event, facts, decision)
        if decision.restrictions:
            self._restrictions.setdefault(event.account, {}).update({r.id: r for r in decision.restrictions})
        if decision.cases:
            self._cases.setdefault(event.account, {}).update({c.id: c for c in decision.cases})
        heard = Heard(decision.outcome, decision.restrictions, decision.cases, decision.requests)
        for message in decision.messages:
            if message.topic is Topic.EFFECT:
                effect = _decode_effect(message.body)
                caused = make_event(message.id, EFFECT_SOURCE, effect.type, message.account, effect.time, effect.body)
                heard = _joined(heard, self.submit(caused))
        return heard

    def _keep(self, event: Event, facts: Facts, decision: Decision) -> None:
        """What a store keeps of an event for other accounts' sake."""
        if decision.requests:
            self._requests.setdefault(event.account, {}).update({r.id: r for r in decision.requests})
        for fact in facts.traits:
            self._logins.update((cell_of(fact.trait, fact.name), total_cell(fact.trait)))
        said, verdict = event.data, decision.outcome.verdict
        if isinstance(said, Profile) and said.document is not None:
            self._documents.setdefault((_key_of(said.document), event.account), event.time)
        is_refused = verdict is not None and verdict.level > Level.STEP_UP and event.type != "p2p.paid"
        if isinstance(said, Counterparty) and not is_refused and not facts.is_own_counterparty:
            self._dealings.append((event.account, said.counterparty, event.time, event.type != "p2p.opened"))

    # --- what `relate` reads ------------------------------------------------------------------------------------------

    def account(self, account: AccountId) -> AccountState | None:
        """The state of an account."""
        return self._states.get(account)

    def restrictions(self, account: AccountId) -> tuple[Restriction, ...]:
        """All restrictions that an account ever had."""
        return tuple(self._restrictions.get(account, {}).values())

    def cases(self, account: AccountId) -> tuple[Case, ...]:
        """All cases about an account."""
        return tuple(self._cases.get(account, {}).values())

    def holder_accounts(self, holder: HolderId) -> tuple[AccountId, ...]:
        """The accounts of a holder."""
        return tuple(sorted(state.account for state in self._states.values() if state.holder == holder))

    def live_campaigns(self) -> tuple[Campaign, ...]:
        """The world leaves no region."""
        return ()

    def document_requests(self, account: AccountId) -> tuple[DocumentRequest, ...]:
        """All document requests to an account."""
        return tuple(self._requests.get(account, {}).values())

    def trait_facts(self, values: Sequence[tuple[Trait, int]]) -> tuple[TraitFact, ...]:
        """How common values of traits are."""
        counts = self._logins
        return tuple(TraitFact(t, name, counts[cell_of(t, name)], counts[total_cell(t)]) for t, name in values)

    def document_accounts(
        self, account: AccountId, declares: tuple[str, str, str] | None = None
    ) -> tuple[AccountId, ...]:
        """Other accounts that declared a document of this one no later than it did."""
        own: dict[bytes, datetime | None] = {key: at for (key, who), at in self._documents.items() if who == account}
        if declares is not None:
            own.setdefault(document_key(_KEY, *declares), None)
        known = self._documents.items()
        found = {
            who for key, until in own.items() for (k, who), at in known if k == key and (until is None or at <= until)
        }
        return tuple(sorted(found - {account}))

    def dealt_with(self, account: AccountId, since: datetime, limit: int) -> tuple[DealtWith, ...]:
        """Who dealt with an account, the latest first."""
        found: dict[AccountId, DealtWith] = {}
        for who, other, at, has_paid in self._dealings:
            if other == account and at >= since:
                before = found.get(who)
                found[who] = DealtWith(who, at, has_paid or (before is not None and before.has_paid))
        return tuple(sorted(found.values(), key=lambda each: (-each.at.timestamp(), each.account))[:limit])

    def have_dealt(self, account: AccountId, counterparty: AccountId, since: datetime) -> bool:
        """Whether an account dealt with another."""
        return any((who, other) == (account, counterparty) and at >= since for who, other, at, _ in self._dealings)

    def ip_activity(self, ip: str, at: datetime, account: AccountId) -> IpActivity:  # noqa: ARG002 - the port's
        """Nobody fails to log in, in this world."""
        return IpActivity(accounts=1)


def _key_of(document: IdentityDocument) -> bytes:
    return document_key(_KEY, document.country, document.kind, document.number)


class Served:
    """The real intake on a store of its own for each cluster."""

    def __init__(self, places: Places, lists: Lists, playbook: Playbook, new_store: Any) -> None:
        self._places, self._lists, self._playbook, self._new_store = places, lists, playbook, new_store
        self._clock = ScriptedClock(instant(0))
        self._store: Store | None = None
        self._intake: Intake | None = None

    def enter(self, accounts: Iterable[AccountId]) -> None:
        """A new store."""
        self.close()
        self._accounts = tuple(accounts)
        self._store = self._new_store()
        self._intake = Intake(self._store, self._playbook, self._places, self._lists, self._clock)
        self._known: dict[str, Any] = {}

    def submit(self, event: Event) -> Heard:
        """Through the intake, then the outbox; what changed is read from the store."""
        assert self._store is not None
        assert self._intake is not None
        self._clock.now = event.time
        outcome = self._intake.decide(event)
        deliver_effects(self._store, self._intake)
        with self._store.reading() as reader:
            restrictions = [r for a in self._accounts for r in reader.restrictions(a)]
            cases = [c for a in self._accounts for c in reader.cases(a)]
            requests = [r for a in self._accounts for r in reader.document_requests(a)]
        return Heard(outcome, self._changed(restrictions), self._changed(cases), self._changed(requests))

    def close(self) -> None:
        """End the intake and the store."""
        if self._intake is not None and self._store is not None:
            self._intake.close()
            self._store.close()

    def _changed(self, items: list[Any]) -> tuple[Any, ...]:
        changed = tuple(item for item in items if self._known.get(item.id) != item)
        self._known.update({item.id: item for item in changed})
        return changed


class HabeasGuard:
    """Habeas as a guard: deeds are CloudEvents to it, reviewers' acts are acts of staff, timers fire as events."""

    name = "Habeas"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._count = 0
        self._decided: dict[str, bool] = {}

    def enter(self, cluster: Cluster) -> None:
        """Forget everything."""
        self._engine.enter(AccountId(account) for account in sorted({deed.account for deed in cluster.deeds}))
        self._decided = {}
        self._count = 0

    def hear(self, deed: Deed) -> Answer:
        """A deed is an event from the exchange, or an act that somebody on the staff does."""
        source = STAFF_SOURCE if deed.type in OWN_EVENT_TYPES else SOURCE
        return self._submit(source, deed.type, deed.account, deed.at, deed.data)

    def fire(self, due: Due) -> Answer:
        """A timer fires, under the identity that the service gives it."""
        said = TimerDue(about=due.limit, generation=due.generation)
        id_ = f"{due.limit}/{due.generation}"
        return self._answer(make_event(id_, TIMER_SOURCE, TIMER_DUE, due.account, instant(due.at), _encode(said)))

    def lift(self, limit: Limit, at: float, *, void: bool) -> Answer:
        """A reviewer lifts or annuls. Habeas may refuse, which changes nothing."""
        type_ = RESTRICTION_ANNUL if void else RESTRICTION_LIFT
        by, note, about = _REVIEWERS[0], "looked at, found in order", RestrictionId(limit.id)
        said: AnnulAct | LiftAct = AnnulAct(actor=by, note=note, restriction=about)
        if not void:
            # Whoever lifts has asked what happened on the account lately.
            said = LiftAct(actor=by, note=note, restriction=about, attests=("history",))
        return self._submit(STAFF_SOURCE, type_, limit.account, at, said)

    def find(self, matter: Matter, at: float, *, is_true: bool, reviewer: int) -> Answer:
        """An opinion on a case."""
        if self._decided.get(matter.id, True):
            return NOTHING
        outcome = CaseOutcome.TRUE_MATCH if is_true else CaseOutcome.FALSE_MATCH
        said = CaseAct(
            actor=_REVIEWERS[reviewer],
            note="compared with the documents on file",
            case=CaseId(matter.id),
            outcome=outcome if matter.is_match else CaseOutcome.RESOLVED,
        )
        return self._submit(STAFF_SOURCE, CASE_DECIDE, matter.account, at, said)

    def _submit(self, source: str, type_: str, account: str, at: float, data: Any) -> Answer:
        self._count += 1
        return self._answer(make_event(f"e{self._count}", source, type_, account, instant(at), _encode(data)))

    def _answer(self, event: Event) -> Answer:
        heard = self._engine.submit(event)
        verdict = heard.outcome.verdict
        level = verdict.level if verdict is not None else None
        if not (heard.restrictions or heard.cases or heard.requests):
            return Answer(level) if level is not Level.ALLOW else _ALLOWED
        matters = []
        for case in heard.cases:
            if case.id not in self._decided:
                matters.append(Matter(case.id, case.account, str(case.priority), case.match is not None))
            self._decided[case.id] = case.decided_at is not None
        return Answer(
            level,
            tuple(limit_of(restriction) for restriction in heard.restrictions),
            tuple(matters),
            tuple(due for restriction in heard.restrictions if (due := _due(restriction)) is not None),
            tuple(Ask(request.account, request.reason, request.id) for request in heard.requests),
        )


_ALLOWED = Answer(Level.ALLOW)


def limit_of(r: Restriction) -> Limit:
    """A restriction as it is counted."""
    ends = r.effect_ends_at
    signals = [e.removeprefix("signal:") for e in r.evidence_ids if e.startswith("signal:")]
    return Limit(
        id=r.id,
        account=r.account,
        reason=r.reason,
        signal=signals[0] if signals else "by hand",
        kind=str(r.kind),
        reach=reach_of(r),
        begins=hours_of(r.starts_at),
        ends=FOREVER if ends is None else hours_of(ends),
        is_over=r.status is not Status.ACTIVE,
        is_automated=r.is_automated,
        is_looked_at=(r.ends_at is not None) != (r.condition is not None),
        held_usd=float(r.held.amount) * _USD_OF.get(r.held.asset, 1) if r.held else 0.0,
    )


def reach_of(r: Restriction) -> frozenset[Reach]:
    """What a restriction reaches, by the domain's table of kinds."""
    if r.status in (Status.PROPOSED, Status.DECLINED):
        return frozenset()
    if r.scope is Scope.NEW_DESTINATIONS:
        return frozenset({Reach.DESTINATIONS})
    if r.scope is Scope.AMOUNT:
        return frozenset({Reach.AMOUNT})
    if r.scope not in ACCOUNT_WIDE:
        return frozenset()
    held = {reach for capability, reach in _REACHES if LEVELS[r.kind][capability] >= Level.HOLD}
    return frozenset(held or {Reach.STEP_UP})


def _due(r: Restriction) -> Due | None:
    due_at = r.ends_at or (r.condition.recheck_at if r.condition else None)
    if due_at is None or r.status is not Status.ACTIVE:
        return None
    return Due(hours_of(due_at), r.account, r.id, r.generation)


def _joined(a: Heard, b: Heard) -> Heard:
    return Heard(a.outcome, (*a.restrictions, *b.restrictions), (*a.cases, *b.cases), (*a.requests, *b.requests))
