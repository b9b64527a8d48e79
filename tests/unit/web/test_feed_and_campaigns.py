"""The change feed over HTTP, and campaigns."""

from datetime import timedelta
from typing import Any

from habeas.domain.actor import Role
from habeas.gate.messages import Changed, Fresh, Message, Snapshot
from habeas.gate.stream import EventReader
from habeas.web.examples import DRAFT
from tests.builders import NOON
from tests.unit.web.conftest import Service, a_problem

DAY = timedelta(days=1)
NOTE = {"note": "read and agreed"}


def told(service: Service, cursor: str | None = None) -> list[Message]:
    headers = service.program() | ({"Last-Event-ID": cursor} if cursor else {})
    answer = service.get("/v1/feed", headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    reader = EventReader()
    return [message for line in answer.text.split("\n") for message in reader.line(line)]


def accounts(messages: list[Message]) -> list[str]:
    return [message.account.account for message in messages if isinstance(message, Changed)]


def test_the_feed_tells_everything_and_then_from_the_cursor_on(service: Service) -> None:
    service.tell("e-1", "account.opened", "wei", {"residence": "CN"})
    first = told(service)
    assert isinstance(first[0], Snapshot)
    assert accounts(first) == ["wei"]
    assert isinstance(first[-1], Fresh)
    service.tell("e-2", "account.opened", "bao", {"residence": "CN"})
    later = told(service, first[-1].cursor)
    assert not any(isinstance(message, Snapshot) for message in later)
    assert accounts(later) == ["bao"]


def test_a_cursor_of_another_history_begins_anew(service: Service) -> None:
    service.tell("e-1", "account.opened", "wei", {"residence": "CN"})
    assert isinstance(told(service, "7-ffffffffffff")[0], Snapshot)
    assert isinstance(told(service, "nonsense")[0], Snapshot)


# --- campaigns ---------------------------------------------------------------------------------------------------------


def a_plan(**changes: Any) -> dict[str, Any]:
    dates = {
        "announced_at": NOON + DAY,
        "reduce_only_at": NOON + 60 * DAY,
        "withdraw_only_at": NOON + 120 * DAY,
        "residual_at": NOON + 240 * DAY,
    }
    return {**DRAFT["plan"], **{name: at.isoformat() for name, at in dates.items()}, **changes}


def test_a_campaign_is_planned_drafted_signed_by_two_and_called_off_by_two(service: Service) -> None:
    service.tell("e-1", "account.opened", "nel", {"residence": "NL", "nationalities": ["NL"]})
    mia = service.person(Role.CAMPAIGN_MANAGER, "mia")
    report = service.post("/v1/campaigns/plan", a_plan(), mia).json()
    assert (report["accounts"], report["faults"]) == (1, [])
    assert service.get("/v1/campaigns").json()["items"] == []

    drafted = service.post("/v1/campaigns", {"note": "decided by the board", "plan": a_plan()}, mia)
    assert drafted.status_code == 200, drafted.text
    assert drafted.json()["campaign"]["drafted"][0] == ["mia", "campaign_manager"]
    a_problem(service.post("/v1/campaigns", {"note": "once more", "plan": a_plan()}, mia), 409, "refused")

    path = "/v1/campaigns/cp_nl-2027"
    a_problem(service.post(f"{path}/sign", NOTE, mia), 409, "refused")
    for role, name in ((Role.COUNSEL, "cora"), (Role.MLRO, "max")):
        assert service.post(f"{path}/sign", NOTE, service.person(role, name)).status_code == 200
    assert service.get(path).json()["stage"] == "approved"

    ending = {"note": "licence granted after all", "kind": "cancel"}
    assert service.post(f"{path}/end", ending, mia).status_code == 200
    a_problem(service.post(f"{path}/sign", NOTE, mia), 409, "refused")
    assert service.post(f"{path}/sign", NOTE, service.person(Role.COUNSEL, "cora")).json()["stage"] == "cancelled"


def test_a_draft_is_declined_and_what_is_not_there_is_not_found(service: Service) -> None:
    mia, cora = service.person(Role.CAMPAIGN_MANAGER, "mia"), service.person(Role.COUNSEL, "cora")
    service.post("/v1/campaigns", {"note": "decided by the board", "plan": a_plan()}, mia)
    declined = service.post("/v1/campaigns/cp_nl-2027/decline", NOTE, cora)
    assert declined.status_code == 200, declined.text
    a_problem(service.get("/v1/campaigns/cp_none"), 404, "not-found")
    a_problem(service.post("/v1/campaigns/cp_nl-2027/close", NOTE, mia), 409, "refused")


def test_a_plan_with_a_fault_is_not_drafted(service: Service) -> None:
    plan = a_plan(areas=["XX"])
    mia = service.person(Role.CAMPAIGN_MANAGER, "mia")
    assert service.post("/v1/campaigns/plan", plan, mia).json()["faults"]
    a_problem(service.post("/v1/campaigns", {"note": "decided", "plan": plan}, mia), 409, "refused")
    a_problem(service.post("/v1/campaigns", {"note": "decided", "plan": plan | {"what": 1}}, mia), 400, "bad-input")
