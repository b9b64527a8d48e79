"""What an account remembers of its logins: bounded counts, and what is doubted until somebody proves control."""

from datetime import timedelta

import msgspec

from habeas.domain.account import AccountState, decode_state, encode_state
from habeas.domain.ids import AccountId
from habeas.domain.login import (
    NO_LOGINS,
    TRAIT_LOGINS_MAX,
    LoginHistory,
    Trait,
    ValueCount,
    cell_of,
    total_cell,
    value_name,
    with_doubt,
    with_login,
    with_proof,
)
from tests.builders import NOON

BYTES_MAX = 400
"""What the histories of logins may take of a state."""


def test_a_login_counts_each_of_its_values() -> None:
    history = with_login(with_login(NO_LOGINS, [(Trait.IP, 1), (Trait.COUNTRY, 7)]), [(Trait.IP, 2)])
    assert history.logins(Trait.IP) == 2
    assert history.logins_with(Trait.IP, 2) == 1
    assert history.logins_with(Trait.IP, 3) == 0
    assert (history.logins(Trait.COUNTRY), history.logins(Trait.AGENT), history.length) == (1, 0, 2)


def test_of_too_many_values_the_one_not_seen_for_longest_is_forgotten() -> None:
    history = NO_LOGINS
    for name in (1, 2, 3, 1, 4):
        history = with_login(history, [(Trait.DEVICE_TYPE, name)])
    assert [value.name for value in history.of(Trait.DEVICE_TYPE)] == [3, 1, 4]


def test_of_too_many_logins_an_old_one_of_another_value_is_forgotten() -> None:
    history = NO_LOGINS
    for name in [1] * 2 + [2] * (TRAIT_LOGINS_MAX - 2):
        history = with_login(history, [(Trait.IP, name)])
    assert history.of(Trait.IP) == (ValueCount(1, 2), ValueCount(2, TRAIT_LOGINS_MAX - 2))
    history = with_login(history, [(Trait.IP, 2)])
    assert history.of(Trait.IP) == (ValueCount(1, 1), ValueCount(2, TRAIT_LOGINS_MAX - 1))
    for _ in range(3):
        history = with_login(history, [(Trait.IP, 2)])
    assert history.of(Trait.IP) == (ValueCount(2, TRAIT_LOGINS_MAX),)


def test_what_is_doubted_counts_once_control_is_proved_after_it() -> None:
    doubted = with_doubt(NO_LOGINS, [(Trait.IP, 1)], NOON)
    assert doubted.length == 0
    assert with_proof(doubted, NOON - timedelta(seconds=1)) == doubted
    proved = with_proof(doubted, NOON)
    assert proved.logins_with(Trait.IP, 1) == 1
    assert with_proof(proved, NOON) == proved


def test_the_next_login_takes_the_place_of_a_doubted_one() -> None:
    doubted = with_doubt(NO_LOGINS, [(Trait.IP, 1)], NOON)
    assert with_proof(with_login(doubted, [(Trait.IP, 2)]), NOON).logins_with(Trait.IP, 1) == 0


def test_a_state_written_before_there_were_histories_is_read() -> None:
    state = AccountState(account=AccountId("acct-1"))
    assert b"logins" not in encode_state(state)
    assert decode_state(state.account, encode_state(state)).logins == NO_LOGINS


def test_a_full_history_takes_less_than_its_part_of_the_state() -> None:
    history = NO_LOGINS
    for name in range(2**32 - 20, 2**32):
        history = with_login(history, [(trait, name) for trait in Trait])
    history = with_doubt(history, [(trait, 2**32 - 1) for trait in Trait], NOON + timedelta(microseconds=1))
    assert 200 < len(msgspec.msgpack.encode(history)) <= BYTES_MAX
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(history), type=LoginHistory) == history


def test_cells_of_different_traits_and_totals_never_meet() -> None:
    cells = [{total_cell(trait)} | {cell_of(trait, name) for name in range(5000)} for trait in Trait]
    assert sum(map(len, cells)) == len(set().union(*cells))


def test_a_value_has_another_name_as_another_trait() -> None:
    assert value_name(Trait.COUNTRY, "NO") == value_name(Trait.COUNTRY, "NO")
    assert len({value_name(trait, "NO") for trait in Trait}) == len(Trait)
