"""What an order leads to outside, and how it ends."""

from datetime import timedelta

import msgspec
import pytest

from habeas.decision.desks import REVIEW_DESK
from habeas.domain.capability import Capability
from habeas.domain.evidence import Evidence
from habeas.domain.ids import AccountId
from habeas.domain.kind import Kind
from habeas.domain.reason import Disclosure, Reason
from habeas.domain.restriction import Restriction, Scope
from habeas.playbook.cover import slot_at_or_after
from habeas.sealed.order import State, TargetStatus
from tests.builders import NOON
from tests.desks import CORA, LARS, LENA, ORDERED, SAM, SUE, Office, a_letter, an_order, code
from tests.stories import the_policy

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
COVERS = the_policy().covers
UNLIKE = ("id", "account", "cause", "placed_at", "starts_at", "ends_at")


def the_one(office: Office, account: str = "alice") -> Restriction:
    (found,) = office.restrictions(account)
    return found


def alike(restriction: Restriction) -> dict[str, object]:
    """What the public record of a review says, but for what every record has of its own."""
    values = msgspec.structs.asdict(restriction)
    return {name: value for name, value in values.items() if name not in UNLIKE}


@pytest.mark.row("A090", "A091", "A092")
def test_an_order_that_may_be_told_is_told_with_whom_to_ask(office: Office) -> None:
    order = office.executed(a_letter())
    assert (order.state, office.statuses(order.id)) == (State.EXECUTED, {"alice": TargetStatus.HELD})
    limit = the_one(office)
    assert (limit.kind, limit.reason, limit.disclosure) == (Kind.LEGAL_FREEZE, Reason.LEGAL_ORDER, Disclosure.FULL)
    assert limit.facts == {
        "authority": "Oslo Police District",
        "authority_contact": "+47 22 66 90 50",
        "authority_reference": "12/26",
    }


@pytest.mark.row("A093")
def test_a_wish_gives_a_limited_record_and_a_person_is_called_after_a_fortnight(office: Office) -> None:
    order = office.executed(a_letter(gag={"force": "requested"}))
    limit = the_one(office)
    assert (limit.reason, limit.disclosure, limit.facts) == (Reason.LEGAL_ORDER, Disclosure.LIMITED, {})
    office.wait(14 * DAY)
    assert [page.what for page in office.order(order.id).pages] == ["disclosure_review"]
    assert the_one(office).disclosure is Disclosure.LIMITED, "nothing is told by a timer"
    an_order(office.desk.disclose(order.id, CORA, "no order came"))
    office.sweep()
    assert (the_one(office).disclosure, office.order(order.id).pages[0].decided_at) == (Disclosure.FULL, office.now)


@pytest.mark.row("A021", "A077", "A094")
@pytest.mark.parametrize("gag", [ORDERED, {"force": "statutory"}], ids=["ordered", "statutory"])
def test_what_is_gagged_has_the_record_of_an_ordinary_review(office: Office, gag: dict[str, object]) -> None:
    office.executed(a_letter("freeze", "alice", gag=gag))
    placed = office.reviews.place(
        AccountId("bob"), "MALICIOUS_USER", Evidence.E4, ("rp-1",), 15 * DAY, "case 17, the true reason", SUE
    )
    assert getattr(placed, "status", None) == "placing", placed
    office.sweep()
    gagged, ordinary = the_one(office, "alice"), the_one(office, "bob")
    assert alike(gagged) == alike(ordinary)
    assert (gagged.placed_by, gagged.kind, gagged.facts, gagged.note) == (REVIEW_DESK, Kind.FROZEN, {}, "")
    assert gagged.ends_at == ordinary.ends_at == slot_at_or_after(COVERS, NOON + 15 * DAY)
    public = repr(gagged) + repr(office.public_events("alice"))
    for secret in ("Oslo", "12/26", "lena", "cora", "or_", "LEGAL", "GAG", "STATUTORY", "kept secret"):
        assert secret not in public


def test_the_end_of_what_is_gagged_lies_on_a_slot_whatever_the_order_says(office: Office) -> None:
    order = office.executed(a_letter(gag=ORDERED, ends_at=NOON + 90 * DAY))
    office.wait(90 * DAY + HOUR)
    assert len(office.restrictions()) == 1, "nothing is released by a timer"
    assert "expired" in {page.what for page in office.order(order.id).pages}
    for by in (LENA, CORA):
        an_order(office.desk.release(order.id, (), by, "it is over"))
    slot = slot_at_or_after(COVERS, office.now)
    office.sweep()
    assert len(office.restrictions()) == 1, "not before the slot"
    office.now = slot
    office.sweep()
    assert office.restrictions() == []
    with office.public.reading() as reader:
        (ended,) = reader.restrictions(AccountId("alice"))
    assert ended.ended_at == slot


def test_what_is_covered_is_renewed_at_the_slots_of_its_class(office: Office) -> None:
    order = office.executed(a_letter(gag=ORDERED))
    office.wait(14 * DAY)
    an_order(office.desk.renew(order.id, LENA))
    office.sweep()
    assert the_one(office).ends_at == slot_at_or_after(COVERS, NOON + 29 * DAY)


@pytest.mark.row("A020", "A102")
def test_time_ends_no_order_and_a_person_decides_within_a_day(office: Office) -> None:
    order = office.executed(a_letter(ends_at=NOON + 30 * DAY))
    office.wait(31 * DAY)
    late = office.order(order.id)
    assert [page.what for page in late.pages] == ["expired"]
    assert late.pages[0].decide_by - late.pages[0].at == DAY
    assert [name.rpartition(" ")[2] for name in late.reminded] == ["T-14", "T-3"]
    assert len(office.restrictions()) == 1
    extended = an_order(office.desk.extend(order.id, office.now + 30 * DAY, LENA, "renewed"))
    assert (extended.state, extended.pages[0].decided_at) == (State.EXTENDED, office.now)
    office.sweep()
    assert the_one(office).ends_at == office.now + 30 * DAY


@pytest.mark.row("A020")
@pytest.mark.parametrize("gag", [{}, ORDERED], ids=["told", "gagged"])
def test_a_provisional_hold_lasts_72_hours_at_most_and_ends_by_itself(office: Office, gag: dict[str, object]) -> None:
    order = office.executed(a_letter("provisional_hold", gag=gag, legal_type="court_order"))
    assert order.ends_at is not None
    assert order.ends_at - office.now <= 72 * HOUR
    assert code(office.desk.extend(order.id, office.now + 9 * DAY, LENA, "more")) == "too_long"
    office.wait(66 * HOUR)
    assert len(office.restrictions()) == 1
    office.wait(6 * HOUR)
    assert office.restrictions() == []
    assert office.order(order.id).state is State.EXPIRED


def test_a_provisional_hold_is_converted_when_the_freeze_is_there(office: Office) -> None:
    hold = office.executed(a_letter("provisional_hold", reference="1"))
    freeze = office.scoped(a_letter("freeze", reference="2"))
    assert code(office.desk.convert(hold.id, freeze.id, LENA, "it came")) == "not_held"
    an_order(office.desk.execute(freeze.id, LENA))
    office.sweep()
    an_order(office.desk.convert(hold.id, freeze.id, LENA, "it came"))
    office.sweep()
    assert [r.evidence_ids for r in office.restrictions()] == [(f"order:{freeze.id}",)]
    assert (office.order(hold.id).state, office.order(hold.id).successor) == (State.CONVERTED, freeze.id)


@pytest.mark.row("A022", "A023", "A089")
def test_each_target_has_its_own_limit_and_its_own_release(office: Office) -> None:
    order = office.executed(a_letter("freeze", "alice", "bob", "carl"))
    office.wait(2 * DAY)
    assert code(office.desk.release(order.id, ("dora",), LENA, "not involved")) == "unknown_target"
    an_order(office.desk.release(order.id, ("alice",), LENA, "not involved", cleared=True))
    assert code(office.desk.release(order.id, ("alice",), LENA, "again", cleared=True)) == "four_eyes"
    before = {account: office.restrictions(account) for account in ("bob", "carl")}
    an_order(office.desk.release(order.id, ("alice",), LARS, "seen"))
    office.sweep()
    assert office.restrictions("alice") == []
    assert {account: office.restrictions(account) for account in ("bob", "carl")} == before
    (cleared,) = (t for t in office.order(order.id).targets if t.is_cleared)
    assert cleared.released_at is not None
    assert cleared.held_at is not None
    assert cleared.released_at - cleared.held_at == 2 * DAY


def test_a_release_order_ends_what_it_is_about(office: Office) -> None:
    freeze = office.executed(a_letter("freeze", "alice", "bob"))
    release = office.executed(a_letter("release", "alice", reference="2", task={"about": "12/26"}))
    assert (release.state, office.restrictions("alice"), len(office.restrictions("bob"))) == (State.EXECUTED, [], 1)
    assert office.statuses(freeze.id)["bob"] is TargetStatus.HELD


def test_an_order_is_withdrawn_when_it_holds_nothing_any_more(office: Office) -> None:
    order = office.executed(a_letter())
    assert code(office.desk.withdraw(order.id, LENA, "letter")) == "held"
    for by in (LENA, CORA):
        an_order(office.desk.release(order.id, (), by, "letter"))
    office.sweep()
    assert an_order(office.desk.withdraw(order.id, LENA, "letter")).state is State.WITHDRAWN


def test_a_test_order_is_never_executed(office: Office) -> None:
    order = office.scoped(a_letter(is_test=True))
    assert code(office.desk.execute(order.id, LENA)) == "test"
    assert (office.restrictions(), office.order(order.id).state) == ([], State.SCOPED)


def test_only_freezes_and_holds_and_seizures_limit_anybody(office: Office) -> None:
    for number, type_ in enumerate(("preservation", "production", "emergency", "keep_open")):
        more = {"ends_at": NOON + 30 * DAY} if type_ == "keep_open" else {}
        order = office.executed(a_letter(type_, reference=str(number), legal_type="prosecutor_order", **more))
        assert (order.state, order.targets[0].status) == (State.EXECUTED, TargetStatus.DONE), type_
    assert office.restrictions() == []


def test_a_copy_is_kept_and_is_all_that_there_was(office: Office) -> None:
    office.tell("login.succeeded", "alice", ip="203.0.113.9")
    order = office.executed(a_letter("preservation", legal_type="request"))
    with office.sealed.reading() as reader:
        copy = msgspec.json.decode(reader.attachment(order.id, order.targets[0].package) or b"")
    assert [event["type"] for event in copy["events"]] == ["account.opened", "login.succeeded"]


def test_an_emergency_gets_the_least_and_legal_process_must_follow(office: Office) -> None:
    office.tell("deposit.fiat", "alice", amount="5", currency="NOK", usd="1")
    order = office.executed(a_letter("emergency", is_emergency=True))
    with office.sealed.reading() as reader:
        told = msgspec.json.decode(reader.attachment(order.id, order.targets[0].package) or b"")
    assert {event["type"] for event in told["events"]} == {"account.opened"}
    office.wait(3 * DAY)
    assert [page.what for page in office.order(order.id).pages] == ["process_missing"]


def test_a_keep_open_letter_is_an_ordinary_exemption(office: Office) -> None:
    office.executed(a_letter("keep_open", legal_type="request", ends_at=NOON + 170 * DAY))
    with office.public.reading() as reader:
        state = reader.account(AccountId("alice"))
    assert state is not None
    (exemption,) = state.exemptions
    assert (exemption.granted_by.name, exemption.until_at) == (REVIEW_DESK.name, NOON + 90 * DAY)
    assert Kind.LEGAL_FREEZE not in exemption.kinds


def test_a_holder_is_reached_as_a_whole(office: Office) -> None:
    office.open_account("h1", "h2", holder="harald")
    named = [{"id": "t1", "type": "freeze", "target": {"kind": "holder", "value": "harald"}}]
    for number, gag in enumerate(({}, ORDERED)):
        order = office.executed(a_letter(tasks=named, reference=str(number), gag=gag))
        assert [t.scope for t in order.targets] == [Scope.HOLDER]
    assert [r.scope for r in office.restrictions("h1")] == [Scope.HOLDER, Scope.HOLDER]


def test_an_amount_is_held_and_no_more(office: Office) -> None:
    target = {"kind": "account", "value": "alice", "asset": "BTC", "amount": "1.5"}
    named = [{"id": "t1", "type": "freeze", "target": target}]
    for number, (gag, kind) in enumerate((({}, Kind.LEGAL_FREEZE), (ORDERED, Kind.DEPOSIT_HOLD))):
        office.executed(a_letter(tasks=named, reference=str(number), gag=gag))
        limit = office.restrictions()[-1]
        assert limit.held is not None
        assert (limit.kind, limit.scope, limit.held.asset, str(limit.held.amount)) == (kind, "amount", "BTC", "1.5")
    assert office.level("alice", Capability.VIEW) == "ALLOW"


def test_what_the_public_store_refuses_is_told_at_the_target(office: Office) -> None:
    # A renewal that came too late: the review is over already, and cannot be ended again.
    order = office.executed(a_letter())
    office.end_behind_the_desk("alice")
    for by in (LENA, CORA):
        an_order(office.desk.release(order.id, (), by, "letter"))
    office.sweep()
    (target,) = office.order(order.id).targets
    assert "not_active" in target.problem


# --- the gag


def test_a_gag_is_in_force_until_its_end_and_then_counsel_decides(office: Office) -> None:
    order = office.executed(a_letter(gag=ORDERED))
    assert code(office.desk.disclose(order.id, CORA, "now")) == "gag_in_force"
    assert code(office.desk.disclose(order.id, LENA, "now")) == "not_permitted"
    office.wait(91 * DAY)
    assert "gag_over" in {page.what for page in office.order(order.id).pages}
    assert the_one(office).reason == Reason.TERMS_REVIEW, "nothing is told by a timer"
    an_order(office.desk.disclose(order.id, CORA, "the gag has ended"))
    office.sweep()
    limit = the_one(office)
    assert (limit.reason, limit.facts["authority"]) == (Reason.LEGAL_ORDER, "Oslo Police District")
    assert office.statuses(order.id) == {"alice": TargetStatus.HELD}
    assert "disclose" in office.acts(order.id)


def test_what_statute_keeps_secret_is_never_told(office: Office) -> None:
    order = office.executed(a_letter(gag={"force": "statutory"}))
    office.wait(400 * DAY)
    assert code(office.desk.disclose(order.id, CORA, "now")) == "statutory"
    assert not {"gag_over", "disclosure_review"} & {page.what for page in office.order(order.id).pages}


def test_a_nondisclosure_order_covers_what_was_only_wished(office: Office) -> None:
    wished = office.executed(a_letter(gag={"force": "requested"}))
    ordered = office.executed(a_letter("nondisclosure", reference="2", gag=ORDERED, task={"about": "12/26"}))
    assert ordered.state is State.EXECUTED
    assert (the_one(office).reason, office.order(wished.id).disclosure) == (Reason.TERMS_REVIEW, Disclosure.GAGGED)
    assert code(office.desk.disclose(wished.id, CORA, "now")) == "gag_in_force"


# --- reading


def test_only_those_who_may_read_read_and_in_need_the_glass_is_broken(office: Office) -> None:
    order = office.received(a_letter())
    assert code(office.desk.show(order.id, SUE)) == "not_permitted"
    assert code(office.desk.orders(SUE)) == "not_permitted"
    assert office.desk.show(order.id, SAM) == order
    assert office.desk.break_glass(order.id, SUE, "the court is on the telephone") == order
    with office.sealed.reading() as reader:
        (line,) = (line for _, _, line in reader.lines(order.id) if line.act == "break_glass")
    assert (line.by, line.note) == (SUE, "the court is on the telephone")
