"""Other engines on the gate's question: may an account with one restriction of a kind do this? They need the extra `bench`.

They are handed what the gate finds: which kinds are in force on the account, now. They need not look it up, know when it ends,
join a main account, or name what determines the answer; and Cedar says only yes or no. So their figures are lower bounds.
"""

import json
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, NamedTuple

from habeas.bench.timing import per_call, percentiles
from habeas.domain.capability import ACCOUNT_CAPABILITIES, Level
from habeas.domain.kind import ACCOUNT_KINDS, LEVELS, Kind

CALLS, ROUNDS = 500, 20


class Engine(NamedTuple):
    """An engine in one way of using it, the package that it is from, and what makes a question to it."""

    name: str
    package: str
    module: str
    make: Callable[[Kind, str], Callable[[], bool]]


def beside(kind: Kind, capability: str, expected: Level) -> dict[str, Any]:
    """What each engine takes for one answer, in microseconds; or in a sentence why it was not measured."""
    return {engine.name: _measured(engine, kind, capability, expected) for engine in ENGINES}


def _measured(engine: Engine, kind: Kind, capability: str, expected: Level) -> Any:
    if find_spec(engine.module) is None:
        return f"`{engine.package}` is not installed; install the extra `bench` to compare with it"
    ask = engine.make(kind, capability)
    assert ask() is (expected is Level.ALLOW), f"{engine.name} answers otherwise than the gate"
    return {"version": version(engine.package), "us": percentiles(per_call(ask, CALLS, ROUNDS))}


def _cedar(kind: Kind, capability: str) -> Callable[[], bool]:
    """The level table as policies, one for each kind, and the account as an entity; both parsed once."""
    import cedarpy  # noqa: PLC0415 - an extra

    policies = cedarpy.PolicySet.from_str(_cedar_policies())
    return _cedar_asking(policies, cedarpy.Entities.from_json_str(json.dumps(_cedar_account(kind))), capability)


def _cedar_from_text(kind: Kind, capability: str) -> Callable[[], bool]:
    """The same, handed over as text and parsed for each question, as its documentation begins with."""
    return _cedar_asking(_cedar_policies(), _cedar_account(kind), capability)


def _cedar_asking(policies: Any, entities: Any, capability: str) -> Callable[[], bool]:
    import cedarpy  # noqa: PLC0415 - an extra

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


def _cedar_policies() -> str:
    refused = {
        kind: ", ".join(f'Action::"{c}"' for c in ACCOUNT_CAPABILITIES if LEVELS[kind][c] > Level.STEP_UP)
        for kind in ACCOUNT_KINDS
    }
    forbids = (
        f'forbid(principal, action in [{actions}], resource) when {{ principal.kinds.contains("{kind}") }};'
        for kind, actions in refused.items()
        if actions
    )
    return "\n".join(("permit(principal, action, resource);", *forbids))


def _cedar_account(kind: Kind) -> list[dict[str, Any]]:
    return [{"uid": {"type": "Account", "id": "kim"}, "attrs": {"kinds": [kind.value]}, "parents": []}]


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


ENGINES = (
    Engine("cedarpy", "cedarpy", "cedarpy", _cedar),
    Engine("cedarpy from text", "cedarpy", "cedarpy", _cedar_from_text),
    Engine("zen-engine", "zen-engine", "zen", _zen),
)
