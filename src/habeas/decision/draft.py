"""A decision while it is being made. It lives for one call of `decide`, which is why it may change."""

from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from habeas.domain.account import (
    ACTIONS_MAX,
    REQUESTS_MAX,
    AccountState,
    AutomatedPlacement,
    Life,
    OpenAction,
    OpenCase,
    OpenRequest,
)
from habeas.domain.actor import Actor, Role
from habeas.domain.appeal import Appeal
from habeas.domain.case import Case, CaseStatus, Match, Priority
from habeas.domain.casework import next_look as next_look_at_case
from habeas.domain.decision import (
    Action,
    ActionName,
    CaseSaid,
    Decision,
    IpRefusal,
    Message,
    Outcome,
    Refusal,
    RestrictionBrief,
    Timer,
    Topic,
    brief,
)
from habeas.domain.disposition import Disposition
from habeas.domain.document import DocumentRequest, RequestStatus, closed, next_look
from habeas.domain.duty import due_after
from habeas.domain.event import RESTRICTION_MIRRORED
from habeas.domain.event_data import EventData, Mirrored
from habeas.domain.facts import EnrichedEvent
from habeas.domain.ids import AccountId, CaseId, DocumentRequestId, RestrictionId, derived_id
from habeas.domain.proof import Proof, by_document, is_shown, with_proof
from habeas.domain.reason import Reason
from habeas.domain.restriction import (
    ACCOUNT_WIDE,
    Ending,
    Restriction,
    Scope,
    Status,
    makes_redundant,
    require_statement,
    supersede,
)
from habeas.domain.signal import Signal
from habeas.domain.verdict import Verdict
from habeas.playbook.policy import AskPolicy, CasePolicy, Policy, RunMode

AUTOMATION = Actor("habeas", Role.DETECTOR)

_pack = msgspec.msgpack.Encoder(decimal_format="string").encode
_encode = msgspec.json.Encoder(decimal_format="string").encode
_RANK = {priority: rank for rank, priority in enumerate(Priority)}


SANCTIONS_MATCH = str(Reason.SANCTIONS_NEXUS)
"""What every case of a match is about: one pair is one matter, whichever event met it."""


def _timer(restriction: Restriction) -> Timer | None:
    """When to look at a restriction again; None for one that is not in force or over."""
    due_at = restriction.ends_at or (restriction.condition.recheck_at if restriction.condition else None)
    if due_at is None or restriction.status is not Status.ACTIVE:
        return None
    return Timer(restriction.id, restriction.generation, due_at)


class Effect(msgspec.Struct, frozen=True):
    """What another account must be told, as the outbox carries it: the event that the worker records there."""

    type: str
    time: datetime
    body: bytes


class Draft:
    """Collects what one event leads to. Every change of a restriction goes through here, so that none is forgotten."""

    def __init__(self, state: AccountState, enriched: EnrichedEvent, policy: Policy, now: datetime) -> None:
        self.state = state
        self.event = enriched.event
        self.facts = enriched.facts
        self.policy = policy
        self.now = now
        self.signals: list[Signal] = []
        self.refusal: Refusal | None = None
        self._seed = enriched.seed
        self._changed: dict[RestrictionId, Restriction] = {}
        self._cases: list[Case] = []
        self._timers: dict[str, Timer] = {}
        self._messages: list[Message] = []
        self._placed: list[RestrictionBrief] = []
        self._extended: list[RestrictionBrief] = []
        self._lifted: list[RestrictionBrief] = []
        self._actions: list[Action] = []
        self._requests: dict[DocumentRequestId, DocumentRequest] = {}
        self._refused_ips: list[IpRefusal] = []
        self._is_purge = False

    def new_id(self, prefix: str, *cause: str) -> str:
        """An id that derives from this event and what it causes."""
        return derived_id(self._seed, prefix, *cause)

    # --- restrictions -------------------------------------------------------------------------------------------------

    def place(self, restriction: Restriction) -> None:
        """A restriction begins. Milder ones for the same reason that it makes redundant are superseded by it."""
        require_statement(restriction)
        for older in self.state.restrictions:
            if older.status is Status.ACTIVE and makes_redundant(restriction, older):
                self.end(supersede(older, AUTOMATION, self.now, restriction.id))
                self._pass_on_requests(older.id, restriction.id)
        self._keep(restriction)
        self._placed.append(brief(restriction))
        if restriction.scope in ACCOUNT_WIDE:
            self.request_actions(self.policy.kind_policy(restriction.kind).on_place)
        if restriction.is_automated and self.policy.kind_policy(restriction.kind).automated_max is not None:
            placed = AutomatedPlacement(restriction.kind, self.now)
            self.state = replace(self.state, automated=(*self.state.automated, placed))

    def follow_up(self, over: Restriction, follower: Restriction) -> None:
        """What follows begins. What was asked for because of what is over, and was shown for it, counts for this now; so does
        what was shown in its time of who and where somebody is.
        """
        self.place(follower)
        for proof in self.state.proofs:
            if proof.about == over.id or (proof.is_of_identity and proof.at >= over.starts_at):
                self.show(Proof(proof.what, follower.starts_at, follower.id))
        self._pass_on_requests(over.id, follower.id)

    def _pass_on_requests(self, over: RestrictionId, to: RestrictionId) -> None:
        for request in self.requests:
            if request.restriction == over:
                self.change_request(replace(request, restriction=to))

    def propose(self, restriction: Restriction) -> None:
        """A restriction waits for its second signature. It limits nothing until then."""
        require_statement(restriction)
        assert restriction.status is Status.PROPOSED
        self._keep(restriction)
        self._placed.append(brief(restriction))

    def change(self, restriction: Restriction) -> None:
        """A restriction goes on with another end or another recheck."""
        self._keep(restriction)
        self._extended.append(brief(restriction))

    def end(self, restriction: Restriction) -> None:
        """A restriction is over: lifted, expired, superseded or annulled."""
        assert restriction.ended_at is not None
        self._keep(restriction)
        self._lifted.append(brief(restriction))
        is_succeeded = restriction.status is Status.SUPERSEDED or (
            restriction.status is Status.EXPIRED and restriction.at_end.ending is Ending.FALL_BACK
        )
        for request in self.requests:
            if request.restriction == restriction.id and not is_succeeded:
                self.change_request(closed(request, RequestStatus.WITHDRAWN, self.now))

    def carry_over(self, restriction: Restriction) -> None:
        """A restriction that an older system has placed is taken in. Nobody is told, and the exchange is asked for nothing:
        it has stood all the time.
        """
        require_statement(restriction)
        self._keep(restriction, is_quiet=True)
        self._placed.append(brief(restriction))

    def take_back(self, restriction: Restriction) -> None:
        """A restriction that was taken in is over here. Nobody is told: the older system goes on."""
        assert restriction.ended_at is not None
        self._keep(restriction, is_quiet=True)
        self._lifted.append(brief(restriction))

    def _keep(self, restriction: Restriction, *, is_quiet: bool = False) -> None:
        before = next((r for r in self.state.restrictions if r.id == restriction.id), None)
        others = tuple(r for r in self.state.restrictions if r is not before)
        is_over = restriction.status not in (Status.ACTIVE, Status.PROPOSED)
        self.state = replace(self.state, restrictions=others if is_over else (*others, restriction))
        self._changed[restriction.id] = restriction
        self._timers.pop(restriction.id, None)
        timer = _timer(restriction)
        # A timer that has fired is not set again by a change that leaves its time and generation as they were.
        if timer is not None and (before is None or timer != _timer(before)):
            self._timers[restriction.id] = timer
        if restriction.status in (Status.PROPOSED, Status.DECLINED):
            return  # What limits nothing is nobody's news but the staff's.
        if not is_quiet:
            self._send(self.state.account, Topic.RESTRICTION, _pack(restriction), restriction.id, restriction.status)
        if restriction.scope is Scope.HOLDER and restriction.origin is None:
            self._mirror(Mirrored(restriction=restriction, is_quiet=is_quiet))

    def _mirror(self, said: Mirrored) -> None:
        """Tell the holder's other accounts. Each gets a restriction of its own with its own statement and journal entry."""
        for sibling in self.facts.siblings:
            self.tell(sibling, RESTRICTION_MIRRORED, said, said.restriction.id, said.restriction.status)

    # --- everything else ----------------------------------------------------------------------------------------------

    def tell(self, account: AccountId, type_: str, said: EventData, *cause: str) -> None:
        """What this decision means for another account: an event of our own there, which the worker records."""
        effect = Effect(type_, self.now, _encode(said))
        self._send(account, Topic.EFFECT, _pack(effect), *cause)

    @property
    def changed(self) -> dict[RestrictionId, Restriction]:
        """The restrictions that this event placed, changed or ended, as they are now."""
        return self._changed

    @property
    def touched(self) -> frozenset[RestrictionId]:
        """The restrictions that this event placed or changed."""
        return frozenset(self._changed)

    def open_case(
        self,
        policy: CasePolicy,
        reason: str,
        why: str,
        restrictions: tuple[RestrictionId, ...] = (),
        about: RestrictionId | None = None,
        match: Match | None = None,
        appeal: Appeal | None = None,
    ) -> None:
        """A matter for people. The same matter does not open a second case while one is open, but may make it urgent.

        With `about`, each restriction is a matter of its own; with `match`, each pair that was compared.
        """
        matter = about or (match.pair if match else "")
        reason = SANCTIONS_MATCH if match else reason
        same = (policy.queue, reason, matter)
        known = next((case for case in self.state.cases if (case.queue, case.reason, case.about) == same), None)
        about_these = restrictions or ((about,) if about else ())
        if known is not None:
            if not match and _RANK[policy.priority] < _RANK[known.priority]:
                self._hurry(known, policy, why, about_these)
            return
        case = Case(
            id=CaseId(self.new_id("cs", policy.queue, reason, matter)),
            account=self.state.account,
            queue=policy.queue,
            reason=reason,
            priority=policy.priority,
            why=why,
            cause=self.event.id,
            opened_at=self.now,
            due_at=due_after(self.policy.casework.duty.get(policy.queue), self.now, policy.due_for),
            restrictions=about_these,
            about=matter,
            match=match,
            appeal=appeal,
            tasks=policy.tasks,
        )
        self.change_case(case)
        if case.priority is Priority.PAGE:
            self.page(case)

    def _hurry(self, known: OpenCase, policy: CasePolicy, why: str, restrictions: tuple[RestrictionId, ...]) -> None:
        """The same matter has become urgent. Who works on it, and what was done and said, stays."""
        due_at = self.now + policy.due_for
        # An event from before facts had the open cases knows only that there is one.
        bare = Case(
            id=known.id,
            account=self.state.account,
            queue=known.queue,
            reason=known.reason,
            priority=known.priority,
            why=why,
            cause=self.event.id,
            opened_at=known.opened_at,
            due_at=due_at,
            about=known.about,
        )
        recorded = (case for case in (*reversed(self._cases), *self.facts.cases) if case.id == known.id)
        case = next(recorded, bare)
        changed = replace(
            case,
            priority=policy.priority,
            why=why,
            due_at=due_at if case.is_late else min(case.due_at, due_at),
            counted_from=self.now,
            restrictions=tuple(dict.fromkeys((*case.restrictions, *restrictions))),
            tasks=tuple(dict.fromkeys((*case.tasks, *policy.tasks))),
            is_warned=False,
            is_late=False,
            generation=case.generation + 1,
        )
        self.change_case(changed)
        if changed.priority is Priority.PAGE:
            self.page(changed)

    def page(self, case: Case) -> None:
        """Call a person now."""
        self._send(self.state.account, Topic.PAGE, _pack(case), case.id)

    def change_case(self, case: Case) -> None:
        """A case is opened or has moved. A decided one is no longer open, so that the same matter may open again."""
        self._cases.append(case)
        others = tuple(other for other in self.state.cases if other.id != case.id)
        opened = OpenCase(case.id, case.queue, case.reason, case.priority, case.opened_at, case.about)
        is_open = case.status is CaseStatus.OPEN
        self.state = replace(self.state, cases=(*others, opened) if is_open else others)
        self._timers.pop(case.id, None)
        policy = self.policy.casework
        look_at = next_look_at_case(case, policy.warn_at_share, policy.remind_after_for, policy.silence_for)
        if look_at is not None:
            self._timers[case.id] = Timer(case.id, case.generation, look_at)

    def tell_of_case(self, case: Case, said: str) -> None:
        """What the clock of a case says, to the user and to staff; and when it is late, to a person now."""
        self._send(self.state.account, Topic.CASE, _pack(CaseSaid(said, case)), case.id, said)
        if case.priority is Priority.PAGE:
            self._send(self.state.account, Topic.PAGE, _pack(case), case.id, said)

    def ask(self, policy: AskPolicy, documents: tuple[str, ...], why: str, standing: RestrictionId | None) -> None:
        """Ask the user for documents. What has been asked for already, or was accepted lately, is not asked for again.

        While an older system still acts nobody is asked for anything: a request that its user never hears of would run out.
        """
        if self.policy.run.mode is RunMode.DUAL:
            return
        asked = {d for request in self.state.requests if request.reason == policy.reason for d in request.documents}
        since = self.now - self.policy.documents.reuse_for
        wanted = tuple(
            d for d in documents if d not in asked and not is_shown(self.state.proofs, by_document(d), since)
        )
        if not wanted:
            return
        request = DocumentRequest(
            id=DocumentRequestId(self.new_id("dr", policy.reason, *wanted)),
            account=self.state.account,
            reason=policy.reason,
            documents=wanted,
            optional=policy.optional,
            why=why,
            cause=self.event.id,
            issued_at=self.now,
            due_at=self.now + policy.due_for,
            restriction=standing,
        )
        self.change_request(request)

    @property
    def requests(self) -> tuple[DocumentRequest, ...]:
        """The open document requests, as this event has left them so far."""
        known = {request.id: request for request in self.facts.requests} | self._requests
        return tuple(request for request in known.values() if request.is_open)

    def change_request(self, request: DocumentRequest) -> None:
        """A document request is issued, moves or is over: recorded, timed and told to the user."""
        self._requests[request.id] = request
        others = tuple(other for other in self.state.requests if other.id != request.id)
        opened = OpenRequest(request.id, request.reason, request.documents, request.due_at, request.restriction)
        self.state = replace(self.state, requests=(*others, opened)[-REQUESTS_MAX:] if request.is_open else others)
        self._timers.pop(request.id, None)
        documents = self.policy.documents
        look_at = next_look(request, self.now, documents.remind_before_for, documents.check_for)
        if look_at is not None:
            self._timers[request.id] = Timer(request.id, request.generation, look_at)
        self._send(self.state.account, Topic.DOCUMENTS, _pack(request), request.id, request.status)

    def time(self, timer: Timer) -> None:
        """Look at something again at that time."""
        self._timers[timer.about] = timer

    def purge(self) -> None:
        """Forget the account: what was sealed with its key cannot be opened from now on."""
        kept = AccountState(account=self.state.account, entity=self.state.entity, life=Life.PURGED)
        self.state = replace(kept, is_known=True, decided_at=self.now)
        self._is_purge = True

    def show(self, proof: Proof) -> None:
        """The user has shown something, which the ways out rest on."""
        self.state = replace(self.state, proofs=with_proof(self.state.proofs, proof))

    def refuse_ip(self, length: timedelta) -> None:
        """Refuse requests from the event's IP address for a while."""
        ip = getattr(self.event.data, "ip", None)
        if ip is not None:
            self._refused_ips.append(IpRefusal(ip, self.now + length))

    def request_actions(self, names: tuple[ActionName, ...]) -> None:
        """Ask the exchange to do something, once per event; nothing while an older system still acts."""
        if self.policy.run.mode is RunMode.DUAL:
            return
        for name in names:
            if all(action.action is not name for action in self._actions):
                self._ask_for(OpenAction(self.new_id("ac", name), name, self.now))

    def ask_again(self, action: OpenAction) -> None:
        """The exchange has not said that it did what it was asked to."""
        self._ask_for(replace(action, asked=action.asked + 1))

    def _ask_for(self, asked: OpenAction) -> None:
        action = Action(ActionName(asked.action), asked.request)
        self._actions.append(action)
        self._send(self.state.account, Topic.ACTION, _pack(action), action.request, str(asked.asked))
        policy, others = self.policy.actions, (a for a in self.state.actions if a.request != asked.request)
        is_waited_for = asked.asked <= policy.asked_max
        self.state = replace(self.state, actions=(*others, *((asked,) if is_waited_for else ()))[-ACTIONS_MAX:])
        if is_waited_for:
            self._timers[asked.request] = Timer(asked.request, asked.asked, self.now + policy.ask_again_for)

    def _send(self, account: AccountId, topic: Topic, body: bytes, *cause: str) -> None:
        # While an older system still acts, only what other accounts must be judged by goes on: nothing leaves.
        if self.policy.run.mode is RunMode.DUAL and topic is not Topic.EFFECT:
            return
        # The position in the list is part of the cause: a restriction may begin and change within one event.
        message_id = self.new_id("ms", topic, account, *cause, str(len(self._messages)))
        self._messages.append(Message(message_id, account, topic, body))

    def finish(self, verdict: Verdict | None, disposition: Disposition | None = None) -> Decision:
        """The decision, complete."""
        outcome = Outcome(
            event=self.event.id,
            account=self.state.account,
            signals=tuple(self.signals),
            placed=tuple(self._placed),
            extended=tuple(self._extended),
            lifted=tuple(self._lifted),
            cases=tuple(case.id for case in self._cases),
            requests=tuple(request.id for request in self._requests.values() if request.cause == self.event.id),
            disposition=disposition,
            actions=tuple(self._actions),
            verdict=verdict,
            refusal=self.refusal,
        )
        return Decision(
            state=self.state,
            outcome=outcome,
            restrictions=tuple(self._changed.values()),
            cases=tuple(self._cases),
            timers=tuple(self._timers.values()),
            messages=tuple(self._messages),
            requests=tuple(self._requests.values()),
            refused_ips=tuple(self._refused_ips),
            is_purge=self._is_purge,
        )
