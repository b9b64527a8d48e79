"""From AS numbers to networks, by the operator's own ASN database (`GeoLite2-ASN` and files like it).

Done when lists are compiled, so that a look-up costs the same with and without.
"""

from pathlib import Path

from habeas.domain.errors import BadInputError
from habeas.reference.mmdb import records, type_of
from habeas.reference.network_lists import AsnList, NetworkList


def expand(asns: AsnList, database: Path) -> NetworkList:
    """The networks that the AS numbers of a list announce, by one database. Takes a minute for a whole internet.

    Raises BadInputError when the database cannot be read, is of another kind, or knows none of the numbers.
    """
    prefixes = []
    has_numbers = False
    for prefix, record in records(database):
        number = record.get("autonomous_system_number") if isinstance(record, dict) else None
        if number is None:
            continue
        has_numbers = True
        if number in asns.numbers:
            prefixes.append(prefix)
    type_ = type_of(database)
    if not has_numbers:
        raise BadInputError(
            f"`{database}` is a database of type `{type_}`, which has no AS numbers; name an ASN database"
        )
    if not prefixes:
        raise BadInputError(f"`{database}` knows none of the AS numbers in `{asns.source}`")
    return NetworkList(asns.tag, f"{asns.source} by {type_}", asns.as_of, tuple(prefixes))
