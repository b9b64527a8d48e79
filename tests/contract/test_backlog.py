"""What waits in a store, on every store: numbers only."""

from msgspec.structs import replace

from habeas.domain.case import CaseStatus
from habeas.domain.notice import Channel
from habeas.service.ports import Backlog, Store
from tests.builders import HOUR, NOON, a_case, a_decision, a_message, a_notice, a_timer, an_enriched_event, an_event


def backlog(store: Store) -> Backlog:
    with store.reading() as reader:
        return reader.backlog(NOON)


def test_nothing_waits_in_a_new_store(store: Store) -> None:
    assert backlog(store) == Backlog(cases={}, timers=0, messages=0, deliveries={})


def test_what_waits_is_counted_and_what_is_done_is_not(store: Store) -> None:
    for account in ("acct-1", "acct-2"):
        enriched = an_enriched_event(an_event(account=account))
        cases = [a_case(f"cs_{queue}", account=account, queue=queue) for queue in ("scams", "identity")]
        decided = replace(a_case("cs_done", account=account, queue="scams"), status=CaseStatus.DECIDED)
        decision = a_decision(
            enriched,
            cases=(*cases, decided),
            timers=(a_timer("rs_due", due_at=NOON), a_timer("rs_later", due_at=NOON + HOUR)),
            messages=(a_message(f"ms_{account}"),),
        )
        with store.transaction() as work:
            work.record(enriched, decision, "builtin-1")
            work.add_notice(a_notice(f"ms_{account}", account=account), (Channel.EMAIL, Channel.WEBHOOK))
    waits = Backlog(
        cases={"scams": 2, "identity": 2}, timers=2, messages=2, deliveries={Channel.EMAIL: 2, Channel.WEBHOOK: 2}
    )
    assert backlog(store) == waits
    with store.transaction() as work:
        (first, _) = work.queued_messages(0, 9)
        work.delivered([first.position], NOON)
        (sent, *_) = work.waiting_deliveries(Channel.EMAIL, NOON + HOUR, 9)
        work.set_delivery(replace(sent, attempts=1, next_at=None, delivered_at=NOON))
    after = replace(waits, messages=1, deliveries={Channel.EMAIL: 1, Channel.WEBHOOK: 2})
    assert backlog(store) == after
