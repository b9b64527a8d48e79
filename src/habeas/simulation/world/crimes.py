"""Other crimes: scams with their victims, mules, residents of sanctioned places, evaders, fake documents, stolen coins."""

import random
from collections.abc import Callable, Iterator
from typing import Any

from habeas.domain.event import RESTRICTION_PLACE
from habeas.simulation.world.deeds import Cluster, Deed, Plot, Who
from habeas.simulation.world.geography import Geography, NetworkKind, address, lognormal
from habeas.simulation.world.life import Life, deposit, withdrawal
from habeas.simulation.world.lists import LISTED_WALLET
from habeas.simulation.world.parameters import Parameters

SCAM_VICTIM = ("SCAM_VICTIM", "SCAM_CONTACT")
SCAM_OFFENDER = ("SCAM_OFFENDER", "MALICIOUS_USER")
_FINDINGS = {"fake_document": "TOS_FAKE_DOCUMENT", "abuse": "TOS_ABUSE", "hacker_signs": "TOS_HACKER_SIGNS"}


class Crime:
    """One offender, an account of the offender's own, and those whom it concerns."""

    def __init__(self, life: Life, geography: Geography, p: Parameters, draw: random.Random) -> None:
        self.life, self.who, self.geography, self.p, self.draw = life, life.who, geography, p, draw
        self.account = life.who.account
        self.begins_at = draw.uniform(max(24.0, life.who.opened_at + 24), max(48.0, p.days * 24 * 0.7))
        self.ip = address(life.who.home_network, life.who.number)

    def cluster(self, deeds: list[Deed], plots: list[Plot], victims: tuple[Life, ...] = ()) -> Cluster:
        """Offender and victims with their ordinary lives, and what was added."""
        lives = (self.life, *victims)
        everything = sorted([*deeds, *(deed for life in lives for deed in life.deeds)], key=lambda deed: deed.at)
        return Cluster(
            deeds=tuple(everything),
            plots=tuple(plots),
            owners={life.who.account: life.who.proof for life in lives},
            opened={life.who.account: life.who.opened_at for life in lives},
        )

    def plot(self, kind: str, reasons: tuple[str, ...], account: str | None = None, **more: Any) -> Plot:
        """A label."""
        account = account or self.account
        return Plot(name=f"{kind}-{account}", kind=kind, account=account, reasons=reasons, **more)

    def cash_out(self, at: float, usd: float, plot: str, asset: str = "BTC") -> Deed:
        """The offender moves money to a destination that nobody has seen."""
        where = f"bc1qout{self.draw.randrange(10**9)}" if asset == "BTC" else f"0x{self.draw.getrandbits(160):040x}"
        return withdrawal(at, self.account, 0.95 * usd, usd, where, self.ip, self.who.phone, asset=asset, plot=plot)


def scam(crime: Crime, victims: tuple[Life, ...]) -> Cluster:
    """A scammer, and those who pay: through P2P, or by a sweep to a new payee. Most of them report it days later."""
    draw, at = crime.draw, crime.begins_at
    deeds: list[Deed] = []
    plots: list[Plot] = []
    first = at
    offender = f"scammer-{crime.account}"
    for victim in victims:
        who = victim.who
        at = max(at, who.opened_at + 24)
        plot = f"scam victim-{who.account}"
        ip, usd = address(who.home_network, who.number), round(who.balance_usd * draw.uniform(0.3, 0.9), 2)
        if draw.random() < 0.6:
            said = {"counterparty": crime.account, "usd": str(usd), "ip": ip, "device": who.phone}
            deeds.append(Deed(at, who.account, "p2p.opened", said, usd=usd, plot=plot))
            deeds.append(Deed(at + 0.3, who.account, "p2p.paid", said))
            deeds.append(crime.cash_out(at + 1 + draw.uniform(0, 5), usd, offender))
        else:
            money = {
                "amount": str(2 * usd),
                "currency": "USD",
                "usd": str(2 * usd),
                "payer_name": who.name,
                "method": "bank",
            }
            deeds.append(Deed(at - 2, who.account, "deposit.fiat", money))
            payee = f"bc1qpayee{draw.randrange(10**9)}"
            deeds.append(Deed(at - 0.2, who.account, "address.added", {"chain": "BTC", "address": payee}))
            deeds.append(withdrawal(at, who.account, 2.4 * usd, 2.5 * usd, payee, ip, who.phone, plot=plot))
        stake = deeds[-1].usd if deeds[-1].plot == plot else usd
        plots.append(
            Plot(
                name=plot, kind="scam victim", account=who.account, reasons=SCAM_VICTIM, from_h=at - 3, stake_usd=stake
            )
        )
        if draw.random() < 0.6:
            said = {"against": crime.account, "category": "scam", "reporter": who.account}
            deeds.append(Deed(at + 24 * lognormal(draw, (2.0, 0.6)), who.account, "report.filed", said))
        at += draw.uniform(6, 60)
    stake = sum(deed.usd for deed in deeds if deed.plot == offender)
    plots.append(
        Plot(name=offender, kind="scammer", account=crime.account, reasons=SCAM_OFFENDER, from_h=first, stake_usd=stake)
    )
    return crime.cluster(deeds, plots, victims)


def mule(crime: Crime) -> Cluster:
    """Money of strangers comes in and leaves within the hour."""
    draw, at = crime.draw, crime.begins_at
    plot = f"mule-{crime.account}"
    deeds: list[Deed] = []
    for number in range(draw.randint(3, 8)):
        usd = round(draw.uniform(500, 3000), 2)
        money = {
            "amount": str(usd),
            "currency": "USD",
            "usd": str(usd),
            "payer_name": f"Stranger Number{number}",
            "method": "bank",
        }
        deeds += [Deed(at, crime.account, "deposit.fiat", money), crime.cash_out(at + draw.uniform(0.2, 1), usd, plot)]
        at += draw.uniform(3, 40)
    stake = sum(deed.usd for deed in deeds)
    return crime.cluster(deeds, [crime.plot("mule", SCAM_OFFENDER, from_h=crime.begins_at, stake_usd=stake)])


def declared_resident(crime: Crime) -> Cluster:
    """Somebody says where they live, which is a place under comprehensive sanctions."""
    country = crime.draw.choice(("IR", "CU"))
    at = crime.begins_at
    said = {"residence": country}
    plot = crime.plot("sanctioned resident, declared", ("SANCTIONED_RESIDENCE",), from_h=at - 0.01)
    return crime.cluster([Deed(at, crime.account, "account.profile_changed", said)], [plot])


def hidden_resident(crime: Crime) -> Cluster:
    """Somebody who lives in such a place and says otherwise, and mostly forgets the VPN."""
    draw = crime.draw
    networks = crime.geography.networks(NetworkKind.FIXED, draw.choice(("Tehran", "Havana", "Simferopol")))
    exits = crime.geography.networks(NetworkKind.EXIT, "Amsterdam")
    home = draw.choice(networks)
    deeds: list[Deed] = []
    at = crime.begins_at
    while at < crime.p.days * 24:
        ip = address(home if draw.random() < 0.6 else draw.choice(exits), crime.who.number)
        login = {"ip": ip, "device": crime.who.phone, "mfa": "totp", "session": f"s-{crime.account}-{at:.2f}"}
        deeds.append(Deed(at, crime.account, "login.succeeded", login))
        at += draw.uniform(10, 60)
    reasons = ("SANCTIONED_RESIDENCE", "SANCTIONED_TRAVEL")
    return crime.cluster(deeds, [crime.plot("sanctioned resident, hidden", reasons, from_h=crime.begins_at)])


def evader(crime: Crime) -> Cluster:
    """An account that people froze for a scam; its holder opens another one with the same passport."""
    at, again = crime.begins_at, f"{crime.account}-again"
    act = {
        "actor": ["case-desk", "analyst"],
        "note": "defrauded three buyers; chats and payments in the case file",
        "reason": "SCAM_OFFENDER",
        "kind": "FROZEN",
        "evidence": "E3",
    }
    opens_at = at + crime.draw.uniform(24, 200)
    passport = crime.life.profile()["document"]
    profile = {
        "holder": f"h-{again}",
        "name": crime.who.name.upper(),
        "document": passport,
        "residence": crime.who.home.country,
    }
    login = {"ip": crime.ip, "device": f"{again}-phone", "mfa": "totp", "session": f"s-{again}"}
    deeds = [
        Deed(at, crime.account, RESTRICTION_PLACE, act, Who.OTHER),
        Deed(opens_at, again, "account.opened", profile),
        Deed(opens_at + 0.1, again, "login.succeeded", login),
        Deed(opens_at + 0.5, again, "kyc.decided", {"tier": "1", "result": "approved"}),
    ]
    plots = [
        crime.plot("frozen scammer", SCAM_OFFENDER, from_h=at - 0.01),
        crime.plot("re-registration", ("REREGISTRATION", *SCAM_OFFENDER), again, from_h=opens_at - 0.01),
    ]
    cluster = crime.cluster(deeds, plots)
    return Cluster(
        deeds=cluster.deeds,
        plots=cluster.plots,
        owners=cluster.owners | {again: "totp"},
        opened=cluster.opened | {again: opens_at},
    )


def conduct(crime: Crime) -> Cluster:
    """An act that breaks a rule of the house, found by somebody or something."""
    finding = crime.draw.choice(tuple(_FINDINGS))
    severity = crime.draw.choice(("low", "medium", "high"))
    said = {"finding": finding, "severity": severity, "evidence": "in the case file"}
    reasons = (_FINDINGS[finding], "MALICIOUS_USER")
    deed = Deed(crime.begins_at, crime.account, "conduct.found", said, Who.OTHER)
    return crime.cluster([deed], [crime.plot("conduct", reasons, from_h=crime.begins_at - 0.01)])


def thief(crime: Crime) -> Cluster:
    """Stolen coins arrive, straight from a listed wallet or from one that only a tag names, and are to leave at once."""
    draw, at = crime.draw, crime.begins_at
    is_listed = draw.random() < 0.5
    sender = LISTED_WALLET if is_listed else f"0x{draw.getrandbits(160):040x}"
    usd = round(draw.uniform(5_000, 150_000), 2)
    reasons = ("SANCTIONS_NEXUS", "TAINTED_FUNDS") if is_listed else ("TAINTED_FUNDS", "SANCTIONS_NEXUS")
    kind = "listed coins" if is_listed else "stolen coins"
    plot = f"{kind}-{crime.account}"
    arrives = deposit(at, crime.account, usd, sender, draw)
    leaves = crime.cash_out(at + draw.uniform(0.3, 3), usd, plot, asset="ETH")
    return crime.cluster([arrives, leaves], [crime.plot(kind, reasons, from_h=at - 0.01, stake_usd=leaves.usd)])


def solo_crimes(p: Parameters) -> Iterator[tuple[float, Callable[[Crime], Cluster]]]:
    """The crimes of one account alone, with how many there are per 1,000 users and month."""
    yield p.mules, mule
    yield p.declared_sanctioned_residents, declared_resident
    yield p.hidden_sanctioned_residents, hidden_resident
    yield p.reregistering_evaders, evader
    yield p.conduct_cases, conduct
    yield p.thieves, thief
