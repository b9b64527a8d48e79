"""What a user has shown, on which the ways out rest: proofs of control, accepted documents, a lesson, a declaration."""

from datetime import datetime, timedelta

from msgspec import Struct

PROOFS_MAX = 24
KEPT_FOR = timedelta(days=366)

EDUCATION = "education"
DECLARATION = "declaration"
KYC = "kyc"


class Proof(Struct, frozen=True, array_like=True):
    """Something that was shown, and when: `challenge:passkey`, `document:passport`, `education`, `declaration`, `kyc`."""

    what: str
    at: datetime
    about: str = ""
    """The restriction that it was shown for, where it is for one only."""

    @property
    def is_of_identity(self) -> bool:
        """Whether it shows who or where somebody is, and not only who is in control just now."""
        return self.what == KYC or self.what.startswith(by_document(""))


def by_challenge(method: str) -> str:
    """What a passed challenge proves."""
    return f"challenge:{method}"


def by_document(kind: str) -> str:
    """What an accepted document proves."""
    return f"document:{kind}"


def with_proof(proofs: tuple[Proof, ...], proof: Proof) -> tuple[Proof, ...]:
    """The proofs with one more. Of the same thing the latest counts; what is over a year old is forgotten, and of too many the
    oldest.
    """
    others = (p for p in proofs if (p.what, p.about) != (proof.what, proof.about) and proof.at - p.at <= KEPT_FOR)
    return (*others, proof)[-PROOFS_MAX:]


def is_shown(proofs: tuple[Proof, ...], what: str, since: datetime, about: str = "") -> bool:
    """Whether something was shown since an instant, for everything or for this restriction."""
    return any(p.what == what and p.at >= since and p.about in ("", about) for p in proofs)
