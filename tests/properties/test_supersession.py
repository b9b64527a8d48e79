"""What a new restriction makes redundant may go: nothing becomes freer by it, at any later instant, for any question."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import assume, given, settings
from msgspec.structs import replace

from habeas.domain.capability import RANK
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.kind import Kind, covers
from habeas.domain.restriction import ACCOUNT_WIDE, AtEnd, Restriction, Scope, Status, makes_redundant
from habeas.domain.verdict import Request, Standing, level_at
from tests.builders import HOUR, NOON
from tests.properties.canary import catches
from tests.properties.test_verdicts import requests, restrictions

IsRedundant = Callable[[Restriction, Restriction], bool]


def as_the_model_has_it(r: Restriction) -> Restriction:
    """Running; the narrower scopes with the kinds that carry them; falling back, if at all, to something milder."""
    narrow = {Scope.AMOUNT: Kind.DEPOSIT_HOLD, Scope.NEW_DESTINATIONS: Kind.OUTFLOW_HOLD}
    kind, end = narrow.get(r.scope, r.kind), r.at_end
    if end.kind is not None:
        then = narrow.get(end.scope, end.kind)
        end = replace(end, kind=then) if covers(kind, then) else AtEnd()
    return replace(r, kind=kind, at_end=end, status=Status.ACTIVE, ended_at=None)


running = restrictions().map(as_the_model_has_it)
older = running.map(lambda r: replace(r, id=RestrictionId("rs_old")))
newer = running.map(
    lambda r: replace(
        r,
        id=RestrictionId("rs_new"),
        scope=r.scope if r.scope in ACCOUNT_WIDE else Scope.ACCOUNT,
        starts_at=NOON,
        ends_at=None if r.ends_at is None else NOON + (r.ends_at - r.starts_at) * 4,
    )
)


def check(is_redundant: IsRedundant, new: Restriction, old: Restriction, request: Request) -> None:
    """If the new one makes the old one redundant, it says at least as much at every instant from its start on."""
    if not is_redundant(new, old):
        return
    alone = Standing(AccountId("acct-1"), (new,))
    both = Standing(AccountId("acct-1"), (new, old))
    for hours in range(60):
        for at in (new.starts_at + hours * HOUR, new.starts_at + hours * HOUR + timedelta(minutes=30)):
            asked = replace(request, at=at)
            assert RANK[level_at(alone, asked, at)[0]] >= RANK[level_at(both, asked, at)[0]]


@settings(max_examples=300)
@given(newer, older, requests())
def test_nothing_becomes_freer_when_a_redundant_restriction_goes(
    new: Restriction, old: Restriction, request: Request
) -> None:
    check(makes_redundant, new, old, request)


@given(newer, older)
def test_a_restriction_for_another_reason_is_never_redundant(new: Restriction, old: Restriction) -> None:
    assume(new.scope in ACCOUNT_WIDE)
    assert not makes_redundant(new, replace(old, reason="SOMETHING_ELSE"))


def test_the_check_catches_a_rule_that_looks_at_the_effect_and_forgets_the_time() -> None:
    def by_effect(heavier: Restriction, lighter: Restriction) -> bool:
        return covers(heavier.kind, lighter.kind)

    assert catches(lambda n, o, r: check(by_effect, n, o, r), newer, older, requests())


def test_the_check_catches_a_rule_that_looks_at_the_time_and_forgets_the_effect() -> None:
    def by_time(heavier: Restriction, lighter: Restriction) -> bool:
        return heavier.ends_at is None or (lighter.ends_at is not None and lighter.ends_at <= heavier.ends_at)

    assert catches(lambda n, o, r: check(by_time, n, o, r), newer, older, requests())
