"""Reports that we owe authorities: that one was made, or not, is itself never told (row A053)."""

from datetime import datetime

import msgspec
from msgspec import Struct

from habeas.domain.actor import Actor
from habeas.domain.decision import Refusal
from habeas.domain.ids import AccountId
from habeas.sealed.policy import ReportType


class Report(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A report task, from the day on which it is owed until it is filed."""

    id: str
    type: ReportType
    account: AccountId
    narrative: str
    opened_by: Actor
    opened_at: datetime
    due_at: datetime
    order: str = ""
    """The order or the case that it came from."""
    evidence_ids: tuple[str, ...] = ()
    reference: str = ""
    """Under which the authority filed it."""
    filed_by: Actor | None = None
    filed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.filed_at is None


def file(report: Report, reference: str, by: Actor, at: datetime) -> Report | Refusal:
    """It has been handed in."""
    if report.filed_at is not None:
        return Refusal("filed", f"report `{report.id}` was filed as `{report.reference}` already")
    return msgspec.structs.replace(report, reference=reference, filed_by=by, filed_at=at)


def package(report: Report) -> bytes:
    """What is handed in, as JSON. The names of our people are not in it."""
    told = {
        "report": report.id,
        "type": report.type,
        "account": report.account,
        "narrative": report.narrative,
        "evidence": report.evidence_ids,
        "arose_at": report.opened_at,
        "due_at": report.due_at,
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"
