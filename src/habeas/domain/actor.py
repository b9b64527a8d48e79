"""Who acts: a detector, or a person in a role (model 5.9). Separation of duties is judged on these."""

from enum import StrEnum

from msgspec import Struct


class Role(StrEnum):
    """The roles of model 5.9. `detector` is the automation; `user` is the holder acting on the own account."""

    DETECTOR = "detector"
    USER = "user"
    FRONTLINE = "frontline"
    ANALYST = "analyst"
    SENIOR_ANALYST = "senior_analyst"
    SANCTIONS_OFFICER = "sanctions_officer"
    MLRO = "mlro"
    LE_DESK = "le_desk"
    COUNSEL = "counsel"
    APPEALS_OFFICER = "appeals_officer"
    CAMPAIGN_MANAGER = "campaign_manager"
    AUDITOR = "auditor"
    SEALED_AUDITOR = "sealed_auditor"


class Actor(Struct, frozen=True, array_like=True):
    """A name and the role it acts in, for example `jane` as `analyst`, or `travel/1` as `detector`."""

    name: str
    role: Role

    @property
    def is_person(self) -> bool:
        return self.role not in (Role.DETECTOR, Role.USER)

    def __str__(self) -> str:
        return f"{self.name}:{self.role}"


RESTRICTING_ROLES = frozenset(
    {Role.ANALYST, Role.SENIOR_ANALYST, Role.SANCTIONS_OFFICER, Role.MLRO, Role.COUNSEL, Role.CAMPAIGN_MANAGER}
)
"""Who may place or renew a restriction. The front line reads and helps; auditors only read."""

RELEASING_ROLES = RESTRICTING_ROLES | {Role.APPEALS_OFFICER}
"""Who may lift or annul one."""

EXEMPTING_ROLES = frozenset({Role.SENIOR_ANALYST, Role.MLRO, Role.COUNSEL})
"""Who may suppress new discretionary restrictions on an account (row A028)."""
