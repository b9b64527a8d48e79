"""The service in this process: a store in memory, a clock that stands at noon, keys for whoever a test needs."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient

from habeas.domain.access import MACHINE_SCOPES, ROLE_SCOPES, AccessScope
from habeas.domain.actor import Role
from habeas.domain.exposure import Exposure
from habeas.domain.screening import Query, Screening
from habeas.playbook.load import shipped_playbook
from habeas.reference.library import ListsBuilder
from habeas.reference.places import BuiltInPlaces
from habeas.service.intake import Intake
from habeas.service.keys import make_key
from habeas.service.ports import Store
from habeas.service.tracing import Tracer
from habeas.store.memory import MemoryStore
from habeas.web.app import make_app
from habeas.web.backend import Backend, Settings
from habeas.web.lane import LaneTokens
from habeas.web.oidc import Oidc
from tests.builders import NOON

PLAYBOOK = shipped_playbook()
PLACES = BuiltInPlaces()


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


class Service:
    """The service with a client that speaks to it."""

    def __init__(
        self,
        settings: Settings | None = None,
        lane: LaneTokens | None = None,
        oidc: Oidc | None = None,
        tracer: Tracer | None = None,
        *,
        is_store_far: bool = False,
    ) -> None:
        self.clock = Clock()
        self.store: Store = MemoryStore()
        lists = ListsBuilder(self.store.identity_key)(())
        self.intake = Intake(self.store, PLAYBOOK, PLACES, lists, self.clock, tracer=tracer)
        self.backend = Backend(
            store=self.store,
            playbook=PLAYBOOK,
            intake=self.intake,
            places=PLACES,
            lists=lists,
            clock=self.clock,
            screen=lambda name, _, __: Screening(name, {}, lists.screen(Query(name=name))),
            trace=lambda asked: Exposure(asset=asked.asset, amount=Decimal(0)),
            settings=settings or Settings(feed_for_s=0),
            lane=lane,
            tracer=tracer,
            is_store_far=is_store_far,
            oidc=oidc,
        )
        self.client = TestClient(make_app(self.backend), raise_server_exceptions=False)
        self._secrets: dict[Any, str] = {}

    def program(self, *scopes: AccessScope) -> dict[str, str]:
        """The header of a program that may do this; without scopes, all that a program may."""
        return self._header("program", None, frozenset(scopes) or MACHINE_SCOPES)

    def person(self, role: Role, name: str = "") -> dict[str, str]:
        """The header of a person in a role."""
        return self._header(name or f"{role}-1", role, ROLE_SCOPES[role])

    def _header(self, name: str, role: Role | None, scopes: frozenset[AccessScope]) -> dict[str, str]:
        key = name, role, scopes
        if key not in self._secrets:
            _, self._secrets[key] = make_key(self.store, name, role, scopes, self.clock.now)
        return {"Authorization": f"Bearer {self._secrets[key]}"}

    def tell(self, id_: str, type_: str, account: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        """One event by a program; its outcome."""
        answer = self.client.post(
            "/v1/events",
            content=json.dumps(an_envelope(id_, type_, account, data, **more)),
            headers=self.program() | {"Content-Type": "application/cloudevents+json"},
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> httpx.Response:
        return self.client.get(path, headers=headers or self.program(), params=query)

    def post(self, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: Any) -> httpx.Response:
        return self.client.post(path, json=body, headers=headers or self.program(), params=query)


def an_envelope(
    id_: str, type_: str, account: str, data: dict[str, Any] | None = None, *, at: datetime = NOON
) -> dict[str, Any]:
    """A CloudEvents envelope, at noon unless told otherwise."""
    return {
        "specversion": "1.0",
        "id": id_,
        "source": "urn:exchange",
        "type": type_,
        "subject": account,
        "time": at.isoformat(),
        "data": data or {},
    }


def a_problem(answer: httpx.Response, status: int, name: str) -> str:
    """The detail of an answer that is this problem, in the form of RFC 9457."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["type"], body["status"]) == (f"urn:habeas:problem:{name}", status)
    assert body["title"]
    return str(body.get("detail", ""))


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    with made.client:
        yield made
    made.intake.close()
