"""What kind of network an address is in: vpn, hosting, tor, relay, cloud, with the lists that say so (row B030).

All lists become one sorted row of edges, at each of which the set of lists that hold an address changes; a look-up is one
bisection. A relay that keeps the region (Apple Private Relay) is on the lists of VPNs and of hosting too, because that is
where it runs: on a relay's exits those tags are left out, so that its users keep their place (detection 1).
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from msgspec import Struct

from habeas.domain.errors import BadInputError
from habeas.reference.network_lists import TAGS, NetworkList
from habeas.reference.prefix import Address, Prefix, parse_address

RELAY_HIDES = frozenset({"vpn", "hosting", "cloud"})
"""Tags that say nothing more about an exit of a relay. A Tor exit stays one."""

_LOW = (1 << 64) - 1
_SETS_MAX = 0xFFFF


class Marks(NamedTuple):
    """What the lists say about an address."""

    tags: tuple[str, ...]
    sources: tuple[str, ...]
    """Every list that holds the address, with its date."""


class ListOf(Struct, frozen=True):
    """What is kept of a list: where its tag comes from."""

    tag: str
    source: str
    as_of: date
    prefixes: int
    """How many it named."""

    @property
    def label(self) -> str:
        return f"{self.source} of {self.as_of}"


class Edges(NamedTuple):
    """Where the set of lists changes, ascending: from each edge to the next, `sets` gives the position of the set.

    An IPv6 edge is two halves of 64 bits; an IPv4 edge has no `low`.
    """

    high: "array[int]"
    low: "array[int]"
    sets: "array[int]"


class Networks:
    """The compiled lists. Never changes, so that any number of threads may look up; half a microsecond each."""

    def __init__(self, lists: tuple[ListOf, ...], sets: tuple[tuple[int, ...], ...], ipv4: Edges, ipv6: Edges) -> None:
        """`sets` are sets of positions in `lists`; the first is the empty one."""
        self.lists = lists
        self.sets = sets
        self.ipv4 = ipv4
        self.ipv6 = ipv6
        self._marks = tuple(_marks(tuple(lists[position] for position in members)) for members in sets)

    def tags(self, ip: str) -> tuple[str, ...]:
        """The tags of an address. Raises ValueError if `ip` is no IP address."""
        return self.find(parse_address(ip)).tags

    def find(self, address: Address) -> Marks:
        """What the lists say about an address."""
        if address.is_ipv6:
            edges, high = self.ipv6, address.number >> 64
            position = bisect_right(edges.high, high)
            start = bisect_left(edges.high, high, 0, position)
            if start < position:  # edges inside this very /64
                position = bisect_right(edges.low, address.number & _LOW, start, position)
        else:
            edges = self.ipv4
            position = bisect_right(edges.high, address.number)
        return self._marks[edges.sets[position - 1]] if position else self._marks[0]


def compile_networks(lists: Sequence[NetworkList]) -> Networks:
    """One table from all lists. Raises BadInputError when two lists have the same source and tag."""
    kept = tuple(ListOf(each.tag, each.source, each.as_of, len(each.prefixes)) for each in lists)
    if len({(each.source, each.tag) for each in kept}) < len(kept):
        raise BadInputError("a list of networks is there twice; name each list once")
    sets: dict[int, int] = {0: 0}
    ipv4 = _edges([[p for p in each.prefixes if not p.is_ipv6] for each in lists], 32, sets)
    ipv6 = _edges([[p for p in each.prefixes if p.is_ipv6] for each in lists], 128, sets)
    if len(sets) > _SETS_MAX:
        raise BadInputError(f"{len(lists)} lists overlap in more than {_SETS_MAX} ways; compile fewer of them together")
    members = tuple(tuple(n for n in range(len(lists)) if mask >> n & 1) for mask in sets)
    return Networks(kept, members, ipv4, ipv6)


def _edges(lists: list[list[Prefix]], bits: int, sets: dict[int, int]) -> Edges:
    """The edges of all lists together. New sets, as bit masks of lists, are added to `sets`."""
    toggles: dict[int, int] = {}
    for number, prefixes in enumerate(lists):
        for first, end in _merged(prefixes):
            # An edge at which one list ends and begins again is no edge: toggled twice.
            toggles[first] = toggles.get(first, 0) ^ 1 << number
            toggles[end] = toggles.get(end, 0) ^ 1 << number
    edges = Edges(array("Q" if bits == 128 else "I"), array("Q"), array("H"))
    mask = 0
    for point, toggled in sorted(toggles.items()):
        if not toggled or point >> bits:  # nothing lies behind the last address
            continue
        mask ^= toggled
        if bits == 128:
            edges.high.append(point >> 64)
            edges.low.append(point & _LOW)
        else:
            edges.high.append(point)
        edges.sets.append(min(sets.setdefault(mask, len(sets)), _SETS_MAX))
    return edges


def _merged(prefixes: Iterable[Prefix]) -> Iterable[tuple[int, int]]:
    """The same addresses as ranges that do not overlap: first address, and first address behind the last."""
    start, end = -1, -1
    for prefix in sorted(prefixes, key=lambda prefix: prefix.first):
        if prefix.first > end:
            if end >= 0:
                yield start, end
            start, end = prefix.first, prefix.last + 1
        else:
            end = max(end, prefix.last + 1)
    if end >= 0:
        yield start, end


def _marks(lists: tuple[ListOf, ...]) -> Marks:
    said = {each.tag for each in lists}
    if "relay" in said:
        said -= RELAY_HIDES
    return Marks(tuple(tag for tag in TAGS if tag in said), tuple(each.label for each in lists))
