"""Reading a playbook: TOML text to checked, typed policy. Every fault is one sentence that names the path inside the file."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256
from importlib.resources import files
from itertools import chain
from typing import Any

import msgspec

from habeas.detection.table import DETECTORS
from habeas.domain.capability import Capability
from habeas.domain.country import is_country
from habeas.domain.errors import PlaybookError
from habeas.domain.event_data import Method
from habeas.domain.evidence import Evidence, Rung
from habeas.domain.ids import EntityId
from habeas.domain.kind import HELD_BY_LAW_KINDS, PERSON_ONLY_KINDS, Kind
from habeas.domain.place import LeapRule
from habeas.domain.proof import DECLARATION, EDUCATION, KYC, by_challenge, by_document
from habeas.domain.reason import Disclosure
from habeas.domain.region import RegionPolicy
from habeas.domain.restriction import Ending, Scope, followers
from habeas.playbook.cover import cover_faults
from habeas.playbook.plan import Planned
from habeas.playbook.policy import (
    DEFAULT_ENTITY,
    NAMED_DOCUMENT,
    SERVED_RESIDENCE,
    STRONG_CHALLENGE,
    ActionPolicy,
    AppealPolicy,
    CampaignPolicy,
    CaseworkPolicy,
    Challenges,
    CoverPolicy,
    DocumentPolicy,
    Entity,
    KindPolicy,
    LifePolicy,
    Placement,
    Playbook,
    Policy,
    ReasonPolicy,
    ReleasePolicy,
    Response,
    RunPolicy,
    Safety,
)
from habeas.playbook.rules import by_name, read_rules

_SECTIONS = frozenset(
    {
        *("version", "title", "entity", "safety", "reason", "ladder", "kind", "challenge"),
        *("region", "leap", "response", "detector", "action", "release", "documents", "appeal", "casework", "life"),
        *("feature", "rule", "acknowledge", "campaign", "run", "cover"),
    }
)
_BUILTIN = (timedelta, date, datetime)
_DURATION = re.compile(r"^([1-9]\d{0,6})(s|m|h|d)\Z")
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
    for section in sorted(_SECTIONS - {"version", "title", "response", "rule"}):
        if not isinstance(tree.get(section, {}), dict):
            raise PlaybookError(f"{name}: `{section}` must be a table, `[{section}]`, not a single value")
    entities = tree.get("entity", {})
    if not isinstance(tree.get("version"), str) or not isinstance(entities.get(DEFAULT_ENTITY), dict):
        raise PlaybookError(f"{name} needs a `version` string and an `[entity.{DEFAULT_ENTITY}]`")
    for entity, values in entities.items():
        if not isinstance(values, dict):
            raise PlaybookError(f"{name}: `entity.{entity}` must be a table, `[entity.{entity}]`, not a single value")
    version = f"{tree['version']}@{sha256(text).hexdigest()[:12]}"
    tree["rule"] = by_name(tree.get("rule", []), name)
    policies = {EntityId(e): _policy(tree, e, version, name) for e in tree["entity"]}
    return Playbook(version=version, text=text, policies=policies)


_ENTITY_OVERRIDES = (
    *("safety", "reason", "ladder", "kind", "challenge", "region", "leap", "detector"),
    *(
        "release",
        "documents",
        "appeal",
        "casework",
        "life",
        "feature",
        "rule",
        "acknowledge",
        "campaign",
        "run",
        "cover",
    ),
)


def _policy(tree: dict[str, Any], entity: str, version: str, name: str) -> Policy:
    """The policy of one entity: the common sections, with the entity's own values laid over them."""
    own = dict(tree["entity"][entity])
    merged = {s: _overlay(tree.get(s, {}), own.pop(s, {})) for s in _ENTITY_OVERRIDES}
    read = _Reader(name if entity == DEFAULT_ENTITY else f"{name}, entity `{entity}`")
    responses = read(tree.get("response", []), tuple[Response, ...], "response")
    regions = read(merged["region"], RegionPolicy, "region")
    leap = read(merged["leap"], LeapRule, "leap")
    safety = read(merged["safety"], Safety, "safety")
    rules, rule_responses = read_rules(
        merged["rule"], merged["feature"], read, lambda said: PlaybookError(f"{read.name}: {said}")
    )
    policy = Policy(
        playbook=version,
        entity=read(own, Entity, f"entity.{entity}"),
        safety=safety,
        reasons={code: read(row, ReasonPolicy, f"reason.{code}") for code, row in merged["reason"].items()},
        ladder={kind: read(rungs, dict[Evidence, Rung], f"ladder.{kind}") for kind, rungs in merged["ladder"].items()},
        kinds={read(name, Kind, "kind"): read(row, KindPolicy, f"kind.{name}") for name, row in merged["kind"].items()},
        challenges=read(merged["challenge"], Challenges, "challenge"),
        releases={code: read(row, ReleasePolicy, f"release.{code}") for code, row in merged["release"].items()},
        documents=read(merged["documents"], DocumentPolicy, "documents"),
        appeals=read(merged["appeal"], AppealPolicy, "appeal"),
        casework=read(merged["casework"], CaseworkPolicy, "casework"),
        life=read(merged["life"], LifePolicy, "life"),
        campaigns=read(merged["campaign"], CampaignPolicy, "campaign"),
        covers=read(merged["cover"], CoverPolicy, "cover"),
        actions=read(merged["acknowledge"], ActionPolicy, "acknowledge"),
        responses=_by_typology((*responses, *rule_responses)),
        regions=regions,
        detectors=_detectors(
            merged["detector"], read, {"regions": regions, "leap": leap, "large_share": safety.large_share}
        ),
        product_actions=read(tree.get("action", {}), dict[str, Capability], "action"),
        run=read(merged["run"], RunPolicy, "run"),
        rules=rules,
    )
    for fault in chain(_faults(policy, responses), _rule_faults(policy, rule_responses)):
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
            return msgspec.convert(with_durations(part), type_, builtin_types=_BUILTIN, strict=True)
        except msgspec.ValidationError as exc:
            message, _, path = str(exc).partition(" - at `$")
            where = f"{section}{path.rstrip('`')}"
            raise PlaybookError(f"{self.name}: at `{where}`: {message[:1].lower()}{message[1:]}") from None


def with_durations(part: Any) -> Any:
    """The same tree with `"24h"`, `"7d"`, `"30m"` read as durations."""
    match part:
        case dict():
            return {key: with_durations(value) for key, value in part.items()}
        case list():
            return [with_durations(value) for value in part]
        case str() if found := _DURATION.match(part):
            return timedelta(**{_UNITS[found[2]]: int(found[1])})
        case _:
            return part


def _detectors(tree: dict[str, Any], read: _Reader, shared: dict[str, Any]) -> dict[str, Any]:
    """The parameters of the detectors that are on. What several detectors share stands once in the file."""
    known = {detector.name: detector for detector in DETECTORS}
    unknown = set(tree) - set(known)
    if unknown:
        raise PlaybookError(
            f"{read.name}: `detector.{min(unknown)}` is no detector; known are {', '.join(sorted(known))}"
        )
    params = {}
    for name, section in tree.items():
        if not isinstance(section, dict) or not isinstance(section.get("enabled", True), bool):
            raise PlaybookError(f"{read.name}: `detector.{name}` must be a table, whose `enabled` is true or false")
        if section.get("enabled", True):
            own = {key: value for key, value in section.items() if key != "enabled"}
            params[name] = read(_with_shared(own, known[name].params, shared), known[name].params, f"detector.{name}")
    return params


def _with_shared(own: dict[str, Any], type_: type[msgspec.Struct], shared: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in msgspec.structs.fields(type_)}
    return own | {
        name: msgspec.to_builtins(value, builtin_types=_BUILTIN) for name, value in shared.items() if name in names
    }


def _by_typology(responses: tuple[Response, ...]) -> dict[str, tuple[Response, ...]]:
    rows: dict[str, list[Response]] = defaultdict(list)
    for response in responses:
        rows[response.signal].append(response)
    return {signal: tuple(sorted(found, key=lambda r: -r.at_least)) for signal, found in rows.items()}


# --- what types cannot say -------------------------------------------------------------------------------------------


def _faults(policy: Policy, responses: tuple[Response, ...]) -> Iterator[str]:
    yield from _region_faults(policy.regions)
    for code, reason in policy.reasons.items():
        yield from (f"at `reason.{code}`: {fault}" for fault in _reason_faults(policy, code, reason))
    typologies = {typology for detector in DETECTORS for typology in detector.typologies}
    for index, response in enumerate(responses):
        where = f"at `response[{index}]`"
        if response.signal not in typologies and not response.signal.startswith("vendor."):
            yield f"{where}: no detector signals `{response.signal}`; a vendor's typology begins with `vendor.`"
        yield from (f"{where}: {fault}" for fault in _response_faults(policy, response))
    yield from (f"at `safety.quarantine`: {fault}" for fault in _automated_faults(policy, policy.safety.quarantine))
    for queue, duty in policy.casework.duty.items():
        yield from (f"at `casework.duty.{queue}`: {fault}" for fault in duty.faults())
    if policy.life.retain_for <= policy.life.withdraw_for:
        yield "at `life`: records are kept for longer than withdrawals are open; make `retain_for` the longer one"
    if not policy.campaigns.signing or not all(policy.campaigns.signing):
        yield "at `campaign.signing`: name at least one group of roles, and in each at least one role"
    yield from (f"at `cover`: {fault}" for fault in cover_faults(policy.covers))
    for code, release in policy.releases.items():
        yield from (f"at `release.{code}`: {fault}" for fault in _release_faults(policy, code, release))
    for code in policy.challenges.reasons:
        if code not in policy.reasons:
            yield f"at `challenge.reasons`: the reason `{code}` has no `[reason.{code}]`"


_SHOWN = frozenset(
    {
        *(STRONG_CHALLENGE, NAMED_DOCUMENT, SERVED_RESIDENCE, EDUCATION, DECLARATION, KYC, "history"),
        *(by_challenge(method) for method in Method),
    }
)


def _release_faults(policy: Policy, code: str, release: ReleasePolicy) -> Iterator[str]:
    if code not in policy.reasons:
        yield f"the reason `{code}` has no `[reason.{code}]`"
        return
    for what in (*(what for way in release.ways for what in way), *release.points):
        if what not in _SHOWN and not what.startswith(by_document("")):
            yield f"`{what}` is nothing that can be shown; known are document:KIND, {', '.join(sorted(_SHOWN))}"
    if not release.ways and sum(release.points.values()) < release.points_min:
        yield "there is no way out: name `ways`, or `points` that can reach `points_min`"
    if any(not way for way in release.ways):
        yield "an empty way would lift everything at once; name what is to be shown"
    if release.otherwise is not None:
        yield from _placement_faults(policy, release.otherwise)


def _rule_faults(policy: Policy, responses: tuple[Response, ...]) -> Iterator[str]:
    """What a rule may not lead to. It is a score like a detector's, and states no declared fact."""
    for response in responses:
        where = f"at `{response.signal}.then`"
        yield from (f"{where}: {fault}" for fault in _response_faults(policy, response))
        for placement in (*response.place, *response.rearm):
            evidence = placement.evidence or policy.reasons[placement.reason].evidence
            if evidence > Evidence.E2:
                yield f"{where}: a rule claims evidence E1 or E2, not {evidence}; set `evidence` in the placement"


def _response_faults(policy: Policy, response: Response) -> Iterator[str]:
    if response.ask is not None and response.ask.reason not in policy.reasons:
        yield f"the reason `{response.ask.reason}` has no `[reason.{response.ask.reason}]`"
    for placement in (*response.place, *response.rearm):
        yield from _automated_faults(policy, placement)


def _region_faults(regions: RegionPolicy) -> Iterator[str]:
    territories = {territory.id for territory in regions.territories}
    for area in (*(rule.area for rule in regions.rules), *regions.high_risk):
        if area not in territories and not is_country(area):
            yield f"at `region`: `{area}` is no ISO 3166 code and no territory; known territories: {sorted(territories)}"
    for rule in regions.rules:
        if rule.valid_to is not None and rule.valid_to <= rule.valid_from:
            yield f"at `region.rules`, `{rule.id}`: it ends on {rule.valid_to}, not after it begins"
    for index, rule in enumerate(regions.rules):
        for other in regions.rules[:index]:
            if rule.id == other.id:
                yield f"at `region.rules`: the id `{rule.id}` stands twice"
            elif rule.overlaps(other):
                yield f"at `region.rules`: `{rule.id}` and `{other.id}` overlap: same area, regime and basis on the same days"


def _reason_faults(policy: Policy, code: str, reason: ReasonPolicy) -> Iterator[str]:
    if reason.kind is not None and (reason.first_for is None) == (reason.condition is None):
        yield "set exactly one of `first_for` and `condition`: a restriction has either an end or a condition for its end"
    elif reason.kind is not None:
        yield from _placement_faults(policy, Placement(reason=code))
    if not reason.remedies:
        yield "`remedies` is empty; name at least one, `nothing` if there is none"
    if reason.disclosure in (Disclosure.GAGGED, Disclosure.STATUTORY):
        yield f"the disclosure class {reason.disclosure} belongs to the sealed desk and is never a default"
    if not reason.considered:
        yield "`considered` is empty; say which milder measures were considered"


def _placement_faults(policy: Policy, placement: Placement) -> Iterator[str]:
    reason = policy.reasons.get(placement.reason)
    if reason is None:
        yield f"the reason `{placement.reason}` has no `[reason.{placement.reason}]`"
        return
    if placement.kind is None and reason.kind is None:
        yield f"the reason `{placement.reason}` has no default kind, so the placement must name one"
        return
    if placement.first_for is not None and placement.condition is not None:
        yield "set at most one of `first_for` and `condition`"
    planned = Planned(policy, placement)
    if planned.evidence < reason.evidence_min:
        yield f"the reason `{placement.reason}` needs evidence {reason.evidence_min} at least, not {planned.evidence}"
    yield from _length_faults(policy, planned)
    yield from _ending_faults(planned)


def _length_faults(policy: Policy, planned: Planned) -> Iterator[str]:
    allowance = planned.allowance(policy, ())
    what = f"{planned.kind} of scope {planned.scope} on evidence {planned.evidence}"
    if not allowance.permitted:
        yield f"the ladder does not permit {what}"
        return
    if planned.condition is not None and allowance.max_for is not None:
        yield f"a condition sets no end, and the ladder allows {what} for at most {allowance.max_for}; set `first_for`"
    elif planned.condition is None and planned.first_for is None and allowance.max_for is None:
        yield f"nothing ends it: set `first_for` or `condition`, for the ladder sets no limit for {what}"
    elif planned.first_for is not None and allowance.max_for is not None and planned.first_for > allowance.max_for:
        yield f"{planned.first_for} is longer than the ladder allows {what} ({allowance.max_for})"


def _ending_faults(planned: Planned) -> Iterator[str]:
    ends = tuple(followers(planned.at_end))
    if Scope.NEW_DESTINATIONS in (planned.scope, *(end.scope for end in ends)) and planned.cool_off_for is None:
        yield f"the scope new_destinations needs a `cool_off_for`, here or at `reason.{planned.code}`"
    if planned.kind in HELD_BY_LAW_KINDS and planned.at_end.ending is not Ending.HOLD_AND_PAGE:
        yield f"{planned.kind} must end with `hold_and_page`: time never frees what law holds"
    for end in ends:
        if end.kind in HELD_BY_LAW_KINDS or end.kind in PERSON_ONLY_KINDS:
            yield f"nothing falls back to {end.kind}, which only a person or an instrument places"


def _automated_faults(policy: Policy, placement: Placement) -> Iterator[str]:
    """What may not be placed by a score, besides what may not be placed at all."""
    faults = list(_placement_faults(policy, placement))
    yield from faults
    kind = placement.kind or (policy.reasons[placement.reason].kind if placement.reason in policy.reasons else None)
    if not faults and kind in PERSON_ONLY_KINDS:
        yield f"{kind} is placed by a person, never by a score alone"
