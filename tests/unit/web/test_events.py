"""Facts come in over HTTP, in each of the forms that CloudEvents has."""

import json

import httpx
import pytest

from habeas.domain.access import AccessScope
from habeas.web.events import BATCH, BATCH_MAX, SINGLE
from tests.unit.web.conftest import Service, a_problem, an_envelope

CN = {"residence": "CN"}


def post(service: Service, content: bytes | str, type_: str, **headers: str) -> httpx.Response:
    return service.client.post(
        "/v1/events", content=content, headers=service.program() | {"Content-Type": type_} | headers
    )


def test_an_event_is_answered_with_what_it_led_to(service: Service) -> None:
    outcome = service.tell("e-1", "account.opened", "wei", CN)
    assert [placed["kind"] for placed in outcome["placed"]] == ["REGION_LOCK"]
    assert (outcome["verdict"]["level"], outcome["duplicate"]) == ("DENY", False)


def test_an_event_that_comes_again_gets_its_first_answer(service: Service) -> None:
    first = service.tell("e-1", "account.opened", "wei", CN)
    assert service.tell("e-1", "account.opened", "wei", CN) == first | {"duplicate": True}


def test_the_same_identity_with_another_body_is_refused(service: Service) -> None:
    service.tell("e-1", "account.opened", "wei", CN)
    again = post(service, json.dumps(an_envelope("e-1", "account.opened", "wei", {"residence": "DE"})), SINGLE)
    assert "another body" in a_problem(again, 409, "identity-reused")


def test_the_attributes_may_stand_in_headers(service: Service) -> None:
    said = an_envelope("e 1", "account.opened", "wei", CN)
    headers = {f"ce-{name}": str(said[name]) for name in said if name != "data"} | {"ce-id": "e%201"}
    answer = post(service, json.dumps(CN), "application/json", **headers)
    assert answer.status_code == 200
    assert (answer.json()["event"], answer.json()["verdict"]["level"]) == ("e 1", "DENY")


def test_a_batch_is_answered_event_by_event_and_a_bad_one_stops_no_other(service: Service) -> None:
    batch = [
        an_envelope("e-1", "account.opened", "wei", CN),
        an_envelope("e-2", "account.exploded", "wei"),
        {"id": "e-3"},
        an_envelope("e-1", "account.opened", "wei", {"residence": "DE"}),
        "nonsense",
        an_envelope("e-4", "login.succeeded", "wei", {"ip": "84.128.10.10"}),
    ]
    answer = post(service, json.dumps(batch), BATCH)
    assert answer.status_code == 200
    told = answer.json()
    assert [item.get("event") or item["problem"].get("event") for item in told] == [
        "e-1",
        "e-2",
        "e-3",
        None,
        None,
        "e-4",
    ]
    assert [item.get("problem", {}).get("type", "")[len("urn:habeas:problem:") :] for item in told] == [
        "",
        "event-rejected",
        "event-rejected",
        "identity-reused",
        "event-rejected",
        "",
    ]


def test_a_whole_batch_that_is_no_list_or_too_long_is_refused(service: Service) -> None:
    a_problem(post(service, "{}", BATCH), 400, "event-rejected")
    a_problem(post(service, "[" + ",".join(["1"] * (BATCH_MAX + 1)) + "]", BATCH), 413, "too-large")


def test_nobody_outside_may_speak_as_habeas_itself(service: Service) -> None:
    own = an_envelope("e-1", "habeas.restriction.lift", "wei") | {"source": "habeas:staff"}
    assert "reserved" in a_problem(post(service, json.dumps(own), SINGLE), 400, "event-rejected")


@pytest.mark.parametrize("type_", ["application/json", "text/plain", ""])
def test_what_is_no_cloud_event_is_said_to_be_none(service: Service, type_: str) -> None:
    a_problem(post(service, "{}", type_), 415, "unsupported-media-type")


def test_a_request_that_is_larger_than_any_batch_is_not_read(service: Service) -> None:
    a_problem(post(service, b"[" + b" " * (9 * 1024 * 1024) + b"]", BATCH), 413, "too-large")


def test_events_need_their_own_access_scope(service: Service) -> None:
    answer = service.client.post("/v1/events", content="{}", headers=service.program(AccessScope.EVALUATE))
    assert "events:write" in a_problem(answer, 403, "forbidden")
