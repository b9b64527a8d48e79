"""The kinds of restriction and how far each limits every capability (model 5.1).

The table below is the authority. It is written so that it can be read beside the model and shown to a compliance officer.
"""

from enum import StrEnum

from habeas.domain.capability import ACCOUNT_CAPABILITIES, FLOOR, OUTFLOW, Capability, Level


class Kind(StrEnum):
    """What a restriction denies. Why, to what extent and for how long are separate (model 1.1)."""

    STEP_UP = "STEP_UP"
    TEMP_RISK = "TEMP_RISK"
    OUTFLOW_HOLD = "OUTFLOW_HOLD"
    REGION_LOCK = "REGION_LOCK"
    WITHDRAW_ONLY = "WITHDRAW_ONLY"
    OFFBOARD_NOTICE = "OFFBOARD_NOTICE"
    DEPOSIT_HOLD = "DEPOSIT_HOLD"
    FROZEN = "FROZEN"
    LEGAL_FREEZE = "LEGAL_FREEZE"
    SANCTIONS_BLOCK = "SANCTIONS_BLOCK"
    PERM_BAN = "PERM_BAN"
    IP_BLOCK = "IP_BLOCK"
    """Of one request, because of its IP; never stored on an account."""


ACCOUNT_KINDS: tuple[Kind, ...] = tuple(k for k in Kind if k is not Kind.IP_BLOCK)

# `.` ALLOW, `s` STEP_UP, `h` HOLD, `X` DENY. Columns are ACCOUNT_KINDS in order; IP_BLOCK stands apart below.
_TABLE = """
                    STEP_UP TEMP_RISK OUTFLOW_HOLD REGION_LOCK WITHDRAW_ONLY OFFBOARD_NOTICE DEPOSIT_HOLD FROZEN LEGAL_FREEZE SANCTIONS_BLOCK PERM_BAN
login                  .        .          s            .            .              .              .         X         X             s            X
view                   .        .          .            .            .              .              .         X         X             .            X
place_order            .        X          X            X            X              .              .         X         X             X            X
close_position         .        .          s            .            .              .              .         X         X             X            X
cancel_order           .        .          .            .            .              .              .         X         X             X            X
withdraw_crypto        s        s          X            .            .              .              .         X         X             X            h
withdraw_fiat          s        s          X            .            .              .              .         X         X             X            h
deposit_crypto         .        .          .            X            X              .              .         X         X             h            X
deposit_fiat           .        X          X            X            X              .              .         X         X             X            X
p2p                    s        X          X            X            X              .              .         X         X             X            X
transfer_out           s        X          X            X            X              .              .         X         X             X            X
transfer_own           .        .          X            .            .              .              .         X         X             X            X
upgrade_kyc            .        X          X            X            X              X              .         X         X             X            X
submit_documents       .        .          .            .            .              .              .         .         .             .            .
create_subaccount      .        X          X            X            X              X              .         X         X             X            X
api_keys               s        X          X            X            X              .              .         X         X             X            X
change_security        s        s          h            .            .              .              .         X         X             X            X
contact_support        .        .          .            .            .              .              .         .         .             .            .
file_appeal            .        .          .            .            .              .              .         .         .             .            .
export_data            s        .          s            .            .              .              .         s         s             .            s
deactivate             s        h          X            .            .              .              X         X         X             X            X
"""  # noqa: E501 - one row per capability, one column per kind: a table is read across

_SIGNS = {".": Level.ALLOW, "s": Level.STEP_UP, "h": Level.HOLD, "X": Level.DENY}


def _read(table: str) -> dict[Kind, dict[Capability, Level]]:
    head, *rows = (line.split() for line in table.strip().splitlines())
    levels: dict[Kind, dict[Capability, Level]] = {Kind(name): {} for name in head}
    for capability, *signs in rows:
        for kind, sign in zip(levels.values(), signs, strict=True):
            kind[Capability(capability)] = _SIGNS[sign]
    # An applicant has no account yet; an account that may not upgrade its identity check could not have been opened.
    for kind in levels.values():
        kind[Capability.OPEN_ACCOUNT] = kind[Capability.UPGRADE_KYC]
    return levels


LEVELS: dict[Kind, dict[Capability, Level]] = _read(_TABLE)
"""How far a restriction of each kind, of scope `account` or `holder`, limits each capability."""

LEVELS[Kind.IP_BLOCK] = {c: Level.ALLOW if c in FLOOR else Level.DENY for c in Capability}

FOUR_EYES_KINDS = frozenset({Kind.PERM_BAN, Kind.LEGAL_FREEZE, Kind.SANCTIONS_BLOCK})
"""Placed and released by two people, always (model 5.4)."""

PERSON_ONLY_KINDS = frozenset({Kind.FROZEN, Kind.PERM_BAN, Kind.LEGAL_FREEZE})
"""Never placed by a score alone (model 5.2)."""

DECLARED_FACT_KINDS = frozenset({Kind.REGION_LOCK, Kind.WITHDRAW_ONLY, Kind.OFFBOARD_NOTICE})
"""They rest on a declared fact or on policy, which counts like a reviewed case, and need no end date (model 5.2)."""

HELD_BY_LAW_KINDS = frozenset({Kind.SANCTIONS_BLOCK, Kind.LEGAL_FREEZE})
"""What law, not the house, requires: no exemption suppresses them, and time never frees what they hold (model 5.2)."""

MONEY_HELD_KINDS = frozenset(
    {Kind.FROZEN, Kind.LEGAL_FREEZE, Kind.SANCTIONS_BLOCK, Kind.PERM_BAN, Kind.DEPOSIT_HOLD, Kind.OUTFLOW_HOLD}
)
"""While one of these is in force nobody may be told that there is no need to worry about assets (row B058)."""

SEVERITY: dict[Kind, int] = {
    kind: rank
    for rank, kind in enumerate(
        (
            Kind.STEP_UP,
            Kind.IP_BLOCK,
            Kind.OFFBOARD_NOTICE,
            Kind.DEPOSIT_HOLD,
            Kind.TEMP_RISK,
            Kind.REGION_LOCK,
            Kind.WITHDRAW_ONLY,
            Kind.OUTFLOW_HOLD,
            Kind.FROZEN,
            Kind.SANCTIONS_BLOCK,
            Kind.LEGAL_FREEZE,
            Kind.PERM_BAN,
        )
    )
}
"""The order in which restrictions are shown, mildest first (a region lock is milder than a freeze: row B077)."""


def holds_outflow(kind: Kind) -> bool:
    """Whether a kind at least holds everything that moves value out, as narrower scopes do for what they reach."""
    return all(LEVELS[kind][c] >= Level.HOLD for c in OUTFLOW)


def covers(heavier: Kind, lighter: Kind) -> bool:
    """Whether one kind limits every capability at least as far as another does."""
    return all(LEVELS[heavier][c] >= LEVELS[lighter][c] for c in ACCOUNT_CAPABILITIES)
