"""The commands: what they print, how they refuse, what their exit codes are."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Run


def a_line(**changes: Any) -> str:
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "urn:exchange",
        "type": "account.opened",
        "subject": "wei",
        "time": "2026-03-02T12:00:00Z",
        "data": {"residence": "CN"},
    }
    return json.dumps(event | changes)


def a_file(path: Path, *lines: str) -> str:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_ingest_prints_one_outcome_per_event_in_input_order(run: Run, tmp_path: Path) -> None:
    lines = [a_line(id=f"e-{n}", subject=f"acct-{n}") for n in range(200)]

    ran = run("ingest", a_file(tmp_path / "day.ndjson", *lines), "--json")

    assert ran.code == 0
    assert [outcome["event"] for outcome in ran.json()] == [f"e-{n}" for n in range(200)]
    assert ran.json()[0]["verdict"]["level"] == "DENY"


BAD_LINES = {
    "a malformed line": ("{not json", "the event cannot be read"),
    "an unknown type": (a_line(type="moon.landed"), "the type `moon.landed` is unknown"),
    "a naive time": (a_line(time="2026-03-02T12:00:00"), "time zone"),
    "a time far ahead": (a_line(time="2199-01-01T00:00:00Z"), "ahead of now"),
    "a negative amount": (
        a_line(type="order.placed", data={"market": "BTC-EUR", "side": "buy", "usd": "-5"}),
        "zero or more",
    ),
    "a bad IP": (a_line(type="login.succeeded", data={"ip": "300.1.1.1"}), "300.1.1.1"),
    "a subject of 1 MB": (a_line(subject="a" * 1_000_000), "bytes long"),
    "a subject that is too long": (a_line(subject="a" * 129), "subject"),
    "a reserved source": (a_line(source="habeas:staff"), "reserved"),
    "the same identity with another body": (
        a_line(id="first", data={"residence": "DE"}),
        "already recorded with another body",
    ),
}


@pytest.mark.parametrize("case", BAD_LINES)
def test_a_bad_line_is_one_sentence_with_its_number_and_the_rest_goes_on(run: Run, tmp_path: Path, case: str) -> None:
    bad, words = BAD_LINES[case]
    file = a_file(tmp_path / "day.ndjson", a_line(id="first"), bad, "", a_line(id="last", subject="ana"))

    ran = run("ingest", file, "--json")

    assert ran.code == 1
    assert [outcome["event"] for outcome in ran.json()] == ["first", "last"]
    assert len(ran.err.splitlines()) == 1
    assert ran.err.startswith(f"{file}, line 2: ")
    assert words in ran.err
    assert "Traceback" not in ran.err
    verified = run("journal", "verify")
    assert (verified.code, verified.err) == (0, "")


def test_a_file_that_is_not_there_is_one_sentence_and_exit_2(run: Run) -> None:
    ran = run("ingest", "nowhere.ndjson")
    assert (ran.code, ran.out) == (2, "")
    assert (
        ran.err
        == "habeas: cannot read `nowhere.ndjson`: there is no such file; name an NDJSON file of CloudEvents, or -\n"
    )


def test_check_answers_for_now_and_for_other_instants(run: Run, tmp_path: Path) -> None:
    run("ingest", a_file(tmp_path / "day.ndjson", a_line()))

    now = run("check", "wei", "place_order", "--json")
    before = run("check", "wei", "place_order", "--at", "2026-03-02T11:59:59Z", "--json")

    assert (now.code, now.json()[0]["level"]) == (0, "DENY")
    assert before.json()[0]["level"] == "ALLOW"
    assert run("check", "wei", "withdraw_crypto").out == "withdraw_crypto: ALLOW\n"
    assert run("check", "wei", "convert", "--json").json()[0]["capability"] == "place_order"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("check", "wei", "fly"), "`fly` is no capability"),
        (("check", "not an id", "view"), "is no account id"),
        (("check", "wei", "view", "--at", "yesterday"), "is no time"),
        (("check", "wei", "view", "--at", "2026-03-02T12:00:00"), "has no time zone"),
        (("check", "wei", "view", "--ip", "1.2.3"), "is no IP address"),
        (("check", "wei", "view", "--amount", "NaN"), "no amount of zero or more"),
        (("check", "wei", "view", "--amount", "much"), "is no amount"),
        (("check", "wei", "view", "--stage", "later"), "must be request or broadcast"),
        (("account", "nobody"), "is unknown here"),
        (("statement", "x" * 200), "is no account id"),
        (("lift", "rs_none", "--note", "why not", "--as", "tom:analyst"), "there is no restriction `rs_none`"),
        (("restrict", "wei", "--reason", "TOS_ABUSE", "--note", "abuse", "--as", "tom"), "must be NAME:ROLE"),
        (("restrict", "wei", "--reason", "TOS_ABUSE", "--note", "x", "--as", "tom:analyst"), "must say why"),
        (("check", "wei", "view", "--store", "oracle://x"), "oracle"),
        (("bench", "speed-of-light"), "is no bench"),
    ],
)
def test_bad_usage_is_one_sentence_and_exit_2(run: Run, args: tuple[str, ...], words: str) -> None:
    ran = run(*args)
    assert ran.code == 2
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1


def test_staff_restrict_and_lift(run: Run) -> None:
    placed = run(
        *("restrict", "rudi", "--reason", "TOS_ABUSE", "--note", "threats in chat", "--as", "jane:analyst", "--json"),
        *("--fact", "act=threats", "--for", "3d"),
    )
    restriction = placed.json()[0]["placed"][0]
    assert (placed.code, restriction["kind"]) == (0, "REGION_LOCK")
    assert "threats against other people" in run("statement", "rudi").out

    lifted = run("lift", restriction["id"], "--note", "settled with the partners", "--as", "tom:analyst", "--json")
    assert (lifted.code, lifted.json()[0]["lifted"][0]["status"]) == (0, "lifted")
    assert run("check", "rudi", "place_order").out == "place_order: ALLOW\n"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--as", "fred:frontline"), "the role frontline does not place restrictions"),
        (("--as", "jane:analyst", "--kind", "OUTFLOW_HOLD", "--for", "30d"), "allows OUTFLOW_HOLD for at most 7 days"),
        (("--as", "jane:analyst", "--kind", "PERM_BAN", "--evidence", "E3"), "does not permit PERM_BAN"),
        (("--as", "jane:analyst", "--kind", "FROZEN", "--evidence", "E1"), "does not permit FROZEN"),
        (("--as", "jane:analyst", "--until", "2020-01-01T00:00:00Z"), "is not after now"),
        (("--as", "jane:analyst", "--reason", "GOSSIP"), "no reason `GOSSIP`"),
    ],
)
def test_a_refused_act_says_why_exits_1_and_is_recorded(run: Run, more: tuple[str, ...], words: str) -> None:
    ran = run("restrict", "rudi", "--reason", "TOS_ABUSE", "--note", "threats in chat", *more)

    assert ran.code == 1
    assert words in ran.err
    assert "refused" in run("account", "rudi").out
    assert run("check", "rudi", "view").out == "view: ALLOW\n"


def test_a_ban_is_proposed_by_one_and_signed_by_another(run: Run) -> None:
    ban = ("restrict", "mallory", "--reason", "MALICIOUS_USER", "--kind", "PERM_BAN", "--evidence", "E4")
    proposed = run(*ban, "--note", "forensics in file", "--as", "jane:analyst", "--json").json()[0]["placed"][0]
    assert proposed["status"] == "proposed"
    assert run("check", "mallory", "login").out == "login: ALLOW\n"

    alone = run("approve", proposed["id"], "--note", "I am sure", "--as", "jane:counsel")
    assert (alone.code, "a second person must sign" in alone.err) == (1, True)
    assert run("approve", proposed["id"], "--note", "legal agrees", "--as", "cora:counsel").code == 0
    assert run("check", "mallory", "login").out.startswith("login: DENY")
    assert "appeal" in run("statement", "mallory").out

    assert run("lift", proposed["id"], "--note", "changed my mind", "--as", "sue:mlro").code == 1
    annulled = run("annul", proposed["id"], "--note", "mixed up accounts", "--as", "ann:appeals_officer", "--json")
    assert annulled.json()[0]["lifted"][0]["status"] == "annulled"
    assert run("check", "mallory", "login").out == "login: ALLOW\n"


def test_a_restriction_is_renewed_on_higher_evidence(run: Run) -> None:
    act = (
        "restrict",
        "rudi",
        "--reason",
        "MALICIOUS_USER",
        "--kind",
        "FROZEN",
        "--note",
        "seen",
        "--as",
        "jane:analyst",
    )
    placed = run(*act, "--json").json()[0]["placed"][0]
    renewal = ("renew", placed["id"], "--for", "29d", "--note", "report 12", "--as", "sue:senior_analyst")
    assert run(*renewal, "--evidence", "E3").code == 1
    assert run(*renewal, "--evidence", "E4", "--json").json()[0]["extended"][0]["id"] == placed["id"]


LISTED_WALLET = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96"


@pytest.mark.row("A005", "A063")
def test_a_listed_deposit_is_blocked_and_released_by_two_reviewers(run: Run, tmp_path: Path) -> None:
    deposit = {"asset": "ETH", "chain": "ETH", "amount": "2", "usd": "6200", "tx": "0xabc", "from": LISTED_WALLET}
    line = a_line(id="d-1", subject="yuki", type="deposit.crypto", data=deposit)
    outcome = run("ingest", a_file(tmp_path / "day.ndjson", line), "--json").json()[0]
    assert (outcome["disposition"], outcome["placed"][0]["scope"]) == ("block", "amount")
    question = ("check", "yuki", "withdraw_crypto", "--asset", "ETH", "--amount", "1", "--balance", "2")
    assert run(*question).out.startswith("withdraw_crypto: HOLD")

    (case,) = run("case", "list", "--queue", "sanctions", "--json").json()
    assert case["match"]["entry"] == outcome["signals"][0]["evidence"]["entry"]
    assert "score 1.00" in run("case", "show", case["id"]).out
    opinion = ("case", "decide", case["id"], "--outcome", "false_match", "--note", "shared deposit address")
    assert "is open" in run(*opinion, "--as", "olga:sanctions_officer").out
    assert run(*opinion, "--as", "olga:sanctions_officer").code == 1
    assert run(*question).out.startswith("withdraw_crypto: HOLD")
    assert "decided as false_match" in run(*opinion, "--as", "ravi:senior_analyst").out
    assert run(*question).out == "withdraw_crypto: ALLOW\n"
    assert run("case", "list").out == "no open case\n"

    rows: list[dict[str, str]] = json.loads(run("case", "statistics", "--json").out)
    assert [(row["outcome"], row["count"]) for row in rows] == [("false_match", "1-4")]
    assert not {"yuki", case["id"], LISTED_WALLET} & {str(v) for row in rows for v in row.values()}


def test_a_case_that_is_not_there_is_one_sentence(run: Run) -> None:
    for words in (
        ("case", "show", "cs_none"),
        ("case", "decide", "cs_none", "--outcome", "resolved", "--note", "ok ok", "--as", "a:analyst"),
    ):
        ran = run(*words)
        assert (ran.code, len(ran.err.splitlines())) == (2, 1)


@pytest.mark.row("A028")
def test_an_exemption_is_granted_by_a_senior_person_and_shown(run: Run) -> None:
    words = ("exempt", "lena", "--kind", "TEMP_RISK", "--for", "7d", "--note", "on tour, tickets seen", "--as")

    assert run(*words, "jane:analyst").code == 1
    assert run(*words, "mia:senior_analyst").code == 0
    assert "exempt from TEMP_RISK" in run("account", "lena").out


def test_worker_once_fires_what_is_due(run: Run, tmp_path: Path) -> None:
    at = datetime.now(UTC) - timedelta(hours=30)
    login = {"ip": "84.128.10.10", "device": "phone"}
    lines = [
        a_line(id="open", subject="kim", time=(at - timedelta(days=9)).isoformat()),
        a_line(
            id="login", subject="kim", type="login.succeeded", time=(at - timedelta(days=8)).isoformat(), data=login
        ),
        a_line(id="leak", subject="kim", type="credential.leaked", time=at.isoformat(), data={"origin": "a corpus"}),
    ]
    run("ingest", a_file(tmp_path / "day.ndjson", *lines))

    assert run("worker", "--once", "--json").json() == [
        {"timers": 1, "effects": 0, "notices": 3, "campaigns": 0, "bulk": 0}
    ]
    assert run("worker", "--once", "--json").json() == [
        {"timers": 0, "effects": 0, "notices": 0, "campaigns": 0, "bulk": 0}
    ]


def test_a_playbook_is_validated_and_a_bad_one_is_named_with_its_path(run: Run, tmp_path: Path) -> None:
    from importlib.resources import files

    text = files("habeas.playbook").joinpath("default.toml").read_text(encoding="utf-8")
    bad = tmp_path / "bad.toml"
    bad.write_text(text.replace('unstake = "transfer_own"', 'unstake = "fly"'), encoding="utf-8")

    assert run("playbook", "validate").code == 0
    ran = run("playbook", "validate", str(bad))
    assert ran.code == 2
    assert "action" in ran.err
    assert "fly" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_the_tests_beside_the_rules_run_and_one_that_fails_is_named(run: Run, tmp_path: Path) -> None:
    from importlib.resources import files

    passed = run("playbook", "test")
    assert passed.code == 0
    assert ", 0 failed" in passed.out

    text = files("habeas.playbook").joinpath("default.toml").read_text(encoding="utf-8")
    changed = tmp_path / "changed.toml"
    changed.write_text(text.replace("new_addresses_paid >= 5", "new_addresses_paid >= 6"), encoding="utf-8")
    failed = run("playbook", "test", changed)
    assert failed.code == 1
    (line,) = (line for line in failed.out.splitlines() if line.startswith("FAILED"))
    assert "main/small_withdrawals_fanned_out" in line
    assert "the fifth new address within the hour: does not fire" in line
    assert ", 1 failed" in failed.out

    rows = run("playbook", "test", changed, "--json").json()
    assert [(row["entity"], row["rule"], row["said"]) for row in rows if not row["has_passed"]] == [
        ("main", "small_withdrawals_fanned_out", "does not fire")
    ]


def test_a_rule_that_cannot_be_is_named_when_the_playbook_is_validated(run: Run, tmp_path: Path) -> None:
    from importlib.resources import files

    text = files("habeas.playbook").joinpath("default.toml").read_text(encoding="utf-8")
    bad = tmp_path / "bad.toml"
    bad.write_text(text.replace("event.usd >= 1000.0", "event.usd >= 1000"), encoding="utf-8")
    for command in ("validate", "test"):
        ran = run("playbook", command, bad)
        assert ran.code == 2
        assert "bad.toml: at `rule.first_large_p2p_after_credential_change.when`" in ran.err
        assert len(ran.err.splitlines()) == 1


def test_the_demo_tells_every_chapter_and_its_journal_verifies(run: Run, tmp_path: Path) -> None:
    from habeas.simulation.story import CHAPTERS

    ran = run("demo", "--no-serve", "--dir", str(tmp_path / "demo"))

    assert ran.code == 0
    for chapter in CHAPTERS:
        assert chapter.title in ran.out
    assert ", 0 faults." in ran.out
    store = f"sqlite:///{tmp_path / 'demo' / 'habeas-demo.db'}"
    levels = {
        (account, capability): run("check", account, capability, "--store", store, "--json").json()[0]["level"]
        for account, capability in (
            ("anna", "withdraw_crypto"),
            ("wei", "place_order"),
            ("wei", "withdraw_crypto"),
            ("wei-bot", "place_order"),
            ("sofia", "withdraw_crypto"),
            ("sofia", "contact_support"),
            ("noah", "login"),
            ("kim", "withdraw_crypto"),
            ("lena", "place_order"),
            ("rudi", "place_order"),
        )
    }
    assert levels == {
        ("anna", "withdraw_crypto"): "ALLOW",
        ("wei", "place_order"): "DENY",
        ("wei", "withdraw_crypto"): "ALLOW",
        ("wei-bot", "place_order"): "DENY",
        ("sofia", "withdraw_crypto"): "DENY",
        ("sofia", "contact_support"): "ALLOW",
        ("noah", "login"): "ALLOW",
        ("kim", "withdraw_crypto"): "STEP_UP",
        ("lena", "place_order"): "ALLOW",
        ("rudi", "place_order"): "DENY",
    }
    assert run("demo", "--no-serve", "--dir", str(tmp_path / "demo")).code == 0


def test_the_gate_is_measured_beside_other_engines_or_says_why_not(run: Run) -> None:
    figures = run("bench", "gate", "--scale", "0.0005", "--json").json()[0]["figures"]["gate"]
    assert figures["memory"]["restricted"] == 75
    assert set(figures["same_request"]) == {"gate_us", "cedarpy", "cedarpy from text", "zen-engine"}
    assert set(figures["commit_to_gate_ms"]) == {"woken", "polled"}


def test_bench_prints_machine_and_figures(run: Run) -> None:
    report = run("bench", "decide", "verdict", "rules", "--scale", "0.01", "--json").json()[0]
    assert set(report["figures"]) == {"decide", "verdict", "rules"}
    assert report["figures"]["rules"]["rules"] == 100
    assert report["machine"]["cores"] >= 1


def test_the_service_is_measured_over_both_stores(run: Run) -> None:
    figures = run("bench", "http", "--scale", "0.01", "--json").json()[0]["figures"]["http"]
    assert figures["restricted"] == 100
    for store in ("sqlite", "postgres"):
        assert set(figures[store]) == {"evaluations_by_1", "evaluations_by_2", "single", "batch"}
        assert all(each["requests"] for each in figures[store].values())


def test_bench_import_measures_two_sizes(run: Run) -> None:
    figures = run("bench", "import", "--scale", "0.005", "--json").json()[0]["figures"]["import"]
    assert set(figures) == {"100", "500"}
    assert all(
        each["restrictions"]["per_second"] > 0 and each["accounts"]["per_second"] > 0 for each in figures.values()
    )


def test_every_command_has_help_with_an_example(run: Run) -> None:
    commands = (
        *(["demo"], ["ingest"], ["worker"], ["check"], ["statement"], ["account"], ["restrict"], ["lift"], ["exempt"]),
        *(["approve"], ["renew"], ["annul"], ["case", "list"], ["case", "show"], ["case", "decide"]),
        *(
            ["case", "statistics"],
            ["diagnose"],
            ["playbook", "validate"],
            ["playbook", "test"],
            ["journal", "verify"],
            ["bench"],
        ),
    )
    for command in commands:
        assert "Example: habeas" in run(*command, "--help").out, command
