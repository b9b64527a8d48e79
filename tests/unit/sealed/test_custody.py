"""Handing over what was seized: nothing is skipped, and nothing ever goes to the house."""

import itertools
from pathlib import Path

import pytest

from habeas.domain.actor import Actor
from habeas.reference.tags.book import TagBook
from habeas.reference.tags.making import TagSet
from habeas.sealed.desk import CUSTODY_STEPS
from habeas.sealed.order import Order, State, TargetStatus
from tests.coins import a_tag
from tests.desks import CORA, FINN, LARS, LENA, Office, a_letter, an_office, an_order, code

STEPS: list[tuple[str, Actor, str]] = [
    ("confirm", LENA, "phone"),
    ("sign", LENA, ""),
    ("sign", CORA, ""),
    ("test", LENA, "tx-test"),
    ("received", LENA, ""),
    ("done", LENA, "tx-all"),
]


def seized(office: Office, **changes: object) -> Order:
    task = {"destination": "bc1q-court"}
    return office.executed(a_letter("seizure", task=task, legal_type="seizure_warrant", **changes))


def step(office: Office, order: Order, name: str, by: Actor, say: str) -> object:
    return office.desk.hand_over(order.id, "alice", CUSTODY_STEPS[name](by, say, "1 BTC"), by, "as it went")


@pytest.mark.row("A083", "A087")
def test_a_seizure_is_handed_over_step_by_step(office: Office) -> None:
    order = seized(office)
    assert len(office.restrictions()) == 1, "what is seized is frozen first"
    for name, by, say in STEPS:
        an_order(step(office, order, name, by, say))  # type: ignore[arg-type]
    custody = office.order(order.id).targets[0].custody
    assert custody is not None
    assert (custody.tx, custody.amount, custody.destination, custody.confirmed_on) == (
        "tx-all",
        "1 BTC",
        "bc1q-court",
        "phone",
    )
    assert code(step(office, order, "done", LENA, "tx-again")) == "handed_over"


@pytest.mark.row("A083")
@pytest.mark.parametrize("left_out", range(5))
def test_no_step_can_be_left_out(office: Office, left_out: int) -> None:
    order = seized(office)
    for name, by, say in STEPS[:left_out] + STEPS[left_out + 1 :]:
        step(office, order, name, by, say)
    custody = office.order(order.id).targets[0].custody
    assert custody is not None
    assert custody.handed_over_at is None


def test_no_order_of_the_steps_but_the_right_one_ends_in_a_hand_over(office: Office) -> None:
    handed_over = 0
    for number, steps in enumerate(itertools.permutations(STEPS[:1] + STEPS[1:3] + STEPS[3:], 6)):
        if number % 36:
            continue  # Every thirty-sixth of the 720 orders is enough to look at.
        order = seized(office, reference=f"s{number}", gag={"force": "none"})
        for name, by, say in steps:
            step(office, order, name, by, say)
        custody = office.order(order.id).targets[0].custody
        assert custody is not None
        handed_over += custody.handed_over_at is not None
    assert handed_over == 1, "the first, which is the right one"


def test_one_person_does_not_sign_twice_and_the_channel_is_another(office: Office) -> None:
    order = seized(office)
    assert code(step(office, order, "sign", LENA, "")) == "unverified_destination"
    assert code(step(office, order, "confirm", LENA, "mail")) == "same_channel"
    an_order(step(office, order, "confirm", LENA, "phone"))  # type: ignore[arg-type]
    an_order(step(office, order, "sign", LENA, ""))  # type: ignore[arg-type]
    assert code(step(office, order, "sign", LENA, "")) == "four_eyes"
    assert code(step(office, order, "sign", FINN, "")) == "not_permitted"


def test_what_was_not_seized_is_not_handed_over(office: Office) -> None:
    order = office.executed(a_letter())
    assert code(step(office, order, "confirm", LARS, "phone")) == "not_seized"


@pytest.mark.row("A082")
def test_nothing_is_ever_handed_to_the_house(tmp_path: Path) -> None:
    hot = a_tag("bc1q-court", chain="")
    with an_office(tmp_path, TagBook([TagSet(name="tags.ours", version="1", as_of=None, tags=(hot,))])) as office:
        order = office.received(a_letter("seizure", task={"destination": "bc1q-court"}))
        assert (order.code, order.state) == ("house_destination", State.REJECTED)
        assert office.restrictions() == []


@pytest.mark.row("A099", "A100")
def test_who_tells_of_a_seizure_and_how_it_is_claimed_is_shown_where_it_may_be(office: Office) -> None:
    order = seized(office)
    assert office.statuses(order.id) == {"alice": TargetStatus.HELD}
    told = " ".join(" ".join(entry.what_to_do) for entry in office.statement("alice").restrictions)
    assert "Write to the court of Oslo within three months." in told
    assert "The authority must tell you itself" in told
    freeze = office.executed(a_letter("freeze", "bob", reference="2"))
    assert freeze.state is State.EXECUTED
    told = " ".join(" ".join(entry.what_to_do) for entry in office.statement("bob").restrictions)
    assert "claim" not in told
