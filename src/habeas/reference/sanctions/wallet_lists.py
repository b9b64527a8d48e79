"""Plain lists of wallets: one address a line, nothing else, as `sanctioned_addresses_XBT.txt` (0xB10C, from OFAC's list).

Such a file does not say of which asset it is, so its name does; where that does not help, the form of each address. An
address is its own entry, of nobody named.
"""

import re
from collections.abc import Iterator
from datetime import date

from habeas.domain.listing import EntityKind, ListedEntity, ListedWallet, ListVersion, ParsedList, SourceFile
from habeas.reference.sanctions.damage import ListDamagedError, digest_of, text_of
from habeas.reference.sanctions.wallets import chain_named, chains_of
from habeas.reference.sanctions.whole import whole_list

LIST = "WALLETS"
_LINE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9:_/+-]{19,129}$")
_ASSET = re.compile(r"_([A-Z0-9]{2,8})\.txt$")


def is_wallet_list(text: str) -> bool:
    """Whether a text is addresses and nothing else, judged by its first lines; most of them have a form that is known."""
    lines = text.split("\n", maxsplit=20)[:20]
    whole = [line.strip() for line in lines[:-1] if line.strip()]
    return (
        bool(whole) and all(map(_LINE.match, whole)) and 2 * sum(bool(chains_of(line)) for line in whole) > len(whole)
    )


def asset_in(name: str) -> str:
    """The asset in the name of a file, `XBT` in `sanctioned_addresses_XBT.txt`; "" if there is none."""
    found = _ASSET.search(name)
    return found[1] if found else ""


def parse(data: bytes, as_of: date | None = None, *, name: str = "") -> ParsedList:
    """The list. Each asset is a list of its own (`WALLETS-XBT`). `name` is the file's. Raises ListDamagedError."""
    asset = asset_in(name)
    what = f"the wallet list {name}".rstrip()
    text = text_of(data, what)
    if text and not text.endswith("\n"):
        raise ListDamagedError(f"{what} is cut off: its last line does not end; fetch it again")
    list_ = f"{LIST}-{asset}" if asset else LIST
    entities = [
        _entity(list_, line.strip(), number, asset, what)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip()
    ]
    digest = digest_of(data)
    version = ListVersion(
        list=list_,
        version=as_of.isoformat() if as_of else digest[:12],
        as_of=as_of,
        sha256=digest,
        entries=len(entities),
        files=(SourceFile(name or "wallet list", digest, as_of),),
        notes=tuple(_notes(entities, asset)),
    )
    return whole_list(version, entities, what=what)


def _entity(list_: str, address: str, line: int, asset: str, what: str) -> ListedEntity:
    if not _LINE.match(address):
        raise ListDamagedError(f"{what} is damaged at line {line}: `{address[:80]}` is no address; fetch it again")
    return ListedEntity(list=list_, entry=address, kind=EntityKind.UNNAMED, wallets=(ListedWallet(asset, address),))


def _notes(entities: list[ListedEntity], asset: str) -> Iterator[str]:
    if not asset:
        yield "the file's name says no asset, so the form of each address says which chains it may be of"
    # Publishers have listed mistyped addresses; such a one is kept, and found only when it is spelled alike.
    strange = [entity.entry for entity in entities if not _fits(entity.entry, asset)]
    if strange:
        yield f"{len(strange)} addresses have no form that is known for {asset or 'any asset'}, among them `{strange[0]}`"


def _fits(address: str, asset: str) -> bool:
    chains, own = chains_of(address, asset=asset), chain_named(asset)
    return bool(chains) and (own is None or own in chains)
