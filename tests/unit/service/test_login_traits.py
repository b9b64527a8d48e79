"""Which traits a login has."""

import pytest

from habeas.domain.event_data import Login
from habeas.domain.login import Agent, Trait, value_name
from habeas.service.login_traits import agent_of, traits_of
from tests.stories import a_place

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "agent"),
    [
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36",
            Agent("Chrome 126", "Windows 10", "computer"),
        ),
        (
            f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36",
            Agent("Chrome Mobile 126", "Android 10", "phone"),
        ),
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Safari/537.36", Agent("Chrome 126", "Android 10", "tablet")),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {WEBKIT} Version/17.5 Mobile/15E148 Safari/604.1",
            Agent("Mobile Safari 17", "iOS 17", "phone"),
        ),
        (
            f"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) {WEBKIT} Version/16.6 Mobile/15E148 Safari/604.1",
            Agent("Mobile Safari 16", "iOS 16", "tablet"),
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0",
            Agent("Firefox 115", "Linux", "computer"),
        ),
        ("curl/8.5.0", Agent("curl 8", "", "other")),
        ("\x00\ud800" + "(" * 5000, Agent("", "", "other")),
    ],
)
def test_a_user_agent_string_says_browser_system_and_device_type(user_agent: str, agent: Agent) -> None:
    assert agent_of(user_agent) == agent


def test_traits_go_from_the_narrow_to_the_wide() -> None:
    login = Login(ip="203.0.113.7", user_agent="curl/8.5.0")
    traits = traits_of(login, a_place("ES", asn="AS3352"), agent_of("curl/8.5.0"))
    assert traits == (
        (Trait.IP, value_name(Trait.IP, "203.0.113.7")),
        (Trait.NETWORK, value_name(Trait.NETWORK, "AS3352")),
        (Trait.COUNTRY, value_name(Trait.COUNTRY, "ES")),
        (Trait.AGENT, value_name(Trait.AGENT, "curl/8.5.0")),
        (Trait.BROWSER, value_name(Trait.BROWSER, "curl 8")),
        (Trait.DEVICE_TYPE, value_name(Trait.DEVICE_TYPE, "other")),
    )


def test_without_an_as_number_a_wide_network_stands_for_it() -> None:
    one, near, far = (dict(traits_of(Login(ip=ip), None, None)) for ip in ("203.0.113.7", "203.0.9.9", "198.51.100.1"))
    assert one[Trait.NETWORK] == near[Trait.NETWORK] != far[Trait.NETWORK]
    assert one[Trait.IP] != near[Trait.IP]


def test_addresses_of_one_ipv6_subscriber_are_one_and_a_mapped_address_is_itself() -> None:
    one, same, other = (traits_of(Login(ip=ip), None, None) for ip in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"))
    assert one == same != other
    assert traits_of(Login(ip="::ffff:203.0.113.7"), None, None) == traits_of(Login(ip="203.0.113.7"), None, None)


def test_a_country_on_which_sources_disagree_is_no_trait() -> None:
    traits = traits_of(Login(ip="203.0.113.7"), a_place("ES", disagrees_with="PT"), None)
    assert [trait for trait, _ in traits] == [Trait.IP, Trait.NETWORK]
