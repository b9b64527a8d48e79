"""A sealed desk for tests: both stores, a clock that is moved by hand, and letters that name only what they are about."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from habeas.cli import wiring
from habeas.disclosure.statement import Statement
from habeas.domain.actor import Actor, Role
from habeas.domain.capability import Capability
from habeas.domain.decision import Refusal
from habeas.domain.event import DESK_END, STAFF_SOURCE, make_event
from habeas.domain.event_data import DeskEndAct
from habeas.domain.ids import AccountId
from habeas.domain.restriction import Restriction
from habeas.domain.verdict import Request
from habeas.reference.coins.ledger import MemoryLedger
from habeas.reference.tags.book import TagBook
from habeas.sealed.desk import Desk
from habeas.sealed.letter import Letter, Level, read_letter
from habeas.sealed.order import Order, TargetStatus
from habeas.sealed.policy import shipped_policy
from habeas.sealed.reporting import Reporting
from habeas.sealed.reviewing import Reviews
from habeas.sealed.store import SealedStore
from habeas.sealed.submission import Submission, sweep
from habeas.sealed.wallets import Wallets
from habeas.service.intake import Intake
from habeas.service.ports import RecordedEvent, Store
from habeas.service.questions import Questions
from habeas.store.memory import MemoryStore
from tests.builders import NOON
from tests.stories import the_playbook

LENA, LARS, CORA = Actor("lena", Role.LE_DESK), Actor("lars", Role.LE_DESK), Actor("cora", Role.COUNSEL)
SAM, FINN, SUE = Actor("sam", Role.SEALED_AUDITOR), Actor("finn", Role.FRONTLINE), Actor("sue", Role.SENIOR_ANALYST)
NUMBER, KEY = "+47 22 00 00 00", "key-anna"
AGENCIES = f"""
[agency.oslo-police]
name = "Oslo Police District"
jurisdictions = ["NO"]
domains = ["politiet.example"]
call_back = ["{NUMBER}"]
contact = "+47 22 66 90 50"
claims = "Write to the court of Oslo within three months."

[agency.oslo-police.officers.anna]
name = "Anna Berg"
key = "{KEY}"

[agency.oslo-police.officers.bo]
name = "Bo Dahl"
key = "key-bo"
is_supervisor = true
""".encode()
HOW = {Level.V1: "DMARC pass", Level.V2: KEY, Level.V3: NUMBER, Level.V4: "docket 12/26 confirmed", Level.V5: "bo"}


def a_letter(type_: str = "freeze", *accounts: str, **changes: Any) -> Letter:
    """A signed court order of the Oslo police about `alice` for 60 days, unless told otherwise."""
    said: dict[str, Any] = {
        "reference": "12/26",
        "agency": "oslo-police",
        "officer": "anna",
        "jurisdiction": "NO",
        "legal_type": "fiu_instruction" if type_ == "fiu_suspension" else "court_order",
        "sent_from": "anna@politiet.example",
        "docket": "12/26",
        "issued_at": NOON - timedelta(days=1),
    }
    tasks = changes.pop("tasks", None) or [
        {"id": f"t{n}", "type": type_, "target": {"kind": "account", "value": account}, **changes.pop("task", {})}
        for n, account in enumerate(accounts or ("alice",), start=1)
    ]
    documents = changes.pop("documents", [{"id": "d1", "name": "order.pdf", "sha256": "0" * 64, "signed_by": "judge"}])
    letter = {"authorisation": said | changes, "tasks": tasks, "documents": documents}
    return read_letter(msgspec.json.encode(letter), "letter.json")


ORDERED: dict[str, Any] = {"force": "ordered", "until_at": NOON + timedelta(days=90), "instrument": "d1"}


class Office:
    """Everybody who works at the desk, with both stores and one clock."""

    def __init__(self, folder: Path, intake: Intake, public: Store, tags: TagBook | None = None) -> None:
        self.now = NOON
        self.public = public
        self.intake = intake
        self.library = wiring.library(public)
        self.sealed = SealedStore(folder / "sealed.db")
        self.ledger = MemoryLedger()
        book = tags or TagBook()
        self.wallets = wallets = Wallets(self.ledger.reading, lambda: book)
        self.desk = Desk(self.sealed, public, the_playbook(), wallets, self.clock)
        self.reviews = Reviews(self.sealed, public, the_playbook(), self.clock, shipped_policy().disclosure_review_for)
        self.reports = Reporting(self.sealed, shipped_policy(), self.clock)
        self.submission = Submission(self.sealed, intake, self.clock)
        proposed = self.desk.load_registry(AGENCIES, "agencies.toml", LENA)
        assert not isinstance(proposed, Refusal)
        self.desk.sign_registry(proposed.id, CORA)

    def clock(self) -> datetime:
        return self.now

    def wait(self, text: timedelta) -> None:
        """Time passes, hour by hour for as long as anything may come due, and everything that is due is done."""
        until = self.now + text
        while self.now < until:
            self.now = min(until, self.now + timedelta(hours=6))
            self.sweep()

    def sweep(self) -> int:
        return sweep(self.sealed, self.desk, self.submission, self.clock)

    def open_account(self, *accounts: str, holder: str | None = None) -> None:
        for account in accounts:
            data = {"residence": "NO"} | ({"holder": holder} if holder else {})
            self.tell("account.opened", account, **data)

    def tell(self, type_: str, account: str, **data: Any) -> None:
        self.intake.decide(
            make_event(f"{type_}/{account}/{self.now}", "urn:x", type_, account, self.now, msgspec.json.encode(data))
        )

    def received(self, letter: Letter) -> Order:
        return an_order(self.desk.receive(letter, LENA))

    def accepted(self, letter: Letter) -> Order:
        """Received, verified step by step, and accepted by two."""
        order = self.received(letter)
        assert order.code == "", (order.code, order.history[-1])
        for level, how in HOW.items():
            order = an_order(self.desk.verify(order.id, level, how, LENA))
        an_order(self.desk.accept(order.id, LENA, "verified", ""))
        return an_order(self.desk.accept(order.id, CORA, "read", "looked at" if order.signs else ""))

    def scoped(self, letter: Letter, *targets: str) -> Order:
        order = self.accepted(letter)
        return an_order(self.desk.scope(order.id, targets, None, "the instrument says so", CORA))

    def executed(self, letter: Letter, *targets: str) -> Order:
        order = self.scoped(letter, *targets)
        an_order(self.desk.execute(order.id, LENA))
        self.sweep()
        return self.order(order.id)

    def order(self, id_: str) -> Order:
        return an_order(self.desk.show(id_, SAM))

    def restrictions(self, account: str = "alice") -> list[Restriction]:
        """What stands on an account in the public store."""
        with self.public.reading() as reader:
            return [r for r in reader.restrictions(AccountId(account)) if r.is_in_force(self.now)]

    def public_events(self, account: str) -> list[RecordedEvent]:
        """All that the public store has recorded about an account."""
        with self.public.reading() as reader:
            return list(reader.events(AccountId(account)))

    def level(self, account: str, capability: Capability) -> str:
        questions = Questions(self.public, the_playbook(), self.library, self.library)
        return str(questions.check(AccountId(account), Request(capability, self.now)).level)

    def statement(self, account: str) -> Statement:
        """What the user sees now."""
        questions = Questions(self.public, the_playbook(), self.library, self.library)
        return questions.statement(AccountId(account), self.now)

    def end_behind_the_desk(self, account: str) -> None:
        """Somebody ends what stands on an account in a way that the desk does not hear of."""
        for restriction in self.restrictions(account):
            act = DeskEndAct(restriction=restriction.id)
            self.intake.decide(make_event("x", STAFF_SOURCE, DESK_END, account, self.now, msgspec.json.encode(act)))

    def statuses(self, id_: str) -> dict[str, TargetStatus]:
        return {target.account: target.status for target in self.order(id_).targets}

    def acts(self, subject: str | None = None) -> list[str]:
        """What the sealed journal says was done."""
        with self.sealed.reading() as reader:
            return [line.act for _, _, line in reader.lines(subject)]

    def close(self) -> None:
        self.sealed.close()


def an_order(result: Order | Refusal) -> Order:
    """The order, where the act was not refused."""
    assert isinstance(result, Order), result
    return result


def code(result: object) -> str:
    """The code of a refusal, or of an order that was turned down."""
    assert isinstance(result, Refusal | Order)
    return result.code


@contextmanager
def an_office(folder: Path, tags: TagBook | None = None, public: Store | None = None) -> Iterator[Office]:
    """An office, with `alice` and `bob` and `carl`."""
    public = public or MemoryStore()
    clock: list[Office] = []
    looked_up = wiring.library(public)
    with Intake(public, the_playbook(), looked_up, looked_up, lambda: clock[0].now if clock else NOON) as intake:
        office = Office(folder, intake, public, tags)
        clock.append(office)
        office.open_account("alice", "bob", "carl")
        try:
            yield office
        finally:
            office.close()
