"""What the order desk does: from a letter to what it leads to, and to its end.

Every act is one transaction of the sealed store, with a line in its journal, refused acts too. What an act leads to outside is
kept in the same transaction as commands, and submitted afterwards (`submission`).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from msgspec.structs import replace

from habeas.decision.desks import REVIEW_DESK
from habeas.domain.account import AccountState
from habeas.domain.actor import Actor, Role
from habeas.domain.decision import Refusal
from habeas.domain.errors import BadInputError
from habeas.domain.event_data import DeskEndAct, DeskRenewAct, ExemptAct, OrderAct, ReviewAct
from habeas.domain.evidence import Evidence
from habeas.domain.ids import AccountId, EventId, HolderId, derived_id, event_seed
from habeas.domain.kind import ACCOUNT_KINDS, HELD_BY_LAW_KINDS, Kind
from habeas.domain.reason import Disclosure
from habeas.domain.restriction import HeldAmount, Scope
from habeas.playbook.cover import end_after, slot_at_or_after
from habeas.playbook.policy import Playbook, Policy
from habeas.sealed import custody, gag, life
from habeas.sealed.agency import Agency, Registry, read_registry
from habeas.sealed.checks import Received, defect
from habeas.sealed.command import DeskAct, prepared
from habeas.sealed.copies import LEAST, PARTS, copy_of
from habeas.sealed.covering import class_end, review_of
from habeas.sealed.custody import Custody, Recipient
from habeas.sealed.letter import Letter, Level, OrderType, TargetKind, Task
from habeas.sealed.order import Order, State, Target, TargetStatus
from habeas.sealed.policy import OrderPolicy, Touch, shipped_policy
from habeas.sealed.signs import LATELY_FOR, signs
from habeas.sealed.store import DESK, RegistryText, SealedReader, SealedStore, SealedWork
from habeas.sealed.wallets import Wallets
from habeas.service.ports import Clock, Reader, Store

_HELD = TargetStatus.HELD
_EXEMPTED = tuple(kind for kind in ACCOUNT_KINDS if kind not in HELD_BY_LAW_KINDS)
_PROVISIONAL_EVIDENCE = Evidence.E3
ARRIVED_BY = "mail"
"""The channel on which letters come, and so their destinations."""

Change = Callable[[SealedWork, Order, datetime], Order | Refusal]


class Desk:
    """The use cases of the order desk, over the sealed store; of the public one it only reads."""

    def __init__(
        self,
        sealed: SealedStore,
        public: Store,
        playbook: Playbook,
        wallets: Wallets,
        clock: Clock,
        policy: OrderPolicy | None = None,
    ) -> None:
        self._sealed = sealed
        self._public = public
        self._playbook = playbook
        self._wallets = wallets
        self._clock = clock
        self.policy = policy or shipped_policy()

    # --- what arrives -------------------------------------------------------------------------------------------------

    def receive(self, letter: Letter, by: Actor) -> Order | Refusal:
        """Take a letter in. What is wrong with it is found at once, and it is recorded whatever it is."""
        refused = life.why_not_role("receive", by)
        if refused is not None:
            return self._refused("receive", DESK, by, refused)
        now = self._clock()
        said = letter.authorisation
        with self._public.reading() as reader:
            targets, unknown, touched = self._targets(reader, letter)
        with self._sealed.transaction() as work:
            known = [o for o in work.all(Order) if o.letter.authorisation.agency == said.agency]
            before = next((o for o in known if o.letter.authorisation.reference == said.reference), None)
            if before is not None and before.state is not State.RETURNED:
                message = f"order `{before.id}` has the reference `{said.reference}` already and is {before.state}"
                return self._log_refusal(work, "receive", before.id, by, now, Refusal("known", message))
            received = Received(
                letter=letter,
                agency=self._registry(work).find(said.agency),
                policy=self.policy,
                now=now,
                unknown=unknown,
                touched=touched,
                ours=frozenset(
                    t.destination for t in letter.tasks if t.destination and self._wallets.is_ours(t.destination)
                ),
                known_orders=frozenset(o.letter.authorisation.reference for o in known if o.is_in_force),
            )
            accepted = [o for o in known if o.approvals and o.state not in (State.REJECTED, State.RETURNED)]
            froze_lately = any(
                OrderType.FREEZE in o.letter.types and now - o.received_at <= LATELY_FOR for o in accepted
            )
            order = Order(
                id=before.id if before else self._new_id("or", said.agency, said.reference),
                letter=letter,
                received_at=now,
                received_by=by,
                answer_by=now + self.policy.answer_for[said.priority],
                is_first_use=not accepted,
                generation=before.generation + 1 if before else 1,
                signs=tuple(signs(received, froze_lately=froze_lately)),
                targets=targets,
                history=before.history if before else (),
            )
            order = life.noted(order, "receive", by, now)
            wrong = defect(received)
            if wrong is not None:
                order = replace(
                    life.noted(order, wrong.code, by, now, wrong.message), state=wrong.state, code=wrong.code
                )
            work.put(order, "receive", by, now, wrong.message if wrong else "")
        return order

    def _targets(self, reader: Reader, letter: Letter) -> tuple[tuple[Target, ...], tuple[str, ...], dict[str, int]]:
        """The accounts that a letter reaches; names that are not here; how many accounts each wallet reaches."""
        found: list[Target] = []
        unknown: list[str] = []
        touched: dict[str, int] = {}
        for task in letter.tasks:
            named, accounts, scope = task.target, list[AccountId](), Scope.ACCOUNT
            if named.kind is TargetKind.ACCOUNT:
                account = AccountId(named.value)
                accounts = [account] if reader.account(account) is not None else []
            elif named.kind is TargetKind.HOLDER:
                accounts, scope = list(reader.holder_accounts(HolderId(named.value))[:1]), Scope.HOLDER
            else:
                accounts = list(self._wallets.touched(named))
                touched[named.value] = len(accounts)
            if not accounts:
                unknown.append(named.value)
            held = HeldAmount(named.asset, named.amount) if named.asset and named.amount is not None else None
            found += [
                Target(
                    id=f"{task.id}/{number}",
                    task=task.id,
                    type=task.type,
                    account=account,
                    scope=Scope.AMOUNT if held and scope is Scope.ACCOUNT else scope,
                    held=held if scope is Scope.ACCOUNT else None,
                    through=named.value if named.kind is TargetKind.WALLET else "",
                )
                for number, account in enumerate(accounts, start=1)
            ]
        return tuple(found), tuple(unknown), touched

    # --- verified, accepted, scoped -----------------------------------------------------------------------------------

    def verify(self, id_: str, level: Level, how: str, by: Actor, *, passed: bool = True) -> Order | Refusal:
        """One step of verification."""

        def change(work: SealedWork, order: Order, now: datetime) -> Order | Refusal:
            agency = self._registry(work).find(order.letter.authorisation.agency)
            return life.verify(order, agency, level, how, by, now, passed=passed)

        return self._act("verify", id_, by, change, how)

    def accept(self, id_: str, by: Actor, note: str, despite: str = "") -> Order | Refusal:
        """One of two people accepts it."""
        return self._act(
            "accept", id_, by, lambda _, o, now: life.accept(o, self.policy, by, now, note, despite=despite), note
        )

    def turn_down(self, id_: str, code: str, by: Actor, note: str) -> Order | Refusal:
        """A person rejects it or sends it back."""
        return self._act("turn_down", id_, by, lambda _, o, now: life.turn_down(o, code, by, now, note), note)

    def scope(
        self, id_: str, targets: tuple[str, ...], disclosure: Disclosure | None, why: str, by: Actor
    ) -> Order | Refusal:
        """Counsel says whom it reaches, and what they may be told: by default as much as the instrument permits."""

        def change(_: SealedWork, order: Order, now: datetime) -> Order | Refusal:
            chosen = disclosure or gag.PERMITTED[order.letter.authorisation.gag.force]
            return life.scope(order, targets, chosen, why, self.policy, by, now)

        return self._act("scope", id_, by, change, why)

    # --- carried out --------------------------------------------------------------------------------------------------

    def execute(self, id_: str, by: Actor) -> Order | Refusal:
        """Do what counsel has scoped. Limits are commands from now on; what needs none is done here."""

        def change(work: SealedWork, order: Order, now: datetime) -> Order | Refusal:
            if order.letter.authorisation.is_test:
                return Refusal("test", f"order `{order.id}` is a test; it is answered and never executed")
            after = life.moved(order, State.EXECUTING, "execute", by, now)
            if isinstance(after, Refusal):
                return after
            agency = self._registry(work).find(order.letter.authorisation.agency)
            assert agency is not None, "an order of an unknown agency is not accepted"
            for target in after.targets:
                if target.status is TargetStatus.IN_SCOPE:
                    done = self._carry_out(work, after, target, agency, by, now)
                    if isinstance(done, Refusal):
                        return done
                    after = done
            return life.settle(after, by, now)

        return self._act("execute", id_, by, change)

    def _carry_out(
        self, work: SealedWork, order: Order, target: Target, agency: Agency, by: Actor, now: datetime
    ) -> Order | Refusal:
        task = next(t for t in order.letter.tasks if t.id == target.task)
        touches = self.policy.type[target.type].touches
        if Touch.CAPABILITIES in touches:
            return self._limit(work, order, task, target, agency, now)
        if Touch.COPY in touches or Touch.DATA in touches:
            return order.with_target(self._copied(work, order, task, target))
        if Touch.EXEMPTION in touches:
            until_at = min(order.ends_at or now + self.policy.keep_open_for, now + self.policy.keep_open_for)
            pooled = Actor(REVIEW_DESK.name, Role.SENIOR_ANALYST)
            act = ExemptAct(actor=pooled, note="decided by the desk", kinds=_EXEMPTED, until_at=until_at)
            work.keep(prepared(order.id, target.id, target.account, act, now))
            return order.with_target(replace(target, status=TargetStatus.PLACING))
        about = next(
            (o for o in work.all(Order) if o.letter.authorisation.reference == task.about and o.is_in_force), None
        )
        if about is None:
            return Refusal("about_nothing", f"the order `{task.about}` is not in force any more")
        if Touch.RELEASE in touches:
            meant = tuple(t for t in about.targets if t.account == target.account and t.status is _HELD)
            work.put(self.released(work, about, meant, now), "released", by, now, f"by order {order.id}")
        else:
            work.put(self._covered(work, about, order, agency, now), "covered", by, now, f"by order {order.id}")
        return order.with_target(replace(target, status=TargetStatus.DONE))

    def _limit(
        self, work: SealedWork, order: Order, task: Task, target: Target, agency: Agency, now: datetime
    ) -> Order | Refusal:
        assert order.disclosure is not None, "counsel has scoped it"
        if target.type is OrderType.PROVISIONAL_HOLD:
            most = self.policy.type[target.type].lasts_max_for or timedelta(0)
            ends_at = end_after(self._of(target).covers, now, most)
            order = replace(order, ends_at=min(ends_at, order.ends_at or ends_at))
        act = self._placing(order, target, agency, now)
        if isinstance(act, Refusal):
            return act
        work.keep(prepared(order.id, target.id, target.account, act, now))
        proposed = None
        if task.destination:
            by = order.approvals[0].by
            proposed = Custody(
                destination=task.destination, recipient=Recipient.AUTHORITY, proposed_by=by, proposed_at=now
            )
        return order.with_target(replace(target, status=TargetStatus.PLACING, custody=proposed))

    def _placing(self, order: Order, target: Target, agency: Agency, now: datetime) -> ReviewAct | OrderAct | Refusal:
        """The public act that limits a target, as its class of disclosure says."""
        said = order.letter.authorisation
        is_provisional = target.type is OrderType.PROVISIONAL_HOLD
        if order.disclosure not in gag.COVERED:
            return OrderAct(
                reference=order.id,
                jurisdiction=said.jurisdiction,
                evidence=_PROVISIONAL_EVIDENCE if is_provisional else Evidence.E5,
                ends_at=order.ends_at,
                scope=target.scope,
                held=target.held,
                disclosure=order.disclosure or Disclosure.FULL,
                facts=_facts(order, target, agency) if order.disclosure is Disclosure.FULL else {},
            )
        kind = Kind.DEPOSIT_HOLD if target.scope is Scope.AMOUNT else Kind.FROZEN
        state = self._state(target)
        policy = self._playbook.policy(state.entity)
        lasts_for = self.policy.type[target.type].lasts_max_for if is_provisional else None
        key = self._sealed.cover_key
        act = review_of(state, policy, key, kind, target.scope, lasts_for, now, target.held)
        return act or Refusal("no_cover", f"the playbook has no cover for {kind} of scope {target.scope}")

    def _copied(self, work: SealedWork, order: Order, task: Task, target: Target) -> Target:
        parts = LEAST if target.type is OrderType.EMERGENCY else tuple(p for p in task.data if p in PARTS)
        with self._public.reading() as reader:
            digest = work.attach(order.id, copy_of(reader, target.account, parts))
        return replace(target, status=TargetStatus.DONE, package=digest)

    # --- prolonged, ended ---------------------------------------------------------------------------------------------

    def extend(self, id_: str, ends_at: datetime, by: Actor, note: str) -> Order | Refusal:
        """A renewed instrument prolongs it. Where the user is told of the order, the user is told of that too."""

        def change(work: SealedWork, order: Order, now: datetime) -> Order | Refusal:
            after = life.extend(order, ends_at, self.policy, by, now, note)
            if not isinstance(after, Refusal) and order.disclosure not in gag.COVERED:
                self._renew(work, after, ends_at, now)
            return after

        return self._act("extend", id_, by, change, note)

    def renew(self, id_: str, by: Actor) -> Order | Refusal:
        """At a slot of its class: what is covered as a review goes on until the class's next end."""

        def change(work: SealedWork, order: Order, now: datetime) -> Order | Refusal:
            refused = life.why_not_role("extend", by)
            if refused is None and (not order.is_in_force or order.disclosure not in gag.COVERED):
                refused = Refusal("state", f"order `{order.id}` holds nothing as a review")
            if refused is not None:
                return refused
            held = next((t for t in order.targets if t.status is _HELD), None)
            if held is None:
                return Refusal("not_held", f"order `{order.id}` holds nothing any more")
            self._renew(work, order, class_end(self._of(held), None, now), now)
            return life.noted(order, "renew", by, now)

        return self._act("renew", id_, by, change)

    def _renew(self, work: SealedWork, order: Order, ends_at: datetime, now: datetime) -> None:
        for target in order.targets:
            if target.status is _HELD and target.restriction is not None:
                act = DeskRenewAct(restriction=target.restriction, ends_at=ends_at)
                work.keep(prepared(order.id, target.id, target.account, act, now))

    def release(
        self, id_: str, targets: tuple[str, ...], by: Actor, note: str, *, cleared: bool = False
    ) -> Order | Refusal:
        """Two people release targets, all that are held where none is named; nobody else's limit is touched (row A023)."""

        def change(work: SealedWork, order: Order, now: datetime) -> Order | Refusal:
            refused = life.why_not_role("release", by)
            if refused is not None:
                return refused
            if not order.is_in_force and order.state is not State.EXECUTING:
                return Refusal("state", f"order `{order.id}` is {order.state}, and holds nothing")
            named = [order.target(each) for each in targets] if targets else list(order.targets)
            if None in named:
                return Refusal("unknown_target", f"order `{id_}` has no such target; `habeas order show` lists them")
            held = [t for t in named if t is not None and t.status is _HELD]
            if not held:
                return Refusal("not_held", "nothing that was named is held")
            asked = [t for t in held if t.release_asked_by is None]
            for target in asked:
                order = order.with_target(replace(target, release_asked_by=by, is_cleared=cleared))
            if asked:
                return life.noted(order, "release asked", by, now, note)
            mine = [t for t in held if t.release_asked_by is not None and t.release_asked_by.name == by.name]
            if mine:
                return Refusal("four_eyes", f"`{by.name}` has asked for this release; a second person carries it out")
            return life.noted(self.released(work, order, tuple(held), now), "release", by, now, note)

        return self._act("release", id_, by, change, note)

    def withdraw(self, id_: str, by: Actor, note: str) -> Order | Refusal:
        """The authority takes it back. What it holds is released first, by two people."""

        def change(_: SealedWork, order: Order, now: datetime) -> Order | Refusal:
            busy = {TargetStatus.HELD, TargetStatus.PLACING}
            if any(t.status in busy for t in order.targets):
                return Refusal("held", f"order `{order.id}` still holds accounts; release them first")
            return life.moved(order, State.WITHDRAWN, "withdraw", by, now, note)

        return self._act("withdraw", id_, by, change, note)

    def expire(self, id_: str, by: Actor, note: str) -> Order | Refusal:
        """A person decides that an order whose time is over is over, after its targets were released."""

        def change(_: SealedWork, order: Order, now: datetime) -> Order | Refusal:
            if any(t.status is _HELD for t in order.targets):
                return Refusal("held", f"order `{order.id}` still holds accounts; release them first")
            after = life.moved(order, State.EXPIRED, "withdraw", by, now, note)
            return after if isinstance(after, Refusal) else life.answered(after, life.EXPIRED, now)

        return self._act("expire", id_, by, change, note)

    def convert(self, id_: str, successor: str, by: Actor, note: str) -> Order | Refusal:
        """What a provisional order holds is held by its successor from now on."""

        def change(work: SealedWork, order: Order, now: datetime) -> Order | Refusal:
            other = work.get(Order, successor)
            holds = {t.account for t in other.targets if t.status is _HELD and other.is_in_force}
            left = [t for t in order.targets if t.status is _HELD]
            open_ = [t.account for t in left if t.account not in holds]
            if open_:
                return Refusal("not_held", f"order `{successor}` does not hold `{open_[0]}`, which this one does")
            after = life.moved(order, State.CONVERTED, "withdraw", by, now, note)
            if isinstance(after, Refusal):
                return after
            return replace(self.released(work, after, tuple(left), now), successor=successor)

        return self._act("convert", id_, by, change, note)

    def disclose(self, id_: str, by: Actor, note: str) -> Order | Refusal:
        """Counsel decides that the user is told now: the review ends, and the order takes its place, with its notice."""

        def change(work: SealedWork, order: Order, now: datetime) -> Order | Refusal:
            refused = life.why_not_role("disclose", by) or gag.why_not_disclose(order.letter.authorisation.gag, now)
            if refused is None and order.disclosure is Disclosure.FULL:
                refused = Refusal("disclosed", f"the user knows of order `{order.id}`")
            if refused is not None:
                return refused
            agency = self._registry(work).find(order.letter.authorisation.agency)
            assert agency is not None
            after = replace(order, disclosure=Disclosure.FULL, disclosed_at=now, disclosure_why=note)
            after = self._replaced(work, after, agency, now)
            for what in (life.GAG_OVER, life.LOOK_AGAIN):
                after = life.answered(after, what, now)
            return life.noted(after, "disclose", by, now, note)

        return self._act("disclose", id_, by, change, note)

    def _covered(self, work: SealedWork, about: Order, by: Order, agency: Agency, now: datetime) -> Order:
        """A non-disclosure order reaches another order: from now on it is covered as a review."""
        said = replace(about.letter.authorisation, gag=by.letter.authorisation.gag)
        disclosure = gag.PERMITTED[said.gag.force]
        after = replace(
            about,
            letter=replace(about.letter, authorisation=said),
            disclosure=disclosure,
            disclosure_why=by.disclosure_why,
            disclosure_review_at=gag.review_at(said.gag, disclosure, now, self.policy),
        )
        return self._replaced(work, after, agency, now)

    def _replaced(self, work: SealedWork, order: Order, agency: Agency, now: datetime) -> Order:
        """The public record of each held target gives way to that of another class. The new one stands before the old ends."""
        for target in order.targets:
            if target.status is not _HELD or target.restriction is None:
                continue
            act = self._placing(order, target, agency, now)
            if isinstance(act, Refusal):
                raise BadInputError(act.message)
            placing = prepared(order.id, target.id, target.account, act, now)
            work.keep(placing)
            end = DeskEndAct(restriction=target.restriction)
            work.keep(prepared(order.id, target.id, target.account, end, now, after=placing.id))
        return order

    def released(self, work: SealedWork, order: Order, targets: tuple[Target, ...], now: datetime) -> Order:
        """Commands that end the limits of some targets: at once, or at the next slot of their class."""
        for target in targets:
            if target.restriction is None:
                continue
            at = now
            if order.disclosure in gag.COVERED and target.type is not OrderType.PROVISIONAL_HOLD:
                at = slot_at_or_after(self._of(target).covers, now)
            act: DeskAct = DeskEndAct(restriction=target.restriction)
            work.keep(prepared(order.id, target.id, target.account, act, at))
            order = order.with_target(replace(target, status=TargetStatus.RELEASING))
        return order

    # --- custody ------------------------------------------------------------------------------------------------------

    def hand_over(self, id_: str, target: str, step: "CustodyStep", by: Actor, note: str) -> Order | Refusal:
        """One step of handing over what was seized."""

        def change(_: SealedWork, order: Order, now: datetime) -> Order | Refusal:
            refused = life.why_not_role("custody", by)
            found = order.target(target)
            if refused is None and (found is None or found.custody is None):
                refused = Refusal("not_seized", f"order `{id_}` seizes nothing of `{target}`")
            if refused is None and not order.is_in_force:
                refused = Refusal("state", f"order `{order.id}` is {order.state}; it must be executed first")
            if refused is not None:
                return refused
            assert found is not None
            assert found.custody is not None
            if self._wallets.is_ours(found.custody.destination):
                return Refusal("house_destination", "nothing is ever handed to an address of the house")
            after = step(found.custody, now)
            if isinstance(after, Refusal):
                return after
            return life.noted(order.with_target(replace(found, custody=after)), "custody", by, now, note)

        return self._act("custody", id_, by, change, note)

    # --- the registry, reading ----------------------------------------------------------------------------------------

    def load_registry(self, content: bytes, name: str, by: Actor) -> RegistryText | Refusal:
        """Propose a new version of the registry. It counts when another person has signed it."""
        read_registry(content, name)
        refused = life.why_not_role("registry", by)
        if refused is not None:
            return self._refused("registry", DESK, by, refused)
        now = self._clock()
        proposed = RegistryText(id=f"rg_{uuid4().hex}", text=content, proposed_by=by, proposed_at=now)
        with self._sealed.transaction() as work:
            work.put(proposed, "registry.propose", by, now)
        return proposed

    def sign_registry(self, id_: str, by: Actor) -> RegistryText | Refusal:
        """The second signature under a version of the registry."""
        now = self._clock()
        with self._sealed.transaction() as work:
            proposed = work.get(RegistryText, id_)
            refused = life.why_not_role("registry", by)
            if refused is None and by.name == proposed.proposed_by.name:
                refused = Refusal("four_eyes", f"`{by.name}` proposed it; a second person must sign")
            if refused is not None:
                return self._log_refusal(work, "registry", id_, by, now, refused)
            signed = replace(proposed, signed_by=by, signed_at=now)
            work.put(signed, "registry.sign", by, now)
        return signed

    def registry(self) -> Registry:
        """The registry in use: the version that was signed last."""
        with self._sealed.reading() as reader:
            return self._registry(reader)

    def show(self, id_: str, by: Actor) -> Order | Refusal:
        """One order, for those who may read it."""
        refused = life.why_not_role("read", by)
        if refused is not None:
            return self._refused("read", id_, by, refused)
        with self._sealed.reading() as reader:
            return reader.get(Order, id_)

    def orders(self, by: Actor, *, is_open: bool | None = None) -> list[Order] | Refusal:
        """All orders, or the open ones: most urgent first, then by when they must be answered (row A086)."""
        refused = life.why_not_role("read", by)
        if refused is not None:
            return self._refused("read", DESK, by, refused)
        with self._sealed.reading() as reader:
            found = list(reader.all(Order, is_open=is_open))
        return sorted(found, key=lambda o: (o.letter.authorisation.priority != "urgent", o.answer_by, o.id))

    def break_glass(self, id_: str, by: Actor, why: str) -> Order:
        """Anybody on the staff reads one order in need. That they did, and why, is in the journal before they see it."""
        if not by.is_person:
            raise BadInputError("only a person breaks the glass")
        with self._sealed.transaction() as work:
            found = work.get(Order, id_)
            work.log("break_glass", id_, by, self._clock(), why)
        return found

    # --- inside -------------------------------------------------------------------------------------------------------

    def _act(self, act: str, id_: str, by: Actor, change: Change, note: str = "") -> Order | Refusal:
        now = self._clock()
        with self._sealed.transaction() as work:
            order = work.get(Order, id_)
            with work.undoable() as part:
                after = change(work, order, now)
                if isinstance(after, Refusal):
                    part.undo()
            if isinstance(after, Refusal):
                return self._log_refusal(work, act, id_, by, now, after)
            work.put(after, act, by, now, note)
            return after

    def _refused(self, act: str, subject: str, by: Actor, refusal: Refusal) -> Refusal:
        with self._sealed.transaction() as work:
            return self._log_refusal(work, act, subject, by, self._clock(), refusal)

    def _log_refusal(
        self, work: SealedWork, act: str, subject: str, by: Actor, at: datetime, refusal: Refusal
    ) -> Refusal:
        work.log(f"{act}.refused", subject, by, at, f"{refusal.code}: {refusal.message}")
        return refusal

    def _registry(self, reader: SealedReader) -> Registry:
        signed = [r for r in reader.all(RegistryText) if r.signed_at is not None]
        newest = max(signed, key=lambda r: (r.signed_at, r.id), default=None)
        return Registry() if newest is None else read_registry(newest.text, newest.id)

    def _of(self, target: Target) -> Policy:
        return self._playbook.policy(self._state(target).entity)

    def _state(self, target: Target) -> AccountState:
        with self._public.reading() as reader:
            state = reader.account(target.account)
        assert state is not None, "an order reaches accounts that are there"
        return state

    def _new_id(self, prefix: str, *cause: str) -> str:
        return derived_id(event_seed(self._sealed.cover_key, DESK, DESK, EventId(prefix)), prefix, *cause)


CustodyStep = Callable[[Custody, datetime], Custody | Refusal]
"""What one step makes of a hand-over."""

CUSTODY_STEPS: dict[str, Callable[[Actor, str, str], CustodyStep]] = {
    "confirm": lambda by, channel, _: lambda c, now: custody.confirm(c, channel, ARRIVED_BY, now),  # noqa: ARG005
    "sign": lambda by, _, __: lambda c, _now: custody.sign(c, by),
    "test": lambda _, tx, __: lambda c, _now: custody.tested(c, tx),
    "received": lambda _, __, ___: custody.test_received,
    "done": lambda _, tx, amount: lambda c, now: custody.handed_over(c, tx, amount, now),
}
"""The steps by their names, from who acts and what is said: a channel, a transaction, an amount."""


def _facts(order: Order, target: Target, agency: Agency) -> dict[str, str]:
    """What the user is told, where everything may be told (rows A090, A091, A099, A100)."""
    said = order.letter.authorisation
    told = {"authority": agency.name, "authority_contact": agency.contact, "authority_reference": said.reference}
    if target.type is OrderType.SEIZURE:
        told |= {"notice_by": said.notice_by, "claims": agency.claims or agency.contact}
    return told
