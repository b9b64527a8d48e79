from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habeas.domain.errors import BadInputError
from habeas.domain.place import Place
from habeas.reference import networks_file
from habeas.reference.network_lists import TAGS, NetworkList
from habeas.reference.networks import Marks, Networks, compile_networks
from habeas.reference.prefix import Address, parse_address
from tests.properties.canary import catches
from tests.unit.reference.geo_files import a_list


def test_an_address_has_the_tags_of_all_lists_that_hold_it_and_their_sources() -> None:
    networks = compile_networks([a_list("vpn", "203.0.113.0/24"), a_list("tor", "203.0.113.7", source="tor-exits")])
    assert networks.find(parse_address("203.0.113.7")) == (
        ("vpn", "tor"),
        ("list-vpn of 2026-08-22", "tor-exits of 2026-08-22"),
    )
    assert networks.tags("203.0.113.8") == ("vpn",)
    assert networks.find(parse_address("203.0.114.7")) == ((), ())


def test_the_first_and_the_last_address_of_all_may_be_listed() -> None:
    everywhere = compile_networks([a_list("vpn", "0.0.0.0/8", "255.0.0.0/8", "::/16", "ffff::/16")])
    for ip in ("0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"):
        assert everywhere.tags(ip) == ("vpn",)
    assert everywhere.tags("1.0.0.0") == everywhere.tags("1::") == ()


def test_networks_inside_one_64_are_told_apart() -> None:
    networks = compile_networks(
        [a_list("vpn", "2001:db8::/126"), a_list("tor", "2001:db8::2"), a_list("cloud", "2001:db8::8/125")]
    )
    tags = [networks.tags(f"2001:db8::{last:x}") for last in range(9)]
    assert tags == [("vpn",), ("vpn",), ("vpn", "tor"), ("vpn",), (), (), (), (), ("cloud",)]
    assert networks.tags("2001:db8::1:0") == ()
    assert networks.tags("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff") == ()


def test_an_ipv4_address_mapped_into_ipv6_has_the_tags_of_the_ipv4_address() -> None:
    networks = compile_networks([a_list("vpn", "203.0.113.0/24")])
    assert networks.tags("::ffff:203.0.113.7") == ("vpn",)
    assert networks.tags("::203.0.113.7") == ()


@pytest.mark.row("B030")
def test_a_vpn_exit_is_tagged_and_gives_no_anchor() -> None:
    tags, sources = compile_networks([a_list("vpn", "203.0.113.0/24")]).find(parse_address("203.0.113.7"))
    assert Place("DE", 51, 9, 300, "203.0.113.0/24", sources, tags).is_anonymised


@pytest.mark.row("B030")
def test_a_relay_that_keeps_the_region_is_not_anonymised_though_it_is_on_lists_of_vpns_and_hosting() -> None:
    networks = compile_networks(
        [a_list("vpn", "104.28.0.0/16"), a_list("hosting", "104.16.0.0/12"), a_list("relay", "104.28.28.0/26")]
    )
    tags, sources = networks.find(parse_address("104.28.28.1"))
    assert tags == ("relay",)
    assert len(sources) == 3
    assert not Place("DE", 51, 9, 300, "104.28.28.0/24", sources, tags).is_anonymised
    assert networks.tags("104.28.29.1") == ("vpn", "hosting")


def test_a_tor_exit_stays_one_inside_a_relay() -> None:
    networks = compile_networks([a_list("relay", "104.28.28.0/26"), a_list("tor", "104.28.28.5")])
    assert networks.tags("104.28.28.5") == ("tor", "relay")


def test_no_lists_tag_nothing() -> None:
    nothing = compile_networks([])
    assert nothing.tags("1.2.3.4") == nothing.tags("::") == ()


def test_the_same_list_twice_is_refused() -> None:
    with pytest.raises(BadInputError, match="is there twice"):
        compile_networks([a_list("vpn", "1.0.0.0/24"), a_list("vpn", "2.0.0.0/24")])


# --- against trying every network

# Few and near, so that networks touch, overlap and contain each other.
small = st.builds(
    lambda number, length: str(ip_network((number >> (32 - length) << (32 - length), length))),
    st.integers(0xFFFFFF00, 0xFFFFFFFF),
    st.integers(24, 32),
)
large = st.builds(
    lambda high, low, length: str(ip_network(((high << 64 | low) >> (128 - length) << (128 - length), length))),
    st.sampled_from([(1 << 64) - 1, (1 << 64) - 2, 0x20010DB8_00000000]),
    st.integers(0, 15) | st.sampled_from([(1 << 64) - 1, 1 << 63]),
    st.sampled_from([32, 62, 63, 64, 65, 122, 125, 126, 127, 128]),
)
lists = st.lists(
    st.tuples(st.sampled_from(TAGS), st.lists(small | large, max_size=6)), max_size=4, unique_by=lambda pair: pair[0]
)
points = st.integers(0xFFFFFEFE, 0xFFFFFFFF).map(lambda n: str(IPv4Address(n))) | st.builds(
    lambda high, low: str(IPv6Address(high << 64 | low)),
    st.sampled_from([(1 << 64) - 1, (1 << 64) - 2, (1 << 64) - 3, 0x20010DB8_00000000, 0x20010DB8_00000001]),
    st.integers(0, 17) | st.sampled_from([(1 << 64) - 1, (1 << 63) - 1, 1 << 63]),
)

Compile = Callable[[list[NetworkList]], Networks]


def check_tags(compiled: Compile, drawn: list[tuple[str, list[str]]], ip: str) -> None:
    networks = compiled([a_list(tag, *prefixes) for tag, prefixes in drawn])
    for asked in (ip, *_around_the_edges(drawn)):
        said = {tag for tag, prefixes in drawn if any(ip_address(asked) in ip_network(prefix) for prefix in prefixes)}
        marks = networks.find(parse_address(asked))
        assert set(marks.tags) == (said - {"vpn", "hosting", "cloud"} if "relay" in said else said)
        assert set(marks.sources) == {f"list-{tag} of 2026-08-22" for tag in said}


def _around_the_edges(drawn: list[tuple[str, list[str]]]) -> Iterator[str]:
    for network in (ip_network(prefix) for _, prefixes in drawn for prefix in prefixes):
        yield str(network[0])
        yield str(network[0] - 1)
        yield str(network[-1])
        if int(network[-1]) < (1 << network.max_prefixlen) - 1:
            yield str(network[-1] + 1)


@given(lists, points)
def test_tags_are_what_trying_every_network_gives(drawn: list[tuple[str, list[str]]], ip: str) -> None:
    check_tags(compile_networks, drawn, ip)


@given(lists, points)
def test_tags_are_the_same_after_writing_and_reading_the_file(drawn: list[tuple[str, list[str]]], ip: str) -> None:
    check_tags(lambda each: networks_file.decode(networks_file.encode(compile_networks(each)), "x"), drawn, ip)


def _forgets_overlaps(drawn: list[NetworkList]) -> Networks:
    """A planted bug: a network inside another one of the same list ends both."""
    single = [
        NetworkList(each.tag, f"list-{each.tag}", each.as_of, tuple({p.first: p for p in each.prefixes}.values()))
        for each in drawn
    ]
    return compile_networks(single)


class _LastAddressIsOutside(Networks):
    """A planted bug: one too early at the end."""

    def find(self, address: Address) -> Marks:
        after = Address(address.text, address.number + 1, address.is_ipv6, address.prefix)
        here = super().find(address)
        bits = 128 if address.is_ipv6 else 32
        return here if after.number >> bits or super().find(after).tags else Marks((), ())


def _ends_early(drawn: list[NetworkList]) -> Networks:
    made = compile_networks(drawn)
    return _LastAddressIsOutside(made.lists, made.sets, made.ipv4, made.ipv6)


@pytest.mark.parametrize("broken", [_forgets_overlaps, _ends_early])
def test_the_check_of_tags_catches_a_planted_bug(broken: Compile) -> None:
    assert catches(lambda drawn, ip: check_tags(broken, drawn, ip), lists, points)
