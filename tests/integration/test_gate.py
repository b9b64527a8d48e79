"""The gate over real connections and beside a real store: it follows, loses the connection, and comes back to where it was.

The server below speaks the two routes that a gate needs, over the service's own feed and questions.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

import habeas
from habeas import AsyncGate, Gate
from habeas.bench import workload
from habeas.domain.capability import Capability, Level
from habeas.domain.event import Event, make_event
from habeas.domain.ids import AccountId
from habeas.domain.verdict import Request, Verdict
from habeas.gate.messages import Message
from habeas.gate.stream import MEDIA_TYPE, to_event
from habeas.playbook.load import shipped_playbook
from habeas.reference.library import ListsBuilder
from habeas.reference.places import BuiltInPlaces
from habeas.service.feed import Feed
from habeas.service.intake import Intake
from habeas.service.questions import Questions
from habeas.store.sqlite import SqliteStore
from tests.servers import _Restartable

KEY = "a-key-of-a-gateway"
FROM_NORTH_KOREA = "175.45.176.1"


def now() -> datetime:
    return datetime.now(UTC)


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline, "it never came to be so"
        time.sleep(0.002)


class Service:
    """A store with its intake, feed and questions."""

    def __init__(self, folder: Path) -> None:
        playbook, places, lists = shipped_playbook(), BuiltInPlaces(), ListsBuilder(bytes(32))(())
        self.store = SqliteStore(folder / "habeas.db")
        self.feed = Feed(self.store, playbook, now)
        self.questions = Questions(self.store, playbook, places, lists)
        self.intake = Intake(self.store, playbook, places, lists, now)
        self.intake.after_commit(self.feed.wake)
        self.parts = (self.store, playbook, places, lists)

    def restrict(self, account: str) -> None:
        """A new account from where nobody is served."""
        self._open(account, residence="CN", nationalities=["CN"])

    def free(self, account: str) -> None:
        self._open(account, residence="DE", nationalities=["DE"])

    def _open(self, account: str, **said: Any) -> None:
        body = msgspec.json.encode({"holder": f"h-{account}", **said})
        self.intake.decide(_event(f"open-{account}", "account.opened", account, body))

    def close(self) -> None:
        self.intake.close()
        self.store.close()


def _event(id_: str, type_: str, account: str, body: bytes) -> Event:
    return make_event(id_, "urn:exchange", type_, account, now(), body)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path)
    yield made
    made.close()


class FeedServer(_Restartable):
    """`/v1/feed` and `/access/v1/evaluation` of one service."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.cursors: list[str | None] = []
        self.asked: list[dict[str, Any]] = []
        self.is_over = False
        self.answers_html = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.is_over = False
        super().start()

    def stop(self) -> None:
        self.is_over = True
        self.service.feed.wake()
        super().stop()

    def _make(self, port: int) -> ThreadingHTTPServer:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if not self._is_authenticated():
                    return
                outer.cursors.append(self.headers.get("Last-Event-ID"))
                self.send_response(200)
                self.send_header("Content-Type", MEDIA_TYPE)
                self.end_headers()
                if outer.answers_html:
                    self.wfile.write(b"data: <html>\n\n")
                    return
                try:
                    for message in outer.service.feed.follow(outer.cursors[-1], lambda: outer.is_over):
                        self.wfile.write(to_event(message))
                except OSError:
                    pass  # The gate has gone.

            def do_POST(self) -> None:
                if not self._is_authenticated():
                    return
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append(said)
                context = dict(said["context"])
                at = msgspec.convert(context.pop("time"), datetime)
                request = msgspec.convert(context | {"capability": said["action"]["name"], "at": at}, Request)
                verdict = outer.service.questions.check(AccountId(said["subject"]["id"]), request)
                body = msgspec.json.encode({"decision": verdict.level is Level.ALLOW, "context": verdict})
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _is_authenticated(self) -> bool:
                if self.headers.get("Authorization") == f"Bearer {KEY}":
                    return True
                self.send_error(401)
                return False

            def log_message(self, *args: object) -> None: ...

        class Server(ThreadingHTTPServer):
            daemon_threads = True

        return Server(("127.0.0.1", port), Handler)


@pytest.fixture
def server(service: Service) -> Iterator[FeedServer]:
    with FeedServer(service) as made:
        yield made


def level(gate: Gate, account: str, capability: str, **said: Any) -> Level:
    return gate.check(account, capability, **said).level


# --- beside a store


def test_a_gate_beside_a_store_knows_what_stands_and_what_comes(service: Service) -> None:
    service.restrict("kim")
    with Gate.from_store(*service.parts, feed=service.feed) as gate:
        assert level(gate, "kim", "place_order") is Level.DENY
        assert level(gate, "lea", "place_order") is Level.ALLOW
        service.restrict("lea")
        assert gate.wait_until(now(), timedelta(seconds=60))
        assert level(gate, "lea", "place_order") is Level.DENY


def test_a_gate_sees_what_another_process_commits(service: Service) -> None:
    with Gate.from_store(*service.parts) as gate:  # A feed of its own, which nobody wakes.
        service.restrict("kim")
        wait_for(lambda: level(gate, "kim", "place_order") is Level.DENY)


def test_a_gate_answers_as_the_reference_where_it_asks_it(service: Service) -> None:
    service.restrict("kim")
    service.free("lea")
    with Gate.from_store(*service.parts, feed=service.feed) as gate:
        for account in ("kim", "lea", "nobody"):
            for capability in Capability:
                contexts: tuple[dict[str, Any], ...] = ({}, {"ip": FROM_NORTH_KOREA}, {"destination": "bc1q"})
                for said in contexts:
                    at = now()
                    expected = service.questions.check(AccountId(account), Request(capability, at, **said))
                    answer = gate.check(account, capability, at, **said)
                    assert (answer.level, answer.determining) == (expected.level, expected.determining)


def test_a_known_account_is_asked_for_once(service: Service) -> None:
    service.free("lea")
    asked: list[str] = []

    def reference(account: AccountId, request: Request) -> Verdict:
        asked.append(account)
        return service.questions.check(account, request)

    with Gate(service.feed.follow, reference, service.questions.request_limits) as gate:
        assert [level(gate, "nobody", "withdraw_fiat") for _ in range(2)] == [Level.HOLD, Level.HOLD]
        assert [level(gate, "lea", capability) for capability in ("withdraw_fiat", "p2p")] == [Level.ALLOW, Level.ALLOW]
    assert asked == ["nobody", "nobody", "lea"]


def test_an_event_loop_has_a_gate_too(service: Service) -> None:
    service.restrict("kim")

    async def run() -> list[Level]:
        async with AsyncGate.from_store(*service.parts, feed=service.feed) as gate:
            before = (await gate.check("lea", "place_order")).level
            await asyncio.to_thread(service.restrict, "lea")
            assert await gate.wait_until(now(), timedelta(seconds=60))
            verdicts = [await gate.check(account, "place_order") for account in ("kim", "lea")]
            unknown = await gate.check("nobody", "withdraw_fiat")
            return [before, *(verdict.level for verdict in verdicts), unknown.level]

    assert asyncio.run(run()) == [Level.ALLOW, Level.DENY, Level.DENY, Level.HOLD]


# --- over HTTP


def test_a_gate_follows_a_service(service: Service, server: FeedServer) -> None:
    service.restrict("kim")
    service.free("lea")
    with Gate.follow(server.url, KEY) as gate:
        assert level(gate, "kim", "place_order") is Level.DENY
        assert level(gate, "lea", "place_order") is Level.ALLOW
        service.restrict("max")
        wait_for(lambda: level(gate, "max", "place_order") is Level.DENY)
        assert server.asked == []
        assert level(gate, "nobody", "withdraw_fiat") is Level.HOLD
        assert level(gate, "lea", "login", ip=FROM_NORTH_KOREA) is Level.DENY
        assert [said["subject"]["id"] for said in server.asked] == ["nobody", "lea"]


def test_a_gate_that_lost_the_connection_goes_on_from_its_cursor(service: Service, server: FeedServer) -> None:
    service.restrict("kim")
    with Gate.follow(server.url, KEY) as gate:
        cursor = gate.replica.cursor
        server.stop()
        service.restrict("lea")
        assert level(gate, "kim", "place_order") is Level.DENY
        server.start()
        wait_for(lambda: level(gate, "lea", "place_order") is Level.DENY)
        assert cursor is not None
        assert server.cursors == [None, cursor]
        assert gate.problem is None


def test_a_gate_without_a_service_holds_and_says_why(service: Service, server: FeedServer) -> None:
    with Gate.follow(server.url, "another-key", ready_for=timedelta(seconds=1)) as gate:
        wait_for(lambda: gate.problem is not None)
        assert "it answers 401" in str(gate.problem)
        assert gate.fresh_as_of is None
        assert level(gate, "kim", "withdraw_fiat") is Level.HOLD
        assert level(gate, "kim", "login") is Level.HOLD
        assert level(gate, "kim", "contact_support") is Level.ALLOW


def test_where_the_service_does_not_answer_outflow_is_held(service: Service, server: FeedServer) -> None:
    service.free("lea")
    with Gate.follow(server.url, KEY) as gate:
        server.stop()
        assert level(gate, "lea", "withdraw_fiat") is Level.HOLD
        assert level(gate, "lea", "login", ip=FROM_NORTH_KOREA) is Level.ALLOW
        server.start()


def test_a_page_that_is_no_feed_is_named(service: Service, server: FeedServer) -> None:
    server.answers_html = True
    with Gate.follow(server.url, KEY, ready_for=timedelta(seconds=1)) as gate:
        wait_for(lambda: gate.problem is not None)
        assert "<html>" in str(gate.problem)


def test_a_feed_that_breaks_in_a_way_of_its_own_is_named_and_asked_again(service: Service) -> None:
    tries: list[str | None] = []

    def follow(cursor: str | None, is_over: Callable[[], bool]) -> Iterator[Message]:
        tries.append(cursor)
        if len(tries) == 1:
            raise ZeroDivisionError("of its own")
        yield from service.feed.follow(cursor, is_over)

    with Gate(follow, service.questions.check, ready_for=timedelta(seconds=60)) as gate:
        assert len(tries) == 2
        assert gate.problem is None
        assert gate.fresh_as_of is not None


def test_an_event_loop_follows_a_service_too(service: Service, server: FeedServer) -> None:
    service.restrict("kim")

    async def run() -> None:
        async with AsyncGate.follow(server.url, KEY) as gate:
            assert (await gate.check("kim", "place_order")).level is Level.DENY
            server.stop()
            service.restrict("lea")
            server.start()
            deadline = time.monotonic() + 60
            while (await gate.check("lea", "place_order")).level is not Level.DENY:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.01)
            assert (await gate.check("nobody", "withdraw_fiat")).level is Level.HOLD
        assert len(server.cursors) == 2
        assert server.cursors[1] is not None

    asyncio.run(run())


def test_no_change_is_missed_while_the_connection_comes_and_goes(service: Service, server: FeedServer) -> None:
    with Gate.follow(server.url, KEY) as gate:
        events = list(workload.everything_restricts(40, seed=7))
        for number, event in enumerate(events):
            service.intake.decide(event)
            if number % 10 == 5:
                server.stop()
            if number % 10 == 9:
                server.start()
        wait_for(lambda: len(gate.replica) == len(events))
        for event in events:
            assert level(gate, event.account, "place_order") is Level.DENY


def test_the_package_offers_the_gate_and_nothing_that_is_not_there() -> None:
    assert habeas.Gate is Gate
    with pytest.raises(AttributeError, match="`Fate`"):
        habeas.Fate  # noqa: B018 - it is looking that raises
