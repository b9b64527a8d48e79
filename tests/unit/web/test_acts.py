"""Acts of staff over HTTP: the actor is who the credential says, and the rules are those of the decision."""

import io
from datetime import timedelta
from typing import Any

import pytest

from habeas.domain.actor import Role
from habeas.verifier import Check, read_key
from tests.builders import NOON
from tests.sent_files import a_jpeg
from tests.unit.web.conftest import Service, a_problem

DAY = timedelta(days=1)
NOTE = {"note": "seen and agreed"}
FREEZE = {"reason": "MALICIOUS_USER", "kind": "FROZEN", "evidence": "E4", "ends_at": None}
PLACE = {"note": "threats in chat", "reason": "TOS_ABUSE", "ends_at": (NOON + 5 * DAY).isoformat()}


@pytest.fixture
def kim(service: Service) -> str:
    service.tell("e-1", "account.opened", "kim", {"residence": "DE", "nationalities": ["DE"]}, at=NOON - 30 * DAY)
    return "kim"


def placed(service: Service, **more: Any) -> str:
    answer = service.post("/v1/accounts/kim/restrictions", PLACE | more, service.person(Role.ANALYST, "jane"))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["placed"][0]["id"])


def test_the_actor_is_the_person_behind_the_credential(service: Service, kim: str) -> None:
    placed(service)
    (restriction,) = service.get("/v1/accounts/kim/restrictions").json()["items"]
    assert restriction["placed_by"] == ["jane", "analyst"]


@pytest.mark.parametrize("name", ["actor", "signed_by", "placed_by"])
def test_nobody_acts_as_somebody_else_by_saying_so(service: Service, kim: str, name: str) -> None:
    body = PLACE | {name: ["mia", "mlro"]}
    answer = service.post("/v1/accounts/kim/restrictions", body, service.person(Role.ANALYST, "jane"))
    assert name in a_problem(answer, 400, "bad-input")


def test_who_placed_what_needs_two_does_not_lift_it_and_somebody_else_does(service: Service, kim: str) -> None:
    id_ = placed(service, **FREEZE)
    assert service.post(f"/v1/restrictions/{id_}/approve", NOTE, service.person(Role.MLRO, "mia")).status_code == 200
    path = f"/v1/restrictions/{id_}/lift"
    refused = service.post(path, NOTE, service.person(Role.ANALYST, "jane"))
    assert "needs a second person" in a_problem(refused, 403, "not-permitted")
    assert refused.json()["refusal"]["code"] == "not_permitted"
    assert service.post(path, NOTE, service.person(Role.SENIOR_ANALYST, "sue")).json()["lifted"]


def test_a_role_that_may_not_is_told_so_and_that_is_on_record(service: Service, kim: str) -> None:
    answer = service.post("/v1/accounts/kim/restrictions", PLACE, service.person(Role.APPEALS_OFFICER, "ann"))
    assert answer.status_code in (403, 409)
    assert "appeals_officer" in answer.json()["detail"]
    assert service.get("/v1/accounts/kim").json()["events"][-1]["outcome"]["refusal"]


def test_what_needs_two_people_waits_for_the_second(service: Service, kim: str) -> None:
    id_ = placed(service, **FREEZE)
    (found,) = service.get("/v1/accounts/kim/restrictions").json()["items"]
    assert found["status"] == "proposed"
    own = service.post(f"/v1/restrictions/{id_}/approve", NOTE, service.person(Role.ANALYST, "jane"))
    a_problem(own, 403, "not-permitted")
    second = service.post(f"/v1/restrictions/{id_}/approve", NOTE, service.person(Role.MLRO, "mia"))
    assert second.status_code == 200, second.text
    (found,) = service.get("/v1/accounts/kim/restrictions").json()["items"]
    assert found.get("status", "active") == "active"


def test_what_is_told_again_under_one_key_is_done_once(service: Service, kim: str) -> None:
    headers = service.person(Role.ANALYST, "jane") | {"Idempotency-Key": "case-17"}
    first = service.post("/v1/accounts/kim/restrictions", PLACE, headers).json()
    service.clock.forward(timedelta(minutes=3))
    again = service.post("/v1/accounts/kim/restrictions", PLACE, headers).json()
    assert again == first | {"duplicate": True}
    assert len(service.get("/v1/accounts/kim/restrictions").json()["items"]) == 1
    other = service.post("/v1/accounts/kim/restrictions", PLACE | {"note": "another act"}, headers)
    a_problem(other, 409, "identity-reused")


def test_two_people_may_use_the_same_key(service: Service, kim: str) -> None:
    key = {"Idempotency-Key": "1"}
    body = {"note": "on a tour", "kinds": ["TEMP_RISK"], "until_at": (NOON + DAY).isoformat()}
    for name in ("mia", "max"):
        answer = service.post("/v1/accounts/kim/exemptions", body, service.person(Role.MLRO, name) | key)
        assert answer.json()["duplicate"] is False


def test_a_restriction_is_renewed_and_annulled(service: Service, kim: str) -> None:
    id_ = placed(service)
    more = {"note": "forensics", "evidence": "E4", "ends_at": (NOON + 9 * DAY).isoformat(), "evidence_ids": ["rep-12"]}
    longer = service.post(f"/v1/restrictions/{id_}/renew", more, service.person(Role.SENIOR_ANALYST, "sue"))
    assert longer.json()["extended"][0]["id"] == id_
    void = service.post(f"/v1/restrictions/{id_}/annul", NOTE, service.person(Role.APPEALS_OFFICER, "ann"))
    assert void.status_code == 200, void.text
    (found,) = service.get("/v1/accounts/kim/restrictions").json()["items"]
    assert found["status"] == "annulled"


@pytest.mark.parametrize("act", ["lift", "renew", "annul", "approve"])
def test_a_restriction_that_is_not_there(service: Service, act: str) -> None:
    body = NOTE | ({"ends_at": NOON.isoformat(), "evidence": "E4"} if act == "renew" else {})
    a_problem(service.post(f"/v1/restrictions/rs_none/{act}", body, service.person(Role.MLRO)), 404, "not-found")


def test_an_assisted_withdrawal_takes_two(service: Service, kim: str) -> None:
    placed(service, reason="MALICIOUS_USER", kind="OUTFLOW_HOLD", evidence="E3")
    body = {
        "note": "rent; own account",
        "capability": "withdraw_fiat",
        "asset": "EUR",
        "amount": "400",
        "destination": "DE00123",
        "until_at": (NOON + DAY).isoformat(),
    }
    proposed = service.post("/v1/accounts/kim/permits", body, service.person(Role.ANALYST, "tom"))
    assert proposed.status_code == 200, proposed.text
    state = service.get("/v1/accounts/kim").json()["state"]
    path = f"/v1/accounts/kim/permits/{state['permits'][0][0]}/sign"
    a_problem(service.post(path, NOTE, service.person(Role.ANALYST, "tom")), 403, "not-permitted")
    assert service.post(path, NOTE, service.person(Role.MLRO, "mia")).status_code == 200


# --- cases, appeals, documents -----------------------------------------------------------------------------------------


def test_open_cases_come_in_pages_most_urgent_first(service: Service) -> None:
    for number in range(5):
        service.tell(f"o-{number}", "account.opened", f"u{number}", {"residence": "DE"})
        service.tell(
            f"c-{number}", "conduct.found", f"u{number}", {"finding": "abuse", "severity": "severe", "evidence": "chat"}
        )
    whole = service.get("/v1/cases").json()["items"]
    assert len(whole) >= 5
    seen: list[str] = []
    path: str | None = "/v1/cases?limit=2"
    answer: dict[str, Any] = {}
    while path:
        answer = service.client.get(path, headers=service.program()).json()
        assert len(answer["items"]) <= 2
        seen += [case["id"] for case in answer["items"]]
        path = answer["next"]
    assert seen == [case["id"] for case in whole]
    assert "total" not in answer


def test_a_case_is_taken_worked_on_and_decided(service: Service, kim: str) -> None:
    service.tell("e-2", "conduct.found", kim, {"finding": "abuse", "severity": "severe", "evidence": "chat"})
    (case, *_) = service.get("/v1/cases").json()["items"]
    path = f"/v1/cases/{case['id']}"
    tom = service.person(Role.SENIOR_ANALYST, "tom")
    assert service.post(f"{path}/work", {"note": "mine", "step": "assign"}, tom).status_code == 200
    shown = service.get(path).json()
    assert (shown["assignee"], shown["remarks"][0][0]) == ("tom", ["tom", "senior_analyst"])
    a_problem(service.post(f"{path}/work", {"note": "there", "step": "refer"}, tom), 400, "bad-input")
    decided = service.post(f"{path}/decide", {"note": "nothing in it", "outcome": "unfounded"}, tom)
    assert decided.status_code == 200, decided.text
    assert service.get(path).json()["status"] == "decided"
    assert service.get(f"{path}/file").json()["case"]["id"] == case["id"]
    assert service.get("/v1/cases/statistics").json()


def test_a_user_appeals_and_nobody_who_placed_it_decides(service: Service, kim: str) -> None:
    id_ = placed(service)
    said = {"account": kim, "restriction": id_, "text": "It was my brother."}
    headers = service.program() | {"Idempotency-Key": "a-1"}
    assert service.post("/v1/appeals", said, headers).json()["restriction"] == id_
    assert service.post("/v1/appeals", said, headers).json()["duplicate"] is True
    a_problem(service.post("/v1/appeals", said), 409, "refused")
    (appeal,) = service.get("/v1/appeals", account=kim).json()["items"]
    assert appeal["appeal"]["text"] == "It was my brother."
    path = f"/v1/cases/{appeal['case']}/decide"
    granted = {"note": "the brother wrote to us", "outcome": "granted"}
    assert service.post(path, granted, service.person(Role.ANALYST, "jane")).status_code in (403, 409)
    assert service.post(path, granted, service.person(Role.APPEALS_OFFICER, "ann")).status_code == 200
    (found,) = service.get("/v1/accounts/kim/restrictions").json()["items"]
    assert found["status"] == "annulled"


def test_a_document_goes_from_the_request_to_the_end_of_it(service: Service, kim: str) -> None:
    service.tell("e-2", "document.expired", kim, {"kind": "passport"})
    (request,) = service.get("/v1/document-requests", account=kim).json()["requests"]
    path = f"/v1/document-requests/{request['id']}"
    photo = a_jpeg(comment=b"number C01X00T47")

    def send(content: bytes, type_: str = "image/jpeg") -> Any:
        headers = service.program() | {"Content-Type": type_}
        return service.client.post(f"{path}/files", content=content, headers=headers, params={"kind": "passport"})

    assert a_problem(send(b"hello"), 400, "bad-input")
    a_problem(send(photo, "text/html"), 415, "unsupported-media-type")
    taken = send(photo).json()
    assert taken["request"]["items"][0]["status"] == "checking"
    assert send(photo).json()["file"] == taken["file"]

    look = f"/v1/accounts/kim/files/{taken['file']['id']}/open"
    a_problem(service.post(look, NOTE, service.person(Role.FRONTLINE, "fay")), 403, "not-permitted")
    tom = service.person(Role.ANALYST, "tom")
    shown = service.post(look, NOTE, tom)
    assert shown.content == photo
    assert shown.headers["content-disposition"] == "attachment"
    assert service.post(f"{path}/extend", NOTE, service.person(Role.FRONTLINE, "fay")).status_code == 200

    judged = {"note": "seen", "kind": "passport", "result": "accepted"}
    a_problem(
        service.post("/v1/accounts/kim/documents", judged, service.person(Role.FRONTLINE, "fay")), 403, "not-permitted"
    )
    assert service.post("/v1/accounts/kim/documents", judged, tom).status_code == 200
    assert service.get(path).json()["items"][0]["status"] == "accepted"


# --- what is read ------------------------------------------------------------------------------------------------------


def test_the_statement_is_what_the_user_reads_at_an_instant_in_a_language(service: Service, kim: str) -> None:
    placed(service)
    path = "/v1/accounts/kim/statement"
    told = service.get(path).json()
    assert told["restrictions"][0]["title"]
    assert service.get(path, locale="fr").json()["headline"] != told["headline"]
    before = service.get(path, at=(NOON - DAY).isoformat()).json()
    assert before["restrictions"][0]["id"] == ""
    a_problem(service.get(path, at="yesterday"), 400, "bad-input")
    a_problem(service.get(path, when="now"), 400, "bad-input")


def test_staff_see_an_account_and_its_user_gets_everything_that_may_be_told(service: Service, kim: str) -> None:
    id_ = placed(service)
    assert service.get("/v1/accounts/kim").json()["restrictions"][0]["id"] == id_
    assert service.get("/v1/accounts/kim/export").json()["now"]["restrictions"][0]["id"] == id_
    assert service.get("/v1/accounts/kim/diagnosis").json()["causes"]
    assert service.get("/v1/accounts/kim/notices").json() == {"items": [], "next": None}
    for path in ("", "/export", "/restrictions"):
        a_problem(service.get(f"/v1/accounts/nobody{path}"), 404, "not-found")


def test_a_malformed_account_id_is_a_bad_request(service: Service) -> None:
    a_problem(service.get("/v1/accounts/no such/statement"), 400, "bad-input")


def test_the_journal_verifies_is_signed_and_leaves(service: Service, kim: str) -> None:
    assert service.get("/v1/journal/verification").json() == {"faults": [], "checkpoint_faults": []}
    a_problem(service.get("/v1/journal/export", account=kim), 400, "bad-input")
    signed = service.post("/v1/journal/checkpoints").json()["checkpoint"]
    assert service.post("/v1/journal/checkpoints").json() == {"checkpoint": None}
    assert service.get("/v1/journal/checkpoints").json()["items"] == [signed]
    assert service.get("/v1/journal/checkpoints", after=1).json()["items"] == []
    assert service.get("/v1/journal/verification", account=kim).json()["faults"] == []
    exported = service.get("/v1/journal/export", account=kim)
    assert exported.headers["content-type"].startswith("application/x-ndjson")
    key = service.get("/v1/journal/public-key").json()["public_key"]
    check = Check(read_key(key))
    check.file(io.BytesIO(exported.content))
    assert check.header["account"] == kim


def test_names_and_coins_are_looked_up(service: Service) -> None:
    told = service.post("/v1/screenings", {"name": "Vladimir Putin"}).json()
    assert told["name"] == "Vladimir Putin"
    assert service.post("/v1/exposures", {"asset": "ETH", "what": "0xabc"}).json()["asset"] == "ETH"
    a_problem(service.post("/v1/screenings", {"name": ""}), 400, "bad-input")


def test_the_playbook_is_shown_read_and_another_one_judged(service: Service, kim: str) -> None:
    summary = service.get("/v1/playbooks").json()
    text = service.get(f"/v1/playbooks/{summary['version']}")
    assert text.headers["content-type"].startswith("application/toml")
    a_problem(service.get("/v1/playbooks/none"), 404, "not-found")
    toml = service.program() | {"Content-Type": "application/toml"}
    assert service.client.post("/v1/playbooks/validate", content=text.content, headers=toml).json() == summary
    a_problem(service.client.post("/v1/playbooks/validate", content=b"version = 3", headers=toml), 400, "bad-input")


def test_the_channels_say_how_they_do(service: Service) -> None:
    assert [each["channel"] for each in service.get("/v1/webhooks").json()] == ["email", "webhook"]
