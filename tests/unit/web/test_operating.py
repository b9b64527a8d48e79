"""What an operator sees of the service names nobody."""

import json
import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest

from habeas.domain.errors import HabeasError
from habeas.domain.reason import Reason
from habeas.web.log import JsonLines
from tests.builders import a_case, a_decision, an_enriched_event
from tests.unit.web.conftest import PLAYBOOK, Service


def test_requests_are_counted_by_route_and_status_and_nobody_is_named(service: Service) -> None:
    service.tell("e-1", "account.opened", "alice", {"residence": "CN"})
    service.get("/v1/accounts/alice")
    service.get("/v1/accounts/nobody")
    told = service.get("/metrics").text
    assert 'habeas_requests_total{route="takeEvents",status="200"} 1.0' in told
    assert 'habeas_requests_total{route="showAccount",status="404"} 1.0' in told
    assert 'habeas_request_seconds_count{route="showAccount"} 2.0' in told
    assert "alice" not in told


def figures(service: Service) -> dict[str, float]:
    """Each figure of ours by its name and labels."""
    lines = service.get("/metrics").text.splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines) if name.startswith("hab")}


def test_commits_and_what_waits_in_the_store_are_counted(service: Service) -> None:
    service.tell("e-1", "account.opened", "alice", {"residence": "CN"})
    service.tell("e-1", "account.opened", "alice", {"residence": "CN"})
    service.clock.forward(timedelta(days=400))
    told = figures(service)
    assert (
        told["habeas_decisions_total"] == told["habeas_commit_events_sum"] == told["habeas_commit_seconds_count"] == 2
    )
    with service.store.reading() as reader:
        waits = reader.backlog(service.clock.now)
        assert told["habeas_journal_entries"] == reader.journal_length()
    assert told["habeas_outbox_waiting"] == waits.messages > 0
    assert told["habeas_overdue_timers"] == waits.timers > 0
    assert told["habeas_feed_followers"] == 0


def test_open_cases_are_counted_by_queue(service: Service) -> None:
    enriched = an_enriched_event()
    cases = a_case("cs_1", queue="scams"), a_case("cs_2", queue="scams"), a_case("cs_3", queue="identity")
    with service.store.transaction() as work:
        work.record(enriched, a_decision(enriched, cases=cases), PLAYBOOK.version)
    told = figures(service)
    assert told['habeas_open_cases{queue="scams"}'] == 2
    assert told['habeas_open_cases{queue="identity"}'] == 1


def test_the_operating_guide_names_every_figure_and_no_other(service: Service) -> None:
    page = (Path(__file__).parents[3] / "docs/operating.md").read_text(encoding="utf-8")
    said = set(re.findall(r"^\| `(habeas_\w+)(?:\{[\w,]+\})?` \|", page, re.MULTILINE))
    told = set(re.findall(r"^# TYPE (habeas_\w+) ", service.get("/metrics").text, re.MULTILINE))
    assert said == {name for name in told if not name.endswith("_created")}


LABELS = {"route", "status", "queue", "channel", "le"}


def test_figures_have_labels_that_everybody_on_the_staff_may_see(service: Service) -> None:
    service.tell("e-1", "account.opened", "alice", {"residence": "CN"})
    told = service.get("/metrics").text
    assert set(re.findall(r"[{,](\w+)=", told)) <= LABELS
    assert [reason for reason in Reason if reason in told] == []


def test_without_a_store_nothing_old_is_told_of_it(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    service.tell("e-1", "account.opened", "alice", {"residence": "CN"})
    service.get("/metrics")

    def broken() -> None:
        raise HabeasError("no server")

    headers = service.program()
    service.get("/metrics", headers)
    monkeypatch.setattr(service.backend.store, "reading", broken)
    told = service.get("/metrics", headers).text
    assert "habeas_journal_entries NaN" in told
    assert "habeas_decisions_total 1.0" in told


def test_the_log_says_what_failed_and_where_and_not_what_somebody_sent(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise HabeasError("account `alice` of bob@example.com is odd")

    monkeypatch.setattr(service.backend.questions, "statement", broken)
    with caplog.at_level(logging.WARNING):
        service.get("/v1/accounts/alice/statement")
    lines = [JsonLines().format(record) for record in caplog.records if record.name == "habeas.web"]
    (said,) = map(json.loads, lines)
    assert (said["level"], said["says"], said["error"]) == ("error", "showStatement", "HabeasError")
    assert "broken" in said["raised"][-1]
    assert "alice" not in lines[0]
    assert "bob" not in lines[0]
