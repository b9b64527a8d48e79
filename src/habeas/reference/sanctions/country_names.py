"""Countries as lists name them, made into ISO 3166 codes."""

import re
import unicodedata
from functools import cache, lru_cache

from habeas.reference.countries import countries

_STOP_WORDS = frozenset({"the", "of", "and"})
_PARENTHESES = re.compile(r"\s*\([^)]*\)")
_OTHER_NAMES: dict[str, str] = {
    "Burma": "MM",
    "Cabo Verde": "CV",
    "Cote d Ivoire": "CI",
    "Cote d'Ivoire": "CI",
    "Czechia": "CZ",
    "DPRK": "KP",
    "Democratic People's Republic of Korea": "KP",
    "Eswatini": "SZ",
    "Holy See": "VA",
    "Hong Kong SAR": "HK",
    "Lao People's Democratic Republic": "LA",
    "Libyan Arab Jamahiriya": "LY",
    "Macao": "MO",
    "Moldova, Republic of": "MD",
    "North Macedonia": "MK",
    "North Macedonia, The Republic of": "MK",
    "Occupied Palestinian Territories": "PS",
    "Palestinian": "PS",
    "Palestinian Territories": "PS",
    "Region: Crimea": "UA-43",
    "Region: Gaza": "PS",
    "Region: North Gaza": "PS",
    "Region: Northern Gaza": "PS",
    "Region: West Bank": "PS",
    "Republic of Korea": "KR",
    "Russian Federation": "RU",
    "State of Palestine": "PS",
    "Syrian Arab Republic": "SY",
    "Tanzania, United Republic of": "TZ",
    "Timor-Leste": "TL",
    "Turkiye": "TR",
    "UAE": "AE",
    "UK": "GB",
    "USA": "US",
    "United Kingdom of Great Britain and Northern Ireland": "GB",
    "United States of America": "US",
    "Vatican City": "VA",
    "Viet Nam": "VN",
    "West Bank": "PS",
    # peoples, which some lists give as nationality
    "Afghan": "AF",
    "American": "US",
    "Belarusian": "BY",
    "British": "GB",
    "Chinese": "CN",
    "Iranian": "IR",
    "Iraqi": "IQ",
    "Lebanese": "LB",
    "North Korean": "KP",
    "Pakistani": "PK",
    "Russian": "RU",
    "Syrian": "SY",
    "Turkish": "TR",
    "Ukrainian": "UA",
    "Yemeni": "YE",
}
_UNKNOWN = frozenset({"", "00", "unknown", "undetermined", "none", "na", "n/a", "-0-"})


@lru_cache(maxsize=4096)
def country_code(name: str) -> str:
    """The ISO code of a country by its name or code; the name as it came if it is not known; "" if it says nothing."""
    text = " ".join(name.split()).strip(" .,;")
    if text.lower() in _UNKNOWN:
        return ""
    if text.upper() in countries():
        return text.upper()
    table = _table()
    return table.get(_key(text)) or table.get(_key(_PARENTHESES.sub("", text))) or text


def country_codes(names: list[str]) -> tuple[str, ...]:
    """Several countries at once, without repetitions and without those that say nothing."""
    return tuple(dict.fromkeys(code for code in map(country_code, names) if code))


@cache
def _table() -> dict[str, str]:
    known = {country.name: country.code for country in countries().values()}
    return {_key(name): code for name, code in (known | _OTHER_NAMES).items()}


def _key(name: str) -> str:
    """The words that matter, in the order in which they are said: `Korea, North` is `north korea`."""
    last, _, first = name.partition(",")
    plain = unicodedata.normalize("NFKD", f"{first} {last}").encode("ascii", "ignore").decode().lower()
    return " ".join(word for word in re.findall(r"[a-z]+", plain.replace("'", "")) if word not in _STOP_WORDS)
