"""Every route asks for a credential, and for the right one. A new route stands in the table below, or a test fails."""

from collections.abc import Iterator

import httpx
import pytest
from litestar.routes import HTTPRoute
from msgspec.structs import replace

from habeas.domain.access import MACHINE_SCOPES, AccessScope
from habeas.domain.actor import Role
from habeas.web.app import make_app
from habeas.web.operation import Operation
from habeas.web.routes import OPERATIONS
from tests.unit.web.conftest import Service, a_problem
from tests.unit.web.tokens import Exchange

ROUTES: dict[str, str | None] = {
    "GET /.well-known/authzen-configuration": None,
    "GET /healthz": None,
    "GET /login": None,
    "GET /login/callback": None,
    "GET /login/session": None,
    "GET /metrics": "metrics",
    "GET /openapi.json": None,
    "GET /readyz": None,
    "GET /v1/accounts/{account}": "accounts:read",
    "GET /v1/accounts/{account}/diagnosis": "accounts:read, own",
    "GET /v1/accounts/{account}/export": "accounts:read, own",
    "GET /v1/accounts/{account}/notices": "accounts:read, own",
    "GET /v1/accounts/{account}/restrictions": "accounts:read",
    "GET /v1/accounts/{account}/statement": "accounts:read, own",
    "GET /v1/appeals": "cases:read",
    "GET /v1/bulk-acts": "accounts:read",
    "GET /v1/bulk-acts/{bulk}": "accounts:read",
    "GET /v1/bulk-acts/{bulk}/left": "accounts:read",
    "GET /v1/campaigns": "campaigns:read",
    "GET /v1/campaigns/{campaign}": "campaigns:read",
    "GET /v1/cases": "cases:read",
    "GET /v1/cases/statistics": "cases:read",
    "GET /v1/cases/{case}": "cases:read",
    "GET /v1/cases/{case}/file": "cases:read",
    "GET /v1/document-requests": "documents:read, own",
    "GET /v1/document-requests/{request}": "documents:read, own",
    "GET /v1/feed": "feed",
    "GET /v1/imports": "accounts:read",
    "GET /v1/imports/{import}": "accounts:read",
    "GET /v1/journal/checkpoints": "journal:read",
    "GET /v1/journal/export": "journal:read",
    "GET /v1/journal/public-key": "journal:read",
    "GET /v1/journal/verification": "journal:read",
    "GET /v1/playbooks": "playbooks:read",
    "GET /v1/playbooks/{version}": "playbooks:read",
    "GET /v1/webhooks": "webhooks:read",
    "POST /access/v1/evaluation": "evaluate",
    "POST /access/v1/evaluations": "evaluate",
    "POST /login/demo": None,
    "POST /logout": None,
    "POST /v1/accounts/{account}/documents": "documents:write, a person",
    "POST /v1/accounts/{account}/exemptions": "restrictions:write, a person",
    "POST /v1/accounts/{account}/files/{file}/open": "documents:read, a person",
    "POST /v1/accounts/{account}/permits": "restrictions:write, a person",
    "POST /v1/accounts/{account}/permits/{permit}/sign": "restrictions:write, a person",
    "POST /v1/accounts/{account}/restrictions": "restrictions:write, a person",
    "POST /v1/appeals": "appeals:write, own",
    "POST /v1/bulk-acts": "restrictions:write, a person",
    "POST /v1/bulk-acts/plan": "restrictions:write, a person",
    "POST /v1/bulk-acts/{bulk}/decline": "restrictions:write, a person",
    "POST /v1/bulk-acts/{bulk}/run": "restrictions:write, a person",
    "POST /v1/bulk-acts/{bulk}/sign": "restrictions:write, a person",
    "POST /v1/campaigns": "campaigns:write, a person",
    "POST /v1/campaigns/plan": "campaigns:read",
    "POST /v1/campaigns/{campaign}/close": "campaigns:write, a person",
    "POST /v1/campaigns/{campaign}/decline": "campaigns:write, a person",
    "POST /v1/campaigns/{campaign}/end": "campaigns:write, a person",
    "POST /v1/campaigns/{campaign}/residuals": "campaigns:write, a person",
    "POST /v1/campaigns/{campaign}/sign": "campaigns:write, a person",
    "POST /v1/cases/{case}/decide": "cases:write, a person",
    "POST /v1/cases/{case}/work": "cases:write, a person",
    "POST /v1/document-requests/{request}/extend": "documents:write, a person",
    "POST /v1/document-requests/{request}/files": "documents:write, own",
    "POST /v1/events": "events:write",
    "POST /v1/exposures": "exposures",
    "POST /v1/journal/checkpoints": "journal:write",
    "POST /v1/playbooks/validate": "playbooks:read",
    "POST /v1/restrictions/{restriction}/annul": "restrictions:write, a person",
    "POST /v1/restrictions/{restriction}/approve": "restrictions:write, a person",
    "POST /v1/restrictions/{restriction}/lift": "restrictions:write, a person",
    "POST /v1/restrictions/{restriction}/renew": "restrictions:write, a person",
    "POST /v1/screenings": "screenings",
    "POST /v1/webhooks/{channel}/enable": "webhooks:write",
}
"""Whom each route lets in."""

GUARDED = [row for row in OPERATIONS if row.scope is not None]


def who(row: Operation) -> str | None:
    if row.scope is None:
        return None
    return str(row.scope) + ", a person" * row.is_act + ", own" * row.is_own


def call(service: Service, row: Operation, headers: dict[str, str]) -> httpx.Response:
    path = row.path.format(**{name: "alice" if name == "account" else "x" for name in row.path_names})
    types = {"Content-Type": row.takes[0]} if row.takes else {}
    asked = row.query.__struct_fields__ if row.query else ()
    query = {name: value for name, value in (("account", "alice"), ("kind", "passport")) if name in asked}
    return service.client.request(
        row.method, path, content=b"{}" if row.takes else None, params=query, headers=headers | types
    )


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def served(exchange: Exchange) -> Iterator[Service]:
    made = Service(lane=exchange.tokens)
    with made.client:
        yield made
    made.intake.close()


def test_every_route_of_the_application_stands_in_the_table(service: Service) -> None:
    routes = {
        f"{method} {route.path_format.replace('{the_', '{')}"
        for route in make_app(service.backend).routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
        if method != "OPTIONS"
    }
    assert routes == set(ROUTES)
    assert {f"{row.method} {row.path}": who(row) for row in OPERATIONS} == ROUTES


@pytest.mark.parametrize(
    "said", ["", "Bearer hbk_0123456789abcdef_no", "Bearer x", "Basic aGFiZWFzOg==", "Bearer", "hbk_"]
)
def test_nobody_comes_in_without_a_good_credential(service: Service, said: str) -> None:
    service.backend.settings = replace(service.backend.settings, stranger_rate_per_s=1_000)
    for row in GUARDED:
        answer = call(service, row, {"Authorization": said} if said else {})
        a_problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_nobody_comes_in_with_every_access_scope_but_the_right_one(service: Service) -> None:
    for row in GUARDED:
        assert row.scope is not None
        others = MACHINE_SCOPES - {row.scope}
        assert f"`{row.scope}`" in a_problem(call(service, row, service.program(*others)), 403, "forbidden")


def test_whoever_has_the_right_access_scope_comes_in(service: Service) -> None:
    for row in GUARDED:
        assert row.scope is not None
        headers = service.person(Role.MLRO) if row.is_act else service.program(row.scope)
        assert (call(service, row, headers).status_code in (200, 400, 404)) is True, row.name


def test_no_program_carries_out_an_act_of_staff(service: Service) -> None:
    for row in GUARDED:
        if row.is_act:
            assert "act of staff" in a_problem(call(service, row, service.program()), 403, "forbidden")


def test_a_token_of_a_user_opens_its_own_account_where_the_table_says_so_and_nothing_else(
    served: Service, exchange: Exchange
) -> None:
    headers = {"Authorization": f"Bearer {exchange.token('alice', served.clock.now)}"}
    for row in GUARDED:
        own = call(served, row, headers)
        if row.is_own:
            assert (own.status_code in (200, 400, 404)) is True, row.name
        else:
            a_problem(own, 403, "forbidden")


def test_a_token_of_a_user_opens_no_other_account(served: Service, exchange: Exchange) -> None:
    headers = {"Authorization": f"Bearer {exchange.token('mallory', served.clock.now)}"}
    for row in GUARDED:
        if row.name == "fileAppeal":
            said = {"account": "alice", "restriction": "rs_1", "text": "let me out"}
            a_problem(served.post("/v1/appeals", said, headers), 403, "forbidden")
        elif row.is_own and "request" in row.path_names:
            a_problem(call(served, row, headers), 404, "not-found")
        elif row.is_own:
            a_problem(call(served, row, headers), 403, "forbidden")


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in GUARDED if "request" in row.path_names])
def test_a_document_request_of_another_account_is_not_there_for_a_user(
    served: Service, exchange: Exchange, row: Operation
) -> None:
    served.tell("e-1", "account.opened", "alice", {"residence": "DE", "nationalities": ["DE"]})
    served.tell("e-2", "document.expired", "alice", {"kind": "passport"})
    asked = served.get("/v1/document-requests", account="alice").json()["requests"]
    path = row.path.format(request=asked[0]["id"])
    query = {"kind": "passport"} if row.query else {}
    types = {"Content-Type": row.takes[0]} if row.takes else {}

    def ask(account: str) -> httpx.Response:
        token = {"Authorization": f"Bearer {exchange.token(account, served.clock.now)}"}
        return served.client.request(row.method, path, params=query, content=b"", headers=token | types)

    if row.is_own:
        assert ask("alice").status_code in (200, 400)
        a_problem(ask("mallory"), 404, "not-found")
    else:
        a_problem(ask("alice"), 403, "forbidden")


def test_what_is_open_to_anybody_says_nothing_of_anybody(service: Service) -> None:
    service.tell("e-1", "account.opened", "alice-secret", {"residence": "CN"})
    for row in OPERATIONS:
        if row.scope is None:
            answer = call(service, row, {})
            assert answer.status_code == 200 or (row.tag == "login" and answer.status_code in (401, 404))
            assert "alice-secret" not in answer.text


def test_the_user_lane_is_a_scope_that_no_key_may_have() -> None:
    assert AccessScope.OWN not in MACHINE_SCOPES
