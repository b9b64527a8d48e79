"""The people of the world: where they live, what they own, how they log in. Each is drawn from a generator of their own."""

import random
from datetime import date
from functools import cache

from msgspec import Struct

from habeas.simulation.world.geography import CITIES, EXIT_CITIES, City, Geography, NetworkKind
from habeas.simulation.world.parameters import Parameters

_GIVEN = """
Anna Marco Sofia Wei Lena Omar Yuki Maria Tariq Emma Noah Kim Rudi Zoe Darius Pavel Chidi Amara Priya Arjun
Minh Linh Budi Sari Carlos Lucia Thiago Camila Jun Hana Mehmet Elif Piotr Ewa Ivan Olena Ahmed Fatima Sipho
Thandi Liam Chloe Hugo Manon Jonas Clara Luca Giulia Pablo Marta Joao Beatriz Erik Astrid Janos Eszter
Andrei Ioana Nikos Eleni
""".split()  # noqa: SIM905 - names are read across
_FAMILY = """
Keller Rossi Garcia Chen Vogel Haddad Tanaka Lopez Aziz Dubois Martin Park Huber Tremblay Farahani Novak
Okafor Eze Sharma Patel Nguyen Tran Wijaya Santoso Fernandez Gomez Silva Costa Kobayashi Sato Yilmaz Demir
Kowalski Nowak Bondar Shevchenko Hassan Ibrahim Dlamini Nkosi Walsh Murphy Moreau Laurent Becker Schmid
Ferrari Conti Ruiz Navarro Pereira Almeida Lind Berg Nagy Kovacs Popescu Ionescu Papadakis Georgiou Larsen
Jensen Visser Bakker Peeters Claes
""".split()  # noqa: SIM905 - names are read across

_MFA = ("none", "sms", "totp", "passkey")
_PROOF = {"none": "liveness", "sms": "liveness", "totp": "totp", "passkey": "passkey"}


class Person(Struct, frozen=True, kw_only=True):
    """Somebody with an account."""

    number: int
    account: str
    name: str
    born: date
    home: City
    home_network: int
    logins_per_day: float
    phone: str
    laptop: str | None
    shared_device: str | None
    mfa: str
    is_private: bool
    has_relay: bool
    vpn_exits: tuple[int, ...]
    balance_usd: float
    destinations: tuple[str, ...]
    has_allowlist: bool
    opened_at: float

    @property
    def proof(self) -> str:
        """How this owner proves control when asked."""
        return _PROOF[self.mfa]


@cache
def _homes() -> tuple[tuple[City, ...], tuple[float, ...]]:
    cities = tuple(city for city in CITIES if city.homes)
    return cities, tuple(city.homes for city in cities)


def person(number: int, geography: Geography, parameters: Parameters, seed: int) -> Person:
    """The person of a number."""
    draw, p = random.Random(f"{seed}/person/{number}"), parameters
    cities, weights = _homes()
    home = draw.choices(cities, weights)[0]
    account = f"u{number}"
    signs_up = draw.random() < p.signups_share
    opened_at = (
        draw.uniform(0, p.days * 24) if signs_up else draw.uniform(-p.run_in_days * 24, (1 - p.run_in_days) * 24)
    )
    return Person(
        number=number,
        account=account,
        name=f"{draw.choice(_GIVEN)} {draw.choice(_FAMILY)}",
        born=date(draw.randint(1955, 2006), draw.randint(1, 12), draw.randint(1, 28)),
        home=home,
        home_network=draw.choice(geography.networks(NetworkKind.FIXED, home.name)),
        logins_per_day=min(8.0, draw.gammavariate(p.logins_shape, p.logins_per_day / p.logins_shape)),
        phone=f"{account}-phone-0",
        laptop=f"{account}-laptop-0" if draw.random() < p.laptop_share else None,
        shared_device=f"family{number // 2}-tablet" if draw.random() < p.shared_device_share else None,
        mfa=draw.choices(_MFA, p.mfa_shares)[0],
        is_private=draw.random() < p.private_browsers_share,
        has_relay=draw.random() < p.relay_users_share,
        vpn_exits=_exits(draw, geography) if draw.random() < p.vpn_users_share else (),
        balance_usd=round(min(2e6, max(20.0, draw.lognormvariate(0, p.balance_usd[1]) * p.balance_usd[0])), 2),
        destinations=tuple(f"bc1q{account}x{index}" for index in range(draw.randint(1, 3))),
        has_allowlist=draw.random() < p.allowlist_share,
        opened_at=opened_at,
    )


def _exits(draw: random.Random, geography: Geography) -> tuple[int, ...]:
    """The exits of somebody's VPN, the favourite one first."""
    return tuple(draw.choice(geography.networks(NetworkKind.EXIT, draw.choice(EXIT_CITIES))) for _ in range(5))
