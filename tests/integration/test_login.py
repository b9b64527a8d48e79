"""Staff log in at a provider that nobody here wrote, both in processes of their own; and what a demo serves."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from habeas.bench.http import served

CLIENT = "habeas-here"
PEOPLE = (
    {"sub": "jane", "groups": ["aml-team"]},
    {"sub": "max", "groups": ["law", "lunch"]},
    {"sub": "guest", "groups": ["lunch"]},
)
ROLES = {"claim": "groups", "roles": {"aml-team": "analyst", "law": "counsel"}}


def a_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def provider(port: int, *options: str) -> Iterator[str]:
    """A provider that makes itself a new key each time it begins."""
    people = [word for person in PEOPLE for word in ("--user-claims", json.dumps(person))]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *people, *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://localhost:{port}"
    try:
        deadline = time.monotonic() + 30
        while not answers(f"{url}/.well-known/openid-configuration"):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def habeas_at(issuer: str, folder: Path) -> Iterator[httpx.Client]:
    options = ("--oidc-issuer", issuer, "--oidc-client-id", CLIENT, "--oidc-roles", json.dumps(ROLES))
    url = f"sqlite:///{folder / 'habeas.db'}"
    with served(url, folder, *options) as server, a_browser(server.port) as browser:
        yield browser


def a_browser(port: int) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20)


def asked(browser: httpx.Client, **wanted: str) -> str:
    return browser.get("/login", params=wanted).headers["location"]


def log_in(browser: httpx.Client, sub: str, address: str | None = None) -> httpx.Response:
    """As a browser would: to the provider, say who one is, and back."""
    said = httpx.post(address or asked(browser), data={"sub": sub})
    assert said.status_code == 302, said.text
    return browser.get(said.headers["location"])


def with_query(address: str, **changes: str) -> str:
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return parts._replace(query=urlencode(query | changes)).geturl()


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HABEAS_OIDC_CLIENT_SECRET", "s3cret")


@pytest.fixture(scope="module")
def port() -> int:
    return a_port()


@pytest.fixture(scope="module")
def issuer(port: int) -> Iterator[str]:
    with provider(port, "--require-nonce") as url:
        yield url


@pytest.fixture
def browser(issuer: str, tmp_path: Path) -> Iterator[httpx.Client]:
    with habeas_at(issuer, tmp_path) as found:
        yield found


def word(browser: httpx.Client) -> dict[str, str]:
    return {"X-CSRF-Token": browser.get("/login/session").json()["csrf"]}


def test_two_people_log_in_and_do_together_what_one_alone_may_not(browser: httpx.Client) -> None:
    assert log_in(browser, "jane").status_code == 303
    assert browser.get("/login/session").json()["role"] == "analyst"
    body = {
        "note": "threats in chat",
        "reason": "TOS_ABUSE",
        "kind": "PERM_BAN",
        "evidence": "E4",
        "evidence_ids": ["c1"],
    }
    placed = browser.post("/v1/accounts/kim/restrictions", json=body, headers=word(browser))
    assert placed.status_code == 200, placed.text
    restriction = placed.json()["placed"][0]["id"]
    path, note = f"/v1/restrictions/{restriction}/approve", {"note": "seen"}
    assert browser.post(path, json=note, headers=word(browser)).status_code in (403, 409)
    with a_browser(int(browser.base_url.port or 0)) as other:
        assert log_in(other, "max").status_code == 303
        assert other.post(path, json=note, headers={"X-CSRF-Token": word(browser)["X-CSRF-Token"]}).status_code == 403
        signed = other.post(path, json=note, headers=word(other))
        assert signed.status_code == 200, signed.text
        shown = other.get("/v1/accounts/kim/restrictions").json()["items"][0]
    assert (shown["placed_by"], shown["approved_by"]) == (["jane", "analyst"], ["max", "counsel"])
    out = browser.post("/logout", data={"csrf": word(browser)["X-CSRF-Token"]})
    assert "/oauth2/end_session?" in out.headers["location"]
    assert browser.get("/v1/cases").status_code == 401


def test_whoever_is_in_no_group_of_ours_stays_outside(browser: httpx.Client) -> None:
    answer = log_in(browser, "guest")
    assert (answer.status_code, "no role in `groups`" in answer.text) == (403, True)
    assert browser.get("/login/session").status_code == 401


@pytest.mark.parametrize("changes", [{"nonce": "another"}, {"client_id": "somebody-else"}])
def test_a_code_that_was_asked_for_otherwise_lets_nobody_in(browser: httpx.Client, changes: dict[str, str]) -> None:
    """The provider signs another nonce; or the code is for another client, whose audience the token would have."""
    answer = log_in(browser, "jane", with_query(asked(browser), **changes))
    assert (answer.status_code, browser.get("/login/session").status_code) == (401, 401)


def test_a_refusal_and_a_state_of_another_browser_let_nobody_in(browser: httpx.Client) -> None:
    denied = httpx.post(asked(browser), data={"action": "deny"})
    assert browser.get(denied.headers["location"]).status_code == 401
    with a_browser(int(browser.base_url.port or 0)) as other:
        begun = httpx.post(asked(other), data={"sub": "jane"}).headers["location"]
    assert browser.get(begun).status_code == 401


def test_a_provider_that_comes_back_with_a_new_key_is_believed(tmp_path: Path) -> None:
    port = a_port()
    url = f"sqlite:///{tmp_path / 'habeas.db'}"
    options = ("--oidc-client-id", CLIENT, "--oidc-roles", json.dumps(ROLES))
    with (
        served(url, tmp_path, "--oidc-issuer", f"http://localhost:{port}", *options) as server,
        a_browser(server.port) as browser,
    ):
        assert browser.get("/login").status_code == 503
        with provider(port):
            assert log_in(browser, "jane").status_code == 303
        browser.cookies.clear()
        time.sleep(10.1)  # So soon keys are read again because of an unknown one.
        with provider(port):
            assert log_in(browser, "jane").status_code == 303


def test_a_token_that_is_over_when_it_comes_lets_nobody_in(tmp_path: Path) -> None:
    with provider(a_port(), "--token-max-age", "-120") as issuer, habeas_at(issuer, tmp_path) as browser:
        answer = log_in(browser, "jane")
        assert (answer.status_code, "not good here" in answer.text) == (401, True)


# --- the demo ----------------------------------------------------------------------------------------------------------


def test_the_demo_serves_its_store_and_stops_when_it_is_told_to(tmp_path: Path) -> None:
    port = a_port()
    elsewhere = {"HABEAS_STORE": "postgresql://nowhere.example/x", "HABEAS_OIDC_ISSUER": "https://login.example"}
    command = [sys.executable, "-m", "habeas", "demo", "--dir", str(tmp_path), "--port", str(port)]
    with (tmp_path / "out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | elsewhere)
    try:
        deadline = time.monotonic() + 90
        while not answers(f"http://127.0.0.1:{port}/readyz"):
            assert process.poll() is None, (tmp_path / "out").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        told = (tmp_path / "out").read_text()
        assert "DEMO: anybody can be anybody" in told
        addresses = re.findall(r"^[A-Z][\w ]+: (http://127\.0\.0\.1:\d+/\S*)$", told, re.MULTILINE)
        assert {f"http://127.0.0.1:{port}/{name}" for name in ("healthz", "openapi.json", "login")} <= set(addresses)
        assert [address for address in addresses if httpx.get(address).status_code != 200] == []
        with a_browser(port) as browser:
            page = browser.get("/login").text
            state = page.split('name="state" value="')[1].split('"')[0]
            browser.post("/login/demo", data={"state": state, "role": "analyst"})
            assert browser.get("/v1/accounts/sofia").json()["restrictions"]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait(5)
