"""How a user is reached: the e-mail address of the account's profile, and the language of its notices.

After a change the former address is told as well for a while: whoever takes an account over changes the address first.
"""

import re
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

FORMER_TOLD_FOR = timedelta(days=7)
ADDRESS_LENGTH_MAX = 254
"""RFC 5321, section 4.5.3.1.3, without the angle brackets."""

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f]+@[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f]+\Z")


class Contact(Struct, frozen=True, array_like=True, omit_defaults=True):
    """What the profile says of how to reach the user; empty where it says nothing."""

    email: str = ""
    locale: str = ""
    former_email: str = ""
    former_until_at: datetime | None = None

    def addresses(self, at: datetime) -> tuple[str, ...]:
        """Where notices go at an instant: the address, and the former one while it is told as well."""
        is_told = self.former_until_at is not None and at < self.former_until_at
        return tuple(address for address in (self.email, self.former_email if is_told else "") if address)

    def changed(self, email: str | None, locale: str | None, at: datetime) -> "Contact":
        """What a profile makes of it. What is no address changes nothing.

        The former address stays the one from before the first of several changes, so that changing twice hides nothing.
        """
        contact = self if locale is None else replace(self, locale=locale)
        if email is None or email == self.email or not is_address(email):
            return contact
        is_told = self.former_until_at is not None and at < self.former_until_at
        former = self.former_email if is_told else self.email
        until_at = self.former_until_at if is_told else at + FORMER_TOLD_FOR
        return replace(contact, email=email, former_email=former, former_until_at=until_at if former else None)


def is_address(text: str) -> bool:
    """Whether a text can stand in an e-mail as one address."""
    return len(text) <= ADDRESS_LENGTH_MAX and _ADDRESS.match(text) is not None
