"""`habeas campaign` and `habeas bulk`: what they print, how they refuse, what their exit codes are."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from habeas.cli import wiring
from tests.unit.cli.conftest import Ran, Run
from tests.unit.cli.test_commands import a_file, a_line

DAY = timedelta(days=1)
NOW = datetime.now(UTC).replace(microsecond=0)
T0 = NOW - 70 * DAY
AS_MIA, AS_CORA, AS_MO = ("--as", "mia:campaign_manager"), ("--as", "cora:counsel"), ("--as", "mo:mlro")
NOTE = ("--note", "as decided by the board")
SetClock = Callable[[datetime], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Sets what the commands hold for now; it never lies after the real now."""

    def set_to(at: datetime) -> None:
        monkeypatch.setattr(wiring, "now", lambda: at)

    set_to(T0 - DAY)
    return set_to


def a_plan_file(folder: Path, *more: str, **changes: str | None) -> Path:
    values = {
        "id": '"cp_nl-2027"',
        "title": '"Exit from the Netherlands"',
        "areas": '["NL"]',
        "cause": '"regulation"',
        "announcement": '"https://example.com/nl"',
        "announced_at": T0.isoformat(),
        "withdraw_only_at": (T0 + 31 * DAY).isoformat(),
        "residual_at": (T0 + 60 * DAY).isoformat(),
    } | changes
    lines = [f"{name} = {value}" for name, value in values.items() if value is not None]
    path = folder / "exit.toml"
    path.write_text("\n".join([*lines, *more]) + "\n", encoding="utf-8")
    return path


def with_accounts(run: Run, folder: Path, **homes: str) -> None:
    """Accounts that were opened before anything was planned."""
    at = (T0 - 2 * DAY).isoformat()
    lines = [a_line(id=f"e-{name}", subject=name, time=at, data={"residence": home}) for name, home in homes.items()]
    assert run("ingest", a_file(folder / "day.ndjson", *lines)).code == 0


def is_one_sentence(ran: Ran, code: int, words: str) -> None:
    assert (ran.code, ran.out) == (code, ""), ran
    assert len(ran.err.splitlines()) == 1, ran.err
    assert words in ran.err
    assert "Traceback" not in ran.err


def approved(run: Run, folder: Path) -> None:
    assert run("campaign", "draft", a_plan_file(folder), *NOTE, *AS_MIA).code == 0
    for signer in (AS_CORA, AS_MO):
        assert run("campaign", "approve", "cp_nl-2027", *NOTE, *signer).code == 0


def announced(run: Run, folder: Path, clock: SetClock) -> None:
    with_accounts(run, folder, kim="NL", eve="NL", ana="DE")
    approved(run, folder)
    clock(T0)
    assert run("campaign", "run", "cp_nl-2027").code == 0


# --- plans -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("clock")
def test_a_plan_says_whom_it_is_about_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    with_accounts(run, tmp_path, kim="NL", eve="NL", ana="DE")
    ran = run("campaign", "plan", a_plan_file(tmp_path))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Exit from the Netherlands: 2 of 3 accounts\n")
    assert "  by area: 2 NL\n" in ran.out
    assert "reminder T2-14d" in ran.out
    (report,) = run("campaign", "plan", tmp_path / "exit.toml", "--json").json()
    assert set(report) == {
        *(
            "id",
            "title",
            "faults",
            "overlaps",
            "schedule",
            "reminders",
            "looked_at",
            "accounts",
            "by_area",
            "by_entity",
        ),
        *("by_life", "limited_already", "exempt", "sample"),
    }
    assert (report["accounts"], report["by_area"], report["sample"]) == (2, {"NL": 2}, ["eve", "kim"])
    assert run("campaign", "list").out == "no campaign\n"
    assert run("campaign", "list", "--json").out == ""


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"colour": '"red"'}, "contains unknown field `colour`"),
        ({"cause": None}, "missing required field `cause`"),
        ({"cause": '"boredom"'}, "boredom"),
        ({"entities": "[]"}, "`$.entities`"),
        ({"announced_at": "2026-01-31T00:00:00"}, "timezone"),
        ({"announced_at": "2026-01-31"}, "`$.announced_at`"),
        ({"announcement": '"see our page"'}, "`$.announcement`"),
        ({"id": '"../../etc"'}, "`$.id`"),
        ({"title": '"'}, "is no plan of a campaign"),
        ({"entities": '["moon"]'}, "`entities` has `moon`, which the playbook does not know"),
    ],
)
@pytest.mark.parametrize("command", [("plan",), ("draft", *NOTE, *AS_MIA)], ids=lambda c: c[0])
def test_a_file_that_is_no_plan_is_one_sentence_and_exit_2(
    run: Run, tmp_path: Path, command: tuple[str, ...], changes: dict[str, Any], words: str
) -> None:
    is_one_sentence(run("campaign", *command, a_plan_file(tmp_path, **changes)), 2, words)


@pytest.mark.usefixtures("clock")
def test_a_plan_in_no_readable_text_is_one_sentence_and_exit_2(run: Run, tmp_path: Path) -> None:
    (tmp_path / "exit.toml").write_bytes(b"\xff\xfe")
    is_one_sentence(run("campaign", "plan", "exit.toml"), 2, "is no plan of a campaign")
    is_one_sentence(run("campaign", "plan", "nowhere.toml"), 2, "cannot read `nowhere.toml`")


@pytest.mark.usefixtures("clock")
def test_a_plan_with_faults_names_them_all_and_ends_with_1(run: Run, tmp_path: Path) -> None:
    file = a_plan_file(tmp_path, areas='["nl"]', withdraw_only_at=(T0 + DAY).isoformat())
    ran = run("campaign", "plan", file)
    assert ran.code == 1
    assert ran.out.count("cannot be drafted like this: ") == 2
    assert run("campaign", "plan", file, "--json").json()[0]["faults"] != []
    is_one_sentence(run("campaign", "draft", file, *NOTE, *AS_MIA), 1, "`nl`, which is no ISO 3166 code; from the")


# --- its life --------------------------------------------------------------------------------------------------------


def test_a_campaign_is_shown_with_all_who_stood_behind_it(run: Run, tmp_path: Path, clock: SetClock) -> None:
    announced(run, tmp_path, clock)
    shown = run("campaign", "show", "cp_nl-2027").out
    for line in (
        "cp_nl-2027  no_new_business  Exit from the Netherlands  (2 active)",
        "  about      NL by residence, for main: POLICY_EXIT",
        "  drafted    by mia:campaign_manager on ",
        "  signed     by cora:counsel on ",
        "  signed     by mo:mlro on ",
        "  population 3 done, 1 left as they were",
        "  announced  2 done\n",
        "  T2-1d      reminder on ",
    ):
        assert line in shown
    (state,) = run("campaign", "list", "--json").json()
    assert set(state) == {"campaign", "stage", "missing_signatures", "reminders", "accounts", "placed"}
    assert (state["stage"], state["accounts"], state["placed"]) == ("no_new_business", 2, {"active": 2})
    assert run("campaign", "run", "cp_nl-2027", "--json").json() == [state]
    assert run("journal", "verify").code == 0


def test_what_is_due_is_done_by_the_worker_too(run: Run, tmp_path: Path, clock: SetClock) -> None:
    with_accounts(run, tmp_path, kim="NL", eve="NL", ana="DE")
    approved(run, tmp_path)
    assert run("worker", "--once").out == "nothing was due\n"
    clock(T0)
    assert run("worker", "--once").out == "5 accounts gone through for campaigns\n"
    assert run("worker", "--once").out == "2 notices written\n"


REFUSED = {
    "the same draft again": (
        ("draft", "exit.toml", *NOTE, *AS_MIA),
        "`cp_nl-2027` is there already",
    ),
    "a third signature": (
        ("approve", "cp_nl-2027", *NOTE, "--as", "olga:sanctions_officer"),
        "is approved, not a draft",
    ),
    "declining what is approved": (("approve", "cp_nl-2027", "--decline", *NOTE, *AS_MO), "is approved, not a draft"),
    "closing too early": (("close", "cp_nl-2027", *NOTE, *AS_MIA), "when its residual handling is done"),
    "serving again what was never left": (("reinstate", "cp_nl-2027", *NOTE, *AS_MIA), "has not begun; cancel it"),
    "a cancellation by support": (
        ("cancel", "cp_nl-2027", *NOTE, "--as", "fred:frontline"),
        "the role frontline does not end campaigns",
    ),
    "what is left, too early": (("residual", "cp_nl-2027", "left.csv", *AS_MIA), "handled from its `residual_at` on"),
}


@pytest.mark.usefixtures("clock")
def test_what_may_not_be_done_is_one_sentence_and_exit_1(run: Run, tmp_path: Path) -> None:
    approved(run, tmp_path)
    (tmp_path / "left.csv").write_text("account,usd,what\nkim,1,BTC\n")
    before = run("campaign", "show", "cp_nl-2027").out
    for case, words in REFUSED.values():
        is_one_sentence(run("campaign", *case), 1, words)
    assert run("campaign", "show", "cp_nl-2027").out == before


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("show", "cp_none"), "there is no campaign `cp_none`"),
        (("run", "cp_none"), "there is no campaign `cp_none`"),
        (("approve", "cp_none", *NOTE, *AS_MO), "there is no campaign `cp_none`"),
        (("cancel", "cp_nl-2027", "--note", "x", *AS_MIA), "--note must say why"),
        (("cancel", "cp_nl-2027", "--note", "x" * 1_001, *AS_MIA), "--note has more than 1000 characters"),
        (("cancel", "cp_nl-2027", *NOTE, "--as", "mia"), "must be NAME:ROLE"),
        (("residual", "cp_nl-2027", "nowhere.csv", *AS_MIA), "cannot read `nowhere.csv`"),
        (("residual", "cp_nl-2027", "exit.toml", *AS_MIA), "has no column `account`"),
    ],
)
def test_bad_usage_is_one_sentence_and_exit_2(run: Run, tmp_path: Path, args: Sequence[str], words: str) -> None:
    a_plan_file(tmp_path)
    is_one_sentence(run("campaign", *args), 2, words)


def test_an_announcement_that_is_too_late_is_one_sentence_and_exit_1(run: Run, tmp_path: Path, clock: SetClock) -> None:
    approved(run, tmp_path)
    clock(T0 + 20 * DAY)
    is_one_sentence(run("campaign", "run", "cp_nl-2027"), 1, "cancel it and draft it again with later dates")
    assert run("worker", "--once").code == 1


def test_a_draft_can_be_declined(run: Run, tmp_path: Path, clock: SetClock) -> None:
    assert run("campaign", "draft", a_plan_file(tmp_path), *NOTE, *AS_MIA).code == 0
    assert "to sign    counsel, and mlro or sanctions_officer" in run("campaign", "show", "cp_nl-2027").out
    clock(T0 + DAY)
    is_one_sentence(run("campaign", "approve", "cp_nl-2027", *NOTE, *AS_MO), 1, "draft it again with new dates")
    shown = run("campaign", "approve", "cp_nl-2027", "--decline", *NOTE, *AS_MO).out
    assert shown.startswith("cp_nl-2027  declined  ")
    assert "  declined   by mo:mlro on " in shown


@pytest.mark.row("B078")
@pytest.mark.parametrize(("command", "stage"), [("cancel", "cancelled"), ("reinstate", "reinstated")])
def test_an_end_needs_two_people_and_frees_everybody(
    run: Run, tmp_path: Path, clock: SetClock, command: str, stage: str
) -> None:
    announced(run, tmp_path, clock)
    proposed = run("campaign", command, "cp_nl-2027", *NOTE, *AS_MIA)
    assert "  to sign    somebody else: `habeas campaign approve`" in proposed.out
    is_one_sentence(run("campaign", "approve", "cp_nl-2027", *NOTE, *AS_MIA), 1, "somebody else must sign")
    assert run("campaign", "approve", "cp_nl-2027", *NOTE, *AS_MO).out.startswith(f"cp_nl-2027  {stage}  ")
    ran = run("campaign", "run", "cp_nl-2027")
    assert ran.out.startswith(f"cp_nl-2027  {stage}  Exit from the Netherlands  (2 lifted)")
    assert run("check", "kim", "create_subaccount", "--json").json()[0]["level"] == "ALLOW"


def test_a_residual_file_with_bad_lines_is_used_as_far_as_it_can_be_read(
    run: Run, tmp_path: Path, clock: SetClock
) -> None:
    announced(run, tmp_path, clock)
    clock(T0 + 61 * DAY)
    lines = [
        "usd,account,what",
        "12.50,kim,an open position",
        "much,eve,BTC",
        "1,not an id,BTC",
        "1",
        "-1,eve,BTC",
        f"1,eve,{'x' * 1_025}",
        f"1,eve,{'x' * 140_000}",
        "1,ana,BTC",
        ",eve,",
    ]
    (tmp_path / "left.csv").write_text("\ufeff" + "\n".join(lines) + "\n", encoding="utf-8")
    ran = run("campaign", "residual", "cp_nl-2027", "left.csv", *AS_MIA, "--json")
    assert ran.code == 1
    assert [(each["account"], bool(each.get("cases"))) for each in ran.json()] == [
        ("kim", True),
        ("ana", False),
        ("eve", True),
    ]
    said = ran.err.splitlines()
    assert [line.split(": ")[0] for line in said] == [f"left.csv, line {n}" for n in (3, 4, 5, 6, 7, 8)]
    assert "Traceback" not in ran.err
    again = run("campaign", "residual", "cp_nl-2027", "left.csv", *AS_MIA, "--json")
    assert [each["duplicate"] for each in again.json()] == [True, True, True]
    closed = run("campaign", "close", "cp_nl-2027", *NOTE, *AS_MIA).out
    assert closed.startswith("cp_nl-2027  closed  ")
    assert "  closed     by mia:campaign_manager on " in closed


def test_an_account_that_a_residual_file_names_by_mistake_does_not_come_to_be(
    run: Run, tmp_path: Path, clock: SetClock
) -> None:
    announced(run, tmp_path, clock)
    clock(T0 + 61 * DAY)
    (tmp_path / "left.csv").write_text("account\nkimm\n")
    ran = run("campaign", "residual", "cp_nl-2027", "left.csv", *AS_MIA)
    assert ran.code == 1
    assert "nothing that `cp_nl-2027` placed stands here" in ran.out
    levels = [run("check", name, "withdraw_crypto", "--json").json()[0]["level"] for name in ("kim", "kimm")]
    assert levels == ["ALLOW", "HOLD"]


# --- bulk acts -------------------------------------------------------------------------------------------------------

LIFT = ("bulk", "lift", "--batch", "cp_nl-2027", "--because", "reviewed", *NOTE, "--as", "sue:senior_analyst")


def test_a_bulk_lift_from_its_dry_run_to_its_end(run: Run, tmp_path: Path, clock: SetClock) -> None:
    announced(run, tmp_path, clock)
    dry = run(*LIFT, "--dry-run")
    assert dry.out.startswith("would lift 2 of 2 restrictions on 2 accounts\n  by reason: 2 POLICY_EXIT\n")
    (foreseen,) = run(*LIFT, "--dry-run", "--json").json()
    assert set(foreseen) == {
        *("selected", "accounts", "by_reason", "by_kind", "refused", "sample", "sample_refused"),
    }
    assert run("bulk", "list").out == "no bulk act\n"

    (tmp_path / "some.txt").write_text("\ufeffkim\n\nnobody\n", encoding="utf-8")
    (proposed,) = run(*LIFT, "--accounts", "some.txt", "--json").json()
    bulk = proposed["id"]
    assert (proposed["kind"], proposed["selection"]["accounts"]) == ("lift", "some.txt")
    is_one_sentence(run("bulk", "run", bulk), 1, "is not signed")
    is_one_sentence(run("bulk", "approve", bulk, *NOTE, "--as", "sue:senior_analyst"), 1, "somebody else must sign")
    assert run("bulk", "approve", bulk, *NOTE, *AS_MO).out.splitlines()[0].endswith(": under way")
    ran = run("bulk", "run", bulk)
    assert ran.out.splitlines()[0] == f"{bulk}  lift because reviewed: done"
    assert "  gone through 1 of 1" in ran.out
    assert run("bulk", "list").out == f"{bulk}  lift because reviewed: done\n"
    (shown,) = run("bulk", "show", bulk, "--json").json()
    assert (set(shown), shown["left"]) == ({"bulk", "left"}, [])
    assert run("campaign", "show", "cp_nl-2027").out.splitlines()[0].endswith("(1 active, 1 lifted)")
    assert run("worker", "--once").code == 0
    assert "People have looked at limits of this kind again" in " ".join(run("notices", "kim").out.split())


def test_what_a_bulk_act_left_is_listed_and_the_worker_carries_it_out(
    run: Run, tmp_path: Path, clock: SetClock
) -> None:
    announced(run, tmp_path, clock)
    (proposed,) = run(*LIFT, "--json").json()
    held = run("statement", "kim", "--json").json()[0]["restrictions"][0]["id"]
    assert run("lift", held, *NOTE, *AS_CORA).code == 0
    assert run("bulk", "approve", proposed["id"], *NOTE, *AS_MO).code == 0
    assert "2 restrictions gone through for bulk acts" in run("worker", "--once").out
    shown = run("bulk", "show", proposed["id"]).out
    assert "  gone through 2 of 2, 1 left as they were" in shown
    assert f"  left       {held} on kim: " in shown


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("lift", "--because", "reviewed", *NOTE, *AS_MO), 2, "nothing is selected by"),
        (("lift", "--reason", "X", "--because", "boredom", *NOTE, *AS_MO), 2, "--because"),
        (("lift", "--reason", "X", "--because", "rule_goes_on", *NOTE, *AS_MO), 2, "--because"),
        (("lift", "--kind", "LOCK", "--because", "reviewed", *NOTE, *AS_MO), 2, "--kind"),
        (("lift", "--accounts", "none.txt", "--because", "reviewed", *NOTE, *AS_MO), 2, "cannot read `none.txt`"),
        (("lift", "--accounts", "empty.txt", "--because", "reviewed", *NOTE, *AS_MO), 2, "names no account"),
        (("lift", "--accounts", "bad.txt", "--because", "reviewed", *NOTE, *AS_MO), 2, "`-kim` is no account id"),
        (("lift", "--placed-from", "noon", "--because", "reviewed", *NOTE, *AS_MO), 2, "--placed-from `noon`"),
        (("lift", "--reason", "X", "--because", "reviewed", *NOTE, *AS_MO), 1, "no active restriction is like this"),
        (("lift", "--reason", "X", "--because", "reviewed", *NOTE, "--as", "ada:auditor"), 1, "the role auditor"),
        (("run", "bk_none"), 2, "there is no bulk `bk_none`"),
        (("show", "bk_none"), 2, "there is no bulk `bk_none`"),
        (("approve", "bk_none", *NOTE, *AS_MO), 2, "there is no bulk `bk_none`"),
    ],
)
def test_a_bad_bulk_act_is_one_sentence(run: Run, tmp_path: Path, args: Sequence[str], code: int, words: str) -> None:
    (tmp_path / "empty.txt").write_text("\n")
    (tmp_path / "bad.txt").write_text("kim\n-kim\n")
    is_one_sentence(run("bulk", *args), code, words)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--until", "soon", "--evidence", "E3"), "--until `soon` is no time"),
        (("--until", "2027-01-01T00:00:00Z", "--evidence", "E9"), "--evidence"),
    ],
)
def test_an_extension_says_until_when_and_how_well_it_is_proved(run: Run, more: Sequence[str], words: str) -> None:
    args = ("bulk", "extend", "--reason", "RISK_CONTROL", "--because", "rule_goes_on", *NOTE, *AS_MO)
    is_one_sentence(run(*args, *more), 2, words)
