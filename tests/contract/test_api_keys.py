"""What every store promises about API keys."""

from contextlib import suppress

from msgspec.structs import replace

from habeas.domain.access import AccessScope, ApiKey
from habeas.domain.actor import Role
from habeas.service.ports import Store
from tests.builders import HOUR, NOON
from tests.contract.conftest import Intruder


def a_key(id_: str = "k1") -> ApiKey:
    return ApiKey(
        id=id_,
        name="jane",
        role=Role.ANALYST,
        scopes=(AccessScope.ACCOUNTS_READ,),
        digest=b"\1" * 32,
        made_at=NOON,
        expires_at=NOON + HOUR,
        rate_per_s=5,
    )


def test_a_key_is_read_as_it_was_written(store: Store) -> None:
    with store.transaction() as work:
        work.set_api_key(a_key())
        assert work.api_key("k1") == a_key()
    with store.reading() as reader:
        assert reader.api_key("k1") == a_key()
        assert reader.api_key("k2") is None


def test_all_keys_are_there_by_id_each_as_it_was_set_last(store: Store) -> None:
    with store.transaction() as work:
        for id_ in ("k2", "k3", "k1"):
            work.set_api_key(a_key(id_))
        work.set_api_key(replace(a_key("k3"), revoked_at=NOON))
    with store.reading() as reader:
        assert [(key.id, key.revoked_at) for key in reader.api_keys()] == [("k1", None), ("k2", None), ("k3", NOON)]


def test_a_key_of_a_transaction_that_is_undone_is_not_there(store: Store) -> None:
    with suppress(ZeroDivisionError), store.transaction() as work:
        work.set_api_key(a_key())
        _ = 1 / 0
    with store.reading() as reader:
        assert reader.api_keys() == ()


def test_the_secret_of_a_key_is_nowhere_in_the_store(store: Store, intruder: Intruder) -> None:
    from habeas.service.keys import make_key

    key, secret = make_key(store, "gate", None, frozenset({AccessScope.EVALUATE}), NOON)
    everything = intruder.everything()
    assert key.id.encode() in everything
    assert secret.rpartition("_")[2].encode() not in everything
