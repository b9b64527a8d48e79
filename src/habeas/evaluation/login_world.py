"""People who log in, and three kinds of attackers who have their passwords: drawn from a seed, to measure login scores on.

It shares no figure with the detector. The world is synthetic: it says whether a model has the right shape, not how it does on
real people. Where a figure comes from stands beside it; "assumed" means that nobody published one.

There are two populations. `national` is made like that of the published study: nearly all in one country, and strings of
2020, which named builds, patches and models of phones. `exchange` is what Habeas meets today: users all over the world, and
reduced strings, in which everybody with one browser version on one kind of system looks alike.
"""

import random
from collections.abc import Iterator
from enum import StrEnum
from math import exp

from msgspec import Struct

DAY_S = 86_400.0

INTERNET_USERS_M = {
    "CN": 1050,
    "IN": 800,
    "US": 310,
    "ID": 210,
    "BR": 180,
    "RU": 130,
    "NG": 120,
    "JP": 105,
    "PK": 100,
    "MX": 100,
    "PH": 85,
    "DE": 78,
    "VN": 78,
    "TR": 72,
    "GB": 66,
    "FR": 60,
    "ES": 45,
    "AR": 40,
    "PL": 34,
    "NO": 5,
}
"""Millions, rounded: World Bank, individuals using the internet, 2022. Naive attackers come from there in this proportion."""

ISP_SHARES = (0.40, 0.22, 0.14, 0.10, 0.08, 0.06)
"""Of fixed lines in each country. Assumed; a few large providers and some small ones everywhere."""
CARRIER_SHARES = (0.45, 0.30, 0.25)
"""Of mobile phones. Assumed."""
HOSTS = 4
"""Networks in each country in which VPN exits stand. Assumed."""
DAILY_ISPS = frozenset({3})
"""Which of a country's ISPs give a new address every day. Padmanabhan et al. (IMC 2016) found 20 ISPs, among 929 networks, that
renumber after a fixed period, mostly a multiple of 24 hours; that they serve a tenth of the lines is assumed."""
LEASE_DAYS = 60.0
"""Mean days for which the others' customers keep an address. Assumed, after the same."""
GATEWAY_ADDRESSES = 256
"""A carrier's customers share so many addresses and get another one each time. Assumed."""

INTERVAL_DAYS_MEDIAN, INTERVAL_SIGMA = 7.0, 0.9
"""Of the time between two logins of one person, by person. Assumed; the study's users averaged 9.5 logins a year, those of
them with 12 and more, of whom its curve tells, correspondingly more."""
PHONE_ONLY, COMPUTER_ONLY = 0.45, 0.25
"""Of people; the rest use both. Phones and computers each make about half of all page views: StatCounter, 2024."""
ON_CARRIER = 0.25
"""Of a phone's logins; the rest go over the line at home. Assumed; docs/logins.md says how much rests on it."""
HAS_WORKPLACE, AT_WORK = 0.4, 0.25
"""Of people, and of their computer's logins. Assumed."""
JOURNEY_PER_LOGIN, JOURNEY_LOGINS = 0.015, 3
"""How often a journey abroad begins, and for how many logins it lasts. Assumed."""
VPN_USERS, VPN_LOGINS = 0.05, 0.5
"""Of people, and of their logins. Assumed."""
SECOND_BROWSER, SECOND_BROWSER_LOGINS = 0.15, 0.15
"""Of people with a computer, and of their logins there. Assumed."""
DEVICE_KEPT_DAYS = 1000.0
"""Mean days until a phone or computer is replaced. Assumed."""

BROWSERS_ON_COMPUTERS = {"chrome": 0.66, "edge": 0.13, "safari": 0.09, "firefox": 0.07, "opera": 0.05}
SYSTEMS_ON_COMPUTERS = {"windows": 0.79, "mac": 0.17, "linux": 0.04}
PHONES = {"android": 0.70, "iphone": 0.30}
BROWSERS_ON_ANDROID = {"chrome": 0.87, "samsung": 0.08, "firefox": 0.03, "opera": 0.02}
"""Shares of page views in the world, rounded: StatCounter, 2024. Safari is drawn on a Mac only."""
RELEASE_DAYS = {"chrome": 28, "edge": 28, "firefox": 28, "opera": 28, "samsung": 90, "safari": 60, "iphone": 60}
"""Days between two releases that show in the string: Chromium and Firefox publish every four weeks; the others assumed."""
ADOPTED_DAYS = 14.0
"""Within so many days of a release a device has it. Assumed."""
PATCH_DAYS = 9.0
"""Days between two patches of a release, which show in full strings. Assumed, after Chromium's weekly to fortnightly ones."""
PHONE_MODELS, MODEL_BUILDS = 200, 3
"""Models of Android phones, the k-th used in proportion to 1/k, each with so many builds of its system. Assumed."""
WINDOWS_VERSIONS = {"10.0": 0.73, "6.1": 0.20, "6.3": 0.07}
MAC_VERSIONS = {"10_15": 0.55, "10_14": 0.25, "10_13": 0.20}
ANDROID_VERSIONS = {"9": 0.45, "10": 0.25, "8.0.0": 0.20, "7.0": 0.10}
"""Shares in 2020, rounded: StatCounter."""
STALE_ATTACKER = 0.25
"""Of attackers' strings: some releases behind, as lists of strings that are passed around are. Assumed."""


class Attacker(StrEnum):
    """Who has the password, as in the study: from anywhere; through a VPN in the victim's country; or who knows where the
    victim lives and with what browser and system.
    """

    NAIVE = "naive"
    VPN = "vpn"
    TARGETED = "targeted"


class Population(StrEnum):
    """Who uses the service, and when."""

    NATIONAL = "national"
    EXCHANGE = "exchange"

    @property
    def has_full_strings(self) -> bool:
        """Whether user agent strings are not reduced."""
        return self is Population.NATIONAL


class Attempt(Struct, frozen=True, kw_only=True):
    """One login: when, in seconds, from where, with what. `attacker`: who it really is, None for the owner."""

    at: float
    user: int
    country: str
    asn: str
    ip: str
    user_agent: str
    attacker: Attacker | None = None


class Network(Struct, frozen=True):
    """An autonomous system with a /16 of its own."""

    country: str
    number: int
    addresses: int = 65_536

    @property
    def asn(self) -> str:
        return f"AS{64_512 + self.number}"

    def address(self, draw: random.Random) -> str:
        low = draw.randrange(self.addresses)
        return f"{1 + self.number // 256}.{self.number % 256}.{low // 256}.{low % 256}"


class Country:
    """The networks of one country."""

    def __init__(self, code: str, number: int) -> None:
        first = number * (len(ISP_SHARES) + len(CARRIER_SHARES) + HOSTS + 1)
        numbers = iter(range(first, first + 100))
        self.code = code
        self.isps = [Network(code, next(numbers)) for _ in ISP_SHARES]
        self.carriers = [Network(code, next(numbers), GATEWAY_ADDRESSES) for _ in CARRIER_SHARES]
        self.hosts = [Network(code, next(numbers), GATEWAY_ADDRESSES) for _ in range(HOSTS)]
        self.offices = Network(code, next(numbers))


COUNTRIES = {code: Country(code, number) for number, code in enumerate(INTERNET_USERS_M)}


class Device(Struct, frozen=True, kw_only=True):
    """A browser on a system, and how many days after a release this device has it."""

    system: str
    browser: str
    lag_days: float
    platform: str
    """The part of the string that says on what it runs."""
    has_patches: bool
    """Whether the string names the patch too."""

    def user_agent(self, at: float, behind: int = 0) -> str:
        """The string that it sends at an instant; of an older release if `behind`."""
        day = at / DAY_S - self.lag_days
        releases = {name: int(day // days) - behind for name, days in RELEASE_DAYS.items()}
        patch = f"{int(day // PATCH_DAYS)}" if self.has_patches else "0"
        chrome = f"AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{120 + releases['chrome']}.0.{patch}.0"
        mobile = " Mobile" if self.system == "android" else ""
        start = f"Mozilla/5.0 ({self.platform}) "
        match self.browser:
            case "safari":
                name = "iphone" if self.system == "iphone" else "safari"
                major, minor = divmod(6 + releases[name], 7)
                version, mobile = f"{17 + major}.{minor}", " Mobile/15E148" if self.system == "iphone" else ""
                start = start.replace("VERSION", version.replace(".", "_"))
                return f"{start}AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{version}{mobile} Safari/605.1.15"
            case "firefox":
                version = f"{121 + releases['firefox']}.0"
                platform = "Android 10; Mobile" if mobile else self.platform
                return f"Mozilla/5.0 ({platform}; rv:{version}) Gecko/20100101 Firefox/{version}"
            case "edge":
                return f"{start}{chrome} Safari/537.36 Edg/{120 + releases['edge']}.0.{patch}.0"
            case "opera":
                return f"{start}{chrome}{mobile} Safari/537.36 OPR/{106 + releases['opera']}.0.{patch}.0"
            case "samsung":
                samsung = f"SamsungBrowser/{23 + releases['samsung']}.0 Chrome/115.0.0.0"
                return f"{start}AppleWebKit/537.36 (KHTML, like Gecko) {samsung} Mobile Safari/537.36"
            case _:
                return f"{start}{chrome}{mobile} Safari/537.36"


def phone(draw: random.Random, population: Population, system: str = "", browser: str = "") -> Device:
    """Somebody's phone, or one with this system and browser."""
    system = system or _drawn(draw, PHONES)
    if system == "iphone":
        browser, platform = "safari", "iPhone; CPU iPhone OS VERSION like Mac OS X"
    else:
        browser = browser or _drawn(draw, BROWSERS_ON_ANDROID)
        platform = "Linux; Android 10; K"
        if population.has_full_strings:
            model = draw.choices(range(PHONE_MODELS), [1 / (k + 1) for k in range(PHONE_MODELS)])[0]
            version, build = _drawn(draw, ANDROID_VERSIONS), draw.randrange(MODEL_BUILDS)
            platform = f"Linux; Android {version}; SM-M{model:03} Build/{build}"
    return _device(draw, population, system, browser, platform)


def computer(draw: random.Random, population: Population, system: str = "", browser: str = "") -> Device:
    """Somebody's computer, or one with this system and browser."""
    system = system or _drawn(draw, SYSTEMS_ON_COMPUTERS)
    browser = browser or _drawn(draw, BROWSERS_ON_COMPUTERS)
    if browser == "safari" and system != "mac":
        browser = "chrome"
    windows, mac = "10.0", "10_15_7"
    if population.has_full_strings:
        windows, mac = _drawn(draw, WINDOWS_VERSIONS), f"{_drawn(draw, MAC_VERSIONS)}_{draw.randrange(7)}"
    platform = {
        "windows": f"Windows NT {windows}; Win64; x64",
        "mac": f"Macintosh; Intel Mac OS X {mac}",
        "linux": "X11; Linux x86_64",
    }[system]
    return _device(draw, population, system, browser, platform)


def _device(draw: random.Random, population: Population, system: str, browser: str, platform: str) -> Device:
    return Device(
        system=system,
        browser=browser,
        lag_days=draw.uniform(0, ADOPTED_DAYS),
        platform=platform,
        has_patches=population.has_full_strings,
    )


def any_device(draw: random.Random, population: Population) -> Device:
    """A device as common as it is in the world."""
    is_phone = draw.random() < (1 + PHONE_ONLY - COMPUTER_ONLY) / 2
    return phone(draw, population) if is_phone else computer(draw, population)


class Person:
    """One user: lines, devices and habits, drawn from a generator of their own."""

    def __init__(self, number: int, population: Population, seed: int) -> None:
        draw = self.draw = random.Random(f"{seed}/{population}/{number}")
        self.number, self.population = number, population
        self.country = COUNTRIES[_home(draw, population)]
        self.isp = draw.choices(range(len(ISP_SHARES)), ISP_SHARES)[0]
        self.line = self.country.isps[self.isp]
        self.carrier = draw.choices(self.country.carriers, CARRIER_SHARES)[0]
        self.address = self.line.address(draw)
        self.office = self.country.offices.address(draw) if draw.random() < HAS_WORKPLACE else ""
        kind = draw.random()
        self.phone = None if PHONE_ONLY <= kind < PHONE_ONLY + COMPUTER_ONLY else phone(draw, population)
        self.computer = computer(draw, population) if kind >= PHONE_ONLY else None
        self.second: Device | None = None
        if self.computer is not None and draw.random() < SECOND_BROWSER:
            self.second = computer(draw, population, self.computer.system)
        self.has_vpn = draw.random() < VPN_USERS
        self.interval_days = INTERVAL_DAYS_MEDIAN * exp(INTERVAL_SIGMA * draw.gauss(0, 1))
        self.abroad: Country | None = None
        self.abroad_left = 0

    def logins(self, count: int, start_at: float) -> Iterator[Attempt]:
        """So many logins of the owner, from an instant on."""
        at = start_at
        for _ in range(count):
            yield self._login(at)
            gap = max(0.02, self.draw.expovariate(1 / self.interval_days))
            self._age(gap)
            at += gap * DAY_S

    def _age(self, days: float) -> None:
        """What changes while nobody logs in."""
        draw = self.draw
        lease = 1.0 if self.isp in DAILY_ISPS else LEASE_DAYS
        if draw.random() < 1 - exp(-days / lease):
            self.address = self.line.address(draw)
        if self.phone and draw.random() < days / DEVICE_KEPT_DAYS:
            self.phone = phone(draw, self.population)
        if self.computer and draw.random() < days / DEVICE_KEPT_DAYS:
            self.computer = computer(draw, self.population)

    def _login(self, at: float) -> Attempt:
        device = self._device()
        network, ip = self._place(device)
        return Attempt(
            at=at, user=self.number, country=network.country, asn=network.asn, ip=ip, user_agent=device.user_agent(at)
        )

    def _device(self) -> Device:
        draw = self.draw
        if self.phone is not None and (self.computer is None or draw.random() < 0.5):
            return self.phone
        assert self.computer is not None
        return self.second if self.second and draw.random() < SECOND_BROWSER_LOGINS else self.computer

    def _place(self, device: Device) -> tuple[Network, str]:
        draw = self.draw
        if self.abroad_left == 0 and draw.random() < JOURNEY_PER_LOGIN:
            self.abroad, self.abroad_left = _elsewhere(draw, self.country), JOURNEY_LOGINS
        if self.abroad_left and self.abroad is not None:
            self.abroad_left -= 1
            network = draw.choice([*self.abroad.isps, *self.abroad.carriers])
            return network, network.address(draw)
        if self.has_vpn and draw.random() < VPN_LOGINS:
            network = draw.choice(draw.choice([self.country, _elsewhere(draw, self.country)]).hosts)
            return network, network.address(draw)
        if device is self.phone:
            if draw.random() < ON_CARRIER:
                return self.carrier, self.carrier.address(draw)
        elif self.office and draw.random() < AT_WORK:
            return self.country.offices, self.office
        return self.line, self.address

    def attack(self, attacker: Attacker, at: float, draw: random.Random) -> Attempt:
        """A login of somebody who has this person's password."""
        behind = draw.randint(1, 6) if draw.random() < STALE_ATTACKER else 0
        match attacker:
            case Attacker.NAIVE:
                country = COUNTRIES[_drawn(draw, INTERNET_USERS_M)]
                network = draw.choice([*country.isps, *country.hosts])
                device = any_device(draw, self.population)
            case Attacker.VPN:
                network = draw.choice(self.country.hosts)
                device = any_device(draw, self.population)
            case _:
                network = draw.choices(self.country.isps, ISP_SHARES)[0]
                known, make = (self.computer, computer) if self.computer else (self.phone, phone)
                assert known is not None
                device, behind = make(draw, self.population, known.system, known.browser), 0
        return Attempt(
            at=at,
            user=self.number,
            country=network.country,
            asn=network.asn,
            ip=network.address(draw),
            user_agent=device.user_agent(at, behind),
            attacker=attacker,
        )


def _home(draw: random.Random, population: Population) -> str:
    if population is Population.NATIONAL and draw.random() < 0.95:
        return "NO"
    return _drawn(draw, {code: users for code, users in INTERNET_USERS_M.items() if code != "CN"})


def _elsewhere(draw: random.Random, home: Country) -> Country:
    return COUNTRIES[draw.choice([code for code in COUNTRIES if code != home.code])]


def _drawn(draw: random.Random, shares: dict[str, float] | dict[str, int]) -> str:
    return draw.choices(list(shares), list(shares.values()))[0]
