"""What a hundred rules add to a decision, measured against the same decisions without them, in turn."""

from statistics import median
from time import perf_counter
from typing import Any

from msgspec.structs import replace

from habeas.bench.decisions import ordinary_day
from habeas.bench.timing import percentiles
from habeas.decision.decide import decide
from habeas.detection.rules import RuleBook
from habeas.domain.account import AccountState, encode_state, new_account
from habeas.playbook.load import read_playbook, shipped_playbook
from habeas.playbook.policy import DEFAULT_ENTITY

RULES = 100
_ON = ("login.succeeded", "order.placed", "deposit.fiat", "withdrawal.requested")
"""Every type of event of the ordinary day, so that each decision is judged by all the rules."""

_WHEN = (
    "features.counted >= {n} && account.age < duration('{n}h') && !account.is_new_device",
    "facts.country in ['CN', 'RU', 'IR'] && account.since_credential_reset < duration('24h') && features.counted > {n}",
    "account.residence != facts.country && facts.is_anonymised && features.devices >= {n}",
    "account.nationalities.exists(n, n == 'KP') || (account.kyc_tier == '{n}' && facts.failed_logins > {n})",
    "event.time.getHours() < 5 && features.summed > {n}000.0 && !('STEP_UP' in account.restrictions)",
)

_FEATURES = """
[feature.counted]
on = {on}
what = "count"
within_for = "24h"

[feature.devices]
on = ["login.succeeded", "withdrawal.requested"]
what = "distinct"
of = "event.device"
within_for = "24h"

[feature.summed]
on = ["order.placed", "deposit.fiat", "withdrawal.requested"]
what = "sum"
of = "event.usd"
within_for = "24h"
where = "event.usd > 100.0"
"""

_RULE = """
[[rule]]
name = "bench_{n}"
description = "one of many"
on = {on}
when = "{when}"
then = {{ case = {{ queue = "risk", reason = "ACCOUNT_TAKEOVER" }} }}
tests = [{{ fires = true }}, {{ fires = false }}]
"""


def bench_rules(size: int) -> dict[str, Any]:
    """`decide` on an ordinary day, without rules and with RULES of them that all listen to every event of it.

    Both policies decide each event, in turn, each on states of its own; `added_us` is the difference event by event.
    """
    policy, states, events = ordinary_day(size)
    plain = replace(policy, rules=RuleBook())
    ruled = replace(policy, rules=_many_rules())
    kept: dict[str, dict[str, AccountState]] = {"without": dict(states), "with": dict(states)}
    took: dict[str, list[float]] = {"without": [], "with": []}
    for number, enriched in enumerate(events):
        account = enriched.event.account
        both = (("without", plain), ("with", ruled))
        for name, used in both if number % 2 else reversed(both):
            state = kept[name].get(account) or new_account(account)
            start = perf_counter()
            decision = decide(state, enriched, used)
            took[name].append(perf_counter() - start)
            kept[name][account] = decision.state
    added = [with_ - without for with_, without in zip(took["with"], took["without"], strict=True)]
    tallied = [len(encode_state(state)) for state in kept["with"].values() if state.tallies]
    return {
        "events": size,
        "rules": RULES,
        "without_us": percentiles(took["without"]),
        "with_us": percentiles(took["with"]),
        "added_us": percentiles(added),
        "ratio_p50": round(median(took["with"]) / median(took["without"]), 2),
        "state_bytes": {"p50": sorted(tallied)[len(tallied) // 2], "max": max(tallied)},
        "load_ms": _load_ms(),
    }


def _text() -> bytes:
    on = str(list(_ON)).replace("'", '"')
    rules = (_RULE.format(n=n, on=on, when=_when(n)) for n in range(RULES))
    return shipped_playbook().text + (_FEATURES.format(on=on) + "".join(rules)).encode()


def _when(number: int) -> str:
    """An expression that is worked through and does not fire: what rules do nearly always."""
    return _WHEN[number % len(_WHEN)].format(n=number + 1000)


def _many_rules() -> RuleBook:
    return read_playbook(_text(), "the bench's playbook").policy(DEFAULT_ENTITY).rules


def _load_ms() -> float:
    """How long the playbook with all these rules takes to load: each is compiled for each of its types of event."""
    text = _text()
    start = perf_counter()
    read_playbook(text, "the bench's playbook")
    return round((perf_counter() - start) * 1e3, 1)
