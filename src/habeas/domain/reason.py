"""Why an account is limited: the open registry of reasons, and what a user may be told (model 5.5, 5.7)."""

from enum import StrEnum

from msgspec import Struct


class Reason(StrEnum):
    """The reasons that Habeas knows. The registry is open: a playbook may add its own codes (row A027)."""

    ACCOUNT_TAKEOVER = "ACCOUNT_TAKEOVER"
    SCAM_VICTIM = "SCAM_VICTIM"
    SCAM_CONTACT = "SCAM_CONTACT"
    SCAM_OFFENDER = "SCAM_OFFENDER"
    SANCTIONS_NEXUS = "SANCTIONS_NEXUS"
    SANCTIONED_RESIDENCE = "SANCTIONED_RESIDENCE"
    SANCTIONED_TRAVEL = "SANCTIONED_TRAVEL"
    RESTRICTED_TRAVEL = "RESTRICTED_TRAVEL"
    TOS_FAKE_DOCUMENT = "TOS_FAKE_DOCUMENT"
    TOS_ABUSE = "TOS_ABUSE"
    TOS_HACKER_SIGNS = "TOS_HACKER_SIGNS"
    MISSING_DOCUMENT = "MISSING_DOCUMENT"
    TAINTED_FUNDS = "TAINTED_FUNDS"
    MALICIOUS_USER = "MALICIOUS_USER"
    LEGAL_ORDER = "LEGAL_ORDER"
    IP_REGION = "IP_REGION"
    IP_REPUTATION = "IP_REPUTATION"
    NETWORK_MISIDENTIFIED = "NETWORK_MISIDENTIFIED"
    KYC_REGION = "KYC_REGION"
    POLICY_EXIT = "POLICY_EXIT"
    RISK_CONTROL = "RISK_CONTROL"
    REREGISTRATION = "REREGISTRATION"
    TERMS_REVIEW = "TERMS_REVIEW"
    """Public only: the cover class, used by ordinary reviews too (model 5.5)."""
    SYSTEM_REVIEW = "SYSTEM_REVIEW"
    """Habeas could not judge an event or read a record, so it holds what moves value out until a person has looked."""


class Purpose(StrEnum):
    """The three purposes of row A001. One of them stands behind every restriction."""

    PROTECT_USER = "protect_user"
    COMPLY_LAW = "comply_law"
    PROTECT_OTHERS = "protect_others"


class Disclosure(StrEnum):
    """How much the user is told, most open first. GAGGED and STATUTORY belong to the sealed desk."""

    FULL = "FULL"
    LIMITED = "LIMITED"
    GAGGED = "GAGGED"
    STATUTORY = "STATUTORY"


class Basis(StrEnum):
    """On what footing a restriction stands."""

    CONTRACT = "contract"
    LAW = "law"
    LICENCE = "licence"
    ORDER = "order"


class Tier(StrEnum):
    """Whose law it is (row A014)."""

    LOCAL = "local"
    STATE = "state"
    FEDERAL = "federal"
    FOREIGN = "foreign"


class LegalGround(Struct, frozen=True, forbid_unknown_fields=True):
    """The clause or act a restriction rests on, tagged with the jurisdiction whose rule it is.

    `clause` is the id of a clause of the Terms (`terms-9`) or the usual citation of an act; `jurisdiction` an ISO 3166
    code, or `contract` where only the Terms apply.
    """

    basis: Basis
    clause: str
    jurisdiction: str
    tier: Tier
