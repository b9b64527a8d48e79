"""Answers over random lives, asked at each instant at which something changes, against a plain second reading of the model.

| test | what must hold |
|---|---|
| levels | `evaluate` says what the oracle says |
| until | the level stays the same up to `until` and differs there; no `until`, no later difference |
| stricter | one more restriction never allows more |
| sub-accounts | a sub-account's level is the join of its own and its main account's |

Each comes with a planted bug that the same check must catch.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from habeas.domain.account import Life
from habeas.domain.capability import ACCOUNT_CAPABILITIES, FLOOR, RANK, Capability, Level
from habeas.domain.ids import AccountId
from habeas.domain.kind import LEVELS, Kind
from habeas.domain.restriction import AtEnd, Condition, Ending, HeldAmount, Restriction, Scope, Status
from habeas.domain.verdict import Request, Standing, Verdict, evaluate
from tests.builders import HOUR, NOON, a_restriction
from tests.properties.canary import catches

Evaluate = Callable[[Standing, Request], Verdict]

TICK = timedelta(microseconds=1)
OUT = ("withdraw_crypto", "withdraw_fiat", "p2p", "transfer_out")
ORDER = ["ALLOW", "STEP_UP", "HOLD", "DENY"]

hours = st.integers(0, 12).map(lambda n: n * HOUR)
instants = hours.map(lambda after: NOON + after)


@st.composite
def restrictions(draw: st.DrawFn) -> Restriction:
    """A restriction somewhere in its life, on a grid of hours so that boundaries meet."""
    starts_at = draw(instants)
    ends_at = starts_at + draw(st.integers(1, 8)) * HOUR
    scope = draw(st.sampled_from([Scope.ACCOUNT, Scope.ACCOUNT, Scope.HOLDER, Scope.NEW_DESTINATIONS, Scope.AMOUNT]))
    ending = draw(st.sampled_from(Ending))
    at_end = AtEnd(ending=Ending.HOLD_AND_PAGE if ending is Ending.HOLD_AND_PAGE else Ending.LIFT)
    if ending is Ending.FALL_BACK:
        kind = draw(st.sampled_from([Kind.STEP_UP, Kind.OUTFLOW_HOLD, Kind.TEMP_RISK]))
        then = draw(st.sampled_from([Scope.ACCOUNT, Scope.NEW_DESTINATIONS]))
        at_end = AtEnd(ending=ending, kind=kind, scope=then, lasts_for=draw(st.integers(1, 4)) * HOUR)
    status = draw(st.sampled_from([Status.ACTIVE] * 4 + list(Status)))
    has_ended = status in (Status.LIFTED, Status.EXPIRED, Status.SUPERSEDED, Status.ANNULLED)
    is_conditional = draw(st.booleans()) and ending is not Ending.FALL_BACK
    condition = Condition(until="shown", recheck_at=ends_at, owner="region")
    return a_restriction(
        draw(st.sampled_from(["rs_1", "rs_2", "rs_3"])),
        kind=draw(st.sampled_from([kind for kind in Kind if kind is not Kind.IP_BLOCK])),
        scope=scope,
        starts_at=starts_at,
        ends_at=None if is_conditional else ends_at,
        condition=condition if is_conditional else None,
        at_end=at_end,
        cool_off_for=draw(st.integers(1, 6)) * HOUR if Scope.NEW_DESTINATIONS in (scope, at_end.scope) else None,
        held=HeldAmount(draw(st.sampled_from(["BTC", "ETH"])), Decimal(draw(st.integers(1, 3))))
        if scope is Scope.AMOUNT
        else None,
        status=status,
        ended_at=starts_at + draw(hours) if has_ended else None,
    )


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    return Standing(
        account=AccountId("acct-1"),
        restrictions=tuple(draw(st.lists(restrictions(), max_size=4))),
        lives=tuple(draw(st.lists(st.sampled_from([Life.ACTIVE] * 4 + list(Life)), min_size=1, max_size=2))),
        is_known=draw(st.integers(0, 5)) > 0,
        is_unreadable=draw(st.integers(0, 9)) == 0,
        unknown_outflow=draw(st.sampled_from([Level.HOLD, Level.DENY])),
    )


@st.composite
def requests(draw: st.DrawFn) -> Request:
    return Request(
        capability=Capability(draw(st.sampled_from([*OUT, *(str(c) for c in ACCOUNT_CAPABILITIES)]))),
        at=NOON + draw(hours) - draw(st.sampled_from([timedelta(0), TICK, HOUR])),
        destination=draw(st.sampled_from(["bc1q", "bc1q", None])),
        destination_known_since=draw(st.none() | instants),
        asset=draw(st.sampled_from(["BTC", "BTC", "ETH", None])),
        amount=draw(st.none() | st.integers(0, 4).map(Decimal)),
        balance=draw(st.none() | st.integers(0, 8).map(Decimal)),
    )


# --- a second reading of model 5.1 and 5.3, without the code's own vocabulary


def oracle(standing: Standing, request: Request, at: datetime) -> str:
    ranks = [_life_rank(life, request.capability) for life in standing.lives]
    if standing.is_unreadable and request.capability not in FLOOR:
        ranks.append(3)
    if not standing.is_known and request.capability in OUT:
        ranks.append(RANK[standing.unknown_outflow])
    ranks += [_rank(r, request, at) for r in standing.restrictions]
    ranks.append(_amounts_rank([r for r in standing.restrictions if _is_held_amount(r, at)], request))
    return ORDER[max(ranks, default=0)]


def _is_held_amount(r: Restriction, at: datetime) -> bool:
    if r.scope != "amount" or r.status in ("proposed", "declined") or at < r.starts_at:
        return False
    if r.ended_at is not None and at >= r.ended_at:
        return False
    return r.ends_at is None or r.at_end.ending == "hold_and_page" or at < r.ends_at


def _amounts_rank(holds: list[Restriction], request: Request) -> int:
    """Withdraw, transfer, P2P and selling: with asset, amount and balance, as far as the rest covers the holds."""
    if not holds or request.capability not in (*OUT, "transfer_own", "place_order"):
        return 0
    if request.asset is None:
        return 0 if request.capability == "place_order" else 2
    held = sum(r.held.amount for r in holds if r.held is not None and r.held.asset == request.asset)
    if held == 0:
        return 0
    if request.amount is None or request.balance is None:
        return 2
    return 0 if request.amount <= request.balance - held else 2


def _life_rank(life: Life, capability: Capability) -> int:
    if life == "active" or capability in FLOOR:
        return 0
    if life == "deactivated":
        way_out = {"login", "view", "withdraw_crypto", "withdraw_fiat", "cancel_order", "close_position"}
        return 0 if capability in way_out else 3
    return 2 if life == "retained" and capability in ("withdraw_crypto", "withdraw_fiat") else 3


def _rank(r: Restriction, request: Request, at: datetime) -> int:
    if r.status in ("proposed", "declined") or at < r.starts_at:
        return 0
    if r.ended_at is not None and at >= r.ended_at:
        return 0
    if r.ends_at is None or r.at_end.ending == "hold_and_page" or at < r.ends_at:
        return _says(r.kind, r.scope, r, request, at)
    if r.at_end.ending == "fall_back":
        assert r.at_end.kind is not None
        assert r.at_end.lasts_for is not None
        if at < r.ends_at + r.at_end.lasts_for:
            return _says(r.at_end.kind, r.at_end.scope, r, request, at)
    return 0


def _says(kind: Kind, scope: Scope, r: Restriction, request: Request, at: datetime) -> int:
    if scope in ("account", "holder"):
        return RANK[LEVELS[kind][request.capability]]
    if request.capability not in OUT or scope == "amount":
        return 0
    since = request.destination_known_since
    assert r.cool_off_for is not None
    return 0 if request.destination is not None and since is not None and at - since >= r.cool_off_for else 2


def moments(standing: Standing, request: Request) -> list[datetime]:
    """Every instant of the grid that could matter, and the moment before it."""
    grid = [NOON + n * HOUR for n in range(-1, 40)]
    return sorted({instant - back for instant in [*grid, request.at] for back in (timedelta(0), TICK)})


# --- the checks


def check_level(answer: Evaluate, standing: Standing, request: Request) -> None:
    for at in moments(standing, request):
        asked = replace(request, at=at)
        assert str(answer(standing, asked).level) == oracle(standing, asked, at)


def check_until(answer: Evaluate, standing: Standing, request: Request) -> None:
    said = answer(standing, request)
    later = [at for at in moments(standing, request) if at > request.at]
    differing = [at for at in later if oracle(standing, request, at) != str(said.level)]
    assert said.until == min(differing, default=None)


def check_stricter(answer: Evaluate, standing: Standing, request: Request, more: Restriction) -> None:
    stricter = replace(standing, restrictions=(*standing.restrictions, more))
    assert RANK[answer(stricter, request).level] >= RANK[answer(standing, request).level]


def check_sub(answer: Evaluate, own: Standing, main: Standing, request: Request) -> None:
    sub = replace(own, restrictions=own.restrictions + main.restrictions, lives=own.lives + main.lives)
    sub = replace(sub, is_known=own.is_known and main.is_known, is_unreadable=own.is_unreadable or main.is_unreadable)
    joined = max(RANK[answer(own, request).level], RANK[answer(main, request).level])
    assert RANK[answer(sub, request).level] == joined


@given(standings(), requests())
def test_an_answer_is_what_the_model_says_at_every_instant(standing: Standing, request: Request) -> None:
    check_level(evaluate, standing, request)


@given(standings(), requests())
def test_an_answer_holds_exactly_until_the_first_instant_at_which_it_differs(
    standing: Standing, request: Request
) -> None:
    check_until(evaluate, standing, request)


@given(standings(), requests(), restrictions())
def test_one_more_restriction_never_allows_more(standing: Standing, request: Request, more: Restriction) -> None:
    check_stricter(evaluate, standing, request, more)


@pytest.mark.row("B085")
@given(standings(), standings(), requests())
def test_a_sub_account_has_the_join_of_its_own_and_its_main_accounts_levels(
    own: Standing, main: Standing, request: Request
) -> None:
    main = replace(main, unknown_outflow=own.unknown_outflow)
    check_sub(evaluate, own, main, request)


@given(standings(), requests())
def test_the_floor_is_never_held_or_denied(standing: Standing, request: Request) -> None:
    for capability in FLOOR:
        assert evaluate(standing, replace(request, capability=capability)).level <= Level.STEP_UP


@given(standings(), requests())
def test_what_determines_the_answer_stands_and_would_say_it_alone(standing: Standing, request: Request) -> None:
    said = evaluate(standing, request)
    for id_ in said.determining:
        alone = tuple(r for r in standing.restrictions if r.id == id_)
        assert evaluate(Standing(standing.account, alone), request).level is said.level


# --- planted bugs: each check must catch its own


def _inclusive_end(standing: Standing, request: Request) -> Verdict:
    """Ends one moment late."""
    late = tuple(replace(r, ends_at=r.ends_at + TICK) if r.ends_at else r for r in standing.restrictions)
    return replace(evaluate(standing, request), level=evaluate(replace(standing, restrictions=late), request).level)


def _forgets_fall_back(standing: Standing, request: Request) -> Verdict:
    bare = tuple(
        replace(r, at_end=AtEnd()) if r.at_end.ending is Ending.FALL_BACK else r for r in standing.restrictions
    )
    return evaluate(replace(standing, restrictions=bare), request)


def _until_the_first_end(standing: Standing, request: Request) -> Verdict:
    """Takes the first end of any restriction for the change."""
    ends = [r.effect_ends_at for r in standing.restrictions if r.effect_ends_at and r.effect_ends_at > request.at]
    return replace(evaluate(standing, request), until=min(ends, default=None))


def _last_one_wins(standing: Standing, request: Request) -> Verdict:
    return evaluate(replace(standing, restrictions=standing.restrictions[-1:]), request)


@pytest.mark.parametrize("broken", [_inclusive_end, _forgets_fall_back, _last_one_wins])
def test_the_check_of_levels_catches_a_planted_bug(broken: Evaluate) -> None:
    assert catches(lambda s, r: check_level(broken, s, r), standings(), requests())


@pytest.mark.parametrize("broken", [_until_the_first_end, _forgets_fall_back])
def test_the_check_of_until_catches_a_planted_bug(broken: Evaluate) -> None:
    assert catches(lambda s, r: check_until(broken, s, r), standings(), requests())


def test_the_check_of_stricter_catches_a_planted_bug() -> None:
    assert catches(lambda s, r, m: check_stricter(_last_one_wins, s, r, m), standings(), requests(), restrictions())


def test_the_check_of_sub_accounts_catches_a_planted_bug() -> None:
    def check(own: Standing, main: Standing, request: Request) -> None:
        check_sub(_last_one_wins, own, replace(main, unknown_outflow=own.unknown_outflow), request)

    assert catches(check, standings(), standings(), requests())
