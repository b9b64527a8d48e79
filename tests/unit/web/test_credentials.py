"""Keys, tokens of users, and how often somebody may call."""

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from habeas.domain.access import ROLE_SCOPES, AccessScope
from habeas.domain.actor import Role
from habeas.domain.errors import BadInputError, UnknownIdError
from habeas.service.keys import KeyRing, list_keys, make_key, revoke_key, rotate_key
from habeas.service.library import UnavailableError
from habeas.service.ports import Store
from habeas.store.memory import MemoryStore
from habeas.web.backend import Settings
from habeas.web.lane import LaneSettings, LaneTokens
from habeas.web.limits import Buckets
from tests.builders import HOUR, NOON
from tests.unit.web.conftest import Service, a_problem
from tests.unit.web.tokens import AUDIENCE, ISSUER, Exchange

EVALUATE = frozenset({AccessScope.EVALUATE})
MINUTE = timedelta(minutes=1)


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store() -> Store:
    return MemoryStore()


# --- keys --------------------------------------------------------------------------------------------------------------


def test_a_secret_is_recognised_until_its_key_ends(store: Store) -> None:
    key, secret = make_key(store, "gate", None, EVALUATE, NOON, expires_at=NOON + HOUR)
    ring = KeyRing(store)
    assert ring.recognise(secret, NOON) == key
    assert ring.recognise(secret, NOON + HOUR) is None
    assert ring.recognise(secret[:-1] + ("a" if secret[-1] != "a" else "b"), NOON) is None
    assert ring.recognise(f"hbk_{key.id}_", NOON) is None
    assert ring.recognise("hbk_ffffffffffffffff_x", NOON) is None
    assert ring.recognise("hbk_\u00e9", NOON) is None


def test_a_secret_of_another_store_is_not_recognised(store: Store) -> None:
    key, secret = make_key(store, "gate", None, EVALUATE, NOON)
    other = MemoryStore()
    with other.transaction() as work:
        work.set_api_key(key)
    assert KeyRing(other).recognise(secret, NOON) is None


def test_a_revoked_key_opens_nothing_after_a_second(store: Store) -> None:
    seconds = Seconds()
    ring = KeyRing(store, seconds)
    key, secret = make_key(store, "gate", None, EVALUATE, NOON)
    assert ring.recognise(secret, NOON)
    gone = revoke_key(store, key.id, NOON)
    assert revoke_key(store, key.id, NOON + HOUR) == gone
    seconds.now = 1.01
    assert ring.recognise(secret, NOON) is None


def test_a_rotated_key_opens_the_same_and_the_old_one_ends_after_a_while(store: Store) -> None:
    old, secret = make_key(store, "jane", Role.ANALYST, ROLE_SCOPES[Role.ANALYST], NOON, rate_per_s=7)
    new, fresh = rotate_key(store, old.id, NOON + HOUR, both_for=HOUR)
    ring = KeyRing(store)
    assert (new.name, new.role, new.scopes, new.rate_per_s, new.follows) == ("jane", "analyst", old.scopes, 7, old.id)
    assert ring.recognise(secret, NOON + 1.5 * HOUR)
    assert ring.recognise(secret, NOON + 2 * HOUR) is None
    assert ring.recognise(fresh, NOON + 9 * HOUR)
    with pytest.raises(UnknownIdError):
        rotate_key(store, "none", NOON, HOUR)


def test_it_is_kept_when_a_key_was_last_used(store: Store) -> None:
    ring = KeyRing(store)
    key, secret = make_key(store, "gate", None, EVALUATE, NOON)
    ring.recognise(secret, NOON + MINUTE)
    assert ring.write_use() == 1
    ring.recognise(secret, NOON + 1.5 * MINUTE)
    assert ring.write_use() == 0
    assert [(each.id, each.last_used_at) for each in list_keys(store)] == [(key.id, NOON + MINUTE)]


@pytest.mark.parametrize(
    ("name", "role", "scopes", "told"),
    [
        ("gate", None, {AccessScope.OWN}, "may not have"),
        ("ada", Role.AUDITOR, {AccessScope.RESTRICTIONS_WRITE}, "the role auditor may not have"),
        ("fay", Role.FRONTLINE, {AccessScope.SCREENINGS}, "the role frontline may not have"),
        ("les", Role.LE_DESK, {AccessScope.EVALUATE}, "no access over HTTP"),
        ("sam", Role.SEALED_AUDITOR, {AccessScope.JOURNAL_READ}, "no access over HTTP"),
        ("bot", Role.DETECTOR, {AccessScope.EVALUATE}, "no access over HTTP"),
        ("gate", None, set(), "opens nothing"),
        ("a:b", None, {AccessScope.EVALUATE}, "no name"),
        ("", None, {AccessScope.EVALUATE}, "no name"),
    ],
)
def test_nobody_gets_a_key_that_opens_more_than_the_role_does(
    store: Store, name: str, role: Role | None, scopes: set[AccessScope], told: str
) -> None:
    with pytest.raises(BadInputError, match=told):
        make_key(store, name, role, frozenset(scopes), NOON)
    assert list_keys(store) == ()


def test_auditors_write_nothing_and_every_role_of_the_house_has_its_row() -> None:
    writing = {scope for scope in AccessScope if scope.endswith(":write")}
    assert not ROLE_SCOPES[Role.AUDITOR] & writing
    outside = {Role.DETECTOR, Role.USER, Role.LE_DESK, Role.SEALED_AUDITOR}
    assert set(ROLE_SCOPES) == set(Role) - outside


# --- tokens of users ---------------------------------------------------------------------------------------------------


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


def test_a_token_names_its_account(exchange: Exchange) -> None:
    assert exchange.tokens.account(exchange.token("alice", NOON), NOON) == "alice"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://mallory.example"},
        {"aud": "somebody-else"},
        {"sub": "no such id!"},
        {"sub": None},
        {"exp": None},
        {"iat": None},
        {"iat": int((NOON - HOUR).timestamp()), "exp": int((NOON - 0.5 * HOUR).timestamp())},
        {"exp": int((NOON + HOUR).timestamp())},
        {"nbf": int((NOON + HOUR).timestamp())},
        {"iat": int((NOON + HOUR).timestamp()), "exp": int((NOON + HOUR + MINUTE).timestamp())},
        {"exp": "later"},
    ],
)
def test_a_token_that_says_something_else_is_none(exchange: Exchange, changes: dict[str, Any]) -> None:
    assert exchange.tokens.account(exchange.token("alice", NOON, **changes), NOON) is None


def test_a_token_that_somebody_else_signed_is_none(exchange: Exchange) -> None:
    mallory = Exchange()
    assert exchange.tokens.account(mallory.token("alice", NOON), NOON) is None


def test_a_token_that_is_signed_with_the_public_key_as_a_secret_or_not_at_all_is_none(exchange: Exchange) -> None:
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": int(NOON.timestamp())}
    claims["exp"] = claims["iat"] + 60  # type: ignore[operator]
    head, body = (_part(each) for each in ({"alg": "HS256", "kid": "key-1"}, claims))
    mac = hmac.digest(exchange.key.as_pem(private=False), f"{head}.{body}".encode(), "sha256")
    forged = f"{head}.{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
    unsigned = f"{_part({'alg': 'none'})}.{body}."
    for token in (forged, unsigned, "", ".", "a.b.c", forged[:-3]):
        assert exchange.tokens.account(token, NOON) is None


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_new_key_of_the_exchange_is_found_without_a_restart(exchange: Exchange) -> None:
    seconds = Seconds()
    tokens = LaneTokens(LaneSettings(issuer=ISSUER, audience=AUDIENCE, read=exchange.jwks), seconds)
    assert tokens.account(exchange.token("alice", NOON), NOON)
    exchange.key = ECKey.generate_key("P-256", parameters={"kid": "key-2", "use": "sig"})
    fresh = jwt.encode(
        {"alg": "ES256", "kid": "key-2"},
        {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "alice",
            "iat": int(NOON.timestamp()),
            "exp": int((NOON + MINUTE).timestamp()),
        },
        exchange.key,
    )
    assert tokens.account(fresh, NOON) is None
    seconds.now = 11
    assert tokens.account(fresh, NOON) == "alice"


def test_tokens_with_unknown_keys_do_not_make_the_key_set_be_fetched_each_time(exchange: Exchange) -> None:
    seconds = Seconds()
    tokens = LaneTokens(LaneSettings(issuer=ISSUER, audience=AUDIENCE, read=exchange.jwks), seconds)
    for _ in range(20):
        tokens.account(Exchange().token("alice", NOON), NOON)
        seconds.now += 1
    assert exchange.reads <= 3


def test_a_key_set_that_cannot_be_read_is_our_fault_and_says_so(exchange: Exchange) -> None:
    tokens = LaneTokens(LaneSettings(issuer=ISSUER, audience=AUDIENCE, read=lambda: b"{}"))
    with pytest.raises(UnavailableError):
        tokens.account(exchange.token("alice", NOON), NOON)


def test_what_a_user_is_answered_names_no_detector_and_no_signal(exchange: Exchange) -> None:
    served = Service(lane=exchange.tokens)
    with served.client:
        served.tell("e-1", "account.opened", "alice", {"residence": "DE", "nationalities": ["DE"]})
        served.tell("e-2", "document.expired", "alice", {"kind": "passport"})
        token = {"Authorization": f"Bearer {exchange.token('alice', NOON)}"}
        request = served.get("/v1/document-requests", token, account="alice").json()["requests"][0]["id"]
        from tests.sent_files import a_jpeg

        sent = served.client.post(
            f"/v1/document-requests/{request}/files",
            content=a_jpeg(),
            params={"kind": "passport"},
            headers=token | {"Content-Type": "image/jpeg"},
        )
        assert set(sent.json()) == {"file", "request"}
    served.intake.close()


# --- how often ---------------------------------------------------------------------------------------------------------


def test_a_bucket_gives_out_what_came_in() -> None:
    seconds = Seconds()
    buckets = Buckets(burst_for_s=1.0, clock=seconds)
    assert [buckets.take("a", 2) for _ in range(2)] == [0.0, 0.0]
    assert buckets.take("a", 2) == 0.5
    assert buckets.take("b", 2) == 0.0
    seconds.now = 0.6
    assert buckets.take("a", 2) == 0.0


def test_a_large_batch_is_paid_for_by_waiting_afterwards() -> None:
    seconds = Seconds()
    buckets = Buckets(burst_for_s=1.0, clock=seconds)
    assert buckets.take("a", 10, 100) == 0.0
    seconds.now = 8.9
    assert buckets.take("a", 10) > 0
    seconds.now = 9.2
    assert buckets.take("a", 10) == 0.0


@pytest.fixture
def slow() -> Iterator[Service]:
    made = Service(Settings(rate_per_s=2, stranger_rate_per_s=2))
    with made.client:
        yield made
    made.intake.close()


def test_whoever_calls_too_often_is_told_when_to_come_again(slow: Service) -> None:
    answers = [slow.get("/v1/playbooks") for _ in range(12)]
    assert {answer.status_code for answer in answers} == {200, 429}
    a_problem(answers[-1], 429, "too-many-requests")
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert slow.get("/v1/playbooks", slow.person(Role.MLRO)).status_code == 200


def test_whoever_tries_out_secrets_is_slowed_down(slow: Service) -> None:
    tried = [slow.get("/v1/playbooks", {"Authorization": f"Bearer hbk_0123456789abcdef_{n}"}) for n in range(12)]
    assert {answer.status_code for answer in tried} == {401, 429}


def test_a_key_has_a_rate_of_its_own(service: Service) -> None:
    _, secret = make_key(service.store, "gate", None, frozenset({AccessScope.PLAYBOOKS_READ}), NOON, rate_per_s=1)
    answers = [service.get("/v1/playbooks", {"Authorization": f"Bearer {secret}"}).status_code for _ in range(6)]
    assert 429 in answers


def test_a_user_token_is_json_web_and_no_more_than_that(exchange: Exchange) -> None:
    assert json.loads(exchange.jwks())["keys"][0].get("d") is None
