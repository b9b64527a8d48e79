"""`habeas key ...` and what `habeas serve` refuses to begin with."""

from pathlib import Path

import pytest

from habeas.cli import wiring
from habeas.simulation.play import is_story_alone
from tests.builders import NOON
from tests.unit.cli.conftest import Run


def test_a_key_is_made_shown_once_listed_rotated_and_revoked(run: Run) -> None:
    made = run("key", "create", "gate", "--scope", "evaluate", "--for", "30d", "--rate", "50", "--json").json()[0]
    assert made["secret"].startswith(f"hbk_{made['id']}_")
    (listed,) = run("key", "list", "--json").json()
    assert (listed["name"], listed["scopes"], listed["rate_per_s"]) == ("gate", ["evaluate"], 50)
    assert "secret" not in listed
    assert "digest" not in listed
    rotated = run("key", "rotate", made["id"], "--both-for", "1h", "--json").json()[0]
    assert rotated["follows"] == made["id"]
    assert run("key", "revoke", made["id"]).out.count("revoked") == 1
    assert len(run("key", "list").out.splitlines()) == 2


def test_it_is_recorded_who_made_rotated_and_revoked_a_key_and_when(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ops")
    old = run("key", "create", "gate", "--scope", "evaluate", "--json").json()[0]["id"]
    new = run("key", "rotate", old, "--as", "mia:mlro", "--json").json()[0]["id"]
    run("key", "revoke", old, "--as", "cora:counsel")
    listed = {each["id"]: each for each in run("key", "list", "--json").json()}
    assert (listed[old]["made_by"], listed[old]["rotated_by"], listed[old]["revoked_by"]) == (
        "ops",
        "mia:mlro",
        "cora:counsel",
    )
    assert listed[old]["made_at"] <= listed[old]["rotated_at"] <= listed[old]["revoked_at"]
    assert (listed[new]["made_by"], listed[new]["rotated_at"]) == ("mia:mlro", None)
    line = next(line for line in run("key", "list").out.splitlines() if line.startswith(old))
    assert [word for word in ("by ops", "by mia:mlro", "by cora:counsel") if word not in line] == []
    run("key", "revoke", old, "--as", "zoe:mlro")
    assert "zoe" not in run("key", "list").out
    assert run("key", "revoke", new, "--as", "zoe").code == 2


def test_a_person_gets_what_the_role_opens(run: Run) -> None:
    made = run("key", "create", "ada", "--role", "auditor", "--json").json()[0]
    assert "journal:read" in made["scopes"]
    assert not [scope for scope in made["scopes"] if scope.endswith(":write")]
    told = run("key", "create", "jane", "--role", "analyst").out
    assert "jane, analyst" in told
    assert "it is not shown again" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("gate",), "opens nothing"),
        (("gate", "--scope", "everything"), "must be one of"),
        (("gate", "--scope", "own"), "may not have"),
        (("les", "--role", "le_desk"), "must be one of"),
        (("ada", "--role", "auditor", "--scope", "cases:write"), "the role auditor may not have"),
    ],
)
def test_a_key_that_nobody_may_have_is_not_made(run: Run, words: tuple[str, ...], told: str) -> None:
    ran = run("key", "create", *words)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert told in ran.err
    assert run("key", "list").out == "none\n"


@pytest.mark.parametrize("command", ["rotate", "revoke"])
def test_a_key_that_is_not_there(run: Run, command: str) -> None:
    ran = run("key", command, "0123456789abcdef")
    assert (ran.code, "there is no key" in ran.err) == (2, True)


def forget_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `serve` tells its processes is undone after the test."""
    names = ("PUBLIC_URL", "LANE_JWKS", "LANE_ISSUER", "LANE_AUDIENCE", "DEMO_LOGIN")
    for name in (*names, "OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_ROLES", "OIDC_NAME_CLAIM"):
        monkeypatch.setenv(f"HABEAS_{name}", "")
        monkeypatch.delenv(f"HABEAS_{name}")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--lane-jwks", "keys.json"), "needs --lane-issuer"),
        (("--lane-jwks", "keys.json", "--lane-issuer", "https://x.example"), "cannot read `keys.json`"),
        (("--store", "mysql://x"), "no store is known"),
        (("--oidc-issuer", "http://login.example", "--oidc-client-id", "x"), "must begin with https://"),
        (("--oidc-issuer", "https://login.example"), "needs --oidc-client-id"),
        (("--oidc-issuer", "https://l.example", "--oidc-client-id", "x", "--host", "0.0.0.0"), "needs --public-url"),
        (("--oidc-issuer", "https://l.example", "--oidc-client-id", "x", "--oidc-roles", "{}"), "must be a claim or"),
        (("--demo-login", "--host", "0.0.0.0"), "for this machine itself"),
        (("--demo-login", "--public-url", "https://x.example"), "goes with neither"),
        (("--demo-login", "--oidc-issuer", "https://l.example", "--oidc-client-id", "x"), "goes with neither"),
    ],
)
def test_a_service_that_could_not_answer_does_not_begin(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], told: str
) -> None:
    forget_settings(monkeypatch)
    ran = run("serve", *words)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert told in ran.err


def test_a_key_set_that_is_none_is_refused_before_anything_is_served(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_settings(monkeypatch)
    (tmp_path / "keys.json").write_text("{}", encoding="utf-8")
    ran = run("serve", "--lane-jwks", "keys.json", "--lane-issuer", "https://x.example")
    assert "cannot be read" in ran.err


def test_nobody_is_anybody_on_a_store_that_is_no_demo(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_settings(monkeypatch)
    empty = run("serve", "--demo-login")
    assert (empty.code, "holds the story of `habeas demo` and nobody else" in empty.err) == (2, True)
    assert run("demo", "--no-serve", "--dir", tmp_path / "demo").code == 0
    url = f"sqlite:///{tmp_path / 'demo' / 'habeas-demo.db'}"
    with wiring.opened_store(url) as store:
        assert is_story_alone(store)
    event = '{"specversion":"1.0","id":"e-1","source":"x","type":"login.succeeded","subject":"real","time":"%s"}'
    (tmp_path / "real.ndjson").write_text(event % NOON.isoformat(), encoding="utf-8")
    run("ingest", "real.ndjson", "--store", url)
    ran = run("serve", "--demo-login", "--store", url)
    assert (ran.code, "and nobody else" in ran.err) == (2, True)
