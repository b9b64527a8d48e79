"""Ordinary reviews: placed through the same command as what law keeps secret, with their true reason here (model 5.5).

Ladder and four-eyes are enforced here, since the public record of a review shows neither.
"""

from datetime import datetime, timedelta
from uuid import uuid4

from msgspec.structs import replace

from habeas.domain.account import AccountState
from habeas.domain.actor import RELEASING_ROLES, RESTRICTING_ROLES, Actor, Role
from habeas.domain.decision import Refusal
from habeas.domain.errors import BadInputError
from habeas.domain.event_data import DeskEndAct, DeskRenewAct
from habeas.domain.evidence import Evidence
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.kind import Kind
from habeas.domain.restriction import LONG_SIGNING_ROLES, Scope
from habeas.playbook.cover import slot_at_or_after
from habeas.playbook.policy import Playbook, Policy
from habeas.sealed import life
from habeas.sealed.command import prepared
from habeas.sealed.covering import class_end, review_of
from habeas.sealed.review import Review, ReviewStatus, needs_second, why_not_place
from habeas.sealed.store import DESK, SealedStore, SealedWork
from habeas.service.ports import Clock, Store

READING_ROLES = RELEASING_ROLES | {Role.LE_DESK, Role.SEALED_AUDITOR}
"""Who may see why an account is reviewed."""


class Reviews:
    """The use cases of the review desk."""

    def __init__(
        self, sealed: SealedStore, public: Store, playbook: Playbook, clock: Clock, disclosure_review_for: timedelta
    ) -> None:
        self._disclosure_review_for = disclosure_review_for
        self._sealed = sealed
        self._public = public
        self._playbook = playbook
        self._clock = clock

    def place(
        self,
        account: AccountId,
        reason: str,
        evidence: Evidence,
        evidence_ids: tuple[str, ...],
        lasts_for: timedelta,
        note: str,
        by: Actor,
        kind: Kind = Kind.FROZEN,
        scope: Scope = Scope.ACCOUNT,
    ) -> Review | Refusal:
        """Review an account, or propose so where two people must stand behind it."""
        state, now = self._state(account), self._clock()
        policy = self._playbook.policy(state.entity)
        refused = why_not_place(policy, reason, kind, scope, evidence, lasts_for, by)
        if refused is None and review_of(state, policy, b"", kind, scope, lasts_for, now) is None:
            refused = Refusal("no_cover", f"the playbook has no cover for {kind} of scope {scope}")
        with self._sealed.transaction() as work:
            if refused is not None:
                work.log("review.refused", DESK, by, now, f"{refused.code}: {refused.message}")
                return refused
            review = Review(
                id=f"rv_{uuid4().hex}",
                account=account,
                reason=reason,
                evidence=evidence,
                evidence_ids=evidence_ids,
                note=note,
                kind=kind,
                scope=scope,
                lasts_for=lasts_for,
                placed_by=by,
                placed_at=now,
                disclosure_review_at=now + self._disclosure_review_for,
            )
            work.put(review, "review.propose", by, now, note)
            if not needs_second(lasts_for):
                review = self._placed(work, review, by, now)
        return review

    def sign(self, id_: str, by: Actor) -> Review | Refusal:
        """The second signature."""
        now = self._clock()
        with self._sealed.transaction() as work:
            review = work.get(Review, id_)
            refused = None
            if review.status is not ReviewStatus.PROPOSED:
                refused = Refusal("state", f"review `{id_}` is {review.status}, not proposed")
            elif by.name == review.placed_by.name or by.role not in LONG_SIGNING_ROLES:
                signing = ", ".join(sorted(LONG_SIGNING_ROLES))
                refused = Refusal("four_eyes", f"another person signs, as one of {signing}")
            if refused is not None:
                return _logged(work, review, by, now, refused)
            return self._placed(work, replace(review, signed_by=by), by, now)

    def renew(
        self, id_: str, evidence: Evidence, evidence_ids: tuple[str, ...], lasts_for: timedelta, note: str, by: Actor
    ) -> Review | Refusal:
        """It goes on, on new or higher evidence, until another end of its class."""
        now = self._clock()
        with self._sealed.transaction() as work:
            review = work.get(Review, id_)
            policy = self._of(review.account)
            refused = _why_not_in_force(review) or why_not_place(
                policy, review.reason, review.kind, review.scope, evidence, lasts_for, by
            )
            is_new = evidence > review.evidence or set(evidence_ids) - set(review.evidence_ids)
            is_long = needs_second(now + lasts_for - review.placed_at)
            if refused is None and not is_new:
                refused = Refusal("evidence_ladder", "a renewal needs new or higher evidence")
            if refused is None and is_long and (evidence < Evidence.E4 or by.name == review.placed_by.name):
                refused = Refusal("four_eyes", "over 30 days it needs evidence E4 and a reviewer who did not place it")
            if refused is not None:
                return _logged(work, review, by, now, refused)
            restriction = review.restriction
            assert restriction is not None
            shown = tuple(dict.fromkeys((*review.evidence_ids, *evidence_ids)))
            review = replace(review, evidence=evidence, evidence_ids=shown, until_at=now + lasts_for)
            review = _decided(review, life.EXPIRED, now)
            return self._prolonged(work, review, restriction, "review.renew", by, now, note)

    def go_on(self, id_: str, note: str, by: Actor) -> Review | Refusal:
        """At a slot of its class, while its own time is not over: it goes on until the class's next end."""
        now = self._clock()
        with self._sealed.transaction() as work:
            review = work.get(Review, id_)
            refused = _why_not_in_force(review)
            if refused is None and by.role not in RESTRICTING_ROLES:
                refused = Refusal("not_permitted", f"the role {by.role} does not prolong reviews")
            if refused is None and review.until_at is not None and review.until_at <= now:
                refused = Refusal("evidence_ladder", "its time is over; renew it on new or higher evidence, or end it")
            if refused is not None:
                return _logged(work, review, by, now, refused)
            assert review.restriction is not None
            return self._prolonged(work, review, review.restriction, "review.go_on", by, now, note)

    def _prolonged(
        self,
        work: SealedWork,
        review: Review,
        restriction: RestrictionId,
        act: str,
        by: Actor,
        now: datetime,
        note: str,
    ) -> Review:
        review = replace(review, ends_at=class_end(self._of(review.account), None, now))
        work.put(review, act, by, now, note)
        assert review.ends_at is not None
        renewal = DeskRenewAct(restriction=restriction, ends_at=review.ends_at)
        work.keep(prepared(review.id, review.id, review.account, renewal, now))
        return review

    def end(self, id_: str, note: str, by: Actor, *, is_void: bool = False) -> Review | Refusal:
        """It ends at the next slot of its class; `is_void`: it was wrong from the start, as an appeal may show."""
        now = self._clock()
        with self._sealed.transaction() as work:
            review = work.get(Review, id_)
            refused = _why_not_in_force(review)
            if refused is None and by.role not in RELEASING_ROLES:
                refused = Refusal("not_permitted", f"the role {by.role} does not end reviews")
            needs_other = is_void or review.signed_by is not None
            if refused is None and needs_other and by.name == review.placed_by.name:
                refused = Refusal("four_eyes", f"`{by.name}` placed it, and a second person must decide this")
            if refused is not None:
                return _logged(work, review, by, now, refused)
            restriction = review.restriction
            assert restriction is not None
            covers = self._of(review.account).covers
            at = slot_at_or_after(covers, now) if review.lasts_for > covers.short_for else now
            review = replace(review, status=ReviewStatus.ENDING, ended_by=by, end_note=note)
            work.put(review, "review.end", by, now, note)
            act = DeskEndAct(restriction=restriction, is_void=is_void)
            work.keep(prepared(review.id, review.id, review.account, act, at))
        return review

    def looked_at(self, id_: str, note: str, by: Actor) -> Review | Refusal:
        """Somebody who did not place it has looked whether the user can be told more, and decided: not yet."""
        now = self._clock()
        with self._sealed.transaction() as work:
            review = work.get(Review, id_)
            refused = _why_not_in_force(review)
            if refused is None and (by.role not in RELEASING_ROLES or by.name == review.placed_by.name):
                refused = Refusal("four_eyes", "somebody who may end reviews and did not place this one looks at it")
            if refused is not None:
                return _logged(work, review, by, now, refused)
            review = _decided(review, life.LOOK_AGAIN, now)
            review = replace(review, disclosure_review_at=now + self._disclosure_review_for)
            work.put(review, "review.looked_at", by, now, note)
        return review

    def all(self, by: Actor, *, is_open: bool | None = None) -> list[Review] | Refusal:
        """Reviews, by when they end, for those who may see their true reasons."""
        if by.role not in READING_ROLES:
            return Refusal("not_permitted", f"the role {by.role} does not read reviews")
        with self._sealed.reading() as reader:
            found = list(reader.all(Review, is_open=is_open))
        return sorted(found, key=lambda review: (review.ends_at or review.placed_at, review.id))

    def _placed(self, work: SealedWork, review: Review, by: Actor, now: datetime) -> Review:
        state = self._state(review.account)
        policy = self._playbook.policy(state.entity)
        act = review_of(state, policy, self._sealed.cover_key, review.kind, review.scope, review.lasts_for, now)
        assert act is not None, "it was looked for when the review was proposed"
        until_at = now + review.lasts_for
        review = replace(review, status=ReviewStatus.PLACING, until_at=until_at, ends_at=act.ends_at)
        work.put(review, "review.place", by, now)
        work.keep(prepared(review.id, review.id, review.account, act, now))
        return review

    def _of(self, account: AccountId) -> Policy:
        return self._playbook.policy(self._state(account).entity)

    def _state(self, account: AccountId) -> AccountState:
        with self._public.reading() as reader:
            state = reader.account(account)
        if state is None:
            raise BadInputError(f"there is no account `{account}` here")
        return state


def _decided(review: Review, what: str, at: datetime) -> Review:
    """The review with what a person was called for decided."""
    pages = tuple(replace(p, decided_at=at) if p.what == what and p.decided_at is None else p for p in review.pages)
    return replace(review, pages=pages)


def _why_not_in_force(review: Review) -> Refusal | None:
    if review.status is ReviewStatus.IN_FORCE:
        return None
    return Refusal("state", f"review `{review.id}` is {review.status}, not in force")


def _logged(work: SealedWork, review: Review, by: Actor, at: datetime, refusal: Refusal) -> Refusal:
    work.log("review.refused", review.id, by, at, f"{refusal.code}: {refusal.message}")
    return refusal
