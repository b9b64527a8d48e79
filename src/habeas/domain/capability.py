"""What an account may do (`Capability`) and how far it may do it now (`Level`)."""

from collections.abc import Iterable
from enum import StrEnum


class Level(StrEnum):
    """An answer to "may it?", ordered ALLOW < STEP_UP < HOLD < DENY; several answers join with the highest."""

    ALLOW = "ALLOW"
    STEP_UP = "STEP_UP"
    """Allowed after a fresh proof of control (a passkey, a code, a liveness check)."""
    HOLD = "HOLD"
    """Accepted but queued until a condition is met or a person has looked."""
    DENY = "DENY"

    # A StrEnum would compare alphabetically, which puts DENY below HOLD.
    def __lt__(self, other: str) -> bool:
        return RANK[self] < RANK[other]

    def __le__(self, other: str) -> bool:
        return RANK[self] <= RANK[other]

    def __gt__(self, other: str) -> bool:
        return RANK[self] > RANK[other]

    def __ge__(self, other: str) -> bool:
        return RANK[self] >= RANK[other]


RANK: dict[str, int] = {level: rank for rank, level in enumerate(Level)}


def join(levels: Iterable[Level]) -> Level:
    """The highest of several levels; ALLOW when there is none."""
    return max(levels, key=RANK.__getitem__, default=Level.ALLOW)


class Capability(StrEnum):
    """The 21 things an account may do, and `open_account`, which an applicant asks for before there is an account."""

    LOGIN = "login"
    VIEW = "view"
    PLACE_ORDER = "place_order"
    CLOSE_POSITION = "close_position"
    CANCEL_ORDER = "cancel_order"
    WITHDRAW_CRYPTO = "withdraw_crypto"
    WITHDRAW_FIAT = "withdraw_fiat"
    DEPOSIT_CRYPTO = "deposit_crypto"
    DEPOSIT_FIAT = "deposit_fiat"
    P2P = "p2p"
    TRANSFER_OUT = "transfer_out"
    TRANSFER_OWN = "transfer_own"
    UPGRADE_KYC = "upgrade_kyc"
    SUBMIT_DOCUMENTS = "submit_documents"
    CREATE_SUBACCOUNT = "create_subaccount"
    API_KEYS = "api_keys"
    CHANGE_SECURITY = "change_security"
    CONTACT_SUPPORT = "contact_support"
    FILE_APPEAL = "file_appeal"
    EXPORT_DATA = "export_data"
    DEACTIVATE = "deactivate"
    OPEN_ACCOUNT = "open_account"


ACCOUNT_CAPABILITIES: tuple[Capability, ...] = tuple(c for c in Capability if c is not Capability.OPEN_ACCOUNT)

FLOOR = frozenset(
    {Capability.CONTACT_SUPPORT, Capability.SUBMIT_DOCUMENTS, Capability.FILE_APPEAL, Capability.EXPORT_DATA}
)
"""Never held or denied, by anything (model 1.3). STEP_UP at most, so that a thief cannot download the identity file."""

OUTFLOW = frozenset({Capability.WITHDRAW_CRYPTO, Capability.WITHDRAW_FIAT, Capability.P2P, Capability.TRANSFER_OUT})
"""What moves value to somebody else. When in doubt about these: hold, and open a case."""
