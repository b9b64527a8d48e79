"""The registry of agencies: who may send orders, from where, and at which number each is called back.

It is our own, made from what we know of the agencies and never from a letter. A change of it needs two people: whoever can
change a call-back number can confirm a forged order.
"""

import tomllib
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from habeas.domain.errors import BadInputError


class Officer(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A person who was enrolled, with the key that proves it is the same one."""

    name: str
    key: Annotated[str, Meta(min_length=1)]
    is_supervisor: bool = False


class Agency(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[agency.ID]`: an authority, a court or a unit."""

    name: str
    """As users are told, where they may be told."""
    jurisdictions: Annotated[tuple[str, ...], Meta(min_length=1)]
    """Whose law it may apply to our accounts."""
    domains: Annotated[tuple[str, ...], Meta(min_length=1)]
    call_back: Annotated[tuple[str, ...], Meta(min_length=1)]
    contact: str
    """How users reach it."""
    claims: str = ""
    """How somebody whose assets were seized claims them."""
    officers: dict[str, Officer] = {}


class Registry(Struct, frozen=True, kw_only=True):
    """All agencies that we know."""

    agencies: dict[str, Agency] = {}

    def find(self, agency: str) -> Agency | None:
        return self.agencies.get(agency)


def read_registry(content: bytes, name: str) -> Registry:
    """A registry from its TOML. Raises BadInputError in one sentence."""
    try:
        tree = tomllib.loads(content.decode())
        unknown = set(tree) - {"agency"}
        if unknown:
            raise BadInputError(f"`{name}` has the unknown section `{min(unknown)}`; a registry has `[agency.ID]` only")
        registry = Registry(agencies=msgspec.convert(tree.get("agency", {}), dict[str, Agency]))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as exc:
        raise BadInputError(f"`{name}` is no registry of agencies: {exc}; docs/orders.md shows one") from None
    owners: dict[str, str] = {}
    for id_, agency in registry.agencies.items():
        for domain in agency.domains:
            other = owners.setdefault(domain.lower(), id_)
            if other != id_:
                raise BadInputError(f"`{name}` gives the domain `{domain}` to both `{other}` and `{id_}`")
    return registry


def digits(number: str) -> str:
    """A telephone number as it is dialled, however it is written."""
    return "".join(c for c in number if c.isdigit() or c == "+")


def domain_of(address: str) -> str:
    """The domain of a mail address."""
    return address.rpartition("@")[2].lower()
