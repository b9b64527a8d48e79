"""How usual a login is: by which traits it is recognised, and what an account remembers of its own logins.

What is compared are values of traits, each by a name of 32 bits: whoever reads a state or a fact finds no address in it.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from hashlib import blake2b

from msgspec import Struct

TRAIT_LOGINS_MAX = 64
"""So many logins of one trait are counted for an account; each further one makes an older one forgotten."""


class Trait(IntEnum):
    """Something by which a login is recognised, from the narrow to the wide: first where it comes from, then with what."""

    IP = 0
    """The address; of IPv6 the /64, which is what one subscriber has."""
    NETWORK = 1
    """Who runs the network: its AS number where that is known, else the /16 or the /32 (IPv6)."""
    COUNTRY = 2
    AGENT = 3
    """The whole user agent string."""
    BROWSER = 4
    """With its major version."""
    SYSTEM = 5
    """The operating system with its version."""
    DEVICE_TYPE = 6
    """Phone, tablet, computer or other."""


_VALUES_MAX = {
    Trait.IP: 8,
    Trait.NETWORK: 8,
    Trait.COUNTRY: 6,
    Trait.AGENT: 8,
    Trait.BROWSER: 6,
    Trait.SYSTEM: 4,
    Trait.DEVICE_TYPE: 3,
}
"""How many different values an account remembers of each trait."""


class Agent(Struct, frozen=True, omit_defaults=True):
    """What a user agent string says: browser and system with their versions, and the type of device. Empty: it does not say."""

    browser: str = ""
    system: str = ""
    device_type: str = ""


class TraitFact(Struct, frozen=True, array_like=True):
    """One trait of a login, and how common its value is: `seen` of the `of` logins of all accounts that had such a trait.

    Counts are kept in cells that several values may share, and may lag behind (`service.ports.Reader.trait_facts`).
    """

    trait: Trait
    name: int
    seen: int
    of: int


class ValueCount(Struct, frozen=True, array_like=True):
    """How many of the counted logins had this value."""

    name: int
    logins: int


class LoginHistory(Struct, frozen=True, array_like=True):
    """What an account remembers of its own logins, by trait in the order of `Trait`; values seen last come last.

    `doubted` are the values of the latest login where nobody knows yet that it was the owner's. They count when control is
    proved after `doubted_at`; with the next login they are forgotten.
    """

    counts: tuple[tuple[ValueCount, ...], ...] = ()
    doubted: tuple[tuple[Trait, int], ...] = ()
    doubted_at: datetime | None = None

    def of(self, trait: Trait) -> tuple[ValueCount, ...]:
        """The values of one trait."""
        return self.counts[trait] if trait < len(self.counts) else ()

    def logins(self, trait: Trait) -> int:
        """How many logins of this trait are counted."""
        return sum(value.logins for value in self.of(trait))

    def logins_with(self, trait: Trait, name: int) -> int:
        """How many of them had this value."""
        return next((value.logins for value in self.of(trait) if value.name == name), 0)

    @property
    def length(self) -> int:
        """How many logins are counted at all, as far as any trait tells."""
        return max((self.logins(trait) for trait in Trait), default=0)


NO_LOGINS = LoginHistory()


def with_login(history: LoginHistory, values: Sequence[tuple[Trait, int]]) -> LoginHistory:
    """The history with one more login, and nothing doubted."""
    counts = [history.of(trait) for trait in Trait]
    for trait, name in values:
        counts[trait] = _counted(counts[trait], name, _VALUES_MAX[trait])
    return LoginHistory(tuple(counts))


def with_doubt(history: LoginHistory, values: Sequence[tuple[Trait, int]], at: datetime) -> LoginHistory:
    """The history after a login of which nobody knows yet that it was the owner's."""
    return LoginHistory(history.counts, tuple(values), at)


def with_proof(history: LoginHistory, proved_at: datetime) -> LoginHistory:
    """The history after control was proved: what was doubted before that counts."""
    if history.doubted_at is None or proved_at < history.doubted_at:
        return history
    return with_login(history, history.doubted)


def _counted(values: tuple[ValueCount, ...], name: int, values_max: int) -> tuple[ValueCount, ...]:
    """One more login with this value. What was not seen for longest is forgotten: a whole value where there are too many,
    one login of it where there are too many logins. So no value's share falls by being seen.
    """
    known = next((value.logins for value in values if value.name == name), 0)
    others = [value for value in values if value.name != name]
    if known == 0 and len(others) >= values_max:
        del others[0]
    total = known + sum(value.logins for value in others)
    if total < TRAIT_LOGINS_MAX:
        known += 1
    elif others:
        known += 1
        oldest = others[0]
        others[:1] = [ValueCount(oldest.name, oldest.logins - 1)] if oldest.logins > 1 else []
    return (*others, ValueCount(name, known))


# --- Names and cells --------------------------------------------------------------------------------------------------

CELLS = 4096
"""Into so many cells all values of a trait are counted. Those that share a cell look commoner than they are, never rarer."""

LOGINS_COUNTED_MAX = 1_000_000
"""When so many logins of one trait were counted for everybody, all counts are halved: what is no longer common is forgotten."""


def value_name(trait: Trait, value: str) -> int:
    """The 32 bits by which a value of a trait is known."""
    digest = blake2b(value.encode(errors="replace"), digest_size=4, person=b"login %d" % trait).digest()
    return int.from_bytes(digest, "big")


def total_cell(trait: Trait) -> int:
    """The number of the cell that counts all logins of a trait."""
    return trait * (CELLS + 1)


def cell_of(trait: Trait, name: int) -> int:
    """The number of the cell in which a value is counted."""
    return total_cell(trait) + 1 + name % CELLS
