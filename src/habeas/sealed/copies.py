"""Copies of what the public store has about an account: kept for an authority, or handed over.

A copy that is kept here is why a deletion there need not be delayed, and so tells nobody anything (model 3.4).
"""

import msgspec

from habeas.domain.ids import AccountId
from habeas.service.ports import Reader

PARTS: dict[str, tuple[str, ...]] = {
    "profile": ("account.", "kyc.", "document."),
    "logins": ("login.", "session.", "credential.", "phone."),
    "transactions": ("withdrawal.", "deposit.", "transfer.", "p2p.", "order."),
}
"""What can be asked for, by the beginnings of the types of events."""

LEAST = ("profile", "logins")
"""What an emergency gets: who it is and where from."""

_encode = msgspec.json.Encoder(decimal_format="string").encode


def copy_of(reader: Reader, account: AccountId, parts: tuple[str, ...]) -> bytes:
    """The events of an account in the wanted parts, as JSON; all of them where none is named."""
    beginnings = tuple(b for part in parts or tuple(PARTS) for b in PARTS[part])
    events = [
        {"id": e.id, "type": e.type, "time": e.time, "data": msgspec.Raw(e.body)}
        for e in reader.events(account)
        if e.type.startswith(beginnings)
    ]
    return _encode({"account": account, "parts": parts or tuple(PARTS), "events": events})
