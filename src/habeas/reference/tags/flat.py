"""GraphSense TagPacks flattened into one csv: a row a tag, the head's words written out, the pack in a column."""

from datetime import date

from habeas.domain.errors import BadInputError
from habeas.domain.tag import TagOrigin
from habeas.reference.tags.csv_rows import rows
from habeas.reference.tags.making import Maker, Said, TagSet, tag_set, version_of

COLUMNS = ("address", "currency", "category", "label", "confidence", "lastmod", "source", "pack")


def parse(data: bytes, file: str, name: str, as_of: date | None = None) -> TagSet:
    """The tags. The column `category` holds the abuse where there is one. Raises BadInputError, naming the line."""
    read = list(rows(data, file, COLUMNS))
    as_of = max((day for line, row in read if (day := _day(row["lastmod"], file, line))), default=None) or as_of
    version = version_of(data, as_of)
    maker = Maker(f"{name}@{version}", TagOrigin.PUBLISHED)
    for line, row in read:
        try:
            maker.add(
                Said(
                    address=row["address"],
                    currency=row["currency"],
                    category=row["category"],
                    confidence=row["confidence"],
                    label=row["label"] or row["pack"],
                    url=row["source"],
                )
            )
        except BadInputError as exc:
            raise BadInputError(f"`{file}`, line {line}: {exc}") from None
    return tag_set(name, version, as_of, maker)


def _day(text: str, file: str, line: int) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        raise BadInputError(f"`{file}`, line {line}: `{text[:40]}` is no day; write it like 2026-11-22") from None
