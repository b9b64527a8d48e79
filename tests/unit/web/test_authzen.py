"""May it? By the AuthZEN Authorization API 1.0, with the specification's own requests among others."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from habeas.domain.capability import Capability
from habeas.domain.verdict import Request
from habeas.playbook.policy import DEFAULT_ENTITY
from tests.builders import NOON
from tests.unit.web.conftest import Service, a_problem

RESOURCE = {"type": "exchange", "id": "*"}


def asked(account: str, capability: str, **context: Any) -> dict[str, Any]:
    return {
        "subject": {"type": "account", "id": account},
        "action": {"name": capability},
        "resource": RESOURCE,
        "context": context,
    }


def ask(service: Service, body: Any) -> Any:
    answer = service.post("/access/v1/evaluation", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def wei(service: Service) -> str:
    service.tell("e-1", "account.opened", "wei", {"residence": "CN"})
    return "wei"


@pytest.mark.parametrize("capability", ["place_order", "withdraw_crypto", "contact_support", "p2p"])
def test_it_says_what_check_says(service: Service, wei: str, capability: str) -> None:
    verdict = service.backend.questions.check(wei, Request(Capability(capability), NOON))  # type: ignore[arg-type]
    told = ask(service, asked(wei, capability))
    assert told["decision"] is (verdict.level == "ALLOW")
    assert told["context"]["level"] == verdict.level
    assert tuple(told["context"].get("determining", ())) == verdict.determining
    assert told["context"].get("statement") == verdict.statement


def test_a_time_may_be_asked_about(service: Service, wei: str) -> None:
    before = (NOON - timedelta(hours=1)).isoformat()
    assert ask(service, asked(wei, "place_order"))["decision"] is False
    assert ask(service, asked(wei, "place_order", time=before))["decision"] is True


def test_an_account_that_nobody_knows_is_held_for_outflow_only(service: Service) -> None:
    assert ask(service, asked("nobody", "withdraw_crypto"))["context"]["level"] == "HOLD"
    assert ask(service, asked("nobody", "login"))["decision"] is True


def test_the_name_of_a_request_is_said_back(service: Service) -> None:
    answer = service.post(
        "/access/v1/evaluation", asked("nobody", "login"), service.program() | {"X-Request-ID": "bfe9"}
    )
    assert answer.headers["x-request-id"] == "bfe9"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (asked("no such id!", "login"), "no account id"),
        (asked("alice", "fly"), "no capability"),
        (asked("alice", "login", ip="1.2.3"), "1.2.3"),
        (asked("alice", "withdraw_crypto", amount="-1"), "zero or more"),
        (asked("alice", "withdraw_crypto", stage="later"), "stage"),
        (asked("alice", "login", time="yesterday"), "no time"),
        (asked("alice", "login", time="2026-01-01T00:00:00"), "time zone"),
        (asked("alice", "open_account"), "applicant"),
        ({"subject": {"type": "account", "id": "alice"}}, "action"),
        ([], "object"),
    ],
)
def test_what_cannot_be_answered_is_a_bad_request(service: Service, body: Any, told: str) -> None:
    assert told in a_problem(service.post("/access/v1/evaluation", body), 400, "bad-input")


def test_an_applicant_is_judged_as_an_opening_is(service: Service) -> None:
    def may_open(**properties: Any) -> Any:
        subject = {"type": "applicant", "id": "form-7", "properties": properties}
        return ask(service, {"subject": subject, "action": {"name": "open_account"}, "resource": RESOURCE})

    assert may_open(residence="DE", nationalities=["DE"])["decision"] is True
    assert may_open(residence="CN")["context"]["level"] == "DENY"
    with service.store.reading() as reader:
        assert list(reader.accounts()) == []


def test_an_applicant_from_a_refused_network_is_refused(service: Service) -> None:
    body = {
        "subject": {"type": "applicant", "id": "form-7", "properties": {"residence": "DE"}},
        "action": {"name": "open_account"},
        "resource": RESOURCE,
        "context": {"ip": "175.45.176.1"},
    }
    assert ask(service, body)["context"]["level"] == "DENY"


def test_a_batch_has_defaults_and_each_question_its_own(service: Service, wei: str) -> None:
    body = asked(wei, "place_order") | {
        "evaluations": [
            {},
            {"action": {"name": "contact_support"}},
            {"subject": {"type": "account", "id": "nobody"}},
            {"action": {"name": "fly"}},
            {"context": {"time": (NOON - timedelta(hours=1)).isoformat()}},
        ]
    }
    answer = service.post("/access/v1/evaluations", body)
    told = answer.json()["evaluations"]
    assert [each["decision"] for each in told] == [False, True, True, False, True]
    assert told[3]["context"]["error"]["status"] == 400


@pytest.mark.parametrize(
    ("semantic", "answered"),
    [("execute_all", 4), ("deny_on_first_deny", 2), ("permit_on_first_permit", 1)],
)
def test_a_batch_ends_where_its_semantic_says(service: Service, wei: str, semantic: str, answered: int) -> None:
    parts = [{"action": {"name": name}} for name in ("contact_support", "place_order", "file_appeal", "place_order")]
    body = {
        "subject": {"type": "account", "id": wei},
        "resource": RESOURCE,
        "evaluations": parts,
        "options": {"evaluations_semantic": semantic},
    }
    assert len(service.post("/access/v1/evaluations", body).json()["evaluations"]) == answered


def test_a_batch_without_questions_is_one_question(service: Service, wei: str) -> None:
    assert service.post("/access/v1/evaluations", asked(wei, "place_order")).json()["decision"] is False


def test_the_decision_point_says_where_it_is(service: Service) -> None:
    told = service.client.get("/.well-known/authzen-configuration").json()
    base = told["policy_decision_point"]
    assert told["access_evaluation_endpoint"] == f"{base}/access/v1/evaluation"
    assert told["access_evaluations_endpoint"] == f"{base}/access/v1/evaluations"


# The requests of the specification: Authorization API 1.0, sections 6.1, 7.1 and 7.1.2.
SPECIFICATION_SINGLE = {
    "subject": {"type": "user", "id": "alice@example.com"},
    "resource": {"type": "account", "id": "123"},
    "action": {"name": "can_read", "properties": {"method": "GET"}},
    "context": {"time": "1985-10-26T01:22-07:00"},
}
SPECIFICATION_BATCH = {
    "subject": {"type": "user", "id": "alice@example.com"},
    "context": {"time": "2024-05-31T15:22-07:00"},
    "action": {"name": "can_read"},
    "evaluations": [
        {"resource": {"type": "document", "id": "boxcarring.md"}},
        {"resource": {"type": "document", "id": "subject-search.md"}},
        {
            "action": {"name": "can_edit"},
            "resource": {"type": "document", "id": "resource-search.md"},
        },
    ],
}


@pytest.fixture
def reading(service: Service) -> Service:
    """With a playbook to which `can_read` and `can_edit` are actions of the product."""
    policy = service.backend.playbook.policies[DEFAULT_ENTITY]
    actions = policy.product_actions | {"can_read": Capability.VIEW, "can_edit": Capability.PLACE_ORDER}
    policies = service.backend.playbook.policies | {DEFAULT_ENTITY: replace(policy, product_actions=actions)}
    service.backend.playbook = replace(service.backend.playbook, policies=policies)
    return service


def test_the_request_of_the_specification_is_answered(reading: Service) -> None:
    told = ask(reading, SPECIFICATION_SINGLE)
    assert (told["decision"], told["context"]["capability"]) == (True, "view")


def test_the_batch_of_the_specification_is_answered(reading: Service) -> None:
    told = reading.post("/access/v1/evaluations", SPECIFICATION_BATCH).json()
    assert [each["context"]["capability"] for each in told["evaluations"]] == ["view", "view", "place_order"]


def test_an_action_that_no_playbook_knows_is_a_bad_request(service: Service) -> None:
    a_problem(service.post("/access/v1/evaluation", SPECIFICATION_SINGLE), 400, "bad-input")
