"""Bulk acts, what campaigns leave, imports and channels over HTTP: two people come from two credentials."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from habeas.domain.actor import Actor, Role
from habeas.domain.batch import Signature
from habeas.domain.imported import Import, ImportOf
from habeas.domain.notice import Channel, ChannelHealth
from habeas.service import importing
from habeas.service.campaign_run import CampaignRun
from habeas.service.import_map import read_account_map
from habeas.service.notices import Notices
from habeas.web.examples import BULK
from tests.builders import NOON
from tests.unit.web.conftest import PLAYBOOK, Service, a_problem
from tests.unit.web.test_feed_and_campaigns import a_plan

DAY = timedelta(days=1)
NOTE = {"note": "read and agreed"}
LIFT = {"note": "incident 31", "kind": "lift", "because": "our_error", "selection": {"reason": "TOS_ABUSE"}}


def restrict(service: Service, *accounts: str) -> None:
    jane = service.person(Role.ANALYST, "jane")
    for account in accounts:
        service.tell(f"open-{account}", "account.opened", account, {"residence": "DE", "nationalities": ["DE"]})
        body = {"note": "threats in chat", "reason": "TOS_ABUSE"}
        assert service.post(f"/v1/accounts/{account}/restrictions", body, jane).status_code == 200


def active(service: Service, account: str) -> int:
    items = service.get(f"/v1/accounts/{account}/restrictions").json()["items"]
    return sum(each.get("status", "active") == "active" for each in items)


def test_a_bulk_act_is_looked_at_proposed_signed_by_another_credential_and_run(service: Service) -> None:
    restrict(service, "kim", "lee", "max")
    sue, mia = service.person(Role.SENIOR_ANALYST, "sue"), service.person(Role.MLRO, "mia")
    foreseen = service.post("/v1/bulk-acts/plan", LIFT, sue).json()
    assert (foreseen["selected"], foreseen["accounts"], foreseen["refused"]) == (3, 3, {})
    assert service.get("/v1/bulk-acts").json()["items"] == []

    proposed = service.post("/v1/bulk-acts", LIFT, sue)
    assert proposed.status_code == 200, proposed.text
    assert proposed.json()["proposed"][0] == ["sue", "senior_analyst"]
    path = f"/v1/bulk-acts/{proposed.json()['id']}"
    a_problem(service.post(f"{path}/run", None, sue), 409, "refused")
    assert "somebody else must sign" in a_problem(service.post(f"{path}/sign", NOTE, sue), 409, "refused")
    assert [active(service, each) for each in ("kim", "lee", "max")] == [1, 1, 1]

    assert service.post(f"{path}/sign", NOTE, mia).json()["signed"][0] == ["mia", "mlro"]
    done = service.post(f"{path}/run", None, sue).json()
    assert (done["step"]["done"], "finished_at" in done["step"]) == (3, True)
    assert [active(service, each) for each in ("kim", "lee", "max")] == [0, 0, 0]
    assert service.get(path).json() == done
    assert [each["id"] for each in service.get("/v1/bulk-acts").json()["items"]] == [done["id"]]


def test_the_same_person_with_another_key_is_still_one(service: Service) -> None:
    restrict(service, "kim")
    bulk = service.post("/v1/bulk-acts", LIFT, service.person(Role.SENIOR_ANALYST, "sue")).json()["id"]
    as_mlro = service.person(Role.MLRO, "sue")
    a_problem(service.post(f"/v1/bulk-acts/{bulk}/sign", NOTE, as_mlro), 409, "refused")


def test_a_bulk_act_may_name_accounts_and_is_declined(service: Service) -> None:
    restrict(service, "kim", "lee")
    sue, mia = service.person(Role.SENIOR_ANALYST, "sue"), service.person(Role.MLRO, "mia")
    said = LIFT | {"selection": {}, "accounts": ["lee", "nobody"]}
    assert service.post("/v1/bulk-acts/plan", said, sue).json()["selected"] == 1
    bulk = service.post("/v1/bulk-acts", said, sue).json()
    assert bulk["selection"]["accounts"]
    assert service.post(f"/v1/bulk-acts/{bulk['id']}/decline", NOTE, mia).json()["declined"][0][0] == "mia"
    a_problem(service.post(f"/v1/bulk-acts/{bulk['id']}/sign", NOTE, mia), 409, "refused")
    assert active(service, "lee") == 1


def test_what_a_bulk_act_left_is_listed_in_pieces(service: Service) -> None:
    restrict(service, "a1", "a2", "a3", "a4")
    sue, mia = service.person(Role.SENIOR_ANALYST, "sue"), service.person(Role.MLRO, "mia")
    bulk = service.post("/v1/bulk-acts", LIFT, sue).json()["id"]
    service.post(f"/v1/bulk-acts/{bulk}/sign", NOTE, mia)
    for account in ("a1", "a3", "a4"):
        held = service.get(f"/v1/accounts/{account}/restrictions").json()["items"][0]["id"]
        assert service.post(f"/v1/restrictions/{held}/lift", NOTE, mia).status_code == 200
    service.post(f"/v1/bulk-acts/{bulk}/run", None, mia)
    first = service.get(f"/v1/bulk-acts/{bulk}/left", limit=2).json()
    second = service.client.get(first["next"], headers=service.program()).json()
    assert [each["account"] for each in (*first["items"], *second["items"])] == ["a1", "a3", "a4"]
    assert all(each["refusal"]["message"] for each in first["items"])
    assert second.get("next") is None


@pytest.mark.parametrize(
    ("changes", "status", "name"),
    [
        ({"selection": {}}, 400, "bad-input"),
        ({"selection": {"what": 1}}, 400, "bad-input"),
        ({"kind": "extend"}, 400, "bad-input"),
        ({"because": "rule_goes_on"}, 409, "refused"),
        ({"actor": ["mia", "mlro"]}, 400, "bad-input"),
        ({"accounts": []}, 400, "bad-input"),
        ({"accounts": ["no such id!"]}, 400, "bad-input"),
        ({"selection": {"reason": "TAINTED_FUNDS"}}, 409, "refused"),
    ],
)
def test_a_proposal_that_makes_no_sense_is_none(
    service: Service, changes: dict[str, Any], status: int, name: str
) -> None:
    a_problem(service.post("/v1/bulk-acts", LIFT | changes, service.person(Role.SENIOR_ANALYST)), status, name)
    assert service.get("/v1/bulk-acts").json()["items"] == []


def test_whoever_may_not_propose_or_sign_is_refused(service: Service) -> None:
    restrict(service, "kim")
    a_problem(service.post("/v1/bulk-acts", BULK, service.person(Role.FRONTLINE)), 403, "forbidden")
    bulk = service.post("/v1/bulk-acts", LIFT, service.person(Role.SENIOR_ANALYST, "sue")).json()["id"]
    a_problem(service.post(f"/v1/bulk-acts/{bulk}/sign", NOTE, service.person(Role.ANALYST)), 409, "refused")
    a_problem(service.get("/v1/bulk-acts/bk_none"), 404, "not-found")


# --- what a campaign leaves --------------------------------------------------------------------------------------------


def test_what_is_left_is_reported_when_the_time_is_over_and_a_person_sees_to_it(service: Service) -> None:
    service.tell("e-1", "account.opened", "nel", {"residence": "NL", "nationalities": ["NL"]})
    mia = service.person(Role.CAMPAIGN_MANAGER, "mia")
    assert service.post("/v1/campaigns", {"note": "decided", "plan": a_plan()}, mia).status_code == 200
    path = "/v1/campaigns/cp_nl-2027"
    for role in (Role.COUNSEL, Role.MLRO):
        service.post(f"{path}/sign", NOTE, service.person(role))
    service.clock.forward(2 * DAY)
    found = {"found": [{"account": "nel", "usd": "412.50", "what": "an open position"}]}
    assert "from its `residual_at` on" in a_problem(service.post(f"{path}/residuals", found, mia), 409, "refused")
    notices = Notices(service.store, PLAYBOOK, service.clock)
    CampaignRun(service.store, service.intake, notices, PLAYBOOK, service.clock).advance_all(100)
    service.clock.forward(250 * DAY)
    told = service.post(f"{path}/residuals", found, mia)
    assert told.status_code == 200, told.text
    assert told.json()[0]["cases"]
    again = service.post(f"{path}/residuals", found, mia).json()
    assert again == [told.json()[0] | {"duplicate": True}]
    for usd in ("-1", "NaN", "Infinity"):
        bad = {"found": [{"account": "nel", "usd": usd}]}
        a_problem(service.post(f"{path}/residuals", bad, mia), 400, "bad-input")
    a_problem(service.post(f"{path}/residuals", found, service.person(Role.AUDITOR)), 403, "forbidden")


# --- imports and channels ----------------------------------------------------------------------------------------------


MAP = b'[column]\naccount = "id"\nresidence = "country"\n'


def bring_in(service: Service, file: Path) -> Import:
    read_map = read_account_map(MAP, "map.toml")
    by = Signature(Actor("jane", Role.ANALYST), service.clock.now, "import")
    batch = importing.begun(service.store, ImportOf.ACCOUNTS, file, MAP, by, None)
    survey = importing.survey_accounts(file, read_map, service.clock.now, lambda *_: None)
    return importing.import_accounts(service.store, service.intake, batch, file, read_map, survey, lambda *_: None)


def test_imports_are_listed_and_shown_and_no_file_is_taken(service: Service, tmp_path: Path) -> None:
    brought = []
    for name, rows in (("first", "ann,DE\nbob,FR\n"), ("second", "cat,DE\n")):
        (tmp_path / f"{name}.csv").write_text(f"id,country\n{rows}", encoding="utf-8")
        brought.append(bring_in(service, tmp_path / f"{name}.csv"))
        service.clock.forward(DAY)
    listed = service.get("/v1/imports", limit=1).json()
    assert [each["id"] for each in listed["items"]] == [brought[0].id]
    second = service.client.get(listed["next"], headers=service.program()).json()
    assert [each["source"] for each in second["items"]] == ["second.csv"]
    shown = service.get(f"/v1/imports/{brought[0].id}").json()
    assert (shown["batch"]["step"]["done"], shown["batch"]["started"][0], shown["restrictions"]) == (
        2,
        ["jane", "analyst"],
        {},
    )
    a_problem(service.get("/v1/imports/im_none"), 404, "not-found")
    a_problem(service.post("/v1/imports", {}), 405, "method-not-allowed")


def test_a_channel_that_was_switched_off_is_switched_on_again(service: Service) -> None:
    off = ChannelHealth(channel=Channel.WEBHOOK, failures=9, disabled_at=NOON)
    with service.store.transaction() as work:
        work.set_channel_health(off)
    listed = service.get("/v1/webhooks").json()
    assert [each.get("disabled_at") for each in listed] == [None, f"{NOON:%Y-%m-%dT%H:%M:%SZ}"]
    enabled = service.post("/v1/webhooks/webhook/enable").json()
    assert (enabled["channel"], enabled["failures"], enabled["disabled_at"]) == ("webhook", 0, None)
    a_problem(service.post("/v1/webhooks/pigeon/enable"), 404, "not-found")
