"""The same questions to nomenklatura's logic-v2, at the threshold at which it hits as many ordinary people as Habeas does.

Nomenklatura is an optional extra (`pip install habeas[oracle]`), not locked: it brings pyicu, which is compiled. Its own index
answers in batches only, so both are asked about the same candidates: those of our index, and the right entry besides, even
where our index did not find it. That is to nomenklatura's favour.
"""

from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from time import perf_counter
from typing import Any

from habeas.domain.listing import EntityKind, ListedEntity
from habeas.domain.screening import Query
from habeas.evaluation.intervals import share
from habeas.evaluation.names import PEOPLE, Questions
from habeas.reference.names.index import NameIndex, readings
from habeas.reference.names.scorer import asked_for

_SCHEMATA = {EntityKind.PERSON: "Person", EntityKind.ORGANISATION: "Organization"}
_NEARLY = 1e-9


def installed() -> bool:
    return find_spec("nomenklatura") is not None


def compare(
    index: NameIndex,
    entities: Sequence[ListedEntity],
    asked: Questions,
    *,
    damaged: int,
    ordinary: int,
    threshold: float,
) -> dict[str, Any]:
    """Recall of both on the first `damaged` questions, at equal false hits on `ordinary` people of each population."""
    scorer = _Scorer(index, entities)
    people = [name for population in PEOPLE for name in asked.ordinary[population][:ordinary]]
    theirs = sorted((scorer.best(Query(name=name, kind=EntityKind.PERSON)) for name in people), reverse=True)
    ours = [index.screen(Query(name=name, kind=EntityKind.PERSON)) for name in people]
    false = sum(bool(hits and hits[0].score >= threshold) for hits in ours)
    at = theirs[false] + _NEARLY if false < len(theirs) else 0.0
    start = perf_counter()
    questions = asked.damaged[:damaged]
    theirs_found = [
        scorer.score(Query(name=name.text, kind=name.kind), (name.list, name.entry)) >= at for name in questions
    ]
    seconds = perf_counter() - start
    ours_found = [
        any(
            hit.score >= threshold and (hit.list, hit.entry) == (name.list, name.entry)
            for hit in index.screen(Query(name=name.text, kind=name.kind))
        )
        for name in questions
    ]
    by_kind: dict[str, list[tuple[bool, bool]]] = {}
    for name, both in zip(questions, zip(ours_found, theirs_found, strict=True), strict=True):
        by_kind.setdefault(f"{name.damage}, {name.kind}", []).append(both)
    found, found_theirs = sum(ours_found), sum(theirs_found)
    mine, other = share(found, len(questions)), share(found_theirs, len(questions))
    return {
        "nomenklatura": version("nomenklatura"),
        "damaged names": len(questions),
        "ordinary people": len(people),
        "false hits, both": f"{false / len(people) * 100:.2f} %",
        "threshold of logic-v2": round(at, 3),
        "recall of Habeas": f"{mine.share * 100:.2f} % ({mine.low * 100:.2f} to {mine.high * 100:.2f})",
        "recall of logic-v2": f"{other.share * 100:.2f} % ({other.low * 100:.2f} to {other.high * 100:.2f})",
        "logic-v2, one pair": f"{seconds / max(1, len(questions)) * 1e3:.2f} ms",
        **{
            f"{kind}: Habeas, logic-v2": " %, ".join(
                f"{sum(each) / len(each) * 100:.0f}" for each in zip(*both, strict=True)
            )
            + " %"
            for kind, both in sorted(by_kind.items())
        },
    }


class _Scorer:
    """Nomenklatura's scores. Each proxy's id is a hash of its content, since names are remembered by id."""

    def __init__(self, index: NameIndex, entities: Sequence[ListedEntity]) -> None:
        from followthemoney import model  # noqa: PLC0415 - an optional extra
        from nomenklatura.matching import LogicV2  # noqa: PLC0415

        self.index = index
        self.entities = {(entity.list, entity.entry): entity for entity in entities}
        self.model = model
        self.algorithm = LogicV2
        self.config = LogicV2.default_config()
        self.proxies: dict[tuple[str, str], Any] = {}

    def best(self, query: Query) -> float:
        """The best score among the candidates of our index."""
        keys = set()
        for words in readings(query, self.index.vocabulary):
            for name in self.index.candidates(asked_for(words, self.index.vocabulary), floor=0.4):
                entity = self.index.entity(self.index.entity_of[name])
                if query.kind is entity.kind:
                    keys.add((self.index.versions[entity.version].list, entity.entry))
        return max((self.score(query, key) for key in sorted(keys)), default=0.0)

    def score(self, query: Query, key: tuple[str, str]) -> float:
        """The score of one entry."""
        asked = self._proxy([query.name], query.kind or EntityKind.PERSON)
        if key not in self.proxies:
            entity = self.entities[key]
            self.proxies[key] = self._proxy(
                [_natural(name.text, name.family, name.given) for name in entity.names], entity.kind
            )
        return float(self.algorithm.compare(asked, self.proxies[key], self.config).score)

    def _proxy(self, names: list[str], kind: EntityKind) -> Any:
        schema = _SCHEMATA.get(kind, "LegalEntity")
        digest = sha256("\n".join([schema, *names]).encode()).hexdigest()
        return self.model.get_proxy({"id": digest, "schema": schema, "properties": {"name": names}})


def _natural(text: str, family: str, given: str) -> str:
    return f"{given} {family}" if family and given else text
