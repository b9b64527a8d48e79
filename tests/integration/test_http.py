"""A real server on loopback, asked by clients that nobody here wrote, and killed while it works."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from habeas import Gate
from habeas.bench.http import served
from habeas.domain.access import MACHINE_SCOPES, ROLE_SCOPES
from habeas.domain.actor import Role
from habeas.domain.capability import Level
from habeas.domain.event import make_event
from habeas.domain.ids import AccountId, EventId
from habeas.service.keys import make_key
from habeas.store.open import open_store
from tests.integration.processes import opened

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
"""What every answer must be: documented, of its schema, and never a fault of ours."""

KILLS = 3


class Running:
    """A server with the secrets of a program and of a person."""

    def __init__(self, url: str, port: int, program: str, person: str) -> None:
        self.store_url = url
        self.url = f"http://127.0.0.1:{port}"
        self.program = {"Authorization": f"Bearer {program}"}
        self.person = {"Authorization": f"Bearer {person}"}


def secrets_of(url: str) -> tuple[str, str]:
    store = open_store(url)
    now = datetime.now(UTC)
    _, program = make_key(store, "program", None, MACHINE_SCOPES, now)
    _, person = make_key(store, "mia", Role.MLRO, ROLE_SCOPES[Role.MLRO], now)
    store.close()
    return program, person


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("served")
    url = f"sqlite:///{folder / 'habeas.db'}"
    program, person = secrets_of(url)
    with served(url, folder) as server:
        yield Running(url, server.port, program, person)


def an_event(id_: str, account: str, type_: str = "account.opened", **data: Any) -> CloudEvent:
    attributes = {
        "id": id_,
        "source": "urn:exchange",
        "type": type_,
        "subject": account,
        "time": datetime.now(UTC),
        "specversion": "1.0",
        "datacontenttype": "application/json",
    }
    return CloudEvent(attributes, data or {"residence": "CN"})


def send(running: Running, message: HTTPMessage) -> httpx.Response:
    return httpx.post(f"{running.url}/v1/events", content=message.body, headers=dict(message.headers) | running.program)


@pytest.mark.parametrize("mode", [to_binary_event, to_structured_event], ids=["binary", "structured"])
def test_the_sdk_of_cloudevents_sends_in_both_modes(running: Running, mode: Any) -> None:
    account = f"sdk-{mode.__name__}"
    event = an_event("e-1", account)
    first, again = send(running, mode(event)), send(running, mode(event))
    assert first.status_code == 200, first.text
    assert first.json()["verdict"]["level"] == "DENY"
    assert again.json() == first.json() | {"duplicate": True}


def test_both_modes_tell_the_same_event(running: Running) -> None:
    event = an_event("e-1", "sdk-same")
    first = send(running, to_binary_event(event))
    assert send(running, to_structured_event(event)).json() == first.json() | {"duplicate": True}


def _seed() -> str:
    """The same requests in every `make test`, others in every `make soak`."""
    return str(random.randrange(2**32)) if os.environ.get("HABEAS_HYPOTHESIS") == "thorough" else "1"


@pytest.mark.parametrize("who", ["program", "person"])
def test_whatever_is_sent_no_answer_is_a_fault_of_ours_and_each_is_as_described(
    running: Running, tmp_path: Path, who: str
) -> None:
    """Schemathesis: examples, the edges of every schema, and some hundred requests drawn by chance."""
    headers = running.program if who == "program" else running.person
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{running.url}/openapi.json"),
        *("--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing", "--max-examples", "5"),
        *("--exclude-operation-id", "validatePlaybook"),  # Its TOML, and a stream without an end,
        *("--exclude-operation-id", "followFeed"),  # have tests of their own.
        *("--header", f"Authorization: {headers['Authorization']}"),
        *("--seed", _seed(), "--continue-on-failure", "--warnings", "off"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "passed" in done.stdout


def test_the_server_does_the_rounds_of_the_worker_itself(running: Running) -> None:
    send(running, to_binary_event(an_event("e-1", "told")))
    told: list[Any] = []
    deadline = time.monotonic() + 30
    while not told and time.monotonic() < deadline:
        answer = httpx.get(f"{running.url}/v1/accounts/told/notices", headers=running.program)
        told = answer.json()["items"]
        time.sleep(0.1)
    assert told[0]["notice"]["title"]


def test_an_act_over_http_is_what_the_command_line_sees(running: Running) -> None:
    send(running, to_binary_event(an_event("e-1", "kim", residence="DE")))
    body = {"note": "threats in chat", "reason": "TOS_ABUSE"}
    answer = httpx.post(f"{running.url}/v1/accounts/kim/restrictions", json=body, headers=running.person)
    assert answer.status_code == 200, answer.text
    command = [sys.executable, "-m", "habeas", "account", "kim", "--store", running.store_url, "--json"]
    seen = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert seen["restrictions"][0]["placed_by"] == ["mia", "mlro"]


def test_a_revoked_key_is_turned_away_by_a_running_server(running: Running) -> None:
    store = open_store(running.store_url)
    key, secret = make_key(store, "short", None, MACHINE_SCOPES, datetime.now(UTC))
    store.close()
    headers = {"Authorization": f"Bearer {secret}"}
    assert httpx.get(f"{running.url}/v1/playbooks", headers=headers).status_code == 200
    command = [sys.executable, "-m", "habeas", "key", "revoke", key.id, "--store", running.store_url]
    subprocess.run(command, capture_output=True, check=True)
    time.sleep(1.1)
    assert httpx.get(f"{running.url}/v1/playbooks", headers=headers).status_code == 401


def test_two_processes_answer_over_one_store(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'habeas.db'}"
    program, person = secrets_of(url)
    with served(url, tmp_path, "--workers", "2") as server:
        running = Running(url, server.port, program, person)
        for number in range(20):
            assert send(running, to_binary_event(an_event(f"e-{number}", f"w{number}"))).status_code == 200
        for number in range(20):
            asked = {
                "subject": {"type": "account", "id": f"w{number}"},
                "action": {"name": "place_order"},
                "resource": {"type": "exchange", "id": "*"},
            }
            answer = httpx.post(f"{running.url}/access/v1/evaluation", json=asked, headers=running.program)
            assert answer.json()["decision"] is False


def test_what_was_acknowledged_survives_a_kill_at_any_instant(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'habeas.db'}"
    program, person = secrets_of(url)
    acknowledged: list[tuple[str, str]] = []
    sent = 0
    for kill in range(KILLS):
        with served(url, tmp_path) as server:
            running = Running(url, server.port, program, person)
            threading.Timer(0.3 + random.random(), os.kill, (server.pid, signal.SIGKILL)).start()
            with httpx.Client(headers=running.program) as client:
                while True:
                    batch = [_envelope(f"k{kill}-{sent + n}", f"acct-{(sent + n) % 17}") for n in range(50)]
                    sent += len(batch)
                    try:
                        answer = client.post(
                            f"{running.url}/v1/events",
                            content=json.dumps(batch),
                            headers={"Content-Type": "application/cloudevents-batch+json"},
                        )
                    except httpx.TransportError:
                        break
                    assert answer.status_code == 200, answer.text
                    acknowledged += [(outcome["account"], outcome["event"]) for outcome in answer.json()]
    assert acknowledged
    store = open_store(url)
    with store.reading() as reader:
        lost = [
            (account, event)
            for account, event in acknowledged
            if reader.recorded(AccountId(account), "urn:exchange", EventId(event)) is None
        ]
        assert lost == []
        assert list(reader.verify_journal()) == []
    store.close()


def _envelope(id_: str, account: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": id_,
        "source": "urn:exchange",
        "type": "login.succeeded",
        "subject": account,
        "time": datetime.now(UTC).isoformat(),
        "data": {"ip": "84.128.10.10", "device": "d1", "session": id_},
    }


def test_a_gate_follows_the_service_and_knows_what_it_acknowledged(running: Running) -> None:
    secret = running.program["Authorization"].removeprefix("Bearer ")
    with Gate.follow(running.url, secret) as gate:
        answer = send(running, to_binary_event(an_event("e-1", "followed")))
        assert answer.status_code == 200
        assert gate.wait_until(datetime.now(UTC), timedelta(seconds=20))
        assert gate.check("followed", "place_order").level is Level.DENY
        assert gate.check("followed", "contact_support").level is Level.ALLOW


def test_an_evaluation_over_a_server_knows_all_that_another_process_was_acknowledged(
    own_database: str, tmp_path: Path
) -> None:
    key_file, now = tmp_path / "habeas.key", datetime.now(UTC)
    with opened(own_database, key_file, now) as (store, intake):
        _, secret = make_key(store, "program", None, MACHINE_SCOPES, now)
        headers = {"Authorization": f"Bearer {secret}"}
        with (
            served(own_database, tmp_path, "--key-file", str(key_file)) as server,
            httpx.Client(headers=headers) as client,
        ):
            for number in range(60):
                account = f"acct-{number}"
                asked = {
                    "subject": {"type": "account", "id": account},
                    "action": {"name": "place_order"},
                    "resource": {"type": "exchange", "id": "*"},
                }
                url = f"http://127.0.0.1:{server.port}/access/v1/evaluation"
                assert client.post(url, json=asked).json()["decision"] is True
                intake.decide(make_event("e-1", "urn:exchange", "account.opened", account, now, b'{"residence": "CN"}'))
                assert client.post(url, json=asked).json()["decision"] is False, account
