"""What a playbook holds, in a few figures."""

from msgspec import Struct

from habeas.playbook.policy import Playbook


class Summary(Struct, frozen=True, kw_only=True):
    """What a playbook holds, by its first entity where entities differ."""

    version: str
    entities: tuple[str, ...]
    reasons: int
    responses: int
    detectors: tuple[str, ...]
    """Those that are switched on."""
    rules: int
    """Of analysts."""
    features: int


def summary_of(playbook: Playbook) -> Summary:
    """The figures of a playbook."""
    policy = next(iter(playbook.policies.values()))
    return Summary(
        version=playbook.version,
        entities=tuple(sorted(playbook.policies)),
        reasons=len(policy.reasons),
        responses=sum(len(rows) for rows in policy.responses.values()),
        detectors=tuple(sorted(policy.detectors)),
        rules=len(policy.rules.rules),
        features=len(policy.rules.features),
    )
