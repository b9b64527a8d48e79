"""Where a store is in a server, a gate answers evaluations: as the reference does, and never from before the question."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from habeas.domain.capability import Capability
from habeas.domain.ids import AccountId
from habeas.domain.verdict import Request
from habeas.web.backend import Backend
from tests.unit.web.conftest import Service

ASKED = [capability for capability in Capability if capability is not Capability.OPEN_ACCOUNT]
CONTEXTS: list[dict[str, Any]] = [{}, {"channel": "app"}, {"ip": "84.128.10.10"}, {"asset": "BTC", "amount": "1"}]


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service(is_store_far=True)
    with made.client:
        for number, residence in enumerate(("DE", "CN", "IR", "GB")):
            made.tell(f"e-{number}", "account.opened", f"acct-{number}", {"residence": residence})
        follow(made)
        yield made
    made.intake.close()


def replica_of(backend: Backend) -> Any:
    assert backend.gate is not None
    return backend.gate._replica


def follow(service: Service) -> None:
    """Wait until the gate knows everything. The clock stands, so the feed is woken by hand."""
    with service.store.reading() as reader:
        last = reader.last_limit_change()
    for _ in range(500):
        service.backend.feed.wake()
        replica_of(service.backend).wait_until(service.clock.now + timedelta(days=1), 0.02)
        if (replica_of(service.backend).cursor or "-1").startswith(f"{last}-"):
            return
    raise AssertionError(last)


def evaluation(service: Service, account: str, capability: Capability, context: dict[str, Any]) -> dict[str, Any]:
    asked = {
        "subject": {"type": "account", "id": account},
        "action": {"name": capability},
        "resource": {"type": "exchange", "id": "*"},
        "context": context,
    }
    answer = service.post("/access/v1/evaluation", asked)
    assert answer.status_code == 200, answer.text
    # The reference says when the account was last decided, a gate when it was last told something.
    return {name: value for name, value in answer.json()["context"].items() if name != "fresh_as_of"}


@pytest.fixture
def asked_of_the_record(service: Service, monkeypatch: pytest.MonkeyPatch) -> list[AccountId]:
    """Whom the reference was asked about."""
    check, asked = service.backend.questions.check, []

    def noted(account: AccountId, request: Request) -> Any:
        asked.append(account)
        return check(account, request)

    monkeypatch.setattr(service.backend.questions, "check", noted)
    return asked


@pytest.mark.parametrize("context", CONTEXTS, ids=str)
def test_the_gate_answers_what_the_reference_would(service: Service, context: dict[str, Any]) -> None:
    by_gate = {
        (account, capability): evaluation(service, account, capability, context)
        for account in ("acct-0", "acct-1", "acct-2", "acct-3", "nobody")
        for capability in ASKED
    }
    service.backend.gate = None
    by_reference = {
        (account, capability): evaluation(service, account, capability, context) for account, capability in by_gate
    }
    assert by_gate == by_reference
    assert {each["level"] for each in by_gate.values()} > {"ALLOW", "DENY"}


def test_the_record_is_left_alone_where_the_gate_knows(service: Service, asked_of_the_record: list[AccountId]) -> None:
    assert evaluation(service, "acct-1", Capability.PLACE_ORDER, {})["level"] == "DENY"
    assert evaluation(service, "acct-0", Capability.PLACE_ORDER, {})["level"] == "ALLOW"
    assert asked_of_the_record == []


def test_a_gate_that_is_behind_leaves_it_to_the_record(service: Service, asked_of_the_record: list[AccountId]) -> None:
    # Nobody wakes the feed, and by the clock that stands it has just looked.
    service.tell("e-9", "account.opened", "late", {"residence": "CN"})
    assert evaluation(service, "late", Capability.PLACE_ORDER, {})["level"] == "DENY"
    assert asked_of_the_record == ["late"]
    follow(service)
    assert evaluation(service, "late", Capability.PLACE_ORDER, {})["level"] == "DENY"
    assert asked_of_the_record == ["late"]


def test_the_past_is_left_to_the_record(service: Service, asked_of_the_record: list[AccountId]) -> None:
    before = (service.clock.now - timedelta(seconds=1)).isoformat()
    assert evaluation(service, "acct-1", Capability.PLACE_ORDER, {"time": before})["level"] == "ALLOW"
    assert asked_of_the_record == ["acct-1"]


def test_a_stale_gate_leaves_it_to_the_record(
    service: Service, asked_of_the_record: list[AccountId], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica_of(service.backend), "apply", lambda *_: None)
    service.clock.forward(timedelta(hours=1))
    assert evaluation(service, "acct-1", Capability.PLACE_ORDER, {})["level"] == "DENY"
    assert asked_of_the_record == ["acct-1"]


def test_an_applicant_is_judged_beside_the_gate_too(service: Service) -> None:
    asked = {
        "subject": {"type": "applicant", "id": "x", "properties": {"residence": "CN"}},
        "action": {"name": "open_account"},
        "resource": {"type": "exchange", "id": "*"},
    }
    assert service.post("/access/v1/evaluation", asked).json()["decision"] is False
