"""The list that comes with Habeas: well-known entries and wallets of OFAC's list, written down as facts.

A fresh store has it, so that Habeas can be tried at once. It is no substitute for the lists themselves: it is small, and from
the date that stands in it.
"""

from functools import cache
from importlib.resources import files

from habeas.domain.listing import ParsedList
from habeas.reference.sanctions.own import parse


@cache
def builtin_list() -> ParsedList:
    """The list in `listed.toml`."""
    return parse(files("habeas.reference.sanctions").joinpath("listed.toml").read_bytes())
