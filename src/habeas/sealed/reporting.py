"""Report tasks: opened, packed, filed (row A053). Only the desk sees that there are any."""

from uuid import uuid4

from habeas.domain.actor import Actor
from habeas.domain.decision import Refusal
from habeas.domain.ids import AccountId
from habeas.sealed import life
from habeas.sealed.policy import OrderPolicy, ReportType
from habeas.sealed.report import Report, file
from habeas.sealed.store import DESK, SealedStore
from habeas.service.ports import Clock


class Reporting:
    """The use cases of reports."""

    def __init__(self, sealed: SealedStore, policy: OrderPolicy, clock: Clock) -> None:
        self._sealed = sealed
        self._policy = policy
        self._clock = clock

    def open(
        self,
        type_: ReportType,
        account: AccountId,
        narrative: str,
        by: Actor,
        order: str = "",
        evidence_ids: tuple[str, ...] = (),
    ) -> Report | Refusal:
        """A report is owed from now on."""
        now = self._clock()
        refused = life.why_not_role("report", by)
        with self._sealed.transaction() as work:
            if refused is not None:
                work.log("report.refused", DESK, by, now, f"{refused.code}: {refused.message}")
                return refused
            report = Report(
                id=f"rp_{uuid4().hex}",
                type=type_,
                account=account,
                narrative=narrative,
                opened_by=by,
                opened_at=now,
                due_at=self._policy.report[type_].from_day(now),
                order=order,
                evidence_ids=evidence_ids,
            )
            work.put(report, "report.open", by, now)
        return report

    def file(self, id_: str, reference: str, by: Actor) -> Report | Refusal:
        """It was handed in, and the authority knows it by a reference."""
        now = self._clock()
        with self._sealed.transaction() as work:
            report = work.get(Report, id_)
            after = life.why_not_role("report", by) or file(report, reference, by, now)
            if isinstance(after, Refusal):
                work.log("report.refused", id_, by, now, f"{after.code}: {after.message}")
                return after
            work.put(after, "report.file", by, now, reference)
        return after

    def find(self, id_: str, by: Actor) -> Report | Refusal:
        """One report, for those who may see that there is one."""
        refused = life.why_not_role("report", by)
        if refused is not None:
            return refused
        with self._sealed.reading() as reader:
            return reader.get(Report, id_)

    def all(self, by: Actor, *, is_open: bool | None = None) -> list[Report] | Refusal:
        """Reports, the most urgent first."""
        refused = life.why_not_role("report", by)
        if refused is not None:
            return refused
        with self._sealed.reading() as reader:
            return sorted(reader.all(Report, is_open=is_open), key=lambda report: (report.due_at, report.id))
