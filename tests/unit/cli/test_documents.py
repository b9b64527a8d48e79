"""Documents from the request to the end of what waits for them, as the desk sees it."""

import contextlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from habeas.domain.errors import HabeasError
from habeas.domain.ids import AccountId
from habeas.store.open import open_store
from tests.sent_files import SCRIPT, a_jpeg, a_pdf, a_png
from tests.unit.cli.conftest import Run

TOM, FAY = ("--note", "seen by me", "--as", "tom:analyst"), ("--note", "the user rang", "--as", "fay:frontline")


def tell(run: Run, tmp_path: Path, id_: str, type_: str, **data: Any) -> None:
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": "urn:x",
        "type": type_,
        "subject": "kim",
        "time": datetime.now(UTC).isoformat(),
        "data": data,
    }
    file = tmp_path / "day.ndjson"
    file.write_text(json.dumps(event), encoding="utf-8")
    assert run("ingest", file).code == 0


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "photo.jpg"
    file.write_bytes(a_jpeg(comment=b"number C01X00T47"))
    return file


@pytest.fixture
def asked(run: Run, tmp_path: Path) -> str:
    """An account whose passport has expired; the request for another one."""
    tell(run, tmp_path, "e1", "account.opened", residence="DE")
    tell(run, tmp_path, "e2", "document.expired", kind="passport")
    (found,) = run("document", "list", "kim", "--json").json()
    (request,) = found["requests"]
    return str(request["id"])


def status(run: Run) -> dict[str, Any]:
    (found,) = run("document", "list", "kim", "--json").json()
    (item,) = found["requests"][0]["items"]
    return dict(item) | {"request": found["requests"][0]["status"], "files": len(found["files"])}


def level(run: Run) -> str:
    """How far a withdrawal is limited."""
    return str(run("check", "kim", "withdraw_crypto", "--json").json()[0]["level"])


def told(run: Run) -> str:
    run("worker", "--once")
    return " ".join(run("notices", "kim").out.split())


def test_from_an_expired_document_to_the_end_of_the_restriction(
    run: Run, tmp_path: Path, asked: str, photo: Path
) -> None:
    assert level(run) == "STEP_UP"

    sent = run("document", "submit", "kim", "passport", photo, "--json")
    assert sent.code == 0
    assert sent.json()[0]["file"]["request"] == asked
    assert status(run)["status"] == "checking"

    reason = "the photo is cut off at the top"
    assert run("document", "decide", "kim", "passport", "--result", "rejected", "--reason", reason, *TOM).code == 0
    assert f"passport: rejected; the last one was not good: {reason}" in run("document", "list", "kim").out
    assert reason in told(run)

    again = run("document", "submit", "kim", "passport", photo)
    assert again.code == 2
    assert f"not accepted: {reason}; send another one" in again.err

    better = tmp_path / "better.png"
    better.write_bytes(a_png())
    assert run("document", "submit", "kim", "passport", better, "--request", asked).code == 0
    assert status(run)["files"] == 2
    decided = run("document", "decide", "kim", "passport", "--result", "accepted", "--request", asked, *TOM, "--json")
    assert [each["status"] for each in decided.json()[0]["lifted"]] == ["lifted"]
    assert status(run)["request"] == "accepted"
    assert level(run) == "ALLOW"
    assert run("journal", "verify").code == 0


def test_the_same_file_twice_is_one_file_and_one_event(run: Run, asked: str, photo: Path) -> None:
    first = run("document", "submit", "kim", "passport", photo, "--json").json()[0]
    second = run("document", "submit", "kim", "passport", photo, "--request", asked, "--json").json()[0]
    assert second["file"] == first["file"]
    assert (first["outcome"].get("duplicate"), second["outcome"]["duplicate"]) == (False, True)
    assert status(run)["files"] == 1
    assert run("account", "kim").out.count("document.received") == 1


def _fails(*_: object) -> None:
    raise HabeasError("the power is gone")


def test_a_file_whose_event_was_lost_is_told_again(
    run: Run, asked: str, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from habeas.service.intake import Intake

    with monkeypatch.context() as broken:
        broken.setattr(Intake, "decide", _fails)
        assert run("document", "submit", "kim", "passport", photo).code == 1
    assert (status(run)["files"], status(run)["status"]) == (1, "awaited")
    assert run("document", "submit", "kim", "passport", photo).code == 0
    assert (status(run)["files"], status(run)["status"]) == (1, "checking")


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        (b"MZ" + bytes(900), "passport", "this `passport` was not taken: the file is no photo and no PDF"),
        (a_jpeg()[:-2], "passport", "cut off or damaged"),
        (a_pdf(b"", SCRIPT), "passport", "has a script, a form, an action or another file in it; print it"),
        (a_jpeg(bytes(10_500_000)), "passport", "has 10.0 MiB and at most 10.0 MiB are taken"),
        (a_jpeg(), "holiday_photo", "`holiday_photo` is no kind of document; asked for are passport"),
        (a_jpeg(), "selfie", "asks for passport, not for `selfie`"),
    ],
)
def test_what_is_not_taken_is_not_kept_and_said_in_one_sentence(
    run: Run, asked: str, photo: Path, content: bytes, kind: str, says: str
) -> None:
    photo.write_bytes(content)
    ran = run("document", "submit", "kim", kind, photo, "--request", asked)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert len(ran.err.splitlines()) == 1
    assert (status(run)["files"], status(run)["status"]) == (0, "awaited")


@pytest.mark.parametrize(
    ("account", "request_", "says"),
    [("nobody", None, "account `nobody` is unknown here"), ("kim", "dr_x", "has no document request `dr_x`")],
)
def test_a_file_for_nobody_or_nothing_is_refused(
    run: Run, asked: str, photo: Path, account: str, request_: str | None, says: str
) -> None:
    named = ("--request", request_) if request_ else ()
    ran = run("document", "submit", account, "passport", photo, *named)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert asked


def test_a_file_is_opened_on_record_and_by_few(run: Run, tmp_path: Path, asked: str, photo: Path) -> None:
    (sent,) = run("document", "submit", "kim", "passport", photo, "--json").json()
    id_, out = sent["file"]["id"], tmp_path / "look.jpg"

    for who in ("fay:frontline", "ada:auditor", "sol:sealed_auditor"):
        ran = run("document", "show", "kim", id_, "--out", out, "--note", "curious", "--as", who)
        assert (ran.code, out.exists()) == (1, False)
        assert f"refused: the role {who.partition(':')[2]} does not open documents" in ran.err
    assert run("document", "show", "kim", id_, "--out", out, *TOM).code == 0
    assert out.read_bytes() == photo.read_bytes()
    assert out.stat().st_mode & 0o777 == 0o600
    assert run("account", "kim").out.count("habeas.document.opened") == 4
    assert "is there already" in run("document", "show", "kim", id_, "--out", out, *TOM).err
    assert "has no file `df_x`" in run("document", "show", "kim", "df_x", "--out", tmp_path / "x", *TOM).err
    assert run("account", "kim").out.count("habeas.document.opened") == 4


def test_a_decision_needs_a_reason_to_reject_and_a_role(run: Run, asked: str) -> None:
    reject = ("document", "decide", "kim", "passport", "--result", "rejected")
    assert "needs --reason" in run(*reject, *TOM).err
    assert "needs --reason" in run(*reject, "--reason", " ", *TOM).err
    ran = run(*reject, "--reason", "blurred", *FAY)
    assert (ran.code, ran.err) == (1, "refused: the role frontline does not judge documents\n")
    assert "must be accepted or rejected" in run("document", "decide", "kim", "passport", "--result", "maybe", *TOM).err
    assert "is no kind of document" in run("document", "decide", "kim", "hat", "--result", "accepted", *TOM).err
    assert status(run)["status"] == "awaited"
    assert asked


def test_who_decided_is_in_the_journal_and_not_in_the_persons_own_data(run: Run, tmp_path: Path, asked: str) -> None:
    run("document", "decide", "kim", "passport", "--result", "rejected", "--reason", "blurred", *TOM)
    with contextlib.closing(open_store(f"sqlite:///{tmp_path / 'habeas.db'}")) as store, store.reading() as reader:
        bodies = [
            json.loads(event.body) for event in reader.events(AccountId("kim")) if event.type == "document.decided"
        ]
    assert [(body["actor"], body["note"]) for body in bodies] == [(["tom", "analyst"], "seen by me")]
    run("export", "subject", "kim", "--out", tmp_path / "own")
    own = (tmp_path / "own" / "subject.md").read_text()
    assert "document.decided" in own
    assert "tom:analyst" not in own
    assert "seen by me" not in own
    assert asked


def test_more_time_is_given_once(run: Run, asked: str) -> None:
    before = run("document", "list", "kim", "--json").json()[0]["requests"][0]["due_at"]
    assert run("document", "extend", asked, *FAY).code == 0
    assert run("document", "list", "kim", "--json").json()[0]["requests"][0]["due_at"] > before
    ran = run("document", "extend", asked, *FAY)
    assert (ran.code, "extended already" in ran.err) == (1, True)
    assert "there is no document request `dr_x` here" in run("document", "extend", "dr_x", *FAY).err


def test_an_account_that_was_asked_for_nothing_says_so(run: Run, tmp_path: Path) -> None:
    tell(run, tmp_path, "e1", "account.opened", residence="DE")
    assert run("document", "list", "kim").out == "nothing was asked for, and nothing came\n"
    assert "is unknown here" in run("document", "list", "nobody").err


def test_a_file_is_in_no_output_and_nowhere_in_the_open(run: Run, tmp_path: Path, asked: str, photo: Path) -> None:
    ran = [
        run("document", "submit", "kim", "passport", photo),
        run("worker", "--once"),
        run("account", "kim", "--json"),
    ]
    said = "".join(each.out + each.err for each in ran)
    assert not re.search("C01X00T47", said)
    assert all(b"C01X00T47" not in file.read_bytes() for file in tmp_path.glob("habeas.db*"))
    assert asked
