"""The parts of the ledger in memory: names, numbers and flows in few bytes."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from habeas.reference.coins import flow_index
from habeas.reference.coins.flow_index import FlowIndex
from habeas.reference.coins.names import Names
from habeas.reference.coins.numbers import Numbers

spellings = st.one_of(
    st.text(max_size=12),
    st.binary(max_size=32).map(lambda data: data.hex()),
    st.binary(max_size=32).map(lambda data: "0x" + data.hex()),
    st.sampled_from(["0x", "0xAB", "0xab", "ab", "AB", "a b", "0x ab", "0xa"]),
)


@given(st.lists(spellings, max_size=60))
def test_every_name_comes_back_as_it_was_spelled_under_one_number(spelled: list[str]) -> None:
    names = Names()
    numbers = {name: names.number(name) for name in spelled}
    assert sorted(numbers.values()) == list(range(len(names)))
    for name, number in numbers.items():
        assert names.name(number) == name
        assert names.find(name) == names.number(name) == number
    assert names.find("nobody has this name") is None


def test_very_many_names_are_found_again() -> None:
    names = Names()
    assert [names.number(f"0x{number:064x}") for number in range(5_000)] == list(range(5_000))
    assert [names.find(f"0x{number:064x}") for number in range(5_000)] == list(range(5_000))
    assert names.nbytes < 70 * 5_000


def test_a_name_that_was_asked_for_is_added_once() -> None:
    names = Names()
    assert names.find("a") is None
    assert (names.number("a"), names.number("a"), names.find("a")) == (0, 0, 0)


@given(st.lists(st.integers(0, 2**127) | st.integers(0, 20), max_size=30), st.integers(0, 30))
def test_numbers_are_exact_whatever_their_size(given_numbers: list[int], cut: int) -> None:
    numbers = Numbers()
    for number in given_numbers:
        numbers.append(number)
    assert [numbers.at(position) for position in range(len(numbers))] == given_numbers
    for position, number in enumerate(reversed(given_numbers)):
        numbers.set(position, number)
    numbers.cut(cut)
    assert [numbers.at(position) for position in range(len(numbers))] == given_numbers[::-1][:cut]


def test_numbers_take_eight_bytes_until_one_needs_more() -> None:
    numbers = Numbers()
    numbers.append(2**64 - 1)
    assert numbers.nbytes == 8
    numbers.append(2**64)
    assert numbers.nbytes == 32


@given(st.lists(st.integers(-2, 5), max_size=60), st.lists(st.integers(0, 60), max_size=4), st.integers(0, 20))
def test_the_flows_of_a_node_are_found_however_they_came(ends: list[int], asked: list[int], tail: int) -> None:
    """Asked in between, so that some are sorted and some lie in the tail; and cut off at the end."""
    before, flow_index._TAIL_MIN = flow_index._TAIL_MIN, tail
    try:
        live = array("i")
        index = FlowIndex(live, lambda: 6)
        for count in sorted([*asked, len(ends)]):
            live.extend(ends[len(live) : count])
            for node in range(6):
                flows, first, last = index.span(node)
                assert list(flows[first:last]) == [flow for flow, end in enumerate(live) if end == node]
        for count in sorted(asked, reverse=True):
            del live[count:]
            index.cut(count)
            for node in range(6):
                flows, first, last = index.span(node)
                assert list(flows[first:last]) == [flow for flow, end in enumerate(live) if end == node]
    finally:
        flow_index._TAIL_MIN = before
