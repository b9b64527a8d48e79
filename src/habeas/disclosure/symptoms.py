"""Symptoms: what somebody who cannot do something has seen, read from a file of their own (model 5.6, public data only)."""

import json
import re
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from habeas.domain.country import is_country
from habeas.domain.errors import BadInputError
from habeas.domain.event_data import Country

FILE_BYTES_MAX = 256 * 1024

_PAGE_TO_EVERY_VISITOR = "your region is not available"
"""Row B011: shown on the home page, to everybody on that network, before anybody logs in."""
_PAGES_ABOUT_REGION = (_PAGE_TO_EVERY_VISITOR, "your region is currently not supported", "region locked")
"""Rows B001, B002, B011."""


class Result(StrEnum):
    """What happened on one network."""

    OK = "ok"
    DENIED = "denied"


class Status(StrEnum):
    """Whether the exchange serves the country of residence on the account."""

    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"
    UNKNOWN = "unknown"


class Tried(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One network that was tried. `country` is where it is, `page` the words that were shown."""

    result: Result
    country: Country | None = None
    page: Annotated[str, Meta(max_length=1000)] | None = None
    before_login: bool = False
    """Whether even a visitor who has not logged in is refused."""

    @property
    def is_about_region(self) -> bool:
        return any(words in self._page for words in _PAGES_ABOUT_REGION)

    @property
    def is_to_every_visitor(self) -> bool:
        return self.result is Result.DENIED and (self.before_login or _PAGE_TO_EVERY_VISITOR in self._page)

    @property
    def _page(self) -> str:
        return " ".join((self.page or "").casefold().split())


class Announcement(Struct, frozen=True, forbid_unknown_fields=True):
    """A region exit that the exchange announced: which country, effective from which day."""

    country: Country
    date: date


class Symptoms(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What was observed. What is left out is not known, and is never taken for a no.

    `ips_tried` maps an address, or a name such as `home`, to what happened there. `announcement` is "none" for somebody
    who has looked and found none. `kyc_country` is optional: with it, the playbook says whether the country is served.
    """

    ips_tried: dict[str, Result | Tried] = {}
    since: date | None = None
    """The day on which it began."""
    prior_ok: bool | None = None
    """Whether the same thing worked before."""
    announcement: Announcement | Literal["none"] | None = None
    leaps_24h: Annotated[int, Meta(ge=0, le=1000)] | None = None
    """How often the account was used from far apart within 24 hours."""
    kyc_country: Country | None = None
    kyc_country_status: Status = Status.UNKNOWN
    recovered_after_h: Annotated[float, Meta(ge=0, le=87_600)] | None = None
    """After how many hours it worked again by itself."""
    vpn_asn: bool | None = None
    """Whether the network belongs to a hosting or anonymising service."""
    geoip_disagree: bool | None = None
    """Whether sources disagree about where the network is."""
    login_denied_without_region_text: bool | None = None

    @property
    def networks(self) -> tuple[Tried, ...]:
        return tuple(found if isinstance(found, Tried) else Tried(found) for found in self.ips_tried.values())

    @property
    def denied(self) -> tuple[Tried, ...]:
        return tuple(network for network in self.networks if network.result is Result.DENIED)

    @property
    def is_sudden(self) -> bool:
        """Rows B034, B035: it worked before, or it began on a known day and nobody says that it never worked."""
        return self.prior_ok is True or (self.since is not None and self.prior_ok is None)


# --- reading ---------------------------------------------------------------------------------------------------------

_COUNTRY = "a two-letter country code such as DE"
_DAY = "a day such as 2026-11-22"
_YES_OR_NO = "true or false"
_FORM: dict[str, str] = {
    "ips_tried": 'a table of networks, each "ok" or "denied", or a table with result, country, page and before_login',
    "since": _DAY,
    "prior_ok": _YES_OR_NO,
    "announcement": f'a table with country ({_COUNTRY}) and date ({_DAY}), or "none"',
    "leaps_24h": "a whole number from 0 to 1000",
    "kyc_country": _COUNTRY,
    "kyc_country_status": "supported, unsupported or unknown",
    "recovered_after_h": "a number of hours from 0 to 87600",
    "vpn_asn": _YES_OR_NO,
    "geoip_disagree": _YES_OR_NO,
    "login_denied_without_region_text": _YES_OR_NO,
}
"""What each field may hold, for whoever wrote something else."""

_CONTRADICTIONS: tuple[tuple[str, Callable[[Symptoms, datetime], bool]], ...] = (
    (
        "something recovered, but no network was denied; put the network that was refused into ips_tried as denied",
        lambda s, _: s.recovered_after_h is not None and not s.denied,
    ),
    (
        "no network in ips_tried was denied, so there is nothing to explain; name the network that was refused",
        lambda s, _: bool(s.networks) and not s.denied,
    ),
    (
        "login_denied_without_region_text is true, but a page in ips_tried speaks of a region; keep the one that was seen",
        lambda s, _: s.login_denied_without_region_text is True and any(n.is_about_region for n in s.denied),
    ),
    (
        "since lies ahead of now; give the day on which it began",
        # A day begins up to 14 hours earlier than in UTC.
        lambda s, at: s.since is not None and s.since > (at.astimezone(UTC) + timedelta(hours=14)).date(),
    ),
    (
        "it recovered later than now, counted from since; correct since or recovered_after_h",
        lambda s, at: (
            s.since is not None
            and s.recovered_after_h is not None
            and timedelta(hours=s.recovered_after_h) > at.astimezone(UTC) - _begin(s.since) + timedelta(hours=14)
        ),
    ),
)


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def read_symptoms(content: bytes, name: str, at: datetime) -> Symptoms:
    """Symptoms from JSON or TOML, recognised by content. Raises BadInputError in one sentence that says what to correct."""
    tree = _tree(content, name)
    if not tree:
        raise BadInputError(f"`{name}` names no symptom; give at least one, for example ips_tried")
    unknown = sorted(tree.keys() - _FORM.keys())
    if unknown:
        raise BadInputError(f"`{_short(unknown[0])}` in `{name}` is no symptom; known are {', '.join(_FORM)}")
    try:
        symptoms = msgspec.convert(_with_days(tree), Symptoms, strict=True)
    except msgspec.ValidationError as exc:
        raise BadInputError(f"`{name}` cannot be used: {_fault(str(exc))}") from None
    for fault in (*_unknown_countries(symptoms), *_contradictions(symptoms, at)):
        raise BadInputError(f"`{name}` cannot be used: {fault}")
    return symptoms


def _tree(content: bytes, name: str) -> dict[str, Any]:
    if len(content) > FILE_BYTES_MAX:
        raise BadInputError(f"`{name}` is larger than {FILE_BYTES_MAX // 1024} KiB, which no list of symptoms is")
    try:
        text = content.decode("utf-8-sig")
        # No TOML document begins with a brace, and every JSON object does.
        tree = (
            json.loads(text, object_pairs_hook=_once) if text.lstrip().startswith("{") else tomllib.loads(_lines(text))
        )
    except _TwiceError as exc:
        raise BadInputError(f"`{name}` says `{exc.args[0]}` twice; keep one") from None
    except (ValueError, RecursionError):
        raise BadInputError(f"`{name}` is neither a JSON object nor TOML; see habeas diagnose --help") from None
    assert isinstance(tree, dict)
    return tree


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


class _TwiceError(ValueError):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON itself lets the later of two equal names win, which would drop a symptom without a word."""
    tree: dict[str, Any] = {}
    for key, value in pairs:
        if key in tree:
            raise _TwiceError(_short(key))
        tree[key] = value
    return tree


def _with_days(tree: dict[str, Any]) -> dict[str, Any]:
    """The same tree, with instants read as the day that they belong to in UTC."""
    changed = dict(tree)
    if "since" in changed:
        changed["since"] = _day(changed["since"])
    announced = changed.get("announcement")
    if isinstance(announced, dict) and "date" in announced:
        changed["announcement"] = announced | {"date": _day(announced["date"])}
    return changed


def _day(value: Any) -> Any:
    if isinstance(value, str) and "T" in value:
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    if not isinstance(value, datetime):
        return value
    try:
        return (value.astimezone(UTC) if value.tzinfo else value).date()
    except OverflowError:
        return None


def _fault(message: str) -> str:
    """One sentence in the words of the file: which field, and what it may hold."""
    field = re.search(r" - at `\$\.(\w+)[^`]*`\Z", message)
    assert field is not None, message
    unknown = re.match(r"Object contains unknown field `(.*)` - at ", message, re.DOTALL)
    if unknown:
        return f"`{field[1]}` has the unknown field `{_short(unknown[1])}`; it must be {_FORM[field[1]]}"
    return f"`{field[1]}` must be {_FORM[field[1]]}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:40]}..."


def _unknown_countries(symptoms: Symptoms) -> list[str]:
    announced = symptoms.announcement
    named = [
        *((n.country, "ips_tried") for n in symptoms.networks),
        *(((announced.country, "announcement"),) if isinstance(announced, Announcement) else ()),
        (symptoms.kyc_country, "kyc_country"),
    ]
    return [
        f"`{country}` in {field} is no country; use {_COUNTRY}"
        for country, field in named
        if country is not None and not is_country(country)
    ]


def _contradictions(symptoms: Symptoms, at: datetime) -> list[str]:
    return [fault for fault, holds in _CONTRADICTIONS if holds(symptoms, at)]
