"""Verification, acceptance by two, and what counsel decides."""

import pytest

from habeas.domain.actor import Actor, Role
from habeas.domain.reason import Disclosure
from habeas.sealed.letter import Level, OrderType
from habeas.sealed.order import Order, State, TargetStatus
from habeas.sealed.policy import shipped_policy
from tests.desks import CORA, FINN, HOW, LARS, LENA, ORDERED, SAM, SUE, Office, a_letter, an_order, code

POLICY = shipped_policy()
NEEDED = {
    "preservation": "V1 V2",
    "provisional_hold": "V1 V2",
    "production": "V1 V2 V3 V4",
    "emergency": "V1 V2 V3 V5",
    "freeze": "V1 V2 V3 V4",
    "fiu_suspension": "V1 V2 V3 V4",
    "seizure": "V1 V2 V3 V4 V5",
    "nondisclosure": "V1 V2 V3 V4",
    "keep_open": "V1 V2 V3",
    "release": "V1 V2 V3 V4",
}
"""Model 3.6, written a second time on purpose."""


@pytest.mark.parametrize("type_", OrderType)
def test_each_type_needs_what_the_model_says_and_one_step_more_at_first_use(type_: OrderType) -> None:
    known = POLICY.needed((type_,), is_first_use=False)
    assert " ".join(level.name for level in sorted(known)) == NEEDED[type_]
    first = POLICY.needed((type_,), is_first_use=True)
    assert len(first) == min(len(known) + 1, 5)


@pytest.mark.parametrize(
    ("level", "how"),
    [
        (Level.V0, "it is there"),
        (Level.V2, "key-of-somebody"),
        (Level.V3, "+47 99 99 99 99"),
        (Level.V5, "anna"),
        (Level.V5, "nobody"),
    ],
)
def test_what_the_registry_knows_is_not_left_to_anybodys_word(office: Office, level: Level, how: str) -> None:
    order = office.received(a_letter(call_back="+47 99 99 99 99"))
    assert code(office.desk.verify(order.id, level, how, LENA)) == "verification"
    assert office.order(order.id).steps == ()


def test_the_domain_must_be_the_agencys(office: Office) -> None:
    order = office.received(a_letter(sent_from="anna@else.example"))
    assert code(office.desk.verify(order.id, Level.V1, "DMARC pass", LENA)) == "verification"


def verified(office: Office, *levels: Level, **changes: object) -> Order:
    order = office.received(a_letter(**changes))  # type: ignore[arg-type]
    for level in levels or tuple(HOW):
        order = an_order(office.desk.verify(order.id, level, HOW[level], LENA))
    return order


@pytest.mark.row("A015")
@pytest.mark.parametrize("missing", [Level.V1, Level.V2, Level.V3, Level.V4, Level.V5])
def test_an_order_that_lacks_a_step_is_not_accepted(office: Office, missing: Level) -> None:
    order = verified(office, *(level for level in HOW if level is not missing))
    assert code(office.desk.accept(order.id, CORA, "read")) == "not_verified"


def test_a_step_that_failed_later_does_not_count(office: Office) -> None:
    order = verified(office)
    an_order(office.desk.verify(order.id, Level.V3, "they know nothing of it", LENA, passed=False))
    assert code(office.desk.accept(order.id, CORA, "read")) == "not_verified"


def test_two_different_people_accept_and_one_of_them_did_not_verify(office: Office) -> None:
    order = verified(office)
    assert an_order(office.desk.accept(order.id, LENA, "verified")).state is State.VERIFYING
    assert code(office.desk.accept(order.id, LENA, "again")) == "four_eyes"
    assert code(office.desk.accept(order.id, Actor("lena", Role.COUNSEL), "in another role")) == "four_eyes"
    assert an_order(office.desk.accept(order.id, CORA, "read")).state is State.ACCEPTED


@pytest.mark.parametrize("by", [FINN, SAM, SUE])
def test_nobody_outside_the_desk_does_anything(office: Office, by: Actor) -> None:
    order = verified(office)
    desk = office.desk
    for result in (
        desk.verify(order.id, Level.V4, "seen", by),
        desk.accept(order.id, by, "read"),
        desk.turn_down(order.id, "forged", by, "so it seems"),
        desk.scope(order.id, (), None, "why", by),
        desk.execute(order.id, by),
        desk.release(order.id, (), by, "why"),
    ):
        assert code(result) in ("not_permitted", "state")
    assert office.order(order.id).state is State.VERIFYING


def test_the_signs_of_a_forged_order_are_answered_for_by_counsel(office: Office) -> None:
    order = verified(office, reply_to="anna@else.example")
    assert code(office.desk.accept(order.id, LARS, "read")) == "signs"
    assert code(office.desk.accept(order.id, LARS, "read", "I know her")) == "not_permitted"
    assert an_order(office.desk.accept(order.id, CORA, "read", "asked the court itself")).despite
    assert an_order(office.desk.accept(order.id, LARS, "read")).state is State.ACCEPTED


# --- scope


@pytest.mark.row("A022", "A089")
def test_counsel_leaves_out_whom_the_order_does_not_reach(office: Office) -> None:
    order = office.scoped(a_letter("freeze", "alice", "bob"), "alice")
    assert {t.account: t.status for t in order.targets} == {
        "alice": TargetStatus.IN_SCOPE,
        "bob": TargetStatus.LEFT_OUT,
    }
    an_order(office.desk.execute(order.id, LENA))
    office.sweep()
    assert (len(office.restrictions("alice")), office.restrictions("bob")) == (1, [])


def test_only_counsel_scopes_and_only_what_is_named(office: Office) -> None:
    order = office.accepted(a_letter())
    assert code(office.desk.scope(order.id, (), None, "why", LENA)) == "not_permitted"
    assert code(office.desk.scope(order.id, ("bob",), None, "why", CORA)) == "unknown_target"


@pytest.mark.row("A076", "A090", "A092", "A093")
@pytest.mark.parametrize(
    ("gag", "permitted"),
    [
        ({}, Disclosure.FULL),
        ({"force": "requested"}, Disclosure.LIMITED),
        (ORDERED, Disclosure.GAGGED),
        ({"force": "statutory"}, Disclosure.STATUTORY),
    ],
)
def test_the_class_is_the_most_open_that_the_instrument_permits_with_the_reason_why(
    office: Office, gag: dict[str, object], permitted: Disclosure
) -> None:
    order = office.accepted(a_letter(gag=gag))
    for other in set(Disclosure) - {permitted}:
        assert code(office.desk.scope(order.id, (), other, "why not", CORA)) == "disclosure"
    if permitted is not Disclosure.FULL:
        assert code(office.desk.scope(order.id, (), permitted, "", CORA)) == "disclosure"
    scoped = an_order(office.desk.scope(order.id, (), None, "the court said so", CORA))
    assert (scoped.disclosure, scoped.letter.authorisation.gag.force) == (permitted, gag.get("force", "none"))


@pytest.mark.row("A075", "A079")
def test_what_is_not_told_now_is_looked_at_again_but_for_what_statute_keeps_secret(office: Office) -> None:
    ordered = office.scoped(a_letter(reference="1", gag=ORDERED))
    wished = office.scoped(a_letter(reference="2", gag={"force": "requested"}))
    statute = office.scoped(a_letter(reference="3", gag={"force": "statutory"}))
    assert ordered.disclosure_review_at == office.now + POLICY.disclosure_review_for
    assert wished.disclosure_review_at == office.now + POLICY.gag_chase_for
    assert statute.disclosure_review_at is None
