"""Ordinary life: what somebody does who means no harm and to whom nothing special happens."""

import random
from collections.abc import Iterator
from typing import Any

from habeas.simulation.world.deeds import Deed, Who, instant
from habeas.simulation.world.geography import Geography
from habeas.simulation.world.journeys import Journeys, trips
from habeas.simulation.world.parameters import Parameters
from habeas.simulation.world.people import Person

_YEAR_H = 365 * 24
_MINUTE = 1 / 60
PRICES = {"BTC": 60_000, "ETH": 3_000}


class Life:
    """One person's ordinary deeds, and what others need to know to interfere with them: devices, sessions, whereabouts."""

    def __init__(self, who: Person, geography: Geography, parameters: Parameters, seed: int) -> None:
        self.who = who
        self._p = parameters
        self._draw = random.Random(f"{seed}/life/{who.number}")
        self._until = parameters.days * 24.0
        self._trips = trips(who, self._draw, parameters, who.opened_at + 24, self._until)
        self.journeys = Journeys(who, self._trips, geography, parameters)
        self._phones = [(who.opened_at, who.phone)]
        self._laptops = [(who.opened_at, who.laptop)] if who.laptop else []
        self.last_session: list[tuple[float, str, str]] = []
        """Hour, session and device of every login."""
        self.deeds = sorted(self._deeds(), key=lambda deed: deed.at)

    @property
    def trips(self) -> list[Any]:
        """The journeys of this life."""
        return self._trips

    def phone(self, at: float) -> str:
        """The phone in use at an hour."""
        return next(name for since, name in reversed(self._phones) if since <= at or since == self.who.opened_at)

    def profile(self) -> dict[str, Any]:
        """What somebody declares when opening an account."""
        who = self.who
        return {
            "holder": f"h-{who.account}",
            "name": who.name,
            "birth_date": who.born.isoformat(),
            "residence": who.home.country,
            "nationalities": [who.home.country],
            "document": {"kind": "passport", "number": f"P{who.number:07d}", "country": who.home.country},
            "email": f"{who.account}@mail.example",
            "phone": f"+000{who.number:07d}",
        }

    def _deeds(self) -> Iterator[Deed]:
        who, draw = self.who, self._draw
        yield Deed(who.opened_at, who.account, "account.opened", self.profile())
        yield from self._login(who.opened_at + 2 * _MINUTE)
        changes = list(self._changes())
        yield from changes
        # The run-in is short, so an account that is older logs in at least a few times in it.
        times = set(self._logins())
        if who.opened_at < 0:
            times |= {draw.uniform(who.opened_at + 1, 0) for _ in range(2)}
        for at in sorted(times):
            yield from self._visit(at)

    def _logins(self) -> Iterator[float]:
        at = self.who.opened_at + 1
        rate = max(1e-6, self.who.logins_per_day) / 24
        while (at := at + self._draw.expovariate(rate)) < self._until:
            # A journey is less of a time for trading.
            if self.journeys.trip(at) is None or self._draw.random() < self._p.trip_logins_share:
                yield at

    def _login(self, at: float, device: str | None = None, **more: Any) -> Iterator[Deed]:
        """A login, if there is a network."""
        who, draw = self.who, self._draw
        if device is None:
            device = self._device(at)
        ip = self.journeys.address(at, draw, on_phone="phone" in device)
        if ip is None:
            return
        session = f"s-{who.account}-{len(self.last_session)}"
        self.last_session.append((at, session, device))
        yield Deed(
            at, who.account, "login.succeeded", {"ip": ip, "device": device, "mfa": who.mfa, "session": session} | more
        )

    def _device(self, at: float) -> str:
        who, draw = self.who, self._draw
        if not self._laptops or draw.random() < self._p.phone_logins_share:
            return self.phone(at)
        if who.shared_device and draw.random() < 0.3:
            return who.shared_device
        if who.is_private:
            return f"{who.account}-laptop-private-{draw.randrange(10**9)}"
        return str(next(name for since, name in reversed(self._laptops) if since <= at or since == who.opened_at))

    def _visit(self, at: float) -> Iterator[Deed]:
        """A login and what is done in it."""
        login = list(self._login(at))
        if not login:
            return
        yield from login
        said = login[0].data
        yield from self._business(at + 3 * _MINUTE, said["ip"], said["device"])

    def _business(self, at: float, ip: str, device: str) -> Iterator[Deed]:
        who, p, draw = self.who, self._p, self._draw
        if draw.random() < p.order_per_login:
            usd = round(who.balance_usd * draw.uniform(0.02, 0.3), 2)
            yield Deed(at, who.account, "order.placed", {"market": "BTC-USDT", "side": "buy", "usd": str(usd)})
        if draw.random() < p.deposit_fiat_per_login:
            usd = round(who.balance_usd * draw.uniform(0.05, 0.5), 2)
            money = {"amount": str(usd), "currency": "USD", "usd": str(usd), "payer_name": who.name, "method": "bank"}
            yield Deed(at + _MINUTE, who.account, "deposit.fiat", money)
        if draw.random() < p.deposit_crypto_per_login:
            usd = round(who.balance_usd * draw.uniform(0.05, 0.5), 2)
            yield deposit(at + 2 * _MINUTE, who.account, usd, f"bc1qwallet{draw.randrange(10**9)}", draw)
        if draw.random() < p.withdrawal_per_login:
            yield from self._withdraw(at + 4 * _MINUTE, ip, device)
        if draw.random() < p.p2p_per_login:
            usd = round(who.balance_usd * draw.uniform(0.05, 0.3), 2)
            yield Deed(
                at + 9 * _MINUTE,
                who.account,
                "p2p.opened",
                {"counterparty": f"trader-{draw.randrange(400)}", "usd": str(usd), "ip": ip, "device": device},
                usd=usd,
            )

    def _withdraw(self, at: float, ip: str, device: str) -> Iterator[Deed]:
        who, p, draw = self.who, self._p, self._draw
        is_new = draw.random() < p.new_destination_share
        where = f"bc1q{who.account}n{draw.randrange(10**6)}" if is_new else draw.choice(who.destinations)
        if is_new and draw.random() < p.address_added_first_share:
            yield Deed(at, who.account, "address.added", {"chain": "BTC", "address": where})
        share = draw.uniform(0.85, 1.0) if draw.random() < p.empties_account_share else draw.uniform(0.03, 0.6)
        yield withdrawal(
            at + 4 * _MINUTE,
            who.account,
            round(share * who.balance_usd, 2),
            who.balance_usd,
            where,
            ip,
            device,
            known_since=None if is_new else -24.0 * 200,
        )

    # --- what changes now and then ------------------------------------------------------------------------------------

    def _times(self, rate: float) -> Iterator[float]:
        at = self.who.opened_at + 2
        while (at := at + self._draw.expovariate(rate / _YEAR_H)) < self._until:
            yield at

    def _changes(self) -> Iterator[Deed]:
        who, p, draw = self.who, self._p, self._draw
        for index, at in enumerate(self._times(p.phone_upgrades), start=1):
            yield from self._upgrade(at, f"{who.account}-phone-{index}")
        if who.laptop:
            for index, at in enumerate(sorted((*self._times(p.laptop_changes), *self._times(p.cookies_lost))), start=1):
                self._laptops.append((at, f"{who.account}-laptop-{index}"))
        for at in self._times(p.password_resets):
            yield from self._changed_credential(at, "password")
        for at in self._times(p.contact_changes):
            yield from self._changed_credential(at, draw.choice(("email", "phone")))
        for at in self._times(p.sim_changes):
            yield from self.sim_change(at)
        for at in self._times(p.leaks_found):
            yield Deed(at, who.account, "credential.leaked", {"origin": "a breach corpus"}, Who.OTHER)
        for at in self._times(p.documents_expired):
            yield Deed(at, who.account, "document.expired", {"kind": "passport"}, Who.OTHER)

    def _upgrade(self, at: float, phone: str) -> Iterator[Deed]:
        """A new phone: perhaps a new SIM with it, a login, and the second factor set up anew."""
        p, draw = self._p, self._draw
        if draw.random() < p.upgrade_moves_sim_share:
            yield from self.sim_change(at)
        self._phones.append((at, phone))
        login = list(self._login(at + draw.uniform(0.2, 8), phone))
        yield from login
        if login and draw.random() < p.upgrade_resets_mfa_share:
            yield credential(login[0].at + 5 * _MINUTE, self.who.account, "mfa", login[0].data["ip"], phone)

    def _changed_credential(self, at: float, what: str) -> Iterator[Deed]:
        login = list(self._login(at))
        if login:
            yield from login
            yield credential(at + 3 * _MINUTE, self.who.account, what, login[0].data["ip"], login[0].data["device"])

    def sim_change(self, at: float) -> Iterator[Deed]:
        """A new SIM card, if the operator tells."""
        if self._draw.random() < self._p.sim_seen_share:
            told = {"at": instant(at - 0.1), "source": "operator"}
            yield Deed(at, self.who.account, "phone.sim_changed", told, Who.OTHER)


def credential(at: float, account: str, what: str, ip: str, device: str, **more: Any) -> Deed:
    """A change of a credential."""
    return Deed(at, account, "credential.changed", {"what": what, "ip": ip, "device": device}, **more)


def deposit(at: float, account: str, usd: float, sender: str, draw: random.Random, **more: Any) -> Deed:
    """Coins that arrive."""
    asset = "ETH" if sender.startswith("0x") else "BTC"
    coins = {"asset": asset, "chain": asset, "amount": f"{usd / PRICES[asset]:.8f}", "usd": str(usd)}
    return Deed(at, account, "deposit.crypto", coins | {"tx": f"tx{draw.randrange(10**12)}", "from": sender}, **more)


def withdrawal(
    at: float,
    account: str,
    usd: float,
    balance_usd: float,
    where: str,
    ip: str,
    device: str,
    known_since: float | None = None,
    asset: str = "BTC",
    **more: Any,
) -> Deed:
    """A withdrawal of coins; `usd` of a balance."""
    data: dict[str, Any] = {
        "asset": asset,
        "chain": asset,
        "amount": f"{usd / PRICES[asset]:.8f}",
        "usd": f"{usd:.2f}",
        "address": where,
        "balance": f"{balance_usd / PRICES[asset]:.8f}",
        "balance_usd": f"{balance_usd:.2f}",
        "ip": ip,
        "device": device,
    }
    if known_since is not None:
        data["known_since"] = instant(known_since)
    return Deed(at, account, "withdrawal.requested", data, usd=usd, **more)
