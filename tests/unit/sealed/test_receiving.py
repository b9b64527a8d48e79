"""What is wrong with a letter is found when it arrives: refused with its code, recorded, nothing changed for the target."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from habeas.domain.errors import BadInputError
from habeas.sealed.agency import read_registry
from habeas.sealed.checks import BY_HAND, CHECKS
from habeas.sealed.letter import OrderType, read_letter
from habeas.sealed.order import State, TargetStatus
from tests.builders import NOON
from tests.desks import AGENCIES, CORA, FINN, LENA, SAM, Office, a_letter, an_order, code

DAY = timedelta(days=1)

BAD: list[tuple[str, str, dict[str, Any]]] = [
    ("unknown_agency", "freeze", {"agency": "atlantis"}),
    ("unknown_officer", "freeze", {"officer": "nobody"}),
    ("other_jurisdiction", "freeze", {"jurisdiction": "BR"}),
    ("expired", "freeze", {"ends_at": NOON - DAY}),
    ("wrong_instrument", "seizure", {"legal_type": "subpoena", "task": {"destination": "bc1q-court"}}),
    ("wrong_instrument", "freeze", {"legal_type": "request"}),
    ("unsigned", "freeze", {"documents": []}),
    ("unsigned", "freeze", {"documents": [{"id": "d1", "name": "x", "sha256": "0" * 64}]}),
    ("dated_ahead", "freeze", {"issued_at": NOON + DAY}),
    ("no_end", "fiu_suspension", {}),
    ("too_long", "provisional_hold", {"ends_at": NOON + 4 * DAY}),
    ("gag_without_instrument", "freeze", {"gag": {"force": "ordered", "until_at": NOON + DAY}}),
    ("gag_without_end", "freeze", {"gag": {"force": "ordered", "instrument": "d1"}}),
    ("about_nothing", "release", {"task": {"about": "99/26"}}),
    ("no_destination", "seizure", {}),
]


@pytest.mark.row("A015", "A016")
@pytest.mark.parametrize(("wrong", "type_", "changes"), BAD, ids=[f"{row[0]}-{n}" for n, row in enumerate(BAD)])
def test_a_bad_letter_is_turned_down_with_its_code_and_changes_nothing(
    office: Office, wrong: str, type_: str, changes: dict[str, Any]
) -> None:
    order = office.received(a_letter(type_, **changes))
    assert (order.code, order.state) == (wrong, CHECKS[wrong][1])
    assert office.acts(order.id) == ["receive"]
    assert code(office.desk.accept(order.id, CORA, "looks fine")) == "state"
    assert code(office.desk.execute(order.id, LENA)) == "state"
    office.sweep()
    assert office.restrictions() == []


def test_an_unknown_account_goes_back(office: Office) -> None:
    order = office.received(a_letter("freeze", "alice", "nobody"))
    assert (order.code, order.state) == ("unknown_target", State.RETURNED)


@pytest.mark.row("A016")
def test_an_order_over_everybody_goes_back(office: Office) -> None:
    order = office.received(a_letter("freeze", *["alice"] * 51))
    assert (order.code, order.state) == ("over_broad", State.RETURNED)


def test_every_code_has_a_case_here() -> None:
    tried = {row[0] for row in BAD} | {"unknown_target", "over_broad", "house_destination"}
    assert tried == set(CHECKS)


def test_what_went_back_comes_again_under_the_same_reference(office: Office) -> None:
    first = office.received(a_letter(documents=[]))
    second = office.received(a_letter())
    assert (second.id, second.generation, second.code, second.state) == (first.id, 2, "", State.RECEIVED)
    assert [did.act for did in second.history] == ["receive", "unsigned", "receive"]


def test_what_was_taken_in_or_rejected_does_not_come_again(office: Office) -> None:
    office.received(a_letter())
    assert code(office.desk.receive(a_letter(), LENA)) == "known"
    office.received(a_letter(reference="x", agency="atlantis"))
    assert code(office.desk.receive(a_letter(reference="x", agency="atlantis"), LENA)) == "known"


def test_only_the_desk_takes_letters_in(office: Office) -> None:
    assert code(office.desk.receive(a_letter(), FINN)) == "not_permitted"
    assert code(office.desk.receive(a_letter(), SAM)) == "not_permitted"
    assert office.acts().count("receive.refused") == 2


@pytest.mark.row("A086")
def test_an_urgent_order_is_answered_first_and_sooner(office: Office) -> None:
    slow = office.received(a_letter(reference="1"))
    fast = office.received(a_letter(reference="2", priority="urgent"))
    assert (slow.answer_by, fast.answer_by) == (NOON + 3 * DAY, NOON + timedelta(hours=4))
    found = office.desk.orders(LENA)
    assert isinstance(found, list)
    assert [order.id for order in found] == [fast.id, slow.id]
    office.wait(timedelta(hours=6))
    assert [page.what for page in office.order(fast.id).pages] == ["unanswered"]
    assert office.order(slow.id).pages == ()


SIGNS: list[tuple[str, dict[str, Any]]] = [
    ("free_mail", {"sent_from": "anna@gmail.com"}),
    ("look_alike_domain", {"sent_from": "anna@politlet.example"}),
    ("strange_domain", {"sent_from": "anna@else.example"}),
    ("answers_elsewhere", {"reply_to": "anna@else.example"}),
    ("other_call_back", {"call_back": "+47 99 99 99 99"}),
    ("destination_without_seizure", {"task": {"destination": "bc1q-thief"}}),
    ("urgent_without_docket", {"priority": "urgent", "docket": ""}),
]


@pytest.mark.parametrize(("sign", "changes"), SIGNS, ids=[row[0] for row in SIGNS])
def test_what_forged_orders_have_in_common_is_seen(office: Office, sign: str, changes: dict[str, Any]) -> None:
    order = office.received(a_letter(**changes))
    assert sign in {found.code for found in order.signs}
    assert office.received(a_letter(reference="good")).signs == ()


def test_the_freeze_before_the_seizure_is_seen(office: Office) -> None:
    office.executed(a_letter())
    seizure = office.received(a_letter("seizure", reference="2", task={"destination": "bc1q-gov"}))
    assert {sign.code for sign in seizure.signs} == {"freeze_then_seizure"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "no order in the expected shape"),
        (b"[]", "no order in the expected shape"),
        (b"\xff\xfe", "no order in the expected shape"),
        (b" " * (1024 * 1024 + 1), "at most"),
        (b"[" * 100_000, "no order in the expected shape"),
    ],
    ids=["torn", "list", "bytes", "large", "deep"],
)
def test_what_is_no_letter_is_refused_in_one_sentence(content: bytes, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        read_letter(content, "letter.json")


def test_two_tasks_of_one_name_are_no_letter() -> None:
    letter = msgspec.to_builtins(a_letter("freeze", "alice", "bob"))
    letter["tasks"][1]["id"] = letter["tasks"][0]["id"]
    with pytest.raises(BadInputError, match="same id"):
        read_letter(msgspec.json.encode(letter), "letter.json")


def test_a_person_turns_an_order_down_with_a_code(office: Office) -> None:
    for number, (wrong, state) in enumerate(BY_HAND.items()):
        order = office.received(a_letter(reference=str(number)))
        assert code(office.desk.turn_down(order.id, "no reason", LENA, "just so")) == "unknown_code"
        after = an_order(office.desk.turn_down(order.id, wrong, LENA, "as the court said"))
        assert (after.state, after.code) == (state, wrong)
        assert {target.status for target in after.targets} == {TargetStatus.NAMED}


# --- the registry


def test_one_person_alone_does_not_change_the_registry(office: Office) -> None:
    other = AGENCIES.replace(b"+47 22 00 00 00", b"+1 666")
    proposed = office.desk.load_registry(other, "agencies.toml", LENA)
    assert office.desk.registry().agencies["oslo-police"].call_back == ("+47 22 00 00 00",)
    assert code(office.desk.sign_registry(proposed.id, LENA)) == "four_eyes"  # type: ignore[union-attr]
    assert code(office.desk.sign_registry(proposed.id, FINN)) == "not_permitted"  # type: ignore[union-attr]
    office.now += DAY
    office.desk.sign_registry(proposed.id, CORA)  # type: ignore[union-attr]
    assert office.desk.registry().agencies["oslo-police"].call_back == ("+1 666",)


@pytest.mark.row("A084")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[agency.x]\nname = 'x'", "no registry of agencies"),
        (b"[other]", "unknown section"),
        (AGENCIES + AGENCIES.replace(b"oslo-police", b"bergen-police"), "to both"),
    ],
)
def test_a_registry_that_is_none_is_refused(office: Office, content: bytes, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        office.desk.load_registry(content, "agencies.toml", LENA)


def test_the_letter_and_the_registry_of_the_documentation_are_read() -> None:
    text = (Path(__file__).parents[3] / "docs" / "orders.md").read_text("utf-8")
    (letter,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    (registry,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert read_letter(letter.encode(), "docs/orders.md").is_signed
    assert set(read_registry(registry.encode(), "docs/orders.md").agencies) == {"oslo-police"}


def test_the_documentation_names_every_code_and_type() -> None:
    text = (Path(__file__).parents[3] / "docs" / "orders.md").read_text("utf-8")
    assert [code_ for code_ in CHECKS if f"`{code_}`" not in text] == []
    assert [type_ for type_ in OrderType if f"| {type_} |" not in text] == []
