"""Through the whole story of the demo, with every reason in it, a gate that follows the feed says what the reference says."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from habeas.domain.capability import Capability
from habeas.domain.ids import AccountId
from habeas.domain.verdict import Request, change_instants
from habeas.gate.answers import Answers
from habeas.gate.messages import Fresh
from habeas.gate.replica import Replica
from habeas.playbook.load import shipped_playbook
from habeas.reference.library import ListsBuilder
from habeas.reference.places import BuiltInPlaces
from habeas.service.feed import Feed
from habeas.service.questions import Questions
from habeas.simulation.play import play
from habeas.simulation.story import CHAPTERS
from habeas.store.memory import MemoryStore
from tests.builders import NOON

TICK = timedelta(microseconds=1)
CONTEXTS: tuple[dict[str, Any], ...] = (
    {},
    {"ip": "175.45.176.1"},
    {"destination": "bc1q", "destination_known_since": NOON - timedelta(days=365)},
    {"asset": "BTC", "amount": Decimal(1), "balance": Decimal(3)},
)


def test_a_gate_that_follows_the_story_says_what_the_reference_says() -> None:
    store, playbook, places, lists = MemoryStore(), shipped_playbook(), BuiltInPlaces(), ListsBuilder(bytes(32))(())
    questions, feed = Questions(store, playbook, places, lists), Feed(store, playbook, lambda: NOON)
    replica, now = Replica(), NOON
    answers = Answers(replica, questions.request_limits, lambda: now)
    asked = answered = 0
    for _ in play(CHAPTERS, store, playbook, places, lists, NOON):
        for message in feed.catch_up(replica.cursor):
            # What is told once is believed for as long as the story is asked about.
            lasting = replace(message, stale_for=timedelta(days=9999)) if isinstance(message, Fresh) else message
            replica.apply(lasting, NOON)
    with store.reading() as reader:
        accounts = list(reader.accounts())
    for account in accounts:
        for at in moments(replica, account):
            now = at
            for capability in Capability:
                for said in CONTEXTS:
                    asked += 1
                    answer = answers.answer(account, capability, None, said)
                    if answer is not None:
                        answered += 1
                        expected = questions.check(account, Request(capability, at, **said))
                        assert replace(answer, fresh_as_of=None) == replace(expected, fresh_as_of=None)
    assert len(replica) > 10
    assert answered > asked * 3 // 4


def moments(replica: Replica, account: AccountId) -> list[datetime]:
    turns = change_instants(replica.entry(account).standing, Request(Capability.VIEW, NOON))
    return [NOON, *(at - back for at in turns for back in (TICK, timedelta(0)))]
