from datetime import timedelta

import pytest
from msgspec.structs import replace

from habeas.domain.contact import FORMER_TOLD_FOR, Contact, is_address
from habeas.domain.ids import AccountId
from habeas.domain.notice import (
    BACK_OFF,
    DISABLED_AFTER,
    FAILURES_IN_A_ROW_MAX,
    TRIED_FOR,
    Answer,
    Channel,
    ChannelHealth,
    Delivery,
    Result,
    after,
    attempted,
    reference,
)
from tests.builders import HOUR, NOON, a_notice

WELL = ChannelHealth(channel=Channel.WEBHOOK)
DAY = 24 * HOUR


def a_delivery(channel: Channel = Channel.WEBHOOK, **changes: object) -> Delivery:
    delivery = Delivery(
        position=1, account=AccountId("kim"), notice="ms_1", channel=channel, queued_at=NOON, next_at=NOON
    )
    return replace(delivery, **changes)


# --- deliveries ------------------------------------------------------------------------------------------------------


def test_what_arrived_is_over() -> None:
    arrived = attempted(a_delivery(), Answer(Result.DELIVERED), NOON + HOUR)
    assert (arrived.delivered_at, arrived.next_at, arrived.attempts) == (NOON + HOUR, None, 1)


def test_what_will_never_be_taken_is_over_and_did_not_arrive() -> None:
    refused = attempted(a_delivery(), Answer(Result.REFUSED, "smtp 550"), NOON)
    assert (refused.delivered_at, refused.next_at, refused.problem) == (None, None, "smtp 550")


@pytest.mark.parametrize("result", [Result.LATER, Result.DOWN, Result.GONE])
def test_what_failed_is_tried_again_after_longer_and_longer(result: Result) -> None:
    delivery, waits = a_delivery(), []
    for _ in range(len(BACK_OFF) + 2):
        delivery = attempted(delivery, Answer(result), NOON)
        assert delivery.next_at is not None
        waits.append(delivery.next_at - NOON)
    assert tuple(waits[: len(BACK_OFF)]) == BACK_OFF
    assert waits[-1] == BACK_OFF[-1]


@pytest.mark.parametrize("channel", Channel)
def test_no_notice_is_tried_for_ever(channel: Channel) -> None:
    just_before = attempted(a_delivery(channel), Answer(Result.LATER), NOON + TRIED_FOR[channel] - HOUR)
    assert just_before.next_at is not None
    assert attempted(a_delivery(channel), Answer(Result.LATER), NOON + TRIED_FOR[channel]).next_at is None


# --- channels --------------------------------------------------------------------------------------------------------


def test_a_channel_that_nobody_answers_on_waits_at_once_and_another_failure_not() -> None:
    assert not after(WELL, Answer(Result.DOWN), NOON).may_try(NOON)
    health = WELL
    for _ in range(FAILURES_IN_A_ROW_MAX - 1):
        health = after(health, Answer(Result.LATER), NOON)
        assert health.may_try(NOON)
    assert not after(health, Answer(Result.LATER), NOON).may_try(NOON)


@pytest.mark.parametrize("result", [Result.DELIVERED, Result.REFUSED])
def test_a_channel_that_somebody_answers_on_does_well(result: Result) -> None:
    failing = after(after(WELL, Answer(Result.DOWN), NOON), Answer(Result.DOWN), NOON + HOUR)
    assert after(failing, Answer(result), NOON + 2 * HOUR) == WELL


def test_a_channel_is_switched_off_after_days_without_success_and_not_before() -> None:
    failing = after(WELL, Answer(Result.DOWN), NOON)
    assert after(failing, Answer(Result.DOWN), NOON + DISABLED_AFTER - HOUR).disabled_at is None
    over = after(failing, Answer(Result.DOWN), NOON + DISABLED_AFTER)
    assert over.disabled_at == NOON + DISABLED_AFTER
    assert not over.may_try(NOON + 100 * DAY)


def test_a_channel_is_tried_again_within_half_an_hour_however_often_it_failed() -> None:
    health = WELL
    for _ in range(20):
        health = after(health, Answer(Result.DOWN), NOON)
    assert health.may_try(NOON + timedelta(minutes=30))


# --- what is told ----------------------------------------------------------------------------------------------------


def test_notices_say_the_same_whatever_their_ids_and_times() -> None:
    later = a_notice("ms_2", made_at=NOON + DAY, topic=a_notice().topic, subject="another")
    assert later.says_the_same(a_notice())
    assert not a_notice(when="It ends on another day.").says_the_same(a_notice())


def test_a_reference_can_be_read_out() -> None:
    first, second, third = reference("rs_1").split("-")
    assert len(first) == len(second) == len(third) == 4
    assert reference("rs_1") == reference("rs_1") != reference("rs_2")


# --- how a user is reached -------------------------------------------------------------------------------------------


def test_a_profile_without_an_address_has_none() -> None:
    assert Contact().changed(None, "fr", NOON) == Contact(locale="fr")
    assert Contact().addresses(NOON) == ()


def test_the_former_address_is_told_for_a_while() -> None:
    changed = Contact(email="kim@example.com").changed("new@example.com", None, NOON)
    assert changed.addresses(NOON) == ("new@example.com", "kim@example.com")
    assert changed.addresses(NOON + FORMER_TOLD_FOR) == ("new@example.com",)


def test_changing_an_address_twice_does_not_hide_the_first() -> None:
    changed = (
        Contact(email="kim@example.com").changed("a@example.com", None, NOON).changed("b@b.org", None, NOON + HOUR)
    )
    assert changed.addresses(NOON + HOUR) == ("b@b.org", "kim@example.com")


def test_a_first_address_has_no_former_one() -> None:
    assert Contact().changed("kim@example.com", None, NOON).addresses(NOON) == ("kim@example.com",)


@pytest.mark.parametrize(
    "text",
    [
        *("", "kim", "kim@", "@example.com", "kim@a@b", "kim@example.com\n", "kim@example.com\r\nBcc: x@y.org"),
        *("kim@example.com, lea@example.com", "Kim <kim@example.com>", "k im@example.com", "k" * 250 + "@x.org"),
    ],
)
def test_what_is_no_single_address_changes_nothing(text: str) -> None:
    assert not is_address(text)
    assert Contact(email="kim@example.com").changed(text, None, NOON) == Contact(email="kim@example.com")


@pytest.mark.parametrize("text", ["kim@example.com", "kim+x@sub.example.co.uk", "jürgen@example.de"])
def test_addresses_are_taken(text: str) -> None:
    assert is_address(text)
