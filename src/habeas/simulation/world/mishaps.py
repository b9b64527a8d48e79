"""What happens to the innocent and looks like something else: a lost phone, a listed name, dust, a rival's report."""

import random
from collections.abc import Iterator
from typing import Any

from habeas.simulation.world.deeds import Deed, Trait, Who, instant
from habeas.simulation.world.geography import Geography, NetworkKind, address
from habeas.simulation.world.life import Life, credential, deposit, withdrawal
from habeas.simulation.world.lists import LISTED, LISTED_WALLET, Listed
from habeas.simulation.world.parameters import Parameters

Mishaps = tuple[list[Deed], list[Trait]]


def mishaps(life: Life, geography: Geography, p: Parameters, draw: random.Random) -> Mishaps:
    """All that happens to one innocent person, with the traits that it gives the account."""
    deeds: list[Deed] = []
    traits: list[Trait] = []
    months = p.days / 30
    for trip in life.trips:
        if trip.arrives_at > 0 and draw.random() < p.phone_lost_per_trip:
            deeds += phone_lost(life, geography, draw, trip.to.name, draw.uniform(trip.arrives_at, trip.leaves_at))
            traits.append(Trait.PHONE_LOST)
    if draw.random() < p.dusted_share_per_month * months:
        deeds += dust(
            life,
            draw,
            draw.uniform(max(0.0, life.who.opened_at), p.days * 24),
            direct=draw.random() < p.dust_direct_share,
        )
        traits.append(Trait.DUSTED)
    if draw.random() < p.rival_reports_per_month * months:
        deeds.append(
            report(life, draw.uniform(max(0.0, life.who.opened_at), p.days * 24), "rival-of-" + life.who.account)
        )
        traits.append(Trait.REPORTED)
    if draw.random() < p.brigades_per_month * months:
        at = draw.uniform(max(0.0, life.who.opened_at), p.days * 24)
        deeds += [report(life, at + minute / 60, f"brigade-{minute}-of-{life.who.account}") for minute in range(8)]
        traits.append(Trait.BRIGADED)
    return deeds, traits


def alike(draw: random.Random, p: Parameters) -> Listed | None:
    """Whose listed name somebody happens to have, if any."""
    return draw.choice(LISTED) if draw.random() < p.name_alikes_share else None


def alike_profile(profile: dict[str, Any], listed: Listed, p: Parameters, draw: random.Random) -> dict[str, Any]:
    """A profile under a listed name, with another birth date, and sometimes the same nationality."""
    born = f"{listed.born_year + draw.choice((-17, -9, 8, 13, 21))}-0{draw.randint(1, 9)}-1{draw.randint(0, 9)}"
    same = draw.random() < p.name_alike_same_country_share
    changes: dict[str, Any] = {"name": listed.name, "birth_date": born}
    return profile | changes | ({"nationalities": [listed.nationality]} if same else {})


def phone_lost(life: Life, geography: Geography, draw: random.Random, city: str, at: float) -> Iterator[Deed]:
    """The phone is gone on a journey: a new SIM, a new device, new credentials, all from abroad, all by the owner."""
    who = life.who
    fixed = geography.networks(NetworkKind.FIXED, city)
    ip = address(draw.choice(fixed), who.number)
    device = f"{who.account}-bought-abroad"
    yield Deed(at, who.account, "phone.sim_changed", {"at": instant(at - 0.2), "source": "operator"}, Who.OTHER)
    at += draw.uniform(0.2, 6)
    login = {"ip": ip, "device": device, "mfa": "sms", "session": f"s-{who.account}-abroad"}
    yield Deed(at, who.account, "login.succeeded", login)
    yield credential(at + 0.1, who.account, "password", ip, device)
    if draw.random() < 0.5:
        yield credential(at + 0.2, who.account, "mfa", ip, device)
    if draw.random() < 0.4:
        # Money for the rest of the journey, to an account that has been known for long.
        usd = round(who.balance_usd * draw.uniform(0.05, 0.3), 2)
        yield withdrawal(
            at + draw.uniform(0.5, 20), who.account, usd, who.balance_usd, who.destinations[0], ip, device, -24.0 * 200
        )
    for later in (10.0, 26.0, 50.0):
        yield Deed(at + later, who.account, "login.succeeded", login | {"session": f"s-{who.account}-abroad-{later}"})


def dust(life: Life, draw: random.Random, at: float, *, direct: bool) -> Iterator[Deed]:
    """A few cents that nobody asked for: from a listed wallet itself, or from one that a listed one once paid."""
    sender = LISTED_WALLET if direct else f"bc1qfarfromlisted{draw.randrange(10**6)}"
    yield deposit(at, life.who.account, round(draw.uniform(0.01, 3), 2), sender, draw, who=Who.OTHER)


def report(life: Life, at: float, reporter: str) -> Deed:
    """Somebody reports the account."""
    said = {"against": life.who.account, "category": "scam", "reporter": reporter}
    return Deed(at, reporter, "report.filed", said, Who.OTHER)
