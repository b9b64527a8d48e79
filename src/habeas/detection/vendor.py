"""What a vendor's system saw, handed on as it came: `signal.received` (row A061, and in place of any detector of our own)."""

from collections.abc import Iterator

from msgspec import Struct

from habeas.detection.detector import Detector
from habeas.domain import event_data as data
from habeas.domain.account import AccountState
from habeas.domain.facts import EnrichedEvent
from habeas.domain.restriction import HeldAmount
from habeas.domain.signal import Signal

VERSION = 1
PREFIX = "vendor."
"""Before a vendor's typology, so that it cannot pass for one of our own detectors'."""


class Params(Struct, frozen=True, forbid_unknown_fields=True):
    """What a vendor reports is answered by the playbook's responses alone."""


def judge(_state: AccountState, enriched: EnrichedEvent, _params: Params) -> Iterator[Signal]:
    """The vendor's own score and evidence, under the vendor's name."""
    said = enriched.event.data
    if not isinstance(said, data.VendorSignal):
        return
    named = {"vendor": said.vendor or "unnamed", "reference": said.reference or "none"}
    held = HeldAmount(said.asset, said.amount) if said.asset and said.amount is not None else None
    yield Signal(
        typology=f"{PREFIX}{said.typology}",
        score=said.score,
        detector=DETECTOR.label,
        evidence=said.evidence | named,
        held=held,
    )


DETECTOR = Detector(
    name="vendor",
    version=VERSION,
    events=frozenset({"signal.received"}),
    typologies=frozenset(),
    params=Params,
    judge=judge,
)
