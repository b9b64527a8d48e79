"""Random histories of logins.

| test | what must hold |
|---|---|
| bounded | no trait keeps more values or logins than it may, and all of it stays within 400 bytes |
| monotone | a login that was seen once more is never more unusual than before |
| neutral | an account without a history is neither usual nor unusual |
| deterministic | the same login has the same ratio in whatever order its traits come |
"""

from collections.abc import Callable, Sequence
from math import isclose

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from habeas.detection.login_score import Params, ratio
from habeas.domain.login import (
    NO_LOGINS,
    TRAIT_LOGINS_MAX,
    LoginHistory,
    Trait,
    TraitFact,
    ValueCount,
    with_login,
)
from tests.properties.canary import catches
from tests.stories import the_policy

VALUES_MAX = 8
BYTES_MAX = 400

Values = list[tuple[Trait, int]]
Score = Callable[[LoginHistory, Sequence[TraitFact], Params], float]
Learn = Callable[[LoginHistory, Values], LoginHistory]


def params() -> Params:
    found = the_policy().detectors["login_score"]
    assert isinstance(found, Params)
    return found


@st.composite
def a_login(draw: st.DrawFn) -> Values:
    traits = draw(st.sets(st.sampled_from(list(Trait)), min_size=1))
    return [(trait, 2**32 - 1 - draw(st.integers(0, 11))) for trait in sorted(traits)]


@st.composite
def facts_of(draw: st.DrawFn) -> list[TraitFact]:
    facts = []
    for trait, name in draw(a_login()):
        of = draw(st.integers(0, 10_000))
        facts.append(TraitFact(trait, name, draw(st.integers(0, of)), of))
    return facts


@st.composite
def histories(draw: st.DrawFn) -> list[Values]:
    """Some logins, each repeated, so that counts come to their bound."""
    pieces = draw(st.lists(st.tuples(a_login(), st.integers(1, 40)), max_size=14))
    return [login for login, times in pieces for _ in range(times)]


def learned(logins: list[Values], learn: Learn = with_login) -> LoginHistory:
    history = NO_LOGINS
    for login in logins:
        history = learn(history, login)
    return history


# --- checks


def check_bounded(logins: list[Values], learn: Learn = with_login) -> None:
    history = learned(logins, learn)
    for trait in Trait:
        assert len(history.of(trait)) <= VALUES_MAX
        assert history.logins(trait) <= TRAIT_LOGINS_MAX
        assert len({value.name for value in history.of(trait)}) == len(history.of(trait))
        assert all(value.logins > 0 for value in history.of(trait))
    assert len(msgspec.msgpack.encode(history)) <= BYTES_MAX


def check_monotone(
    logins: list[Values], facts: list[TraitFact], learn: Learn = with_login, score: Score = ratio
) -> None:
    history = learned(logins, learn)
    before = score(history, facts, params())
    after = score(learn(history, [(fact.trait, fact.name) for fact in facts]), facts, params())
    assert after <= before or isclose(after, before, rel_tol=1e-9)


def check_neutral(facts: list[TraitFact], score: Score = ratio) -> None:
    assert isclose(score(NO_LOGINS, facts, params()), 1.0)


def check_order(logins: list[Values], facts: list[TraitFact], score: Score = ratio) -> None:
    history = learned(logins)
    assert score(history, facts, params()) == score(history, facts[::-1], params())


# --- properties


@given(histories())
def test_a_history_stays_within_its_bounds(logins: list[Values]) -> None:
    check_bounded(logins)


@given(histories(), facts_of())
def test_a_login_seen_once_more_is_never_more_unusual(logins: list[Values], facts: list[TraitFact]) -> None:
    check_monotone(logins, facts)


@given(facts_of())
def test_an_unknown_history_says_nothing(facts: list[TraitFact]) -> None:
    check_neutral(facts)


@given(histories(), facts_of())
def test_the_order_of_traits_says_nothing(logins: list[Values], facts: list[TraitFact]) -> None:
    check_order(logins, facts)


# --- planted bugs


def keeps_everything(history: LoginHistory, values: Values) -> LoginHistory:
    """Forgets nothing."""
    counts = [history.of(trait) for trait in Trait]
    for trait, name in values:
        others = tuple(value for value in counts[trait] if value.name != name)
        counts[trait] = (*others, ValueCount(name, history.logins_with(trait, name) + 1))
    return LoginHistory(tuple(counts))


def forgets_the_newest(history: LoginHistory, values: Values) -> LoginHistory:
    """Makes room by halving what was just seen."""
    longer = with_login(history, values)
    if longer.length < TRAIT_LOGINS_MAX:
        return longer
    return LoginHistory(
        tuple(
            (*trait[:-1], ValueCount(trait[-1].name, (trait[-1].logins + 1) // 2)) if trait else ()
            for trait in longer.counts
        )
    )


def rewards_the_unknown(history: LoginHistory, facts: Sequence[TraitFact], figures: Params) -> float:
    """Takes the ratio the wrong way round."""
    return 1.0 / ratio(history, facts, figures)


def is_unsmoothed(history: LoginHistory, facts: Sequence[TraitFact], figures: Params) -> float:
    """An account without a history has had nothing, so that everything is unheard of."""
    return ratio(history, facts, figures) if history.length else 1e6


def trusts_the_first(history: LoginHistory, facts: Sequence[TraitFact], figures: Params) -> float:
    return ratio(history, facts[:1], figures)


def test_planted_bugs_are_caught() -> None:
    assert catches(lambda logins: check_bounded(logins, keeps_everything), histories())
    assert catches(lambda logins, facts: check_monotone(logins, facts, forgets_the_newest), histories(), facts_of())
    assert catches(
        lambda logins, facts: check_monotone(logins, facts, score=rewards_the_unknown), histories(), facts_of()
    )
    assert catches(lambda facts: check_neutral(facts, is_unsmoothed), facts_of())
    assert catches(lambda logins, facts: check_order(logins, facts, trusts_the_first), histories(), facts_of())
