"""Which format a file has, judged by what is in it and not by its name: one row a format."""

import csv
import re
from collections.abc import Callable
from io import StringIO

from msgspec import Struct

from habeas.reference.sanctions import ofac_csv
from habeas.reference.sanctions.damage import UnknownListError
from habeas.reference.sanctions.wallet_lists import is_wallet_list

_BEGINNING_BYTES = 65_536
_ROOT = re.compile(r"<(?![?!])(?:[\w.-]+:)?([\w.-]+)([^>]*)>")


class Beginning(Struct):
    """The first part of a file, looked at in the ways that formats differ in."""

    text: str
    root: str = ""
    """The first XML element."""
    first_row: tuple[str, ...] = ()
    """The first csv row."""


class Format(Struct, frozen=True):
    """A known format: its name for machines, what people call it, and how it shows."""

    name: str
    title: str
    shows: Callable[[Beginning], bool]


def _sdn_layout(layout: ofac_csv.Layout) -> Callable[[Beginning], bool]:
    def shows(beginning: Beginning) -> bool:
        row = beginning.first_row
        if row and row[0].lower() == "ent_num":
            return len(row) == len(layout.columns)
        return len(row) == len(layout.columns) and row[0].isdigit() and _fits(layout, row)

    return shows


def _fits(layout: ofac_csv.Layout, row: tuple[str, ...]) -> bool:
    # Aliases and addresses number their rows in the second column; the comments have two columns only.
    return layout not in (ofac_csv.ALT, ofac_csv.ADD) or row[1].isdigit()


def _xml(root: str) -> Callable[[Beginning], bool]:
    return lambda beginning: beginning.root == root


def _uk_csv(beginning: Beginning) -> bool:
    return "Unique ID" in beginning.text and "OFSI Group ID" in beginning.text and not beginning.root


FORMATS: tuple[Format, ...] = (
    Format("ofac-sdn-csv", "OFAC sdn.csv", _sdn_layout(ofac_csv.SDN)),
    Format("ofac-alt-csv", "OFAC alt.csv", _sdn_layout(ofac_csv.ALT)),
    Format("ofac-add-csv", "OFAC add.csv", _sdn_layout(ofac_csv.ADD)),
    Format("ofac-comments-csv", "OFAC sdn_comments.csv", _sdn_layout(ofac_csv.COMMENTS)),
    Format("ofac-sdn-xml", "OFAC SDN.XML", _xml("sdnList")),
    Format("un-xml", "the UN consolidated list as XML", _xml("CONSOLIDATED_LIST")),
    Format("eu-xml", "the EU consolidated list as XML (FSF 1.1)", _xml("export")),
    Format("uk-xml", "the UK Sanctions List as XML", _xml("Designations")),
    Format("uk-csv", "the UK Sanctions List as csv", _uk_csv),
    Format(
        "opensanctions", "OpenSanctions entities.ftm.json", lambda b: b.text.startswith("{") and '"schema"' in b.text
    ),
    Format("habeas", "Habeas' own format in TOML", lambda b: bool(re.search(r"^\[\[entry\]\]", b.text, re.MULTILINE))),
    Format("wallets", "a list of wallets, one a line", lambda b: is_wallet_list(b.text)),
)


def recognise(data: bytes, name: str = "the file") -> Format:
    """The format of a file. `name` is for the message only.

    Raises UnknownListError for a web page, for what is no text in UTF-8, and for every other file.
    """
    if not data.strip():
        raise UnknownListError(f"{name} is empty; fetch it again")
    if data[:2] in (b"PK", b"\x1f\x8b"):
        raise UnknownListError(f"{name} is compressed; unpack it first")
    beginning = _beginning(data)
    if beginning.root.lower() == "html" or re.match(r"\s*<!doctype html", beginning.text, re.IGNORECASE):
        raise UnknownListError(
            f"{name} is a web page and no list: its publisher answered with an error; fetch it again"
        )
    found = next((format_ for format_ in FORMATS if format_.shows(beginning)), None)
    if found is None:
        known = "; ".join(format_.title for format_ in FORMATS)
        raise UnknownListError(f"{name} is no sanctions list in a known format; known are: {known}")
    return found


def _beginning(data: bytes) -> Beginning:
    text = data[:_BEGINNING_BYTES].decode("utf-8-sig", errors="replace").lstrip()
    beginning = Beginning(text)
    if text.startswith("<"):
        root = _ROOT.search(text)
        beginning.root = root[1] if root else ""
        return beginning
    try:
        beginning.first_row = tuple(field.strip() for field in next(csv.reader(StringIO(text, newline=""))))
    except (csv.Error, StopIteration):
        beginning.first_row = ()
    return beginning
