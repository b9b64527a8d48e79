"""The replica holds what it was told of, in little room, and forgets what it compiled when that changes."""

from datetime import timedelta
from threading import Thread

import pytest

from habeas.domain.account import Life
from habeas.domain.capability import Level
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.kind import Kind
from habeas.domain.limit import AccountLimits, Limit
from habeas.domain.restriction import Scope
from habeas.gate import replica as replicas
from habeas.gate.entry import FREE
from habeas.gate.messages import Changed, Fresh, Message, Snapshot
from habeas.gate.replica import Replica
from tests.builders import HOUR, NOON

SUB, MAIN = AccountId("sub"), AccountId("main")
FROZEN = Limit(RestrictionId("rs_1"), Kind.FROZEN, Scope.ACCOUNT, NOON, NOON + HOUR)
FRESH = Fresh("1-", NOON, timedelta(seconds=30), Level.HOLD)


def changed(
    account: AccountId, *limits: Limit, parents: tuple[AccountId, ...] = (), life: Life = Life.ACTIVE
) -> Changed:
    return Changed(1, AccountLimits(account=account, limits=limits, parents=parents, life=life))


def tell(replica: Replica, *messages: Message) -> None:
    for message in messages:
        replica.apply(message, NOON)


def a_replica(*messages: Changed) -> Replica:
    replica = Replica()
    tell(replica, Snapshot(), *messages, FRESH)
    return replica


def held(replica: Replica, account: AccountId) -> list[str]:
    return [limit.id for limit in replica.entry(account).standing.limits]


def test_an_account_that_is_free_again_is_forgotten() -> None:
    replica = a_replica(changed(MAIN, FROZEN))
    assert replica.entry(MAIN) is not FREE
    replica.apply(changed(MAIN), NOON)
    assert replica.entry(MAIN) is FREE
    assert len(replica) == 0


def test_a_sub_account_is_compiled_anew_when_its_main_account_changes() -> None:
    replica = a_replica(changed(SUB, parents=(MAIN,)))
    assert held(replica, SUB) == []
    replica.apply(changed(MAIN, FROZEN), NOON)
    assert held(replica, SUB) == ["rs_1"]
    replica.apply(changed(MAIN), NOON)
    assert held(replica, SUB) == []


def test_a_snapshot_takes_the_place_of_everything_when_it_is_whole_and_not_before() -> None:
    replica = a_replica(changed(MAIN, FROZEN))
    assert replica.entry(MAIN) is not FREE
    replica.apply(Snapshot(), NOON)
    replica.apply(changed(SUB, FROZEN), NOON)
    assert replica.entry(MAIN) is not FREE
    assert replica.entry(SUB) is FREE
    replica.apply(FRESH, NOON)
    assert replica.entry(MAIN) is FREE
    assert held(replica, SUB) == ["rs_1"]


def test_a_snapshot_that_was_cut_off_is_begun_again() -> None:
    replica = a_replica()
    tell(replica, Snapshot(), changed(MAIN, FROZEN), Snapshot(), changed(SUB, FROZEN), FRESH)
    assert replica.entry(MAIN) is FREE
    assert replica.entry(SUB) is not FREE


def test_a_snapshot_that_was_cut_off_is_not_gone_on_with() -> None:
    replica = a_replica(changed(MAIN, FROZEN))
    tell(replica, Snapshot(), changed(SUB, FROZEN))
    replica.reconnect()
    tell(replica, FRESH)
    assert held(replica, MAIN) == ["rs_1"]
    assert replica.entry(SUB) is FREE


def test_no_more_accounts_are_kept_compiled_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "COMPILED_MAX", 10)
    accounts = [AccountId(f"a{number}") for number in range(35)]
    replica = a_replica(*(changed(account, FROZEN) for account in accounts))
    for account in accounts:
        assert held(replica, account) == ["rs_1"]
        assert len(replica.compiled) <= 10
    assert len(replica) == 35


def test_main_accounts_in_a_circle_end() -> None:
    replica = a_replica(changed(SUB, parents=(MAIN,)), changed(MAIN, FROZEN, parents=(SUB,)))
    assert held(replica, SUB) == ["rs_1"]


def test_whoever_waits_is_told_when_the_replica_is_fresh_enough() -> None:
    replica = Replica()
    assert not replica.wait_until(None, 0)
    told = Thread(target=tell, args=(replica, Snapshot(), FRESH))
    told.start()
    assert replica.wait_until(None, 30)
    assert replica.wait_until(NOON, 30)
    assert not replica.wait_until(NOON + HOUR, 0)
    told.join()
