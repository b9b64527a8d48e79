"""What OFAC says of an entry in one line of remarks: births, nationality, documents, wallets, weak aliases, the rest.

The csv files put everything that has no column of its own into `remarks`, as items between semicolons, an `alt.` before a
repeated one: `DOB 15 Jan 1955; alt. DOB 1956; nationality Russia; Passport 645720381 (Russia); Digital Currency Address -
XBT 1...; a.k.a. 'BIG FISH'.`
"""

import re

from msgspec import Struct

from habeas.domain.listing import (
    Birth,
    Identifier,
    IdentifierKind,
    ListedName,
    ListedWallet,
    NameQuality,
    identifier_kind,
    script_of,
)
from habeas.reference.sanctions.base58 import decoded
from habeas.reference.sanctions.births import birth_in
from habeas.reference.sanctions.country_names import country_code

DOCUMENT_LABELS: tuple[str, ...] = (
    "Afghan Money Service Provider License Number",
    "Aircraft Construction Number (also called L/N or S/N or F/N)",
    "Aircraft Manufacturer's Serial Number (MSN)",
    "Aircraft Mode S Transponder Code",
    "Aircraft Serial Identification",
    "Aircraft Tail Number",
    "BIK (RU)",
    "Birth Certificate Number",
    "Bosnian Personal ID No.",
    "Branch Unit Number",
    "British National Overseas Passport",
    "Business Number",
    "Business Registration Document",
    "Business Registration Number",
    "C.I.F.",
    "C.R. No.",
    "C.U.I.",
    "C.U.I.P.",
    "C.U.I.T.",
    "C.U.R.P.",
    "CNP (Personal Numerical Code)",
    "Cartilla de Servicio Militar Nacional",
    "Cedula No.",
    "Central Registration System Number",
    "Certificate of Incorporation Number",
    "Chamber of Commerce Number",
    "Chinese Commercial Code",
    "Citizen's Card Number",
    "Commercial Registry Number",
    "Company Number",
    "Credencial electoral",
    "D-U-N-S Number",
    "D.N.I.",
    "Diplomatic Passport",
    "Driver's License No.",
    "Dubai Chamber of Commerce Membership No.",
    "Economic Register Number (CBLS)",
    "Electoral Registry No.",
    "Email Address",
    "Enterprise Number",
    "FAX",
    "Fax",
    "File Number",
    "Fiscal Code",
    "Folio Mercantil No.",
    "Government Gazette Number",
    "I.F.E.",
    "ISIN",
    "Identification Number",
    "Immigration No.",
    "Istanbul Chamber of Comm. No.",
    "Italian Fiscal Code",
    "Kenyan ID No.",
    "LE Number",
    "Legal Entity Number",
    "License",
    "MMSI",
    "MSB Registration Number",
    "Matricula Mercantil No",
    "Military Registration Number",
    "Moroccan Personal ID No.",
    "N.I.E.",
    "NIT",
    "National Foreign ID Number",
    "National ID No.",
    "Numero Unico de Identificacao Tributaria (NUIT)",
    "Numero de Identidad",
    "Organization Code",
    "Other Vessel Call Sign",
    "PHONE",
    "Paraguayan tax identification number",
    "Passport",
    "Permit Number",
    "Personal ID Card",
    "Phone Number",
    "Pilot License Number",
    "Previous Aircraft Tail Number",
    "Public Registration Number",
    "Public Security and Immigration No.",
    "R.F.C.",
    "RFC",
    "RIF",
    "RTN",
    "RUC",
    "Refugee ID Card",
    "Registered Charity No.",
    "Registration ID",
    "Registration Number",
    "Residency Number",
    "Romanian C.R.",
    "Romanian Permanent Resident",
    "Romanian Tax Registration",
    "SRE Permit No.",
    "SSN",
    "SWIFT/BIC",
    "Seafarer's Identification Document",
    "Serial No.",
    "Stateless Person ID Card",
    "Stateless Person Passport",
    "TELEX",
    "Tax ID No.",
    "Tazkira National ID Card",
    "Telephone",
    "Telephone No.",
    "Tourism License No.",
    "Trade License No.",
    "Travel Document Number",
    "Turkish Identification Number",
    "U.S.A. Passport",
    "UAE Identification",
    "UK Company Number",
    "US FEIN",
    "Unified Social Credit Code (USCC)",
    "United Social Credit Code Certificate (USCCC)",
    "V.A.T. Number",
    "Vessel Registration Identification",
    "VisaNumberID",
    "Website",
)
"""What OFAC calls the numbers by which it identifies somebody; the same words are the types of ids in its XML."""

WALLET_LABEL = "Digital Currency Address - "

_LABEL_SET = frozenset(DOCUMENT_LABELS)
_LABEL = re.compile(
    "({})(?=[ :]|$)".format("|".join(re.escape(label) for label in sorted(DOCUMENT_LABELS, key=len, reverse=True)))
)
_NUMBER = re.compile(
    r"^(?P<number>.*?)(?:\s+\((?P<country>[^()]+)\))?(?P<dates>\s+(?:issued|expires|expired)\b.*)?$", re.DOTALL
)
_WALLET = re.compile(rf"^{WALLET_LABEL}(?P<asset>\S+) (?P<address>\S+)$")
_ALIAS = re.compile(r"^[afn]\.k\.a\. '(?P<name>.+)'$")
_CONTACTS = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.WEBSITE, IdentifierKind.BIC})


class Remarks(Struct):
    """The items of a line of remarks, sorted by what they say; `rest` is what is left, in OFAC's words."""

    births: list[Birth]
    birth_places: list[str]
    nationalities: list[str]
    identifiers: list[Identifier]
    wallets: list[ListedWallet]
    weak_names: list[ListedName]
    rest: list[str]
    gender: str = ""


def read_remarks(line: str, *, is_cut: bool = False) -> Remarks:
    """The items of one line. With `is_cut` the last item breaks off in the middle and only its words are kept, unless it is
    a wallet whose checksum shows that it is whole.
    """
    remarks = Remarks([], [], [], [], [], [], [])
    items = [item for item in (part.strip() for part in line.strip().split(";")) if item]
    for number, item in enumerate(items, start=1):
        is_last = number == len(items)
        if is_last and is_cut and not _is_whole_wallet(item):
            remarks.rest.append(item)
        else:
            _read_item(remarks, item.removesuffix(".") if is_last else item)
    return remarks


def _is_whole_wallet(item: str) -> bool:
    wallet = _WALLET.match(item.removeprefix("alt. "))
    return wallet is not None and decoded(wallet["address"]) is not None


def _read_item(remarks: Remarks, item: str) -> None:
    said = item.removeprefix("alt. ").removeprefix("Alt. ")
    word, _, value = said.partition(" ")
    match word:
        case "DOB":
            birth = birth_in(value)
            remarks.births.append(birth) if birth is not None else remarks.rest.append(item)
        case "POB":
            remarks.birth_places.append(value)
        case "nationality" | "citizen":
            remarks.nationalities.append(country_code(value))
        case "Gender":
            remarks.gender = value.lower()
        case _:
            _read_identifying_item(remarks, item, said)


def _read_identifying_item(remarks: Remarks, item: str, said: str) -> None:
    if wallet := _WALLET.match(said):
        remarks.wallets.append(ListedWallet(wallet["asset"], wallet["address"]))
    elif alias := _ALIAS.match(said):
        remarks.weak_names.append(ListedName(alias["name"], NameQuality.WEAK, script_of(alias["name"])))
    elif identifier := document_in(said):
        remarks.identifiers.append(identifier)
    else:
        remarks.rest.append(item)


def document_in(text: str) -> Identifier | None:
    """An identifier as OFAC writes it, label first: `Passport 645720381 (Russia)`; None for anything else."""
    label = _LABEL.match(text)
    return identifier_from(label[1], text[label.end() :].lstrip(": ").removeprefix("# ")) if label else None


def identifier_from(label: str, value: str, country: str = "") -> Identifier | None:
    """An identifier from a label and what stands after it (`645720381 (Russia) expires 13 Oct 2025`).

    None if that is no number, so that a sentence which happens to begin like a label stays a remark.
    """
    kind = identifier_kind(f"{label} {value}" if value.startswith("IMO ") else label)
    if kind in _CONTACTS:
        return Identifier(kind, value, country_code(country), label) if value else None
    found = _NUMBER.match(value)
    assert found is not None  # every part of the pattern may be empty
    number = found["number"].strip().removeprefix("IMO ") if kind is IdentifierKind.IMO else found["number"].strip()
    if not any(character.isdigit() for character in number):
        return None
    return Identifier(kind, number, country_code(country or found["country"] or ""), label)


def is_document_label(label: str) -> bool:
    """Whether OFAC calls an identifying number so."""
    return label in _LABEL_SET
