"""`habeas import` and `habeas reconcile` as they are run; the examples of docs/importing.md among them."""

import re
import shlex
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Ran, Run

PAGE = (Path(__file__).parents[3] / "docs/importing.md").read_text(encoding="utf-8")
BOTH = ("--as", "jane:analyst", "--signed-by", "joe:counsel")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The files of the page, where commands run."""
    for kind, name, text in re.findall(r"```(csv|toml) (\S+)\n(.*?)```", PAGE, re.DOTALL):
        assert name.endswith(kind)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def import_all(run: Run, *more: str) -> Ran:
    assert run("import", "accounts", "users.csv", "--map", "accounts.toml", "--as", "jane:analyst").code == 0
    return run("import", "restrictions", "users.csv", "--map", "map.toml", *BOTH, *more)


def test_every_command_of_the_page_does_what_it_says(run: Run, files: Path) -> None:
    commands = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    assert len(commands) == 7
    for command in (line for line in commands if " undo " not in line):
        ran = run(*shlex.split(command)[1:])
        assert (ran.code, ran.err) == (0, ""), command
    (restrictions,) = [line["id"] for line in run("import", "list", "--json").json() if line.get("of") is None]

    undo = next(line for line in commands if " undo " in line).replace("IMPORT", restrictions)
    assert run(*shlex.split(undo)[1:]).code == 0
    assert run("reconcile", "users.csv", "--map", "map.toml").code == 1


def test_the_dual_run_of_the_page_is_a_playbook(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = (Path(__file__).parents[3] / "src/habeas/playbook/default.toml").read_text(encoding="utf-8")
    example = re.search(r"## Dual run\n\n```toml\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    (tmp_path / "dual.toml").write_text(shipped.replace('[run]\nmode = "live"\n', example[1]), encoding="utf-8")
    monkeypatch.setenv("HABEAS_PLAYBOOK", str(tmp_path / "dual.toml"))

    ran = run("doctor")

    assert "DUAL RUN: NOTHING THAT IS DECIDED TAKES EFFECT for main" in ran.out
    assert "dual run for main" in run("worker", "--once").err


def test_a_live_run_says_nothing_of_a_dual_one(run: Run) -> None:
    assert "DUAL" not in run("doctor").out
    assert run("worker", "--once").err == ""


def test_a_dry_run_says_what_it_would_do_and_changes_nothing(run: Run, files: Path) -> None:
    ran = run("import", "restrictions", "users.csv", "--map", "map.toml", "--dry-run", "--json")
    (said,) = ran.json()

    assert ran.code == 0
    assert (said["rows"], said["unreadable"], said["over"], said["placing"]) == (5, 0, 1, 3)
    assert {each["status"]: each["rows"] for each in said["statuses"]} == dict.fromkeys(
        ("active", "frozen", "banned", "region", "paused"), 1
    )
    assert sum(said["reviews"]) == 3
    assert any("a second person must sign" in each for each in said["unsigned"])
    assert run("import", "list", "--json").json() == []
    assert run("journal", "verify", "--json").json()[0]["entries"] == 0


def test_a_status_that_the_map_does_not_have_is_refused_with_its_counts(run: Run, files: Path) -> None:
    text = (files / "map.toml").read_text()
    (files / "half.toml").write_text(re.sub(r"(?m)^(banned|region) = .*$", "", text))

    for more in ((), ("--dry-run",)):
        ran = run("import", "restrictions", "users.csv", "--map", "half.toml", *BOTH, *more)
        assert ran.code == 2
        assert "`banned` on 1 rows, `region` on 1 rows" in ran.err
    assert run("import", "list", "--json").json() == []
    assert run("reconcile", "users.csv", "--map", "half.toml").code == 2


def test_lines_that_cannot_be_read_are_listed_and_the_rest_goes_on(run: Run, files: Path) -> None:
    with (files / "users.csv").open("a") as file:
        file.write(",No One,,,,banned,,,\nfay,Fay,,DE,,frozen,yesterday,,\ngus,Gus,,DE,,region,2022-01-01,,\nhal,Ha")

    ran = run("import", "restrictions", "users.csv", "--map", "map.toml", *BOTH)

    assert ran.code == 1
    assert re.findall(r"^habeas: line (\d+):", ran.err, re.MULTILINE) == ["7", "8", "10"]
    assert run("check", "gus", "place_order", "--json").json()[0]["level"] == "DENY"


def test_one_person_brings_in_nothing_that_two_must_place(run: Run, files: Path) -> None:
    ran = run("import", "restrictions", "users.csv", "--map", "map.toml", "--as", "jane:analyst")

    assert ran.code == 1
    assert "PERM_BAN for TOS_FAKE_DOCUMENT, on 1 rows: a second person must sign, one of counsel" in ran.err
    assert run("import", "list", "--json").json() == []
    assert run("check", "dan", "place_order", "--json").json()[0]["level"] == "ALLOW"


@pytest.mark.parametrize(
    ("args", "code", "why"),
    [
        ((), 2, "--as NAME:ROLE must say who"),
        (("--as", "fred:frontline"), 1, "does not bring in anything"),
        (("--as", "jane:wizard"), 2, "with one of the roles"),
        (("--as", "jane:analyst", "--signed-by", "jane:counsel"), 1, "cannot sign as the second person too"),
    ],
)
def test_who_may_not_import_is_refused(run: Run, files: Path, args: tuple[str, ...], code: int, why: str) -> None:
    ran = run("import", "restrictions", "users.csv", "--map", "map.toml", *args)
    assert ran.code == code
    assert why in ran.err


def test_what_was_brought_in_can_be_seen(run: Run, files: Path) -> None:
    ran = import_all(run, "--json")
    (said,) = ran.json()

    assert said["restrictions"] == {"active": 3}
    assert said["import"]["signed_by"] == ["joe", "counsel"]
    shown = run("import", "show", said["import"]["id"])
    assert "restrictions from users.csv, by jane:analyst" in shown.out
    assert "3 active" in shown.out
    assert run("import", "show", "im_nothing").code == 2
    assert "carried it over" in " ".join(run("statement", "bob").out.split())


def test_differences_are_named_by_account_and_capability(run: Run, files: Path) -> None:
    import_all(run)
    run("ingest", an_opening(files, "alice", "CN"))

    ran = run("reconcile", "users.csv", "--map", "map.toml", "--json")
    *differences, summary = ran.json()

    assert ran.code == 1
    assert {each["account"] for each in differences} == {"alice"}
    assert {"place_order", "deposit_fiat"} <= {each["capability"] for each in differences}
    assert all(each["older"] == "ALLOW" and each["determining"] for each in differences)
    assert summary["compared"]["differing"] == 1


def test_accounts_that_the_file_does_not_name_are_compared_when_all_are(run: Run, files: Path) -> None:
    import_all(run)
    run("ingest", an_opening(files, "zoe", "CN"))

    assert run("reconcile", "users.csv", "--map", "map.toml").code == 0
    ran = run("reconcile", "users.csv", "--map", "map.toml", "--all")
    assert ran.code == 1
    assert "zoe (not in the file): place_order: ALLOW there, DENY here" in ran.out


def test_an_account_that_nobody_brought_in_is_a_difference_and_says_why(run: Run, files: Path) -> None:
    run("import", "restrictions", "users.csv", "--map", "map.toml", *BOTH)
    ran = run("reconcile", "users.csv", "--map", "map.toml")

    assert ran.code == 1
    assert "alice (active): withdraw_crypto: ALLOW there, HOLD here (unknown here)" in ran.out
    assert "habeas import accounts" in ran.out


def test_known_accounts_are_not_taken_back(run: Run, files: Path) -> None:
    import_all(run)
    (accounts,) = [each["id"] for each in run("import", "list", "--json").json() if each.get("of") == "accounts"]
    ran = run("import", "undo", accounts, "--note", "not these", *BOTH)
    assert ran.code == 1
    assert "limit nobody" in ran.err


@pytest.mark.parametrize(
    "command", ["import restrictions", "import accounts", "import undo", "import list", "import show", "reconcile"]
)
def test_every_command_has_help_with_an_example(run: Run, command: str) -> None:
    assert "Example: habeas" in run(*command.split(), "--help").out


def an_opening(folder: Path, account: str, residence: str) -> Path:
    file = folder / f"{account}.ndjson"
    file.write_text(
        f'{{"specversion": "1.0", "id": "o", "source": "urn:x", "type": "account.profile_changed", "subject": "{account}", '
        f'"time": "2026-03-02T12:00:00Z", "data": {{"residence": "{residence}"}}}}\n'
    )
    return file
