"""Holder-wide restrictions on a holder's other accounts, and main accounts above their sub-accounts."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from habeas.decision.draft import Effect
from habeas.domain.account import Life, new_account
from habeas.domain.capability import Level
from habeas.domain.decision import Topic
from habeas.domain.event import EFFECT_SOURCE, make_event
from habeas.domain.facts import Facts, MainAccount
from habeas.domain.ids import AccountId, EventId, RestrictionId
from habeas.domain.kind import Kind
from habeas.domain.restriction import AtEnd, Ending, Restriction, Scope, Status
from tests.builders import NOON, a_restriction
from tests.stories import Story, a_settled_state, span

FROZEN_HOLDER = [("MALICIOUS_USER", "FROZEN", "holder")]


def of_the_holder(**changes: Any) -> Restriction:
    """Stands on the holder's account `acct-9` for the whole holder."""
    values: dict[str, Any] = {
        "account": AccountId("acct-9"),
        "kind": Kind.FROZEN,
        "reason": "MALICIOUS_USER",
        "scope": Scope.HOLDER,
        "cause": EventId("ev-of-acct-9"),
    }
    return a_restriction("rs_root", **(values | changes))


def the_effects(story: Story) -> list[tuple[str, str, Restriction]]:
    """Account, type and restriction of each effect that the last decision sends to other accounts."""
    found: list[tuple[str, str, Restriction]] = []
    for message in story.decisions[-1].messages:
        if message.topic is Topic.EFFECT:
            effect = msgspec.msgpack.decode(message.body, type=Effect)
            event = make_event(message.id, EFFECT_SOURCE, effect.type, message.account, effect.time, effect.body)
            found.append((message.account, effect.type, event.data.restriction))  # type: ignore[attr-defined]
    return found


# --- telling the holder's other accounts


def test_a_restriction_of_the_whole_holder_is_told_to_each_other_account() -> None:
    story = Story(siblings=("acct-2", "acct-3"))
    story.placed_by_staff("MALICIOUS_USER", kind="FROZEN", scope="holder", evidence="E3")
    root = story.the(Kind.FROZEN, Scope.HOLDER)
    assert the_effects(story) == [
        ("acct-2", "habeas.restriction.mirrored", root),
        ("acct-3", "habeas.restriction.mirrored", root),
    ]


def test_a_restriction_of_one_account_is_told_to_no_other() -> None:
    story = Story(siblings=("acct-2",))
    story.placed_by_staff("MALICIOUS_USER", kind="FROZEN", evidence="E3")
    assert the_effects(story) == []


def test_its_end_is_told_too() -> None:
    story = Story(
        replace(a_settled_state(), restrictions=(of_the_holder(account=AccountId("acct-1")),)), siblings=("acct-2",)
    )
    story.lifted_by_staff("rs_root")
    ((account, _, restriction),) = the_effects(story)
    assert (account, restriction.status) == ("acct-2", Status.LIFTED)


# --- following


def test_the_other_account_gets_a_restriction_of_its_own() -> None:
    story = Story()
    story.mirrored(of_the_holder())
    own = story.the(Kind.FROZEN, Scope.HOLDER)
    assert (own.account, own.origin) == ("acct-1", "rs_root")
    assert own.id != "rs_root"
    assert story.level("login") is Level.DENY


def test_a_mirrored_restriction_is_mirrored_no_further() -> None:
    story = Story(siblings=("acct-2", "acct-9"))
    story.mirrored(of_the_holder())
    assert the_effects(story) == []


def test_the_same_effect_twice_places_one_restriction() -> None:
    story = Story()
    story.mirrored(of_the_holder())
    story.mirrored(of_the_holder())
    assert story.standing == FROZEN_HOLDER
    assert len(story.state.restrictions) == 1


def test_a_later_end_is_followed() -> None:
    story = Story()
    story.mirrored(of_the_holder())
    story.mirrored(of_the_holder(ends_at=NOON + span("7d"), generation=1))
    assert story.the(Kind.FROZEN, Scope.HOLDER).ends_at == NOON + span("7d")


@pytest.mark.parametrize("status", [Status.LIFTED, Status.ANNULLED, Status.SUPERSEDED])
def test_the_end_is_followed(status: Status) -> None:
    story = Story()
    story.mirrored(of_the_holder())
    story.mirrored(of_the_holder(status=status, ended_at=NOON + span("1h")))
    assert story.standing == []
    assert story.level("login", at=NOON + span("2h")) is Level.ALLOW


def test_a_mirrored_restriction_is_lifted_at_its_origin_only() -> None:
    story = Story(siblings=("acct-9",))
    story.mirrored(of_the_holder())
    outcome = story.lifted_by_staff(story.the(Kind.FROZEN, Scope.HOLDER).id)
    assert outcome.refusal is not None
    assert outcome.refusal.code == "mirrored"
    assert "`rs_root`" in outcome.refusal.message


def test_a_mirror_is_lifted_here_once_the_account_has_left_the_holder() -> None:
    story = Story(siblings=("acct-9",))
    story.mirrored(of_the_holder())
    story.siblings = ()
    assert story.lifted_by_staff(story.the(Kind.FROZEN, Scope.HOLDER).id).refusal is None
    assert story.standing == []


def test_an_account_that_comes_to_a_holder_gets_what_stands_there() -> None:
    story = Story(new_account(AccountId("acct-1")))
    story.event(
        "account.opened",
        looked_up=Facts(siblings=(AccountId("acct-9"),), holder_restrictions=(of_the_holder(),)),
        holder="h-1",
    )
    assert story.standing == FROZEN_HOLDER


def test_an_account_whose_profile_changes_is_not_told_again_what_it_has() -> None:
    story = Story()
    story.mirrored(of_the_holder())
    looked_up = Facts(siblings=(AccountId("acct-9"),), holder_restrictions=(of_the_holder(),))
    outcome = story.event("account.profile_changed", looked_up=looked_up, email="new@example.org")
    assert (outcome.placed, outcome.extended) == ((), ())
    assert story.decisions[-1].messages == ()


def test_the_account_on_which_it_stands_does_not_mirror_its_own() -> None:
    root = of_the_holder(account=AccountId("acct-1"))
    story = Story(replace(a_settled_state(), restrictions=(root,)), siblings=("acct-2",))
    copy = replace(root, id=RestrictionId("rs_copy"), account=AccountId("acct-2"), origin=root.id)
    story.event("account.profile_changed", looked_up=Facts(holder_restrictions=(copy,)), email="new@example.org")
    assert [r.id for r in story.state.restrictions] == ["rs_root"]


def test_a_mirrored_hold_of_the_law_stays_at_its_end() -> None:
    story = Story()
    story.mirrored(of_the_holder(kind=Kind.LEGAL_FREEZE, at_end=AtEnd(ending=Ending.HOLD_AND_PAGE)))
    story.wait("30d")
    assert story.level("login") is Level.DENY


# --- main accounts


def a_sub(*of_main: Restriction, **main: Any) -> Story:
    """A sub-account whose main account carries these restrictions."""
    mains = (MainAccount(AccountId("main-1"), restrictions=of_main, **main),)
    return Story(replace(a_settled_state(account="sub-1"), parents=(AccountId("main-1"),)), mains=mains)


@pytest.mark.row("B085")
def test_what_a_sub_account_asks_for_is_judged_with_its_main_accounts_restrictions() -> None:
    outcome = a_sub(a_restriction("rs_main", account=AccountId("main-1"))).withdrawal()
    assert outcome.verdict is not None
    assert (outcome.verdict.level, outcome.verdict.determining) == (Level.DENY, ("rs_main",))


@pytest.mark.row("B085")
def test_what_stands_on_a_sub_account_does_not_climb_to_its_main_account() -> None:
    sub = a_sub()
    sub.placed_by_staff("MALICIOUS_USER", kind="FROZEN", evidence="E3")
    assert the_effects(sub) == []
    assert Story(a_settled_state(account="main-1")).level("login") is Level.ALLOW


@pytest.mark.row("B085")
def test_a_sub_account_of_a_closed_main_account_does_not_trade() -> None:
    sub = a_sub(life=Life.DEACTIVATED)
    outcome = sub.event("order.placed", market="BTC-USD", side="buy", usd="5")
    assert outcome.verdict is not None
    assert outcome.verdict.level is Level.DENY


@pytest.mark.row("B085")
def test_a_sub_account_of_an_unreadable_main_account_is_denied() -> None:
    outcome = a_sub(unreadable=True).withdrawal()
    assert outcome.verdict is not None
    assert outcome.verdict.level is Level.DENY


def test_a_former_main_accounts_restrictions_stay_until_a_review() -> None:
    sub = a_sub()
    sub.event("account.profile_changed", parent="main-2")
    assert sub.state.parents == ("main-2", "main-1")


def test_moving_back_and_forth_between_main_accounts_does_not_grow_the_state() -> None:
    sub = a_sub()
    for number in range(200):
        sub.event("account.profile_changed", "1m", parent=f"main-{number % 2 + 1}")
    assert sorted(sub.state.parents) == ["main-1", "main-2"]


# --- transfers to oneself


def test_a_transfer_to_the_holders_own_account_asks_for_a_transfer_to_oneself() -> None:
    story = Story()
    outcome = story.event(
        "transfer.requested", looked_up=Facts(is_own_counterparty=True), counterparty="acct-9", usd="5"
    )
    assert outcome.verdict is not None
    assert outcome.verdict.capability == "transfer_own"


def test_a_transfer_to_somebody_else_asks_for_a_transfer_out() -> None:
    outcome = Story().event("transfer.requested", counterparty="acct-2", usd="5")
    assert outcome.verdict is not None
    assert outcome.verdict.capability == "transfer_out"
