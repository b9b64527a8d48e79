"""Documents that are missing or have expired (row A009): the signal names the document, so that the user is asked for it."""

from collections.abc import Iterator

from msgspec import Struct

from habeas.detection.detector import Detector
from habeas.domain import event_data as data
from habeas.domain.account import AccountState
from habeas.domain.facts import EnrichedEvent
from habeas.domain.signal import Signal

VERSION = 1


class Params(Struct, frozen=True, forbid_unknown_fields=True):
    """Results of an identity check that say that a document is missing."""

    missing_results: tuple[str, ...]


def judge(_state: AccountState, enriched: EnrichedEvent, params: Params) -> Iterator[Signal]:
    """One signal for a document that has expired, or that an identity check found missing."""
    match enriched.event.data:
        case data.DocumentFact(kind=kind) if enriched.event.type == "document.expired":
            yield _signal(kind, "expired")
        case data.KycDecision(result=result, missing=missing) if result in params.missing_results:
            for kind in missing:
                yield _signal(kind, "missing")


def _signal(kind: str, why: str) -> Signal:
    evidence = {"document": kind, "why": why}
    return Signal("missing_document", 1.0, DETECTOR.label, evidence, facts={"document": kind})


DETECTOR = Detector(
    name="identity",
    version=VERSION,
    events=frozenset({"document.expired", "kyc.decided"}),
    typologies=frozenset({"missing_document"}),
    params=Params,
    judge=judge,
)
