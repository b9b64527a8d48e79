"""When a restriction ends or is looked at again, and what we promise: an upper bound in words, never "soon"."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from habeas.disclosure.phrase import paragraph, say_surely
from habeas.disclosure.view import Limit, View
from habeas.disclosure.vocabulary import end_instant, length
from habeas.domain.evidence import Evidence, allowed_length
from habeas.domain.kind import Kind
from habeas.domain.restriction import Ending, Restriction, Scope
from habeas.playbook.policy import Policy


def when(view: View, limit: Limit) -> str:
    """When it ends, or by when somebody looks at it, and how soon an answer comes."""
    instead = view.words.effect_words(limit.phase.kind, limit.phase.scope).when
    return paragraph(instead or _ending(view, limit), _promise(view, limit))


def duration(view: View, limit: Limit) -> str:
    """How long it lasts, without what we promise."""
    return paragraph(view.words.effect_words(limit.phase.kind, limit.phase.scope).when or _ending(view, limit))


def countdown(view: View, limit: Limit) -> str:
    """How much time is left of it, for what ends by itself (row B045)."""
    end = ends_by_itself_at(limit)
    if end is None:
        return view.words.clock.no_countdown
    return say_surely(view.words.clock.countdown, {"left": length(max(end - view.at, timedelta(0)), view.words)})


def ends_by_itself_at(limit: Limit) -> datetime | None:
    """The instant at which nothing is left of it by time alone; None if a person or a milder limit comes first."""
    return limit.phase.until_at if limit.later is None else None


def _ending(view: View, limit: Limit) -> str:
    r, phase = limit.restriction, limit.phase
    words, reason = view.words.clock, view.words.reason_words(r.reason)
    if phase.until_at is not None:
        end = end_instant(phase.until_at, view.words)
        if reason.decided_by is not None:
            return say_surely(reason.decided_by, {"end": end})
        if limit.is_getting_stricter:
            return paragraph(*_stages(view, limit), reason.ends_when)
        if limit.later is not None and limit.later.until_at is not None:
            last = end_instant(limit.later.until_at, view.words)
            return say_surely(words.becomes_milder, {"end": end, "last": last})
        return paragraph(say_surely(words.ends, {"end": end}), _at_most(view, limit))
    if r.ends_at is not None and r.at_end.ending is Ending.HOLD_AND_PAGE:
        if view.at >= r.ends_at:
            return words.decision_due
        return say_surely(words.decision_on, {"end": end_instant(r.ends_at, view.words)})
    return paragraph(reason.ends_when, _recheck(view, r))


def _stages(view: View, limit: Limit) -> Iterator[str]:
    """What comes when, for what gets stricter by itself: the user plans by these days."""
    for phase in limit.follows:
        what = view.words.effect_words(phase.kind, phase.scope).headline
        yield say_surely(view.words.clock.stage, {"end": end_instant(phase.from_at, view.words), "what": what})


def _recheck(view: View, restriction: Restriction) -> str | None:
    if restriction.condition is None:
        return None
    recheck_at = restriction.condition.recheck_at
    if view.at >= recheck_at:
        return view.words.clock.recheck_due
    return say_surely(view.words.clock.recheck, {"recheck": end_instant(recheck_at, view.words)})


def _at_most(view: View, limit: Limit) -> str | None:
    """How far a further signal can prolong an automated restriction (row B027): to the cap, and then only a person can."""
    r = limit.restriction
    if not r.is_automated or limit.phase.until_at != r.ends_at:
        return None
    cap_at = cap(view.policy, r.kind, r.scope, r.evidence, r.starts_at)
    if cap_at is None or r.ends_at is None:
        return None
    if cap_at <= r.ends_at:
        return view.words.clock.only_a_person_extends
    return say_surely(view.words.clock.never_beyond, {"cap": end_instant(cap_at, view.words)})


def cap(policy: Policy, kind: Kind, scope: Scope, evidence: Evidence, starts_at: datetime) -> datetime | None:
    """The latest end that automation may give a restriction, whatever it may still find; None if time sets no limit.

    Every circumstance that could stretch it counts as found, so that the answer is kept and tells nothing of what was found.
    """
    stretches = {name for rungs in policy.ladder.values() for rung in rungs.values() for name in rung.longer_for}
    allowed = allowed_length(policy.ladder, kind, evidence, scope, tuple(sorted(stretches)))
    return None if allowed.max_for is None else starts_at + allowed.max_for


def _promise(view: View, limit: Limit) -> str | None:
    """The upper bound of the reason's promise: how long our part takes once we have everything (model X26)."""
    reason = view.policy.reasons.get(limit.restriction.reason)
    if reason is None or reason.promise.to_for is None:
        return None
    return say_surely(view.words.clock.promise, {"promise": length(reason.promise.to_for, view.words)})
