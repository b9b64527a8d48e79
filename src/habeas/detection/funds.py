"""Where the coins of a deposit came from, as a grade; only grades 3 and 4 hold anything, and then the amount (row A010).

| grade | when (detection 5) | by the shipped playbook |
|---|---|---|
| 4 | straight from an address with a sanction, law-enforcement or own-incident tag | block or hold the amount; case |
| 3 | enough of it by first in, first out, and by the haircut too, on tags sure enough | hold the traced amount; case |
| 2 | some of it by either method, or straight from an address less surely tagged | case, the coins are usable |
| 1 | less, or dust | nothing |

Grade 3 asks both methods: where they disagree, the grade is one lower. A path alone, or a list that anybody may add to, never
holds anything: else whoever sends dust to an account could lock it.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec import Struct

from habeas.detection.detector import Detector
from habeas.domain import event_data as data
from habeas.domain.account import AccountState
from habeas.domain.exposure import Exposure, Source
from habeas.domain.facts import EnrichedEvent
from habeas.domain.restriction import HeldAmount
from habeas.domain.signal import Signal
from habeas.domain.tag import Tag, TagOrigin

VERSION = 1

_OFFICIAL = frozenset({TagOrigin.SANCTION, TagOrigin.LAW_ENFORCEMENT, TagOrigin.OWN_INCIDENT})
_NOT_CROWD = frozenset(TagOrigin) - {TagOrigin.CROWD}
_GRADES = 4
_SHOWN_MAX = 5
"""So many sources are named in a signal; all are in the facts that are stored with the event."""


class Params(Struct, frozen=True, forbid_unknown_fields=True):
    """From which figures on a grade is reached: USD by the caller's valuation, shares 0 to 1, confidence 0 to 100."""

    direct_confidence: int
    """Grade 4."""
    held_usd: Decimal
    held_share: float
    held_confidence: int
    """Grade 3, all of them."""
    noted_usd: Decimal
    noted_share: float
    """Grade 2, either."""
    dust_usd: Decimal
    """What is worth less is grade 1, unless it comes straight from a listed address."""


class _Found(Struct, frozen=True):
    """A grade, and the sources that it rests on."""

    grade: int
    sources: tuple[Source, ...]
    by_sanction: bool = False


def judge(_state: AccountState, enriched: EnrichedEvent, params: Params) -> Iterator[Signal]:
    """At most one signal: the highest grade. Its score is the grade over 4."""
    said, exposure = enriched.event.data, enriched.facts.exposure
    if not isinstance(said, data.CryptoDeposit) or exposure is None or not exposure.sources:
        return
    found = _graded(exposure, said, params)
    if found.by_sanction and enriched.facts.wallets:
        return  # The sender itself is on a list, which is the detector `sanctions`' matter: one match, one case.
    # By the official word or by first in, first out: never more than the sources' own coins.
    held = sum((source.fifo for source in found.sources), Decimal(0))
    yield Signal(
        typology="sanctioned_coins" if found.by_sanction else "tainted_coins",
        score=found.grade / _GRADES,
        detector=DETECTOR.label,
        evidence={
            "grade": str(found.grade),
            "of the deposit": f"{held} of {said.amount} {said.asset}",
            **{f"source {at}": _words(source) for at, source in enumerate(found.sources[:_SHOWN_MAX], start=1)},
            "not traced": f"{sum((each.amount for each in exposure.untraced), Decimal(0))} {said.asset}",
        },
        held=HeldAmount(said.asset, held) if held else None,
        lists=exposure.versions,
    )


def _graded(exposure: Exposure, said: data.CryptoDeposit, params: Params) -> _Found:
    every = exposure.sources
    direct = tuple(each for each in every if each.hops == 1)
    official = tuple(each for each in direct if _sure(each, params.direct_confidence, _OFFICIAL))
    listed = tuple(each for each in official if any(tag.origin is TagOrigin.SANCTION for tag in each.tags))
    held = tuple(each for each in every if _sure(each, params.held_confidence, _NOT_CROWD))
    if listed:
        return _Found(4, listed, by_sanction=True)
    if max(_usd(every, said), said.usd * Decimal(_share(every))) < params.dust_usd:
        return _Found(1, every)
    if official:
        return _Found(4, official)
    if _usd(held, said) >= params.held_usd and _share(held) >= params.held_share:
        return _Found(3, held)
    if direct or _usd(every, said) >= params.noted_usd or _share(every) >= params.noted_share:
        return _Found(2, every)
    return _Found(1, every)


def _sure(source: Source, confidence: int, origins: frozenset[TagOrigin]) -> bool:
    return any(tag.confidence >= confidence and tag.origin in origins for tag in source.tags)


def _share(sources: Sequence[Source]) -> float:
    return sum(each.share for each in sources)


def _usd(sources: Sequence[Source], said: data.CryptoDeposit) -> Decimal:
    """What the sources' coins are worth, at the value that the caller gave the deposit."""
    return said.usd * sum((each.fifo for each in sources), Decimal(0)) / said.amount if said.amount else Decimal(0)


def _words(source: Source) -> str:
    tag: Tag = source.tags[0]
    way = "directly" if source.hops == 1 else f"over {source.hops} transfers"
    return (
        f"{tag.label} ({tag.category}, {tag.origin}, {tag.source}, confidence {tag.confidence}) at {source.address} {way}: "
        f"{source.fifo} first in, first out; {source.share:.1%} by the haircut"
    )


DETECTOR = Detector(
    name="funds",
    version=VERSION,
    events=frozenset({"deposit.crypto"}),
    typologies=frozenset({"sanctioned_coins", "tainted_coins"}),
    params=Params,
    judge=judge,
)
