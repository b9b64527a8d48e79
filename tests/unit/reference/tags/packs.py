"""Small packs, and where the real ones lie."""

from datetime import date
from typing import Any

from habeas.domain.tag import Tag, TagOrigin, TagRole
from habeas.reference.tags.load import load_tags
from habeas.reference.tags.making import TagSet
from tests.real_data import FOLDER, needs

ONCHAIN = FOLDER / "onchain"
TAGPACKS = ONCHAIN / "tagpacks"
with_real_packs = needs(TAGPACKS, ONCHAIN / "flagged_graphsense.csv", ONCHAIN / "forta")

ETHER = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96"
OTHER = "0xa0e1c89Ef1a489c9C7dE96311eD5Ce5D32c20E4B"
BITCOIN = "149w62rY42aZBox8fGcmqNsXUzSStKeq8C"
DAY = date(2026, 11, 22)


def a_tag(**more: Any) -> Tag:
    fields: dict[str, Any] = {
        "chain": "evm",
        "address": ETHER.lower(),
        "role": TagRole.PERPETRATOR,
        "category": "scam",
        "label": "a scam",
        "confidence": 50,
        "origin": TagOrigin.PUBLISHED,
        "source": "p@1",
    }
    return Tag(**fields | more)


def a_pack(*entries: str, head: str = "currency: ETH\nsource: https://example.org") -> bytes:
    """A TagPack; an entry is its lines with `;` for line breaks."""
    tags = "".join("- " + entry.replace("; ", "\n  ") + "\n" for entry in entries)
    return f"title: a pack\ncreator: somebody\n{head}\ntags:\n{tags}".encode()


HEAD = 'set = "incidents"\norigin = "own_incident"\nas_of = 2026-11-22\n'
FIELDS = {
    "id": '"INC-17"',
    "address": f'["{ETHER}", "{OTHER}"]',
    "chain": '"ethereum"',
    "role": '"perpetrator"',
    "category": '"theft"',
    "label": '"theft from hot wallet 3"',
    "note": '"seen on our own node"',
    "by": '"jane:analyst"',
    "valid_from": "2026-11-20T18:00:00Z",
}


def own(head: str = HEAD, **changed: str | None) -> bytes:
    fields = {key: value for key, value in {**FIELDS, **changed}.items() if value is not None}
    return (head + "\n[[tag]]\n" + "".join(f"{key} = {value}\n" for key, value in fields.items())).encode()


def read(data: bytes, file: str = "p.yaml") -> TagSet:
    return load_tags(data, file, "p")


def real_set(name: str) -> TagSet:
    return load_tags((TAGPACKS / f"{name}.yaml").read_bytes(), f"{name}.yaml", name)


def real_sets() -> list[TagSet]:
    return [real_set(path.stem) for path in sorted(TAGPACKS.glob("*.yaml"))]
