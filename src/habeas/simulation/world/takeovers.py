"""Accounts that are taken over: how the intruder gets in, prepares, and takes the money out."""

import random
from collections.abc import Iterator

from msgspec import Struct

from habeas.simulation.world.deeds import Deed, Exit, Intrusion, Plot, Who, instant
from habeas.simulation.world.geography import EXIT_CITIES, INTRUDER_CITIES, Geography, NetworkKind, address, lognormal
from habeas.simulation.world.life import Life, credential, withdrawal
from habeas.simulation.world.parameters import Parameters

TAKEOVER_ABROAD, TAKEOVER_AT_HOME = "takeover abroad", "takeover at home"
REASONS = ("ACCOUNT_TAKEOVER", "RISK_CONTROL")
MEANS = ("phished", "stuffed", "stolen device", "sim swap")
_EXITS = (Exit.ABROAD, Exit.ANONYMOUS, Exit.HOME)
_MFA = {"phished": "totp", "stuffed": "sms", "stolen device": "totp", "sim swap": "sms"}


class Takeover(Struct, frozen=True):
    """What an intruder does, and how it is labelled."""

    deeds: tuple[Deed, ...]
    plot: Plot
    intrusion: Intrusion


class _Intruder:
    """One intruder in one account, while his deeds are written down."""

    def __init__(self, life: Life, geography: Geography, p: Parameters, draw: random.Random, at: float) -> None:
        self.life, self.who, self.p, self.draw = life, life.who, p, draw
        self.at = at
        self.means = draw.choices(MEANS, p.takeover_means_shares)[0]
        self.exit = draw.choices(_EXITS, p.intruder_exit_shares)[0]
        self.plot = f"takeover-{self.who.account}"
        self.device = f"intruder-{self.who.account}"
        self.session: str | None = None
        if self.means == "stolen device":
            seen = [login for login in life.last_session if login[0] < at]
            if draw.random() < p.stolen_session_share and seen:
                self.session = seen[-1][1]
            elif draw.random() < p.cloned_device_share:
                # A bought fingerprint is used through an exit near the victim (Campobasso and Allodi 2020).
                self.device, self.exit = (seen[-1][2] if seen else life.phone(at)), Exit.HOME
        self.ip = self._ip(geography)
        self.changed_factor = False

    def _ip(self, geography: Geography) -> str:
        draw, home = self.draw, self.who.home
        match self.exit:
            case Exit.HOME:
                city = draw.choice(geography.by_country[home.country])
                network = draw.choice(geography.networks(NetworkKind.FIXED, city.name))
            case Exit.ANONYMOUS:
                kind = NetworkKind.HOSTING if draw.random() < 0.3 else NetworkKind.EXIT
                cities = [name for name in EXIT_CITIES if geography.cities[name].country != home.country]
                network = draw.choice(geography.networks(kind, draw.choice(cities)))
            case _:
                known = [(n, w) for n, w in INTRUDER_CITIES if geography.cities[n].country != home.country]
                name = draw.choices([n for n, _ in known], [w for _, w in known])[0]
                network = draw.choice(geography.networks(NetworkKind.FIXED, name))
        return address(network, draw.randrange(254))

    def deed(self, type_: str, **data: object) -> Deed:
        """The next step, some minutes after the one before."""
        self.at += lognormal(self.draw, self.p.intruder_step_minutes) / 60
        return Deed(self.at, self.who.account, type_, data, Who.INTRUDER)

    def gets_in(self) -> Iterator[Deed]:
        """Access."""
        if self.means == "sim swap":
            if self.draw.random() < self.p.sim_seen_share:
                told = {"at": instant(self.at - 0.05), "source": "operator"}
                yield Deed(self.at, self.who.account, "phone.sim_changed", told, Who.OTHER)
            self.at += lognormal(self.draw, self.p.intruder_waits_hours)
        if self.session is not None:
            yield self.deed("session.seen", session=self.session, device=self.device, ip=self.ip)
        else:
            mfa = _MFA[self.means] if self.who.mfa != "none" else "none"
            session = f"{self.plot}-session"
            yield self.deed("login.succeeded", ip=self.ip, device=self.device, mfa=mfa, session=session)

    def prepares(self) -> Iterator[Deed]:
        """Control: shutting the owner out, opening the way out."""
        p, draw = self.p, self.draw
        if self.means == "sim swap" or draw.random() < p.intruder_changes_password_share:
            yield self._changes("password")
        if draw.random() < p.intruder_changes_mfa_share:
            self.changed_factor = True
            yield self._changes("mfa")
        if draw.random() < p.intruder_changes_contact_share:
            self.changed_contact = True
            yield self._changes("email")
        if self.who.has_allowlist:
            yield self._changes("allowlist")
        self.at += lognormal(draw, p.intruder_waits_hours)
        if draw.random() < p.intruder_adds_address_share:
            yield self.deed("address.added", chain="BTC", address=f"bc1q{self.plot}")
        if draw.random() < p.intruder_adds_api_key_share:
            yield credential(self.at, self.who.account, "api_key", self.ip, self.device, who=Who.INTRUDER)

    changed_contact = False

    def _changes(self, what: str) -> Deed:
        step = self.deed("credential.changed")
        return credential(step.at, self.who.account, what, self.ip, self.device, who=Who.INTRUDER)

    def takes(self) -> Iterator[Deed]:
        """The way out: everything at once, in parts, or sold to somebody."""
        p, draw, balance = self.p, self.draw, self.who.balance_usd
        lot = draw.random()
        if lot < p.intruder_sells_p2p_share:
            said = {
                "counterparty": f"mule-of-{self.plot}",
                "usd": f"{0.9 * balance:.2f}",
                "ip": self.ip,
                "device": self.device,
            }
            step = self.deed("p2p.opened")
            yield Deed(step.at, self.who.account, "p2p.opened", said, Who.INTRUDER, 0.9 * balance, self.plot)
            return
        parts = (0.97,) if lot < p.intruder_sells_p2p_share + p.intruder_drains_at_once_share else (0.4, 0.35, 0.22)
        left = 1.0
        for part in parts:
            step = self.deed("withdrawal.requested")
            yield withdrawal(
                step.at,
                self.who.account,
                part * balance,
                left * balance,
                f"bc1q{self.plot}",
                self.ip,
                self.device,
                who=Who.INTRUDER,
                plot=self.plot,
            )
            left -= part
            self.at += lognormal(draw, p.intruder_waits_hours)


def takeover(life: Life, geography: Geography, p: Parameters, draw: random.Random, at: float) -> Takeover:
    """Somebody gets into the account of a life at an hour."""
    intruder = _Intruder(life, geography, p, draw, at)
    deeds = (*intruder.gets_in(), *intruder.prepares(), *intruder.takes())
    notices_at = at + lognormal(draw, p.victim_notices_hours)
    reads_after = lognormal(draw, p.victim_reads_notice_hours)
    reads = draw.random() < p.victim_reads_notice_share and not intruder.changed_contact
    passes = draw.random() < p.intruder_passes_step_up[MEANS.index(intruder.means)]
    place = TAKEOVER_AT_HOME if intruder.exit is Exit.HOME else TAKEOVER_ABROAD
    plot = Plot(
        name=intruder.plot,
        kind=f"{place}, {intruder.means}",
        account=life.who.account,
        reasons=REASONS,
        from_h=at - 0.01,
        stake_usd=sum(deed.usd for deed in deeds),
    )
    intrusion = Intrusion(
        plot=intruder.plot,
        account=life.who.account,
        passes_step_up=passes,
        changed_factor=intruder.changed_factor,
        tries=p.intruder_tries,
        retries_after_h=tuple(lognormal(draw, p.intruder_retries_after_hours) for _ in range(p.intruder_tries)),
        noticed_at=notices_at,
        reads_notice_after_h=reads_after if reads else None,
        recovers=_recovers(life),
    )
    return Takeover(deeds, plot, intrusion)


def _recovers(life: Life) -> tuple[Deed, ...]:
    """What the owner does once the intruder is out, at hours after that: proves who he is and changes the password."""
    who = life.who
    ip = address(who.home_network, who.number)
    proof = {"method": "liveness", "device": who.phone}
    return (
        Deed(0.1, who.account, "challenge.passed", proof),
        credential(0.2, who.account, "password", ip, who.phone),
    )
