"""The world's own sanctions list: people who do not exist, wallets that nobody owns, read by the real reader of lists."""

from functools import cache

from msgspec import Struct

from habeas.reference.library import LoadedLists
from habeas.reference.names.index import build_index
from habeas.reference.sanctions.own import parse


class Listed(Struct, frozen=True):
    """Somebody on the list."""

    name: str
    nationality: str
    born_year: int


LISTED: tuple[Listed, ...] = (
    Listed("Viktor Andreevich Belozerov", "RU", 1961),
    Listed("Anatoly Petrovich Gromyshev", "RU", 1957),
    Listed("Reza Mohammadi Tavakoli", "IR", 1969),
    Listed("Hossein Karimzadeh Rad", "IR", 1973),
    Listed("Ahmad Khalil Barakat", "LB", 1966),
    Listed("Jorge Luis Montenegro Salas", "CO", 1970),
    Listed("Ramon Ignacio Villareal Cuevas", "MX", 1968),
    Listed("Abdulrahman Musa Danjuma", "NG", 1978),
    Listed("Ibrahim Suleiman Hassani", "EG", 1964),
    Listed("Mehmet Kerem Aksakal", "TR", 1975),
    Listed("Nguyen Van Thanh Quoc", "VN", 1971),
    Listed("Dilshod Rustamovich Karimbaev", "KZ", 1967),
)
LISTED_WALLET = "0x" + "1157ed" * 6 + "0bad"
_KEY = b"the world's own key, not secret."


@cache
def world_lists() -> LoadedLists:
    """The list, loaded. It is the same in every world."""
    lines = ['list = "WORLD"', 'source = "made up for the simulation"', "as_of = 2026-01-01"]
    for number, listed in enumerate(LISTED, start=1):
        wallets = [f"ETH {LISTED_WALLET}"] if number == 1 else []
        lines += [
            "[[entry]]",
            f'id = "{number}"',
            'kind = "person"',
            f'names = ["{listed.name}"]',
            f'births = ["{listed.born_year}"]',
            f'nationalities = ["{listed.nationality}"]',
            f"wallets = {wallets!r}".replace("'", '"'),
        ]
    parsed = parse("\n".join(lines).encode())
    return LoadedLists([parsed], _KEY, lambda: build_index([parsed]))
