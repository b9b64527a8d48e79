"""Other engines on the gate's question: may an account with one restriction of a kind do this? They need the extra `bench`.

They are handed what the gate finds: which kinds are in force on the account, now. They need not look it up, know when it ends,
join a main account, or name what determines the answer; and Cedar says only yes or no. So their figures are lower bounds.
"""

import json
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from habeas.bench.timing import per_call, percentiles
from habeas.domain.capability import ACCOUNT_CAPABILITIES, Level
from habeas.domain.kind import ACCOUNT_KINDS, LEVELS, Kind

CALLS, ROUNDS = 500, 20


def beside(kind: Kind, capability: str, expected: Level) -> dict[str, Any]:
    """What each engine takes for one answer, in microseconds; or in a sentence why it was not measured."""
    return {
        name: _measured(package, make, kind, capability, expected)
        for name, (package, make) in {"cedarpy": ("cedarpy", _cedar), "zen-engine": ("zen", _zen)}.items()
    }


def _measured(
    package: str, make: Callable[[Kind, str], Callable[[], bool]], kind: Kind, capability: str, expected: Level
) -> Any:
    if find_spec(package) is None:
        return f"`{package}` is not installed; install the extra `bench` to compare with it"
    ask = make(kind, capability)
    assert ask() is (expected is Level.ALLOW), f"{package} answers otherwise than the gate"
    installed = version("cedarpy" if package == "cedarpy" else "zen-engine")
    return {"version": installed, "us": percentiles(per_call(ask, CALLS, ROUNDS))}


def _cedar(kind: Kind, capability: str) -> Callable[[], bool]:
    """The level table as policies, one for each kind, parsed once; the account as an entity, parsed once."""
    import cedarpy  # noqa: PLC0415 - an extra

    refused = {
        each: ", ".join(f'Action::"{c}"' for c in ACCOUNT_CAPABILITIES if LEVELS[each][c] > Level.STEP_UP)
        for each in ACCOUNT_KINDS
    }
    forbids = "\n".join(
        f'forbid(principal, action in [{actions}], resource) when {{ principal.kinds.contains("{each}") }};'
        for each, actions in refused.items()
        if actions
    )
    policies = cedarpy.PolicySet.from_str(f"permit(principal, action, resource);\n{forbids}")
    account = {"uid": {"type": "Account", "id": "kim"}, "attrs": {"kinds": [kind.value]}, "parents": []}
    entities = cedarpy.Entities.from_json_str(json.dumps([account]))
    request = {
        "principal": 'Account::"kim"',
        "action": f'Action::"{capability}"',
        "resource": 'Exchange::"x"',
        "context": {},
    }

    def ask() -> bool:
        allowed: bool = cedarpy.is_authorized(request, policies, entities).allowed
        return allowed

    return ask


def _zen(kind: Kind, capability: str) -> Callable[[], bool]:
    """The level table as a decision table of kind and capability, compiled once."""
    import zen  # noqa: PLC0415 - an extra

    rules = [
        {"_id": f"{each}-{c}", "k": f'"{each}"', "c": f'"{c}"', "l": f'"{LEVELS[each][c]}"'}
        for each in ACCOUNT_KINDS
        for c in ACCOUNT_CAPABILITIES
        if LEVELS[each][c] is not Level.ALLOW
    ]
    table = {
        "hitPolicy": "first",
        "inputs": [
            {"id": "k", "name": "kind", "field": "kind"},
            {"id": "c", "name": "capability", "field": "capability"},
        ],
        "outputs": [{"id": "l", "name": "level", "field": "level"}],
        "rules": rules,
    }
    graph = {
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode", "position": {"x": 0, "y": 0}},
            {"id": "t", "name": "t", "type": "decisionTableNode", "content": table, "position": {"x": 1, "y": 0}},
            {"id": "out", "name": "out", "type": "outputNode", "position": {"x": 2, "y": 0}},
        ],
        "edges": [
            {"id": "a", "type": "edge", "sourceId": "in", "targetId": "t"},
            {"id": "b", "type": "edge", "sourceId": "t", "targetId": "out"},
        ],
    }
    decision = zen.ZenEngine().create_decision(json.dumps(graph))
    request = {"kind": kind.value, "capability": capability}

    def ask() -> bool:
        return bool(decision.evaluate(request)["result"].get("level", "ALLOW") == "ALLOW")

    return ask
