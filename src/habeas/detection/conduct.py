"""Conduct: fake documents, abuse, signs of hacking (rows A069-A071). One act, one finding, with the clause that it breaks.

A finding is one automated signal, whatever its severity says: it opens a case. What limits an account for its conduct is a
person's decision on that case, but for signs of hacking, where new destinations wait meanwhile and a second, different
finding holds all outflow for a day.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from habeas.detection.detector import Detector
from habeas.domain import event_data as data
from habeas.domain.account import AccountState
from habeas.domain.facts import EnrichedEvent
from habeas.domain.signal import Signal

VERSION = 1


class Params(Struct, frozen=True, forbid_unknown_fields=True):
    """What severities are called, to a score; and within which time different acts count together."""

    severities: dict[str, float]
    clauses: dict[data.FindingName, str]
    """Which clause of the Terms an act breaks, by its id."""
    malicious_at: float
    """From which score signs of hacking raise the question of a malicious user (rows A011, A071)."""
    together_for: timedelta
    together_min: int


def judge(state: AccountState, enriched: EnrichedEvent, params: Params) -> Iterator[Signal]:
    """One signal for one act; none for an act that was found before."""
    said = enriched.event.data
    if not isinstance(said, data.Finding):
        return
    own = next((kept for kept in state.findings if kept.mark == enriched.mark), None)
    if own is None:
        return  # The same act was found before.
    now: datetime = state.decided_at or enriched.event.time
    acts = {kept.act for kept in state.findings if kept.what == said.finding and now - kept.at <= params.together_for}
    evidence = {
        "finding": str(said.finding),
        "severity": said.severity,
        "clause": params.clauses[said.finding],
        "acts": str(len(acts)),
        "act": said.evidence or f"event {enriched.event.id}",
    }
    score = params.severities.get(said.severity.lower(), 0.0)
    yield Signal(f"conduct_{said.finding}", score, DETECTOR.label, evidence)
    if said.finding is not data.FindingName.HACKER_SIGNS:
        return
    if score >= params.malicious_at:
        yield Signal("conduct_malicious_signs", score, DETECTOR.label, evidence)
    if len(acts) >= params.together_min:
        yield Signal("conduct_repeated_hacker_signs", 1.0, DETECTOR.label, evidence)


DETECTOR = Detector(
    name="conduct",
    version=VERSION,
    events=frozenset({"conduct.found"}),
    typologies=frozenset(
        {
            *(f"conduct_{name}" for name in data.FindingName),
            *("conduct_malicious_signs", "conduct_repeated_hacker_signs"),
        }
    ),
    params=Params,
    judge=judge,
)
