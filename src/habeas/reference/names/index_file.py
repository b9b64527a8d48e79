"""A name index as one file, so that a start takes milliseconds instead of seconds, kept by the lists' digests."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import cast

from habeas.domain.errors import BadInputError
from habeas.domain.listing import ListVersion
from habeas.reference.names import table_file
from habeas.reference.names.index import NameIndex
from habeas.reference.names.tables import Keys, Lists, Texts
from habeas.reference.names.vocabulary import TABLES as VOCABULARY_TABLES
from habeas.reference.names.vocabulary import Vocabulary

LAYOUT = table_file.Layout(
    mark=b"HABEASNM",
    # To be raised with every change of the layout, of the words that are made of a name, and of their keys and weights.
    version=1,
    what="an index of names",
    tables=(
        *VOCABULARY_TABLES,
        ("names_with_ends", "I"),
        ("names_with", "I"),
        ("unit_ends", "I"),
        ("units", "I"),
        ("totals", "d"),
        ("entity_of", "I"),
        ("first_name", "I"),
        ("entity_ends", "I"),
        ("entities", "B"),
        ("identifiers", "Q"),
    ),
)


def encode(index: NameIndex) -> bytes:
    """The bytes of an index."""
    tables = {
        **index.vocabulary.tables(),
        "names_with_ends": index.names_with.ends,
        "names_with": index.names_with.items,
        "unit_ends": index.units.ends,
        "units": index.units.items,
        "totals": index.totals,
        "entity_of": index.entity_of,
        "first_name": index.first_name,
        "entity_ends": index.entities.ends,
        "entities": index.entities.blob,
        "identifiers": index.identifiers.packed,
    }
    return table_file.encode(LAYOUT, index.versions, tables)


def decode(data: bytes) -> NameIndex:
    """The index from its bytes. Raises TableFileError unless they are exactly what was written here."""
    versions, tables = table_file.decode(LAYOUT, data, tuple[ListVersion, ...])

    def numbers(name: str) -> Sequence[int]:
        return cast("Sequence[int]", tables[name])

    def fractions(name: str) -> Sequence[float]:
        return cast("Sequence[float]", tables[name])

    return NameIndex(
        versions,
        Vocabulary.from_tables(tables),
        Lists(numbers("names_with_ends"), numbers("names_with")),
        Lists(numbers("unit_ends"), numbers("units")),
        fractions("totals"),
        numbers("entity_of"),
        numbers("first_name"),
        Texts(numbers("entity_ends"), tables["entities"]),
        Keys(numbers("identifiers")),
    )


def save(index: NameIndex, path: Path) -> None:
    """Write the file, whole or not at all. Raises BadInputError when it cannot be written."""
    table_file.write(encode(index), path)


def load(path: Path) -> NameIndex:
    """Read the file. Raises BadInputError when it cannot be read, TableFileError when it is to be made again."""
    return decode(table_file.read(path))


def kept(folder: Path, digests: Sequence[str], make: Callable[[], NameIndex]) -> NameIndex:
    """The index of lists with these digests: from the folder if it is there, else made and, if possible, kept there.

    A folder that cannot be written to, or a file in it that cannot be used, costs time and nothing else.
    """
    name = sha256("\n".join([str(LAYOUT.version), *digests]).encode()).hexdigest()[:24]
    path = folder / f"names-{name}.index"
    if path.exists():
        with suppress(BadInputError):
            return load(path)
    index = make()
    with suppress(BadInputError):
        save(index, path)
    return index
