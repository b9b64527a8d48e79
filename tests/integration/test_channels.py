"""Notices go out to real servers on loopback, which are killed and come back: at least once, and a repeat can be told."""

import base64
import hashlib
import hmac
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from habeas.channels.email import EmailSender, mail_server
from habeas.channels.webhook import WebhookSender
from habeas.domain.event import make_event
from habeas.domain.ids import AccountId
from habeas.domain.notice import DISABLED_AFTER, Channel, Delivery
from habeas.playbook.load import shipped_playbook
from habeas.service.delivery import LEASE_FOR, Couriers, deliver, enable
from habeas.service.intake import Intake
from habeas.service.notices import Notices
from habeas.service.ports import Sender
from habeas.store.sqlite import SqliteStore
from tests.servers import Certificate, HookServer, MailServer
from tests.unit.service.test_intake import NoLists, NoPlaces

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
HOUR = timedelta(hours=1)


class Exchange:
    """One store in a file, with a clock that the test sets, whose accounts get limited because of where they live."""

    def __init__(self, path: Path) -> None:
        self.now = MONDAY
        self.store = SqliteStore(path / "habeas.db")
        self.playbook = shipped_playbook()
        self.intake = Intake(self.store, self.playbook, NoPlaces(), NoLists(), self.clock)
        self.notices = Notices(self.store, self.playbook, self.clock, tuple(Channel))

    def clock(self) -> datetime:
        return self.now

    def limit(self, account: str, **more: Any) -> None:
        profile = {"residence": "CN", "email": f"{account}@example.com"} | more
        body = msgspec.json.encode(profile)
        self.intake.decide(make_event(f"e-{account}", "urn:x", "account.opened", AccountId(account), self.now, body))
        self.notices.write()

    def deliver(self, sender: Sender) -> int:
        return deliver(self.store, sender, self.clock)

    def delivery(self, account: str, channel: Channel) -> Delivery:
        with self.store.reading() as reader:
            return next(d for d in reader.deliveries(AccountId(account)) if d.channel is channel)


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    made = Exchange(tmp_path)
    yield made
    made.intake.close()
    made.store.close()


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailServer]:
    with MailServer(Certificate(tmp_path)) as server:
        yield server


@pytest.fixture
def hook() -> Iterator[HookServer]:
    with HookServer() as server:
        yield server


def by_mail(server: MailServer, user: str = "", password: str = "") -> EmailSender:
    assert server.certificate is not None
    named = mail_server(f"smtp://127.0.0.1:{server.port}", "Support <support@example.com>", user, password)
    return EmailSender(named, server.certificate.trusted(), timeout_s=2)


def by_webhook(server: HookServer, secrets: str = SECRET, timeout_s: float = 2) -> WebhookSender:
    return WebhookSender(f"http://127.0.0.1:{server.port}/habeas?who=us", secrets, timeout_s=timeout_s)


# --- e-mail ----------------------------------------------------------------------------------------------------------


def test_a_notice_comes_by_mail_over_tls_with_the_words_of_the_statement(exchange: Exchange, mail: MailServer) -> None:
    exchange.limit("kim")
    assert exchange.deliver(by_mail(mail)) == 1
    (message,) = mail.received
    assert mail.recipients == ["kim@example.com"]
    assert mail.was_encrypted == [True]
    assert message["Subject"] == "There is a limit on your account"
    assert message["Auto-Submitted"] == "auto-generated"
    text = " ".join(message.get_content().split())
    assert "your region is Mainland China" in text
    assert "We will never ask for your password, for your codes, or for money" in text
    assert "https://support.example.com/limits/where-you-live" in text


def test_a_mail_server_that_is_killed_and_comes_back_gets_every_notice(exchange: Exchange, mail: MailServer) -> None:
    sender = by_mail(mail)
    exchange.limit("kim")
    exchange.limit("lea")
    mail.stop()
    assert exchange.deliver(sender) == 0
    assert exchange.deliver(sender) == 0  # Nothing is tried again at once.
    assert exchange.delivery("kim", Channel.EMAIL).attempts == 1
    assert exchange.delivery("lea", Channel.EMAIL).attempts == 0  # Nobody answers, so the rest was not tried.
    mail.start()
    exchange.now += timedelta(minutes=6)
    assert exchange.deliver(sender) == 2
    assert sorted(mail.recipients) == ["kim@example.com", "lea@example.com"]
    assert exchange.delivery("kim", Channel.EMAIL).delivered_at == exchange.now


def test_a_mail_that_was_taken_and_not_confirmed_comes_again_under_the_same_message_id(
    exchange: Exchange, mail: MailServer
) -> None:
    mail.drops_after_data = 1
    exchange.limit("kim")
    assert exchange.deliver(by_mail(mail)) == 0
    exchange.now += timedelta(minutes=6)
    assert exchange.deliver(by_mail(mail)) == 1
    assert len(mail.received) == 2
    assert len({message["Message-ID"] for message in mail.received}) == 1
    assert len({message.get_content() for message in mail.received}) == 1


@pytest.mark.parametrize(("code", "is_over"), [(550, True), (450, False)])
def test_an_address_that_is_refused_keeps_no_other_waiting(
    exchange: Exchange, mail: MailServer, code: int, is_over: bool
) -> None:
    mail.refused["kim@example.com"] = code
    exchange.limit("kim")
    exchange.limit("lea")
    assert exchange.deliver(by_mail(mail)) == 1
    assert mail.recipients == ["lea@example.com"]
    kim = exchange.delivery("kim", Channel.EMAIL)
    assert (kim.next_at is None) is is_over
    assert kim.problem == f"smtp {code}"
    assert kim.delivered_at is None


def test_a_server_that_cannot_be_trusted_gets_nothing(exchange: Exchange, mail: MailServer) -> None:
    named = mail_server(f"smtp://127.0.0.1:{mail.port}", "support@example.com")
    exchange.limit("kim")
    assert exchange.deliver(EmailSender(named, timeout_s=2)) == 0
    assert exchange.delivery("kim", Channel.EMAIL).problem == "tls failed"
    assert mail.received == []


def test_a_server_elsewhere_without_tls_gets_nothing(exchange: Exchange) -> None:
    with MailServer() as plain:
        named = mail_server(f"smtp://127.0.0.1:{plain.port}", "support@example.com")
        elsewhere = msgspec.structs.replace(named, needs_tls=True)
        exchange.limit("kim")
        assert exchange.deliver(EmailSender(elsewhere, timeout_s=2)) == 0
        assert exchange.delivery("kim", Channel.EMAIL).problem == "the mail server offers no TLS"
        assert plain.received == []


@pytest.mark.parametrize(("password", "delivered"), [("right", 1), ("wrong", 0)])
def test_a_user_and_a_password_are_given_after_tls(
    exchange: Exchange, mail: MailServer, password: str, delivered: int
) -> None:
    exchange.limit("kim")
    assert exchange.deliver(by_mail(mail, "habeas", password)) == delivered
    assert mail.logins[0] == ("habeas", password)


def test_a_changed_address_is_told_and_the_former_one_too(exchange: Exchange, mail: MailServer) -> None:
    exchange.limit("kim", residence="ES")
    exchange.now += HOUR
    body = msgspec.json.encode({"email": "thief@example.org", "residence": "CN"})
    exchange.intake.decide(make_event("e2", "urn:x", "account.profile_changed", AccountId("kim"), exchange.now, body))
    exchange.notices.write()
    assert exchange.deliver(by_mail(mail)) == 1
    assert sorted(mail.recipients) == ["kim@example.com", "thief@example.org"]


def test_an_account_without_an_address_has_its_inbox_and_the_webhook(exchange: Exchange, hook: HookServer) -> None:
    exchange.limit("kim", email=None)
    with exchange.store.reading() as reader:
        assert [each.channel for each in reader.deliveries(AccountId("kim"))] == [Channel.WEBHOOK]
        assert len(reader.notices(AccountId("kim"))) == 1


# --- webhook ---------------------------------------------------------------------------------------------------------


def is_signed(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """As the specification tells receivers to verify, written anew."""
    key = base64.b64decode(secret[len("whsec_") :])
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    return any(
        version == "v1" and hmac.compare_digest(given, expected)
        for version, _, given in (each.partition(",") for each in headers["webhook-signature"].split(" "))
    )


def test_a_webhook_is_signed_and_carries_what_the_user_reads(exchange: Exchange, hook: HookServer) -> None:
    exchange.limit("kim")
    assert exchange.deliver(by_webhook(hook)) == 1
    ((headers, body),) = hook.requests
    assert is_signed(headers, body, SECRET)
    assert not is_signed(headers, body + b" ", SECRET)
    assert headers["webhook-timestamp"] == str(int(MONDAY.timestamp()))
    assert headers["content-type"] == "application/json"
    said = json.loads(body)
    assert said["type"] == "restriction.began"
    assert said["timestamp"] == "2026-03-02T12:00:00Z"
    assert said["data"]["notice"]["account"] == "kim"
    assert said["data"]["notice"]["id"] == headers["webhook-id"]
    assert "We will never ask" in said["data"]["text"]


def test_the_signature_is_that_of_the_specification() -> None:
    """The published test vector of Standard Webhooks."""
    from habeas.channels.webhook import read_secrets, signature

    (secret,) = read_secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_two_secrets_sign_both_so_that_one_can_follow_the_other(exchange: Exchange, hook: HookServer) -> None:
    newer = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()
    exchange.limit("kim")
    exchange.deliver(by_webhook(hook, f"{SECRET} {newer}"))
    ((headers, body),) = hook.requests
    assert is_signed(headers, body, SECRET)
    assert is_signed(headers, body, newer)


def test_a_receiver_that_is_killed_after_it_took_a_notice_gets_it_again_under_the_same_id(
    exchange: Exchange, hook: HookServer
) -> None:
    hook.answers = [None]
    exchange.limit("kim")
    sender = by_webhook(hook)
    assert exchange.deliver(sender) == 0
    hook.stop()
    exchange.now += timedelta(seconds=6)
    assert exchange.deliver(sender) == 0
    hook.start()
    exchange.now += timedelta(minutes=6)
    assert exchange.deliver(sender) == 1
    assert len(hook.ids) == 2
    assert len(set(hook.ids)) == 1
    (_, first), (_, second) = hook.requests
    assert first == second
    times = [headers["webhook-timestamp"] for headers, _ in hook.requests]
    assert times[0] != times[1]  # The time is that of the attempt, so that old requests cannot be played again.


def test_a_worker_that_dies_between_sending_and_keeping_that_sends_again(exchange: Exchange, hook: HookServer) -> None:
    class Dying(WebhookSender):
        def send(self, *args: Any) -> Any:
            super().send(*args)
            raise KeyboardInterrupt

    exchange.limit("kim")
    with pytest.raises(KeyboardInterrupt):
        exchange.deliver(Dying(f"http://127.0.0.1:{hook.port}", SECRET))
    assert exchange.deliver(by_webhook(hook)) == 0  # It may still be under way somewhere.
    exchange.now += LEASE_FOR
    assert exchange.deliver(by_webhook(hook)) == 1
    assert len(hook.ids) == 2
    assert len(set(hook.ids)) == 1


@pytest.mark.parametrize("code", [301, 404, 500])
def test_one_notice_that_is_not_taken_keeps_no_other_waiting(exchange: Exchange, hook: HookServer, code: int) -> None:
    hook.answers = [code]
    hook.headers = {"location": f"http://127.0.0.1:{hook.port}/elsewhere"}
    exchange.limit("kim")
    exchange.limit("lea")
    assert exchange.deliver(by_webhook(hook)) == 1
    waiting = [a for a in ("kim", "lea") if exchange.delivery(a, Channel.WEBHOOK).delivered_at is None]
    assert len(waiting) == 1
    assert exchange.delivery(waiting[0], Channel.WEBHOOK).problem == f"http {code}"
    assert len(hook.requests) == 2  # A redirect is not followed.


def test_a_receiver_that_fails_for_days_is_switched_off_and_keeps_its_notices(
    exchange: Exchange, hook: HookServer
) -> None:
    sender = by_webhook(hook)
    hook.answers = [500] * 1000
    exchange.limit("kim")
    while exchange.now - MONDAY < DISABLED_AFTER + timedelta(days=2):
        exchange.deliver(sender)
        exchange.now += HOUR
    tried = len(hook.requests)
    with exchange.store.reading() as reader:
        assert reader.channel_health(Channel.WEBHOOK).disabled_at is not None
    hook.answers = []
    assert exchange.deliver(sender) == 0
    assert len(hook.requests) == tried
    enable(exchange.store, Channel.WEBHOOK)
    exchange.now += timedelta(days=1)
    assert exchange.deliver(sender) == 1
    assert len(set(hook.ids)) == 1


def test_a_receiver_that_says_gone_is_switched_off_at_once(exchange: Exchange, hook: HookServer) -> None:
    hook.answers = [410]
    exchange.limit("kim")
    exchange.limit("lea")
    assert exchange.deliver(by_webhook(hook)) == 0
    assert len(hook.requests) == 1
    with exchange.store.reading() as reader:
        assert reader.channel_health(Channel.WEBHOOK).disabled_at == exchange.now


# --- both ------------------------------------------------------------------------------------------------------------


def test_the_state_of_each_channel_is_its_own(exchange: Exchange, mail: MailServer, hook: HookServer) -> None:
    hook.answers = [500]
    exchange.limit("kim")
    assert exchange.deliver(by_webhook(hook)) == 0
    assert exchange.deliver(by_mail(mail)) == 1
    exchange.now += timedelta(minutes=6)
    assert exchange.deliver(by_mail(mail)) == 0
    assert exchange.deliver(by_webhook(hook)) == 1
    assert len(mail.received) == 1


def test_a_channel_that_hangs_keeps_the_other_not_waiting(
    exchange: Exchange, mail: MailServer, hook: HookServer
) -> None:
    hook.is_hanging.set()
    exchange.limit("kim")
    with Couriers(exchange.store, [by_webhook(hook, timeout_s=2), by_mail(mail)], exchange.clock) as couriers:
        began = time.monotonic()
        couriers.start()
        done: dict[str, int] = {}
        while "email" not in done and time.monotonic() - began < 10:
            done |= couriers.done()
            time.sleep(0.01)
        assert done == {"email": 1}
        assert time.monotonic() - began < 2
        hook.is_hanging.clear()
    assert exchange.delivery("kim", Channel.WEBHOOK).delivered_at is None


def test_the_worker_command_sends_on_both_channels_what_is_kept_sealed(
    tmp_path: Path, mail: MailServer, hook: HookServer
) -> None:
    opened = {
        "specversion": "1.0",
        "id": "e1",
        "source": "urn:x",
        "type": "account.opened",
        "subject": "kim",
        "time": "2026-11-01T00:00:00Z",
        "data": {"residence": "CN", "email": "kim@example.com"},
    }
    (tmp_path / "day.ndjson").write_text(json.dumps(opened), encoding="utf-8")
    assert mail.certificate is not None
    environment = {
        "HABEAS_STORE": f"sqlite:///{tmp_path / 'habeas.db'}",
        "HABEAS_SMTP": f"smtp://127.0.0.1:{mail.port}",
        "HABEAS_MAIL_FROM": "support@example.com",
        "HABEAS_WEBHOOK": f"http://127.0.0.1:{hook.port}/",
        "HABEAS_WEBHOOK_SECRET": SECRET,
        "SSL_CERT_FILE": str(mail.certificate.file),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }

    def habeas(*args: str) -> str:
        command = [sys.executable, "-m", "habeas", *args]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=tmp_path)
        return ran.stdout

    habeas("ingest", "day.ndjson")
    first = json.loads(habeas("worker", "--once", "--json"))
    assert first == {"timers": 0, "effects": 0, "notices": 1, "campaigns": 0, "bulk": 0, "email": 1, "webhook": 1}
    again = json.loads(habeas("worker", "--once", "--json"))
    assert again == {"timers": 0, "effects": 0, "notices": 0, "campaigns": 0, "bulk": 0, "email": 0, "webhook": 0}
    assert len(mail.received) == len(hook.requests) == 1
    (kept,) = [json.loads(line) for line in habeas("notices", "kim", "--json").splitlines()]
    assert {each["channel"] for each in kept["deliveries"] if each["delivered_at"]} == {"email", "webhook"}
    (body,) = sqlite3.connect(tmp_path / "habeas.db").execute("SELECT body FROM notice").fetchone()
    assert b"Mainland" not in body
