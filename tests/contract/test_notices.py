"""What every store promises about notices, how far they got, and how channels do."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from habeas.domain.errors import UnreadableRecordError
from habeas.domain.ids import AccountId
from habeas.domain.notice import Channel, ChannelHealth, Delivery
from habeas.service.ports import Store
from tests.builders import (
    HOUR,
    NOON,
    a_decision,
    a_message,
    a_notice,
    an_enriched_event,
    an_event,
)
from tests.contract.conftest import Intruder

KIM, LEA = AccountId("kim"), AccountId("lea")
BOTH = (Channel.EMAIL, Channel.WEBHOOK)


@pytest.fixture(autouse=True)
def accounts(store: Store) -> None:
    for account in (KIM, LEA):
        record(store, account)


def record(store: Store, account: AccountId, id_: str = "ev-1", **changes: Any) -> None:
    enriched = an_enriched_event(an_event(id_, account=account))
    with store.transaction() as work:
        work.record(enriched, a_decision(enriched, **changes), "builtin-1")


def add(store: Store, *ids: str, account: AccountId = KIM, channels: tuple[Channel, ...] = BOTH) -> list[bool]:
    with store.transaction() as work:
        return [work.add_notice(a_notice(id_, account=account), channels) for id_ in ids]


def waiting(store: Store, channel: Channel = Channel.EMAIL, after: timedelta = HOUR, limit: int = 9) -> list[Delivery]:
    with store.reading() as reader:
        return list(reader.waiting_deliveries(channel, NOON + after, limit))


def keep(store: Store, delivery: Delivery) -> None:
    with store.transaction() as work:
        work.set_delivery(delivery)


def test_an_inbox_keeps_its_notices_in_the_order_in_which_they_came(store: Store) -> None:
    add(store, "ms_z", "ms_a")
    add(store, "ms_m", account=LEA)
    with store.reading() as reader:
        assert reader.notices(KIM) == (a_notice("ms_z"), a_notice("ms_a"))
        assert reader.notices(LEA) == (a_notice("ms_m", account=LEA),)
        assert reader.notices(AccountId("nobody")) == ()


def test_a_notice_is_new_once_and_queued_once(store: Store) -> None:
    assert add(store, "ms_1") == [True]
    (first,) = waiting(store)
    keep(store, replace(first, attempts=1, next_at=None, delivered_at=NOON))
    assert add(store, "ms_1", "ms_1") == [False, False]
    with store.reading() as reader:
        assert len(reader.notices(KIM)) == 1
    assert waiting(store) == []


def test_two_accounts_may_be_told_under_one_id(store: Store) -> None:
    assert add(store, "ms_1") + add(store, "ms_1", account=LEA) == [True, True]
    assert {delivery.account for delivery in waiting(store)} == {KIM, LEA}


def test_what_waits_longest_comes_first_and_only_when_it_is_to_be_tried(store: Store) -> None:
    add(store, "ms_1", "ms_2", "ms_3")
    first, second, third = waiting(store)
    assert [first.notice, second.notice, third.notice] == ["ms_1", "ms_2", "ms_3"]
    keep(store, replace(first, attempts=1, next_at=NOON + 2 * HOUR, problem="http 500"))
    keep(store, replace(second, next_at=NOON + HOUR))
    assert [delivery.notice for delivery in waiting(store)] == ["ms_3", "ms_2"]
    assert [delivery.notice for delivery in waiting(store, after=2 * HOUR)] == ["ms_3", "ms_2", "ms_1"]
    assert [delivery.notice for delivery in waiting(store, limit=1)] == ["ms_3"]


def test_each_channel_has_a_delivery_of_its_own(store: Store) -> None:
    add(store, "ms_1")
    (by_mail,) = waiting(store, Channel.EMAIL)
    keep(store, replace(by_mail, attempts=1, next_at=None, delivered_at=NOON + HOUR))
    (by_hook,) = waiting(store, Channel.WEBHOOK)
    with store.reading() as reader:
        email, webhook = reader.deliveries(KIM)
        assert reader.deliveries(LEA) == ()
        assert reader.notice(KIM, by_hook.position) == a_notice("ms_1")
    assert (email.delivered_at, email.attempts, email.next_at) == (NOON + HOUR, 1, None)
    assert webhook == by_hook
    assert (webhook.delivered_at, webhook.attempts, webhook.next_at) == (None, 0, NOON)


def test_a_notice_without_a_channel_waits_nowhere(store: Store) -> None:
    add(store, "ms_1", channels=())
    assert waiting(store, Channel.EMAIL) == waiting(store, Channel.WEBHOOK) == []


def test_a_channel_does_well_until_something_is_said_of_it(store: Store) -> None:
    said = ChannelHealth(
        channel=Channel.EMAIL, failures=3, failing_since=NOON, next_at=NOON + HOUR, disabled_at=NOON + 2 * HOUR
    )
    with store.transaction() as work:
        work.set_channel_health(replace(said, failures=1, disabled_at=None))
        work.set_channel_health(said)
    with store.reading() as reader:
        assert reader.channel_health(Channel.EMAIL) == said
        assert reader.channel_health(Channel.WEBHOOK) == ChannelHealth(channel=Channel.WEBHOOK)


def test_nothing_of_a_transaction_that_fails_is_kept(store: Store) -> None:
    def failing() -> None:
        with store.transaction() as work:
            work.add_notice(a_notice("ms_1"), BOTH)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert waiting(store) == []
    assert add(store, "ms_1") == [True]


def test_what_a_user_is_told_lies_sealed(store: Store, intruder: Intruder) -> None:
    add(store, "ms_1")
    assert a_notice("ms_1").title.encode() not in intruder.everything()


def test_a_notice_whose_key_was_forgotten_is_named_and_not_left_out(store: Store, intruder: Intruder) -> None:
    add(store, "ms_1")
    (delivery,) = waiting(store)
    intruder.forget_key("kim")
    with store.reading() as reader:
        with pytest.raises(UnreadableRecordError, match="notice `ms_1`"):
            reader.notices(KIM)
        with pytest.raises(UnreadableRecordError, match="notice `ms_1`"):
            reader.notice(KIM, delivery.position)
    with pytest.raises(UnreadableRecordError):
        add(store, "ms_2")


def test_a_message_that_cannot_be_read_says_where_it_stands_in_the_queue(store: Store, intruder: Intruder) -> None:
    record(store, LEA, "ev-2", messages=(a_message("ms_1", account="lea"),))
    record(store, KIM, "ev-2", messages=(a_message("ms_2", account="kim"),))
    with store.reading() as reader:
        first, _ = reader.queued_messages(0, 9)
    intruder.forget_key("lea")
    with store.reading() as reader:
        with pytest.raises(UnreadableRecordError) as raised:
            reader.queued_messages(0, 9)
        assert raised.value.position == first.position
        assert [each.message.id for each in reader.queued_messages(first.position, 9)] == ["ms_2"]
