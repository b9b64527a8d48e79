"""Seeded streams of events to measure with: an ordinary day of an exchange, and a stream in which everything restricts."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from habeas.domain.event import Event, make_event

START_AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
_HOMES = {"DE": "84.128.10.10", "ES": "88.6.10.10", "GB": "86.128.1.1", "FR": "92.132.5.5", "IN": "49.44.10.10"}
_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
)
_ADDRESS = "bc1q{:038d}"


def openings(accounts: int) -> Iterator[Event]:
    """Every account of the ordinary day is opened, from a place that is served."""
    for number in range(accounts):
        residence = list(_HOMES)[number % len(_HOMES)]
        data = {"residence": residence, "nationalities": [residence], "holder": f"h{number}"}
        at = START_AT - timedelta(days=30) + timedelta(seconds=number)
        yield _event(f"open-{number}", "account.opened", f"a{number}", at, data)


def ordinary_day(events: int, accounts: int, seed: int = 1, restricting: float = 0.02) -> Iterator[Event]:
    """Logins, orders, deposits and withdrawals; a share `restricting` of the events places a restriction.

    Those that do are new accounts with a residence that is not served.
    """
    draw = random.Random(seed)
    at = START_AT
    for number in range(events):
        at += timedelta(milliseconds=200)
        if draw.random() < restricting:
            data: dict[str, Any] = {"residence": "CN", "nationalities": ["CN"], "holder": f"c{seed}-{number}"}
            yield _event(f"e{seed}-{number}", "account.opened", f"cn{seed}-{number}", at, data)
            continue
        account = draw.randrange(accounts)
        type_, data = _everyday(draw, account)
        yield _event(f"e{seed}-{number}", type_, f"a{account}", at, data)


def everything_restricts(events: int, seed: int = 2) -> Iterator[Event]:
    """Every event places a restriction."""
    return ordinary_day(events, 1, seed, restricting=1.0)


def _everyday(draw: random.Random, account: int) -> tuple[str, dict[str, Any]]:
    ip, device = list(_HOMES.values())[account % len(_HOMES)], f"d{account}"
    kind = draw.random()
    if kind < 0.5:
        login = {"ip": ip, "device": device, "mfa": "totp", "session": f"s{draw.randrange(10**9)}"}
        return "login.succeeded", login | {"user_agent": _AGENTS[account % len(_AGENTS)]}
    if kind < 0.85:
        return "order.placed", {"market": "BTC-EUR", "side": "buy", "usd": "120.50"}
    if kind < 0.93:
        return "deposit.fiat", {"amount": "500", "currency": "EUR", "usd": "540", "payer_name": "A. Person"}
    address = _ADDRESS.format(account)
    body = {"asset": "BTC", "chain": "BTC", "amount": "0.01", "usd": "970", "address": address, "balance_usd": "9000"}
    return "withdrawal.requested", body | {"ip": ip, "device": device}


def _event(id_: str, type_: str, account: str, at: datetime, data: dict[str, Any]) -> Event:
    return make_event(id_, "urn:bench", type_, account, at, msgspec.json.encode(data))
