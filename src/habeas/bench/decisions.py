"""The pure parts: one decision, one verdict, one encoding of a state. Microseconds."""

from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

from msgspec.structs import replace

from habeas.bench import workload
from habeas.bench.timing import per_call, percentiles
from habeas.decision.decide import decide
from habeas.decision.standing import standing_of
from habeas.domain.account import AccountState, decode_state, encode_state, new_account
from habeas.domain.capability import Capability
from habeas.domain.event import Event
from habeas.domain.event_data import Login
from habeas.domain.facts import EnrichedEvent
from habeas.domain.ids import event_seed
from habeas.domain.login import TraitFact
from habeas.domain.verdict import Request, evaluate
from habeas.playbook.load import shipped_playbook
from habeas.playbook.policy import Policy
from habeas.reference.library import ListsBuilder
from habeas.reference.places import BuiltInPlaces
from habeas.service.enrich import look_up
from habeas.service.login_traits import traits_of

_KEY = bytes(32)


def bench_decide(size: int) -> dict[str, Any]:
    """`decide` alone on an ordinary day: events already enriched, states in memory."""
    policy, states, events = ordinary_day(size)
    durations = []
    for enriched in events:
        account = enriched.event.account
        state = states.get(account) or new_account(account)
        start = perf_counter()
        decision = decide(state, enriched, policy)
        durations.append(perf_counter() - start)
        states[account] = decision.state
    return {"events": size, "us": percentiles(durations)}


def bench_state(size: int) -> dict[str, Any]:
    """The size of account states after an ordinary day, and what encoding and decoding one costs."""
    policy, states, events = ordinary_day(size)
    for enriched in events:
        account = enriched.event.account
        states[account] = decide(states.get(account) or new_account(account), enriched, policy).state
    sizes = sorted(len(encode_state(state)) for state in states.values())
    typical = min(states.values(), key=lambda state: abs(len(encode_state(state)) - median(sizes)))
    encoded = encode_state(typical)
    return {
        "accounts": len(states),
        "bytes": {"p50": sizes[len(sizes) // 2], "p99": sizes[len(sizes) * 99 // 100], "max": sizes[-1]},
        "encode_us": percentiles(per_call(lambda: encode_state(typical), 1000)),
        "decode_us": percentiles(per_call(lambda: decode_state(typical.account, encoded), 1000)),
    }


def bench_verdict(size: int) -> dict[str, Any]:
    """A verdict without an IP by the reference composition: on a free account, and on one with a restriction."""
    policy, states, events = ordinary_day(size)
    for enriched in events:
        account = enriched.event.account
        states[account] = decide(states.get(account) or new_account(account), enriched, policy).state
    free = next(state for state in states.values() if not state.restrictions)
    limited = next(state for state in states.values() if state.restrictions)
    request = Request(Capability.PLACE_ORDER, workload.START_AT.replace(year=2027))
    return {
        name: percentiles(per_call(partial(evaluate, standing_of(state, policy), request), 2000))
        for name, state in (("free_us", free), ("restricted_us", limited))
    }


def ordinary_day(size: int) -> tuple[Policy, dict[str, AccountState], list[EnrichedEvent]]:
    """The policy, the opened accounts and the enriched events of an ordinary day."""
    policy = shipped_playbook().policy(new_account(next(iter(workload.openings(1))).account).entity)
    places, lists = BuiltInPlaces(), ListsBuilder(_KEY)(())
    accounts = max(10, size // 50)

    def enriched(event: Event) -> EnrichedEvent:
        seed = event_seed(_KEY, event.account, event.source, event.id)
        facts = look_up(event, places, lists)
        if isinstance(event.data, Login):
            values = traits_of(event.data, facts.place, facts.agent)
            facts = replace(facts, traits=tuple(TraitFact(trait, name, 10, 1000) for trait, name in values))
        return EnrichedEvent(event, facts, seed, event.time)

    states: dict[str, AccountState] = {}
    for event in workload.openings(accounts):
        states[event.account] = decide(new_account(event.account), enriched(event), policy).state
    return policy, states, [enriched(event) for event in workload.ordinary_day(size, accounts)]
