"""Errors are counted against what made them, with how long innocent people waited."""

from collections.abc import Iterator

import pytest

from habeas.domain.event_data import AnnulAct
from habeas.domain.ids import AccountId
from habeas.service.acts import carry_out
from habeas.service.errors import errors
from tests.unit.service.test_intake import TOM, Desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.intake.close()
    desk.store.close()


@pytest.mark.row("A025", "A080")
def test_what_was_annulled_counts_against_what_placed_it(desk: Desk) -> None:
    for account in ("ann", "ben", "cleo"):
        desk.send(account, "account.opened", residence="DE")
        desk.send(account, "credential.leaked", origin="a corpus")
    desk.restrict("ben")
    (held,) = desk.questions.account(AccountId("ann")).restrictions
    desk.wait(hours=5)
    act = AnnulAct(actor=TOM, note="the corpus was an old one", restriction=held.id)
    carry_out(desk.intake, AccountId("ann"), act, desk.now)
    with desk.store.reading() as reader:
        takeover, by_hand = errors(reader)
    assert (takeover.placed, takeover.annulled, takeover.annulled_median_h, takeover.annulled_p95_h) == (3, 1, 5.0, 5.0)
    assert takeover.placed_by.startswith("takeover/")
    assert (by_hand.placed_by, by_hand.placed, by_hand.annulled) == ("role analyst", 1, 0)
    assert by_hand.annulled_median_h is None
