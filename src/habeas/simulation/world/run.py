"""One cluster played against one guard: deeds in order, and what people do because of the answers."""

import random
from collections.abc import Callable
from heapq import heapify, heappop, heappush

from msgspec import Struct, field
from msgspec.structs import replace

from habeas.domain.capability import Level
from habeas.simulation.world.deeds import FOREVER, Cluster, Deed, Intrusion, Plot, Who
from habeas.simulation.world.geography import lognormal
from habeas.simulation.world.guards import LOCKING, Answer, Ask, Due, Guard, Limit, Matter, Reach
from habeas.simulation.world.parameters import Parameters

_MINUTE = 1 / 60
RECOVERY_H = 72.0
"""After an intruder is out, limits for his reasons still count as right: the account is being given back."""

Later = Callable[[float], None]


class Record(Struct):
    """What happened in one cluster, with the labels that say what it means."""

    cluster: Cluster
    limits: dict[str, Limit] = field(default_factory=dict)
    until: dict[str, float] = field(default_factory=dict)
    """Plot to the hour at which its truth ended."""
    first_try_stopped: dict[str, bool] = field(default_factory=dict)
    taken_usd: dict[str, float] = field(default_factory=dict)
    felt_holds: int = 0
    """Requests of innocents that were held or denied."""
    felt_step_ups: int = 0
    barred_logins: list[str] = field(default_factory=list)
    """Accounts whose owner was refused a login, with the hour."""

    def plot_for(self, limit: Limit, at: float | None = None) -> Plot | None:
        """The plot that makes a limit right: when it was placed, or at another hour."""
        hour = limit.begins if at is None else at
        for plot in self.cluster.plots:
            if plot.account == limit.account and limit.reason in plot.reasons and plot.from_h <= hour:
                aftermath = RECOVERY_H if plot.name in self.until else 0.0
                if hour <= self.until.get(plot.name, plot.until_h) + aftermath:
                    return plot
        return None


def play(cluster: Cluster, guard: Guard, parameters: Parameters, seed: int) -> Record:
    """Play a cluster to its end."""
    return _Play(cluster, guard, parameters, seed).run()


class _Play:
    def __init__(self, cluster: Cluster, guard: Guard, parameters: Parameters, seed: int) -> None:
        self._guard, self._p = guard, parameters
        self._record = Record(cluster)
        self._end = parameters.days * 24.0
        self._intrusions = {intrusion.account: intrusion for intrusion in cluster.intrusions}
        self._tries: dict[int, int] = {}
        self._protested: dict[str, float] = {}
        self._notified: set[str] = set()
        name = cluster.deeds[0].account if cluster.deeds else "nobody"
        self._draw = random.Random(f"{seed}/reactions/{name}")
        self._review = random.Random(f"{seed}/review/{name}")
        self._heap: list[tuple[float, int, Deed | Later]] = [
            (deed.at, number, deed) for number, deed in enumerate(cluster.deeds) if deed.at < self._end
        ]
        heapify(self._heap)
        self._number = len(cluster.deeds)
        for intrusion in cluster.intrusions:
            self._later(intrusion.noticed_at, lambda at, i=intrusion: self._evict(i, at))  # type: ignore[misc]

    def run(self) -> Record:
        self._guard.enter(self._record.cluster)
        last = self._end + self._p.run_out_days * 24.0
        while self._heap and self._heap[0][0] < last:
            at, _, item = heappop(self._heap)
            if isinstance(item, Deed):
                self._do(item)
            else:
                item(at)
        return self._record

    def _later(self, at: float, what: Deed | Later) -> None:
        self._number += 1
        heappush(self._heap, (at, self._number, what))

    # --- deeds --------------------------------------------------------------------------------------------------------

    def _do(self, deed: Deed) -> None:
        intrusion = self._intrusions.get(deed.account)
        if deed.who is Who.INTRUDER and intrusion is not None and deed.at >= self._out_at(intrusion):
            return
        level = self._hear(deed)
        if level is None or level is Level.ALLOW:
            if deed.plot:
                self._tried(deed, stopped=False)
            return
        if deed.who is Who.INTRUDER and intrusion is not None:
            self._intruder_stopped(deed, level, intrusion)
        elif deed.who is Who.OWNER:
            self._owner_stopped(deed, level)

    def _hear(self, deed: Deed) -> Level | None:
        answer = self._guard.hear(deed)
        self._take(answer, deed.at)
        return answer.level

    def _tried(self, deed: Deed, *, stopped: bool) -> None:
        self._record.first_try_stopped.setdefault(deed.plot, stopped)
        if not stopped:
            self._record.taken_usd[deed.plot] = self._record.taken_usd.get(deed.plot, 0.0) + deed.usd

    def _out_at(self, intrusion: Intrusion) -> float:
        return self._record.until.get(intrusion.plot, FOREVER)

    # --- the intruder -------------------------------------------------------------------------------------------------

    def _intruder_stopped(self, deed: Deed, level: Level, intrusion: Intrusion) -> None:
        if not deed.plot:
            return  # What only prepares is not worth a second try.
        if level is Level.STEP_UP and intrusion.passes_step_up:
            proof = {"method": "totp", "device": deed.data.get("device")}
            self._hear(Deed(deed.at + _MINUTE, deed.account, "challenge.passed", proof, Who.INTRUDER))
            again = self._hear(replace(deed, at=deed.at + 2 * _MINUTE))
            # A proof with a factor that he has just replaced counts only where the guard takes it for one.
            if again is Level.ALLOW or (again is Level.STEP_UP and not intrusion.changed_factor):
                self._tried(deed, stopped=False)
                return
        self._tried(deed, stopped=True)
        key = self._key(deed)
        tries = self._tries[key] = self._tries.get(key, 0) + 1
        if tries < intrusion.tries:
            later = deed.at + intrusion.retries_after_h[tries]
            if later < self._end:
                self._later(later, replace(deed, at=later))

    @staticmethod
    def _key(deed: Deed) -> int:
        return id(deed.data)

    def _evict(self, intrusion: Intrusion, at: float) -> None:
        """The owner has the account back."""
        if at >= self._out_at(intrusion):
            return
        self._record.until[intrusion.plot] = at
        for deed in intrusion.recovers:
            self._later(at + deed.at, replace(deed, at=at + deed.at))

    # --- the owner ----------------------------------------------------------------------------------------------------

    def _owner_stopped(self, deed: Deed, level: Level) -> None:
        if deed.type == "login.succeeded":
            if level is not Level.STEP_UP and deed.at >= 0:
                self._record.barred_logins.append(deed.account)
            return
        is_innocent = not deed.plot and deed.at >= 0
        if level is Level.STEP_UP:
            self._record.felt_step_ups += is_innocent
            self._later(deed.at + 3 * _MINUTE, lambda at: self._prove(deed, at))
            return
        self._record.felt_holds += is_innocent
        if deed.plot:
            self._tried(deed, stopped=True)
        self._protest(deed.account, deed.at)

    def _prove(self, deed: Deed, at: float) -> None:
        if self._draw.random() >= self._p.owner_passes_step_up:
            if deed.plot:
                self._tried(deed, stopped=True)
            return
        method = self._record.cluster.owners.get(deed.account, "liveness")
        self._hear(Deed(at, deed.account, "challenge.passed", {"method": method, "device": deed.data.get("device")}))
        level = self._hear(replace(deed, at=at + _MINUTE))
        is_stopped = level is Level.HOLD or level is Level.DENY
        if deed.plot:
            self._tried(deed, stopped=is_stopped)
        if is_stopped:
            self._record.felt_holds += not deed.plot
            self._protest(deed.account, at)

    def _protest(self, account: str, at: float) -> None:
        """Somebody who is held proves who it is, asks support to look, or waits; once a day at most."""
        if at < self._protested.get(account, -FOREVER) + 24:
            return
        self._protested[account] = at
        p, draw = self._p, self._draw
        if draw.random() < p.owner_proves_when_held_share and draw.random() < p.owner_passes_liveness:
            proves_at = at + lognormal(draw, p.owner_proves_after_hours)
            self._later(proves_at, Deed(proves_at, account, "challenge.passed", {"method": "liveness"}))
        if draw.random() < p.owner_contests_share:
            self._later(
                at + lognormal(draw, p.owner_contests_after_hours) + lognormal(self._review, p.review_high_hours),
                lambda now: self._look_at(account, now),
            )

    def _send_documents(self, ask: Ask, at: float) -> None:
        p, draw = self._p, self._draw
        if draw.random() >= p.documents_sent_share:
            return
        sent_at = at + lognormal(draw, p.documents_sent_hours)
        received = {"kind": "proof_of_address", "request": ask.id}
        self._later(sent_at, Deed(sent_at, ask.account, "document.received", received))
        self._later(sent_at + lognormal(self._review, p.documents_checked_hours), lambda now: self._accept(ask, now))

    def _accept(self, ask: Ask, at: float) -> None:
        """The documents are in order: what they were asked for ends, unless they show that it was right."""
        accepted = {"kind": "proof_of_address", "request": ask.id, "result": "accepted"}
        self._hear(Deed(at, ask.account, "document.decided", accepted, Who.OTHER))
        for limit in self._standing(ask.account, at):
            is_attested = limit.reason in ("RESTRICTED_TRAVEL", "MISSING_DOCUMENT")
            if limit.reason == ask.reason and (is_attested or self._record.plot_for(limit, at) is None):
                self._take(self._guard.lift(limit, at, void=False), at)

    # --- reviewers ----------------------------------------------------------------------------------------------------

    def _take(self, answer: Answer, at: float) -> None:
        """What a guard did: keep the limits, set the timers, hand cases to reviewers, tell the owner."""
        for limit in answer.limits:
            self._record.limits[limit.id] = limit
            intrusion = self._intrusions.get(limit.account)
            if intrusion is not None and limit.account not in self._notified and not limit.is_over:
                self._notify(intrusion, at)
        for due in answer.dues:
            self._later(due.at, lambda _now, due=due: self._fire(due))  # type: ignore[misc]
        for matter in answer.matters:
            delays = {"page": self._p.review_paged_hours, "high": self._p.review_high_hours}
            delay = lognormal(self._review, delays.get(matter.priority, self._p.review_normal_hours))
            self._later(at + delay, lambda now, matter=matter: self._look(matter, now))  # type: ignore[misc]
        for ask in answer.asks:
            self._send_documents(ask, at)

    def _fire(self, due: Due) -> None:
        self._take(self._guard.fire(due), due.at)

    def _notify(self, intrusion: Intrusion, at: float) -> None:
        """The owner reads the notice of a limit, and so finds out."""
        plot = next(plot for plot in self._record.cluster.plots if plot.name == intrusion.plot)
        if at < plot.from_h or intrusion.reads_notice_after_h is None:
            return
        self._notified.add(intrusion.account)
        self._later(at + intrusion.reads_notice_after_h, lambda now: self._evict(intrusion, now))

    def _look(self, matter: Matter, at: float) -> None:
        if matter.is_match:
            self._look_at_match(matter, at)
            return
        self._look_at(matter.account, at)
        self._take(self._guard.find(matter, at, is_true=False, reviewer=0), at)

    def _look_at(self, account: str, at: float) -> None:
        """A reviewer looks at everything that stands on an account, and errs now and then."""
        p, review = self._p, self._review
        for limit in self._standing(account, at):
            is_right = self._record.plot_for(limit, at) is not None
            errs = review.random() < (p.reviewer_frees_guilty if is_right else p.reviewer_keeps_innocent)
            if is_right == errs:
                was_right = self._record.plot_for(limit) is not None
                void = not was_right and review.random() < p.reviewer_annuls_share
                self._take(self._guard.lift(limit, at, void=void), at)
            elif is_right and account in self._intrusions:
                intrusion = self._intrusions[account]
                self._later(at + 0.5, lambda now, i=intrusion: self._evict(i, now))  # type: ignore[misc]

    def _look_at_match(self, matter: Matter, at: float) -> None:
        """Two people, and a third where they differ."""
        p, review = self._p, self._review
        is_true = any(
            plot.account == matter.account and "SANCTIONS_NEXUS" in plot.reasons and plot.from_h <= at
            for plot in self._record.cluster.plots
        )
        found = []
        for reviewer in range(2):
            errs = review.random() < (p.reviewer_frees_guilty if is_true else p.reviewer_keeps_innocent)
            found.append(is_true != errs)
            when = at if reviewer == 0 else at + lognormal(review, p.second_review_hours)
            self._later(when, lambda now, who=reviewer, says=found[-1]: self._find(matter, now, who, says))  # type: ignore[misc]
        if found[0] != found[1]:
            third_at = at + lognormal(review, p.review_high_hours)
            self._later(third_at, lambda now: self._find(matter, now, 2, is_true))

    def _find(self, matter: Matter, at: float, reviewer: int, is_true: bool) -> None:
        # The first opinion may be of an analyst; the others are of the sanctions desk.
        self._take(self._guard.find(matter, at, is_true=is_true, reviewer=reviewer), at)

    def _standing(self, account: str, at: float) -> list[Limit]:
        return [
            limit
            for limit in self._record.limits.values()
            if limit.account == account
            and not limit.is_over
            and limit.begins <= at < limit.ends
            and limit.is_automated
            and (limit.reach & LOCKING or Reach.STEP_UP in limit.reach or Reach.AMOUNT in limit.reach)
        ]
