from ipaddress import IPv6Address, ip_address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from habeas.domain.errors import BadInputError
from habeas.reference.prefix import parse_address, parse_prefix

addresses = st.ip_addresses().map(str)
almost_addresses = (
    st.text(alphabet="0123456789abf:./%x ", max_size=24) | addresses | addresses.map(lambda ip: f"{ip}%1")
)


@given(almost_addresses)
@example("1.2.3.04")
@example("1.2.3")
@example("::ffff:1.2.3.4")
@example("2001:DB8::1%eth0")
@example("::1.2.3.4")
def test_exactly_the_texts_that_ipaddress_takes_are_addresses(text: str) -> None:
    try:
        expected = ip_address(text)
    except ValueError:
        with pytest.raises(ValueError, match="does not appear to be"):
            parse_address(text)
        return
    if isinstance(expected, IPv6Address) and expected.ipv4_mapped is not None:
        expected = expected.ipv4_mapped
    address = parse_address(text)
    assert (address.number, address.is_ipv6) == (int(expected), expected.version == 6)
    around = ip_network(
        f"{IPv6Address(int(expected)) if address.is_ipv6 else expected}/{48 if address.is_ipv6 else 24}", strict=False
    )
    assert address.prefix == str(around)


@pytest.mark.parametrize("text", ["", "x", "1.2.3.4\0", "１.2.3.4", "\ud800"])
def test_what_is_no_address_raises_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_address(text)


def test_an_ipv4_address_mapped_into_ipv6_is_the_ipv4_address() -> None:
    assert parse_address("::ffff:203.0.113.7") == parse_address("203.0.113.7")
    assert parse_address("::FFFF:cb00:7107") == parse_address("203.0.113.7")


def test_a_prefix_around_an_address_is_24_bits_long_for_ipv4_and_48_for_ipv6() -> None:
    assert parse_address("203.0.113.77").prefix == "203.0.113.0/24"
    assert parse_address("2001:db8:1:2::3").prefix == "2001:db8:1::/48"


@given(st.ip_addresses(), st.integers(0, 112))
def test_a_network_is_read_as_ipaddress_reads_it(ip: object, less: int) -> None:
    address = ip_address(str(ip))
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return
    length = max(8 if address.version == 4 else 16, address.max_prefixlen - less)
    network = ip_network(f"{address}/{length}", strict=False)
    prefix = parse_prefix(str(network))
    assert (prefix.first, prefix.last, prefix.is_ipv6) == (int(network[0]), int(network[-1]), network.version == 6)
    assert prefix.length == length


def test_a_network_mapped_into_ipv6_is_the_ipv4_network() -> None:
    assert parse_prefix("::ffff:203.0.113.0/120") == parse_prefix("203.0.113.0/24")
    assert parse_prefix("::ffff:203.0.113.9") == parse_prefix("203.0.113.9/32")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("example.org", "is no network"),
        ("", "is no network"),
        ("10.0.0.0/33", "no prefix length between 0 and 32"),
        ("10.0.0.0/-1", "no prefix length"),
        ("10.0.0.0/", "no prefix length"),
        ("10.0.0.0/²4", "no prefix length"),
        ("::ffff:10.0.0.0/90", "no prefix length"),
        ("10.0.0.1/8", "write the network, `10.0.0.0/8`"),
        ("2001:db8::1/32", "write the network, `2001:db8::/32`"),
        ("0.0.0.0/0", "too wide"),
        ("2000::/3", "too wide"),
    ],
)
def test_what_is_no_network_is_refused_in_one_sentence(text: str, what: str) -> None:
    with pytest.raises(BadInputError, match=what.replace(".", r"\.").replace("/", "/")):
        parse_prefix(text)
