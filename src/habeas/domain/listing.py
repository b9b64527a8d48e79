"""Who is on a sanctions list, and by what they are recognised: one model for every list, whatever its format.

A list is loaded by `habeas.reference.sanctions`; here is what its entries mean, and how the number of an identity document
is compared without being kept (detection 4).
"""

import re
import unicodedata
from datetime import date
from enum import StrEnum
from hashlib import blake2b

from msgspec import Struct

DOCUMENT_KEY_BYTES = 16
_DOCUMENT_PURPOSE = b"habeas document"
"""Separates these hashes from others made with the same key."""


class EntityKind(StrEnum):
    """What sort of somebody is listed."""

    PERSON = "person"
    ORGANISATION = "organisation"
    VESSEL = "vessel"
    AIRCRAFT = "aircraft"
    UNNAMED = "unnamed"
    """Somebody known by a wallet alone, as in a plain list of addresses."""


class NameQuality(StrEnum):
    """How much a name says. Lists call a weak one a low-quality alias: a nickname or a noun that many people bear."""

    PRIMARY = "primary"
    STRONG = "strong"
    WEAK = "weak"


class ListedName(Struct, frozen=True, array_like=True, gc=False):
    """One name as the list writes it, with its script (ISO 15924) and, where the list tells them apart, its parts."""

    text: str
    quality: NameQuality = NameQuality.PRIMARY
    script: str = "Latn"
    family: str = ""
    given: str = ""


class Birth(Struct, frozen=True, array_like=True, gc=False):
    """When somebody was born, as far as the list knows: on some day from `first` to `last`.

    A year alone is its first and last day. `circa` says that the list itself calls the date approximate.
    """

    first: date
    last: date
    circa: bool = False

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a birth between `{self.first}` and `{self.last}` ends before it begins")

    def __str__(self) -> str:
        about = "about " if self.circa else ""
        if self.first == self.last:
            return f"{about}{self.first}"
        starts_year, ends_year = self.first.strftime("%m-%d") == "01-01", self.last.strftime("%m-%d") == "12-31"
        if starts_year and ends_year:
            years = (self.first.year, self.last.year)
            return f"{about}{years[0]}" if years[0] == years[1] else f"{about}{years[0]} to {years[1]}"
        return f"{about}{self.first} to {self.last}"


class IdentifierKind(StrEnum):
    """What a number or address identifies. National documents of all names fall together, so that they can be compared."""

    PASSPORT = "passport"
    NATIONAL_ID = "national_id"
    DRIVING_LICENCE = "driving_licence"
    TAX_ID = "tax_id"
    REGISTRATION = "registration"
    """Of a company, in whatever register."""
    IMO = "imo"
    MMSI = "mmsi"
    AIRCRAFT = "aircraft"
    BIC = "bic"
    EMAIL = "email"
    PHONE = "phone"
    WEBSITE = "website"
    OTHER = "other"


_IDENTIFIER_WORDS: tuple[tuple[str, IdentifierKind], ...] = (
    (r"\bimo\b", IdentifierKind.IMO),
    (r"\bmmsi\b", IdentifierKind.MMSI),
    (r"tail number|aircraft|transponder", IdentifierKind.AIRCRAFT),
    (r"passport|laissez-passer|travel document", IdentifierKind.PASSPORT),
    (r"driver|driving", IdentifierKind.DRIVING_LICENCE),
    (r"\btax|fiscal|\b(?:vat|nit|ruc|rif|rfc|rtn|cuit|cif|inn|fein|tin|nuit)\b", IdentifierKind.TAX_ID),
    (r"electoral|military", IdentifierKind.NATIONAL_ID),
    (r"swift|\bbic\b|\bbik\b", IdentifierKind.BIC),
    (r"e-?mail", IdentifierKind.EMAIL),
    (r"phone|\bfax\b|\btelex\b|\bmobile\b", IdentifierKind.PHONE),
    (r"website|\burl\b", IdentifierKind.WEBSITE),
    (
        r"compan|business|commerc|folio|matricula|chamber|legal entity|\ble number|trade licen[cs]e|incorporation",
        IdentifierKind.REGISTRATION,
    ),
    (
        r"registration|\bregistry\b|register|\bcr no|\bduns\b|d-u-n-s|credit code|enterprise",
        IdentifierKind.REGISTRATION,
    ),
    (r"charity|organi[sz]ation code|gazette|\bogrn\b|\bregno\b|\btradelic", IdentifierKind.REGISTRATION),
    (r"\bid\b|identi[tfd]|\bnational\b|citizen|personal|social security|birth certificate", IdentifierKind.NATIONAL_ID),
    (r"cedula|tazkira|cartilla|credencial|refugee|residen", IdentifierKind.NATIONAL_ID),
    (r"\b(?:dni|nie|curp|cuip|cui|cnp|ssn|ife)\b", IdentifierKind.NATIONAL_ID),
)
_IDENTIFIER_PATTERNS = tuple((re.compile(words), kind) for words, kind in _IDENTIFIER_WORDS)


def identifier_kind(label: str) -> IdentifierKind:
    """What a label means, in the words of lists and of callers: `National ID No.`, `C.U.R.P.`, `id_card`, `passport`."""
    words = label.lower().replace("_", " ").replace(".", "")
    return next((kind for pattern, kind in _IDENTIFIER_PATTERNS if pattern.search(words)), IdentifierKind.OTHER)


class Identifier(Struct, frozen=True, array_like=True, gc=False):
    """A number that identifies somebody. `country` is an ISO code where it is known; `label` is what the list calls it."""

    kind: IdentifierKind
    number: str
    country: str = ""
    label: str = ""


class ListedWallet(Struct, frozen=True, array_like=True, gc=False):
    """A wallet, with the asset ticker and the address as the list writes them."""

    asset: str
    address: str


class ListedAddress(Struct, frozen=True, array_like=True, gc=False):
    """Where somebody is said to be; `country` an ISO code where the name could be resolved, else as the list writes it."""

    text: str
    country: str = ""


class ListedEntity(Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """One entry of one list. `entry` is the list's own id, which stays the same from version to version.

    Countries are ISO 3166 codes where the name could be resolved, else what the list writes. Nationality and citizenship
    are one thing here, since lists do not keep them apart.
    """

    list: str
    entry: str
    kind: EntityKind
    names: tuple[ListedName, ...] = ()
    """The primary name first."""
    births: tuple[Birth, ...] = ()
    birth_places: tuple[str, ...] = ()
    nationalities: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    wallets: tuple[ListedWallet, ...] = ()
    addresses: tuple[ListedAddress, ...] = ()
    programmes: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    gender: str = ""
    remarks: str = ""
    """What the list says besides, in its own words."""

    @property
    def name(self) -> str:
        """The primary name; the entry's id where the list names nobody."""
        return self.names[0].text if self.names else self.entry


class SourceFile(Struct, frozen=True, array_like=True):
    """One file that a list was read from: its part in it (`sdn`, `alt`, `add`, ...) and its digest."""

    what: str
    sha256: str
    as_of: date | None = None


class ListVersion(Struct, frozen=True, array_like=True, kw_only=True):
    """Which version of which list this is.

    `version` is what the publisher calls it, else the beginning of the digest; `as_of` is None when neither the file nor
    the operator says from when it is. `notes` are sentences that an operator should read.
    """

    list: str
    version: str
    as_of: date | None
    sha256: str
    entries: int
    files: tuple[SourceFile, ...] = ()
    notes: tuple[str, ...] = ()


class ParsedList(Struct, frozen=True, array_like=True):
    """A whole list in one version, ids unique, at least one entry."""

    version: ListVersion
    entities: tuple[ListedEntity, ...]


class WalletHit(Struct, frozen=True, omit_defaults=True):
    """An address is on a list: which list in which version, whose entry, and asset and address as listed."""

    list: str
    version: str
    entry: str
    name: str
    asset: str
    address: str


class DocumentHit(Struct, frozen=True, omit_defaults=True):
    """An identity document is on a list: which list in which version, whose entry, and what the list calls the document."""

    list: str
    version: str
    entry: str
    name: str
    label: str


def normalise_document(country: str, kind: str, number: str) -> str:
    """One spelling for one document, for example `RU:passport:645720381`; "" if the number has no letter and no digit.

    Spaces, dots, dashes, case, accents, full-width letters and the digits of other scripts do not tell documents apart.
    Leading zeros do. A sub-national code counts as its country.
    """
    # Letters come apart into base and accents before case is folded and again after, since folding may join them anew.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", number).casefold()).upper()
    significant = "".join(map(_significant, unicodedata.normalize("NFKD", folded)))
    return f"{country.strip().upper()[:2]}:{identifier_kind(kind)}:{significant}" if significant else ""


def _significant(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    return character if character.isalnum() else ""


def document_key(key: bytes, country: str, kind: str, number: str) -> bytes:
    """The keyed hash by which a document is found without its number being kept; b"" for a number that says nothing.

    `key` is secret and of at most 64 bytes. Without it the hash tells nothing: document numbers are few enough to be tried.
    """
    document = normalise_document(country, kind, number)
    if not document:
        return b""
    return blake2b(document.encode(), key=key, digest_size=DOCUMENT_KEY_BYTES, person=_DOCUMENT_PURPOSE).digest()


_SCRIPTS: dict[str, str] = {
    "LATIN": "Latn",
    "ARABIC": "Arab",
    "CYRILLIC": "Cyrl",
    "CJK": "Hani",
    "HANGUL": "Hang",
    "HIRAGANA": "Jpan",
    "KATAKANA": "Jpan",
    "GREEK": "Grek",
    "HEBREW": "Hebr",
    "DEVANAGARI": "Deva",
    "BENGALI": "Beng",
    "THAI": "Thai",
    "MYANMAR": "Mymr",
    "GEORGIAN": "Geor",
    "ARMENIAN": "Armn",
    "ETHIOPIC": "Ethi",
    "KHMER": "Khmr",
}


def script_of(text: str) -> str:
    """The script (ISO 15924) of the first letter: `Latn`, `Arab`, `Cyrl`, ...; `Zyyy` when there is no letter we know."""
    for character in text:
        if character.isalpha():
            return (
                "Latn" if character.isascii() else _SCRIPTS.get(unicodedata.name(character, "").split(" ")[0], "Zyyy")
            )
    return "Zyyy"
