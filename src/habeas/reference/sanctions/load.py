"""From files to lists: recognise each, read it, and join OFAC's csv files into one list. All or nothing."""

from collections.abc import Callable, Sequence
from datetime import date

from msgspec import Struct

from habeas.domain.listing import ParsedList
from habeas.reference.sanctions import eu, ofac_csv, ofac_xml, opensanctions, own, uk, un, wallet_lists
from habeas.reference.sanctions.damage import ListDamagedError
from habeas.reference.sanctions.recognise import recognise


class ListFile(Struct, frozen=True):
    """A file as an operator hands it in: its name, its bytes, from when it is if that is known, and whether other software
    saved it again (OFAC's csv files only).
    """

    name: str
    data: bytes
    as_of: date | None = None
    resaved: bool = False


_PARSERS: dict[str, Callable[[ListFile], ParsedList]] = {
    "ofac-sdn-xml": lambda file: ofac_xml.parse(file.data, file.as_of),
    "un-xml": lambda file: un.parse(file.data, file.as_of),
    "eu-xml": lambda file: eu.parse(file.data, file.as_of),
    "uk-xml": lambda file: uk.parse_xml(file.data, file.as_of),
    "uk-csv": lambda file: uk.parse_csv(file.data, file.as_of),
    "opensanctions": lambda file: opensanctions.parse(file.data, file.as_of),
    "habeas": lambda file: own.parse(file.data, file.as_of),
    "wallets": lambda file: wallet_lists.parse(file.data, file.as_of, name=file.name),
}
_LAYOUTS: dict[str, ofac_csv.Layout] = {
    "ofac-sdn-csv": ofac_csv.SDN,
    "ofac-alt-csv": ofac_csv.ALT,
    "ofac-add-csv": ofac_csv.ADD,
    "ofac-comments-csv": ofac_csv.COMMENTS,
}


def load_lists(files: Sequence[ListFile]) -> tuple[ParsedList, ...]:
    """The lists in some files, in the order of the files; `sdn.csv` is joined with those of its companions that are there.

    Raises UnknownListError or ListDamagedError for the first file that cannot be used, and then none is.
    """
    lists: list[ParsedList] = []
    parts: dict[str, ofac_csv.CsvFile] = {}
    for file in files:
        format_ = recognise(file.data, file.name)
        if format_.name not in _LAYOUTS:
            lists.append(_PARSERS[format_.name](file))
            continue
        if format_.name in parts:
            raise ListDamagedError(f"{file.name} is a second {format_.title}; load one list at a time")
        parts[format_.name] = ofac_csv.read_csv(
            file.data, _LAYOUTS[format_.name], as_of=file.as_of, resaved=file.resaved
        )
    if parts:
        sdn = parts.pop("ofac-sdn-csv", None)
        if sdn is None:
            raise ListDamagedError(
                f"{next(iter(parts.values())).layout.file} says something about entries of sdn.csv only; load both together"
            )
        lists.insert(0, ofac_csv.join(sdn, *parts.values()))
    return tuple(lists)
