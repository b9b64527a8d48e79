"""The traits of a login, from its address, its place and its user agent string."""

from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from ua_parser import OS, UserAgent, parse

from habeas.domain.event_data import Login
from habeas.domain.login import Agent, Trait, value_name
from habeas.domain.place import Place

_READ_MAX = 512
"""So many characters of a user agent string are read: reading takes the longer, the longer it is."""
_REMEMBERED = 8192
_PHONE_SYSTEMS = frozenset({"iOS", "Android", "Windows Phone", "KaiOS", "HarmonyOS"})
_COMPUTER_SYSTEMS = frozenset({"Windows", "Mac OS X", "Linux", "Ubuntu", "Fedora", "Debian", "Chrome OS", "FreeBSD"})


@lru_cache(_REMEMBERED)
def agent_of(user_agent: str) -> Agent:
    """What a user agent string says. Never fails; what it does not say is empty."""
    read = user_agent[:_READ_MAX]
    found = parse(read)
    return Agent(
        browser=_versioned(found.user_agent), system=_versioned(found.os), device_type=_device_type(read, found.os)
    )


def traits_of(login: Login, place: Place | None, agent: Agent | None) -> tuple[tuple[Trait, int], ...]:
    """The traits that a login has, by name. A country on which sources disagree is none."""
    return tuple((trait, value_name(trait, value)) for trait, value in _values(login, place, agent) if value)


def _values(login: Login, place: Place | None, agent: Agent | None) -> Iterator[tuple[Trait, str]]:
    if login.ip is not None:
        subscriber, network = _networks(login.ip)
        yield Trait.IP, subscriber
        yield Trait.NETWORK, (place.asn if place is not None else "") or network
    if place is not None and not place.disagrees_with:
        yield Trait.COUNTRY, place.area
    if login.user_agent:
        yield Trait.AGENT, login.user_agent
    if agent is not None:
        yield Trait.BROWSER, agent.browser
        yield Trait.SYSTEM, agent.system
        yield Trait.DEVICE_TYPE, agent.device_type


def _networks(ip: str) -> tuple[str, str]:
    """What one subscriber has, and a wider network that stands for whoever runs it where the AS number is not known."""
    address: IPv4Address | IPv6Address = ip_address(ip)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if isinstance(address, IPv6Address):
        return address.packed[:8].hex(), address.packed[:4].hex()
    return str(address), address.packed[:2].hex()


def _versioned(named: UserAgent | OS | None) -> str:
    if named is None:
        return ""
    return f"{named.family} {named.major}" if named.major else named.family


def _device_type(user_agent: str, system: OS | None) -> str:
    """Phone, tablet or computer; of an Android without the word `Mobile` it is a tablet, as Google writes it."""
    family = system.family if system is not None else ""
    if "iPad" in user_agent or "Tablet" in user_agent or (family == "Android" and "Mobile" not in user_agent):
        return "tablet"
    if family in _PHONE_SYSTEMS:
        return "phone"
    return "computer" if family in _COMPUTER_SYSTEMS else "other"
