"""Exact hits on sanctions lists: wallets that coins come from, go to or are declared, and identity documents (detection 4).

A hit is a match to review and never a finding: what follows stands until a person has looked (model 5.2, X7).
"""

from collections.abc import Iterator

from msgspec import Struct

from habeas.detection.detector import Detector
from habeas.domain import event_data as data
from habeas.domain.account import AccountState
from habeas.domain.case import Match
from habeas.domain.event import MATCH_DELISTED
from habeas.domain.facts import EnrichedEvent, ListHit
from habeas.domain.restriction import HeldAmount
from habeas.domain.signal import Signal

VERSION = 1

_WALLET_TYPOLOGIES = {
    "deposit.crypto": "listed_wallet_deposit",
    "withdrawal.requested": "listed_wallet_withdrawal",
    "withdrawal.broadcasting": "listed_wallet_withdrawal",
    "address.added": "listed_wallet_declared",
}


class Params(Struct, frozen=True, forbid_unknown_fields=True):
    """From which score a name is reviewed, and from which it blocks if something else agrees. Exact hits have none."""

    review_at_least: float
    block_at_least: float


def judge(state: AccountState, enriched: EnrichedEvent, params: Params) -> Iterator[Signal]:
    """One signal for each listed wallet or document that the event names, for each name like a listed one, and for a match
    that lost its entry.
    """
    yield from _judge_names(state, enriched, params)
    typology = _WALLET_TYPOLOGIES.get(enriched.event.type)
    for hit in enriched.facts.wallets:
        if typology is not None and hit.pair not in state.cleared:
            yield _signal(typology, hit, _held(enriched))
    for hit in enriched.facts.documents:
        if hit.pair not in state.cleared:
            yield _signal("listed_document", hit, None)
    if isinstance(enriched.event.data, data.Delisted):
        yield from _judge_delisted(enriched, enriched.event.data)


def _judge_names(state: AccountState, enriched: EnrichedEvent, params: Params) -> Iterator[Signal]:
    """A strong name with birth date, nationality or identifier agreeing blocks until a person has looked; a name alone is
    reviewed and limits nobody, and so is a strong one that something else speaks against; a pair that reviewers cleared
    stays quiet until either side changes.
    """
    for hit in enriched.facts.names:
        is_like = hit.score >= params.review_at_least or hit.name_score >= params.block_at_least
        if not is_like or hit.pair in state.cleared:
            continue
        blocks = hit.score >= params.block_at_least and bool(hit.agrees)
        yield Signal(
            typology="listed_name" if blocks else "similar_name",
            score=min(1.0, hit.score),
            detector=DETECTOR.label,
            evidence={"list": hit.list, "entry": hit.entry, "agrees": ", ".join(hit.agrees) or "nothing but the name"},
            match=Match(hit.list, hit.version, hit.entry, hit.listed, hit.score, hit.pair, explanation=hit.explanation),
            lists=(hit.version,),
        )


def _judge_delisted(enriched: EnrichedEvent, said: data.Delisted) -> Iterator[Signal]:
    """What rests on an entry that is gone does not end by itself: people look at the same match once more."""
    case = enriched.facts.case
    if case is None or case.match is None:
        return
    yield Signal(
        typology="listing_removed",
        score=1.0,
        detector=DETECTOR.label,
        evidence={"list": case.match.list, "entry": case.match.entry, "case": case.id},
        match=case.match,
        lists=(said.version,),
    )


def _held(enriched: EnrichedEvent) -> HeldAmount | None:
    match enriched.event.data:
        case data.CryptoDeposit(asset=asset, amount=amount):
            return HeldAmount(asset, amount)
        case _:
            return None


def _signal(typology: str, hit: ListHit, held: HeldAmount | None) -> Signal:
    return Signal(
        typology=typology,
        score=1.0,
        detector=DETECTOR.label,
        evidence={"list": hit.list, "entry": hit.entry, "found": hit.found},
        held=held,
        match=Match(hit.list, hit.version, hit.entry, hit.found, 1.0, hit.pair, is_exact=True),
        lists=(hit.version,),
    )


DETECTOR = Detector(
    name="sanctions",
    version=VERSION,
    events=frozenset({*_WALLET_TYPOLOGIES, "account.opened", "account.profile_changed", MATCH_DELISTED}),
    typologies=frozenset(
        {*_WALLET_TYPOLOGIES.values(), "listed_document", "listed_name", "similar_name", "listing_removed"}
    ),
    params=Params,
    judge=judge,
)
