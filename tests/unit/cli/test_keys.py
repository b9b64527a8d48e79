"""`habeas key ...` and what `habeas serve` refuses to begin with."""

from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--lane-jwks", "keys.json"), "needs --lane-issuer"),
        (("--lane-jwks", "keys.json", "--lane-issuer", "https://x.example"), "cannot read `keys.json`"),
        (("--store", "mysql://x"), "no store is known"),
    ],
)
def test_a_service_that_could_not_answer_does_not_begin(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], told: str
) -> None:
    # What `serve` tells its processes is undone after the test.
    for name in ("HABEAS_PUBLIC_URL", "HABEAS_LANE_JWKS", "HABEAS_LANE_ISSUER", "HABEAS_LANE_AUDIENCE"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    ran = run("serve", *words)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert told in ran.err


def test_a_key_set_that_is_none_is_refused_before_anything_is_served(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HABEAS_LANE_JWKS", "HABEAS_LANE_ISSUER"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    (tmp_path / "keys.json").write_text("{}", encoding="utf-8")
    ran = run("serve", "--lane-jwks", "keys.json", "--lane-issuer", "https://x.example")
    assert "cannot be read" in ran.err
