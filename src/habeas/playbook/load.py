"""Reading a playbook: TOML text to checked, typed policy. Every fault is one sentence that names the path inside the file."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from importlib.resources import files
from typing import Any

import msgspec

from habeas.detection.table import DETECTORS
from habeas.domain.capability import Capability
from habeas.domain.errors import PlaybookError
from habeas.domain.evidence import Ladder, allowed_length
from habeas.domain.ids import EntityId
from habeas.domain.kind import Kind
from habeas.domain.reason import Disclosure
from habeas.domain.restriction import Scope
from habeas.playbook.policy import (
    DEFAULT_ENTITY,
    Challenges,
    Entity,
    KindPolicy,
    Placement,
    Playbook,
    Policy,
    ReasonPolicy,
    Response,
    Safety,
)

_SECTIONS = frozenset(
    {"version", "title", "entity", "safety", "reason", "ladder", "kind", "challenge", "response", "detector", "action"}
)
_DURATION = re.compile(r"^(\d+)(s|m|h|d)$")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def shipped_playbook() -> Playbook:
    """The playbook that comes with Habeas."""
    return read_playbook(files("habeas.playbook").joinpath("default.toml").read_bytes(), "the shipped playbook")


def read_playbook(text: bytes, name: str) -> Playbook:
    """A playbook from its TOML text. Raises PlaybookError that names the file and the path of the fault."""
    try:
        tree = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise PlaybookError(f"{name} is not readable TOML: {exc}") from None
    unknown = set(tree) - _SECTIONS
    if unknown:
        raise PlaybookError(
            f"{name} has the unknown section `{min(unknown)}`; known are {', '.join(sorted(_SECTIONS))}"
        )
    if not isinstance(tree.get("version"), str) or DEFAULT_ENTITY not in tree.get("entity", {}):
        raise PlaybookError(f"{name} needs a `version` string and an `[entity.{DEFAULT_ENTITY}]`")
    version = f"{tree['version']}@{sha256(text).hexdigest()[:12]}"
    policies = {EntityId(e): _policy(tree, e, version, name) for e in tree["entity"]}
    return Playbook(version=version, text=text, policies=policies)


_ENTITY_OVERRIDES = ("safety", "reason", "ladder", "kind", "challenge", "detector")


def _policy(tree: dict[str, Any], entity: str, version: str, name: str) -> Policy:
    """The policy of one entity: the common sections, with the entity's own values laid over them."""
    own = dict(tree["entity"][entity])
    merged = {s: _overlay(tree.get(s, {}), own.pop(s, {})) for s in _ENTITY_OVERRIDES}
    read = _Reader(name if entity == DEFAULT_ENTITY else f"{name}, entity `{entity}`")
    responses = read(tree.get("response", []), tuple[Response, ...], "response")
    policy = Policy(
        playbook=version,
        entity=read(own, Entity, f"entity.{entity}"),
        safety=read(merged["safety"], Safety, "safety"),
        reasons=read(merged["reason"], dict[str, ReasonPolicy], "reason"),
        ladder=read(merged["ladder"], Ladder, "ladder"),
        kinds=read(merged["kind"], dict[Kind, KindPolicy], "kind"),
        challenges=read(merged["challenge"], Challenges, "challenge"),
        responses=_by_typology(responses),
        detectors=_detectors(merged["detector"], read),
        product_actions=read(tree.get("action", {}), dict[str, Capability], "action"),
    )
    for fault in _faults(policy, responses):
        raise PlaybookError(f"{read.name}: {fault}")
    return policy


def _overlay(base: Any, own: Any) -> Any:
    if isinstance(base, dict) and isinstance(own, dict):
        return base | {key: _overlay(base.get(key), value) for key, value in own.items()}
    return own


class _Reader:
    """Turns a part of the tree into its type; a fault names the file, the section and the path."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, part: Any, type_: Any, section: str) -> Any:
        try:
            return msgspec.convert(_with_durations(part), type_, builtin_types=(timedelta,), strict=True)
        except msgspec.ValidationError as exc:
            message, _, path = str(exc).partition(" - at `$")
            where = f"{section}{path.rstrip('`')}"
            raise PlaybookError(f"{self.name}: at `{where}`: {message[:1].lower()}{message[1:]}") from None


def _with_durations(part: Any) -> Any:
    """The same tree with `"24h"`, `"7d"`, `"30m"` read as durations."""
    match part:
        case dict():
            return {key: _with_durations(value) for key, value in part.items()}
        case list():
            return [_with_durations(value) for value in part]
        case str() if found := _DURATION.match(part):
            return timedelta(**{_UNITS[found[2]]: int(found[1])})
        case _:
            return part


def _detectors(tree: dict[str, Any], read: _Reader) -> dict[str, Any]:
    known = {detector.name: detector for detector in DETECTORS}
    unknown = set(tree) - set(known)
    if unknown:
        raise PlaybookError(
            f"{read.name}: `detector.{min(unknown)}` is no detector; known are {', '.join(sorted(known))}"
        )
    params = {}
    for name, section in tree.items():
        if section.get("enabled", True):
            own = {key: value for key, value in section.items() if key != "enabled"}
            params[name] = read(own, known[name].params, f"detector.{name}")
    return params


def _by_typology(responses: tuple[Response, ...]) -> dict[str, tuple[Response, ...]]:
    rows: dict[str, list[Response]] = defaultdict(list)
    for response in responses:
        rows[response.signal].append(response)
    return {signal: tuple(sorted(found, key=lambda r: -r.at_least)) for signal, found in rows.items()}


# --- what types cannot say -------------------------------------------------------------------------------------------


def _faults(policy: Policy, responses: tuple[Response, ...]) -> Iterator[str]:
    for code, reason in policy.reasons.items():
        yield from (f"at `reason.{code}`: {fault}" for fault in _reason_faults(reason))
    typologies = {typology for detector in DETECTORS for typology in detector.typologies}
    for index, response in enumerate(responses):
        where = f"at `response[{index}]`"
        if response.signal not in typologies and not response.signal.startswith("vendor."):
            yield f"{where}: no detector signals `{response.signal}`; a vendor's typology begins with `vendor.`"
        for placement in (*response.place, *response.rearm):
            yield from (f"{where}: {fault}" for fault in _placement_faults(policy, placement))
    yield from (f"at `safety.quarantine`: {fault}" for fault in _placement_faults(policy, policy.safety.quarantine))


def _reason_faults(reason: ReasonPolicy) -> Iterator[str]:
    if reason.kind is not None and (reason.first_for is None) == (reason.condition is None):
        yield "set exactly one of `first_for` and `condition`: a restriction has either an end or a condition for its end"
    if not reason.remedies:
        yield "`remedies` is empty; name at least one, `nothing` if there is none"
    if reason.scope is Scope.NEW_DESTINATIONS and reason.cool_off_for is None:
        yield "the scope new_destinations needs a `cool_off_for`"
    if reason.disclosure in (Disclosure.GAGGED, Disclosure.STATUTORY):
        yield f"the disclosure class {reason.disclosure} belongs to the sealed desk and is never a default"
    if not reason.considered:
        yield "`considered` is empty; say which milder measures were considered"


def _placement_faults(policy: Policy, placement: Placement) -> Iterator[str]:
    reason = policy.reasons.get(placement.reason)
    if reason is None:
        yield f"the reason `{placement.reason}` has no `[reason.{placement.reason}]`"
        return
    kind, scope = placement.kind or reason.kind, placement.scope or reason.scope
    if kind is None:
        yield f"the reason `{placement.reason}` has no default kind, so the placement must name one"
        return
    if scope is Scope.NEW_DESTINATIONS and (placement.cool_off_for or reason.cool_off_for) is None:
        yield f"the scope new_destinations needs a `cool_off_for`, here or at `reason.{placement.reason}`"
    evidence = placement.evidence or reason.evidence
    allowance = allowed_length(policy.ladder, kind, evidence, scope)
    if not allowance.permitted:
        yield f"the ladder does not permit {kind} of scope {scope} on evidence {evidence}"
    if placement.first_for is not None and placement.condition is not None:
        yield "set at most one of `first_for` and `condition`"
    first_for = placement.first_for or (None if placement.condition else reason.first_for)
    if first_for is not None and allowance.max_for is not None and first_for > allowance.max_for:
        yield f"{first_for} is longer than the ladder allows {kind} on evidence {evidence} ({allowance.max_for})"
