"""What an operator sees of the service names nobody."""

import json
import logging

import pytest

from habeas.domain.errors import HabeasError
from habeas.web.log import JsonLines
from tests.unit.web.conftest import Service


def test_requests_are_counted_by_route_and_status_and_nobody_is_named(service: Service) -> None:
    service.tell("e-1", "account.opened", "alice", {"residence": "CN"})
    service.get("/v1/accounts/alice")
    service.get("/v1/accounts/nobody")
    told = service.get("/metrics").text
    assert 'habeas_requests_total{route="takeEvents",status="200"} 1.0' in told
    assert 'habeas_requests_total{route="showAccount",status="404"} 1.0' in told
    assert 'habeas_request_seconds_count{route="showAccount"} 2.0' in told
    assert "alice" not in told


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
