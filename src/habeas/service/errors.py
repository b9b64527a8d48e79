"""Errors, counted against what made them: how often each detector and each role placed what was annulled, and how long that
had stood (rows A025, A080).
"""

from collections.abc import Iterable
from datetime import timedelta

from msgspec import Struct

from habeas.domain.imported import LEGACY, is_carried_over
from habeas.domain.restriction import Restriction, Status
from habeas.service.ports import Reader


class Errors(Struct, frozen=True, kw_only=True):
    """Of one detector (with its version), role or older system (`legacy`): what it placed, and what of that was void from the
    start.
    """

    placed_by: str
    placed: int
    annulled: int
    lifted: int
    """Ended early by a person or a proof: not an error, and not nothing."""
    annulled_median_h: float | None
    """How long what was annulled had stood, in hours."""
    annulled_p95_h: float | None


def errors(reader: Reader) -> list[Errors]:
    """Counted over all accounts, the most annulled first. Raises UnreadableRecordError."""
    placed: dict[str, list[Restriction]] = {}
    for account in reader.accounts():
        for restriction in reader.restrictions(account):
            if restriction.status not in (Status.PROPOSED, Status.DECLINED):
                placed.setdefault(_placed_by(restriction), []).append(restriction)
    found = [_of(name, restrictions) for name, restrictions in placed.items()]
    return sorted(found, key=lambda each: (-each.annulled, -each.placed, each.placed_by))


def _placed_by(restriction: Restriction) -> str:
    if is_carried_over(restriction):
        return LEGACY  # Whoever brought it in has not decided it.
    by = restriction.placed_by
    return by.name if restriction.is_automated else f"role {by.role}"


def _of(name: str, restrictions: list[Restriction]) -> Errors:
    void = [r for r in restrictions if r.status is Status.ANNULLED]
    stood = sorted((r.ended_at - r.starts_at) / timedelta(hours=1) for r in void if r.ended_at is not None)
    return Errors(
        placed_by=name,
        placed=len(restrictions),
        annulled=len(void),
        lifted=sum(r.status is Status.LIFTED for r in restrictions),
        annulled_median_h=_quantile(stood, 0.5),
        annulled_p95_h=_quantile(stood, 0.95),
    )


def _quantile(ordered: Iterable[float], share: float) -> float | None:
    values = tuple(ordered)
    return round(values[min(len(values) - 1, int(share * len(values)))], 2) if values else None
