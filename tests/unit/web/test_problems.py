"""Every error is a problem in the form of RFC 9457, and says no more than a client may know."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

import habeas.service.library
import habeas.store.errors
import habeas.store.vault  # noqa: F401 - its errors are among those that are looked at
from habeas.domain.errors import BadInputError, HabeasError, PlaybookError
from habeas.domain.ids import AccountId
from habeas.service.batches import RefusedError
from habeas.store.errors import StoreError
from habeas.web import app as app_module
from habeas.web import problem as problems
from habeas.web.app import make_app
from habeas.web.backend import Settings
from habeas.web.routes import OPERATIONS
from tests.unit.web.conftest import Service, a_problem


def every_error(base: type[HabeasError] = HabeasError) -> Iterator[type[HabeasError]]:
    yield base
    for each in base.__subclasses__():
        yield from every_error(each)


@pytest.mark.parametrize("error", sorted(set(every_error()), key=str))
def test_every_error_has_its_row_and_only_bad_input_is_the_clients_fault(error: type[HabeasError]) -> None:
    kind = problems.kind_of(error.__new__(error))
    own = issubclass(error, BadInputError | RefusedError) and not issubclass(error, PlaybookError)
    assert (kind.status < 500) is own
    assert kind.is_told is (kind.status < 500)
    assert kind in problems.KINDS


def test_each_kind_has_a_name_of_its_own_and_a_real_status() -> None:
    assert len({kind.type for kind in problems.KINDS}) == len(problems.KINDS)
    assert all(problems.reason_phrase(kind.status) for kind in problems.KINDS)


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", "/nope", 404, "not-found"),
        ("GET", "/v1/accounts", 404, "not-found"),
        ("PUT", "/v1/events", 405, "method-not-allowed"),
        ("GET", "/v1/events", 405, "method-not-allowed"),
    ],
)
def test_what_is_not_there_is_a_problem_too(service: Service, method: str, path: str, status: int, name: str) -> None:
    answer = service.client.request(method, path, headers=service.program())
    a_problem(answer, status, name)
    assert status != 405 or "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    "error", [RuntimeError("alice owes 7"), StoreError("the store `/secret/habeas.db` is gone"), KeyError("alice")]
)
def test_a_fault_of_ours_tells_nothing_of_its_inside(
    service: Service, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(service.backend.questions, "statement", broken)
    answer = service.get("/v1/accounts/alice/statement")
    assert answer.status_code in (500, 503)
    assert "detail" not in answer.json()
    assert "alice" not in answer.text
    assert "secret" not in answer.text
    assert answer.status_code != 503 or int(answer.headers["retry-after"]) > 0


def test_a_store_that_cannot_be_read_is_not_ready(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise StoreError("gone")

    monkeypatch.setattr(service.backend.store, "reading", broken)
    a_problem(service.get("/readyz"), 503, "unavailable")
    assert service.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize("where", ["thread", "loop"])
def test_an_answer_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    released = threading.Event()

    def slow(*_: object) -> None:
        released.wait(30)

    async def slow_at_once(*_: object) -> None:
        await asyncio.sleep(30)

    slowly = {"handle": slow, "handle_at_once": None} if where == "thread" else {"handle_at_once": slow_at_once}
    rows = tuple(replace(row, **slowly) if row.path == "/healthz" else row for row in OPERATIONS)
    monkeypatch.setattr(app_module, "OPERATIONS", rows)
    made = Service(Settings(answer_within_s=0.05))
    with made.client:
        a_problem(made.get("/healthz"), 503, "too-slow")
        released.set()
    made.intake.close()


def test_answers_are_kept_by_no_cache(service: Service) -> None:
    for answer in (service.get("/healthz"), service.get("/nope"), service.get("/v1/accounts/alice/statement")):
        assert answer.headers["cache-control"] == "no-store" or answer.status_code == 404
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_gagged_and_an_ordinary_account_are_told_apart_by_no_header(service: Service) -> None:
    def headers(account: str) -> dict[str, Any]:
        answer = service.get(f"/v1/accounts/{account}/statement")
        return {name: value for name, value in answer.headers.items() if name != "content-length"}

    service.tell("e-1", "account.opened", "wei", {"residence": "CN"})
    assert headers("wei") == headers("nobody")


def test_it_is_called_when_the_application_ends(service: Service) -> None:
    from litestar.testing import TestClient

    ended: list[AccountId] = []
    with TestClient(make_app(service.backend, lambda: ended.append(AccountId("x")))):
        assert ended == []
    assert ended == ["x"]
