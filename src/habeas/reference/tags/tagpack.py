"""GraphSense TagPacks: YAML in which the head says what holds for every tag that does not say otherwise."""

from collections.abc import Mapping as AnyMapping
from datetime import date
from typing import Any

from habeas.domain.errors import BadInputError
from habeas.domain.tag import TagOrigin
from habeas.reference.tags.making import Maker, Said, TagSet, tag_set, version_of
from habeas.reference.tags.yaml_tree import read_yaml

_TEXTS = ("address", "currency", "network", "category", "abuse", "confidence", "label", "actor", "source", "lastmod")
_OWN_TO_THE_PACK = frozenset({"title", "creator", "description", "tags"})


def parse(data: bytes, file: str, name: str, as_of: date | None = None) -> TagSet:
    """The tags of a pack. `name` is what it is called; `as_of` counts where the pack has no `lastmod`.

    Raises BadInputError, naming the file and the entry, for the first one that cannot be used, and then none is.
    """
    pack = read_yaml(data, file)
    if not isinstance(pack, dict) or not isinstance(entries := pack.get("tags"), list):
        raise BadInputError(f"`{file}` has no list of `tags`, so it is no TagPack; check which file it is")
    head = {key: value for key, value in pack.items() if key not in _OWN_TO_THE_PACK}
    as_of = _last_day(entries, head, file) or as_of
    version = version_of(data, as_of)
    maker = Maker(f"{name}@{version}", TagOrigin.PUBLISHED)
    of_transactions = 0
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            raise BadInputError(f"`{file}`, entry {number}: is no tag; write `address:` and what is said of it")
        if "address" not in entry and "tx_hash" in entry:
            of_transactions += 1
            continue
        try:
            maker.add(_said({**head, **entry}, str(pack.get("title", name))))
        except BadInputError as exc:
            raise BadInputError(f"`{file}`, entry {number} (line {_line(entry)}): {exc}") from None
    notes = [f"{of_transactions} tags are of transactions, which are left out"] if of_transactions else []
    return tag_set(name, version, as_of, maker, notes)


def _said(said: AnyMapping[str, Any], title: str) -> Said:
    texts = {key: _text(said, key) for key in _TEXTS}
    concepts = said.get("concepts") or []
    if not isinstance(concepts, list) or not all(isinstance(concept, str) for concept in concepts):
        raise BadInputError("`concepts` must be a list of words")
    return Said(
        address=texts["address"],
        currency=texts["currency"],
        network=texts["network"],
        category=texts["category"],
        abuse=texts["abuse"],
        concepts=tuple(concepts),
        confidence=texts["confidence"],
        label=texts["label"] or texts["actor"] or title,
        url=texts["source"],
    )


def _text(said: AnyMapping[str, Any], key: str) -> str:
    value = said.get(key, "")
    if not isinstance(value, str):
        raise BadInputError(f"`{key}` must be one text")
    return value.strip()


def _last_day(entries: list[Any], head: AnyMapping[str, Any], file: str) -> date | None:
    """The last day on which anything in the pack was changed."""
    days = [_day(head, f"`{file}`")]
    days += [
        _day(entry, f"`{file}`, entry {number} (line {_line(entry)})")
        for number, entry in enumerate(entries, 1)
        if isinstance(entry, dict) and "lastmod" in entry
    ]
    return max((day for day in days if day), default=None)


def _line(entry: Any) -> int:
    return int(entry.line)


def _day(said: AnyMapping[str, Any], where: str) -> date | None:
    text = str(said.get("lastmod") or "")
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        raise BadInputError(f"{where}: `lastmod` `{text[:40]}` is no day; write it like 2026-11-22") from None
