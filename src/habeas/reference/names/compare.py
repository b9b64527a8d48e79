"""What is compared besides the name, and how far each moves the score: a table of features.

Agreement takes away a part of what is missing to 1; difference takes away a part of what is there. So an agreement never lowers
a score, and no difference makes a strong name vanish (`band_of` sees to that it is still looked at).
"""

from collections.abc import Callable

from msgspec import Struct

from habeas.domain.listing import Birth, Identifier, IdentifierKind
from habeas.domain.screening import Adjustment, Agreement, Query

CIRCA_YEARS = 2
CLOSE_YEARS = 2
"""Birth years of listed people are often wrong by one or two."""

Compared = tuple[str, str, Agreement] | None


class Facts(Struct, frozen=True, array_like=True):
    """What an entry says of somebody besides the name."""

    births: tuple[Birth, ...] = ()
    countries: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()


class Feature(Struct, frozen=True):
    """Something that is compared: None where either side does not know it."""

    what: str
    compare: Callable[[Query, Facts], Compared]
    agrees_by: float
    differs_by: float


def _birth(query: Query, facts: Facts) -> Compared:
    asked = query.birth
    if asked is None or not facts.births:
        return None
    ranked = sorted(facts.births, key=lambda listed: _years_apart(asked, listed))
    best = ranked[0]
    apart = _years_apart(asked, best)
    agreement = Agreement.AGREES if apart == 0 else Agreement.CLOSE if apart <= CLOSE_YEARS else Agreement.DIFFERS
    return str(asked), str(best), agreement


def _years_apart(asked: Birth, listed: Birth) -> int:
    slack = CIRCA_YEARS if asked.circa or listed.circa else 0
    first, last = listed.first.year - slack, listed.last.year + slack
    return max(0, first - asked.last.year, asked.first.year - last)


def _country(query: Query, facts: Facts) -> Compared:
    if not query.countries or not facts.countries:
        return None
    common = [code for code in query.countries if code in facts.countries]
    agreement = Agreement.AGREES if common else Agreement.DIFFERS
    return ", ".join(common or query.countries), ", ".join(common or facts.countries), agreement


def _identifier(query: Query, facts: Facts) -> Compared:
    for asked in query.identifiers:
        for listed in facts.identifiers:
            if identifier_key(asked) == identifier_key(listed):
                return asked.number, listed.number, Agreement.AGREES
    return None


def identifier_key(identifier: Identifier) -> str:
    """What two identifiers of one thing have in common. A country that is missing on one side says nothing against it."""
    number = "".join(character for character in identifier.number.casefold() if character.isalnum())
    if identifier.kind is IdentifierKind.IMO:
        number = number.removeprefix("imo")
    return f"{identifier.kind}:{number}"


FEATURES: tuple[Feature, ...] = (
    Feature("birth_date", _birth, agrees_by=0.35, differs_by=0.15),
    Feature("nationality", _country, agrees_by=0.15, differs_by=0.05),
    Feature("identifier", _identifier, agrees_by=0.95, differs_by=0.0),
)


def adjusted(name_score: float, query: Query, facts: Facts) -> tuple[float, tuple[Adjustment, ...]]:
    """The score after everything else was compared, and what each of it did."""
    score = name_score
    adjustments = []
    for feature in FEATURES:
        compared = feature.compare(query, facts)
        if compared is None:
            continue
        asked, listed, agreement = compared
        before = score
        if agreement is Agreement.AGREES:
            score += feature.agrees_by * (1 - score)
        elif agreement is Agreement.DIFFERS:
            score -= feature.differs_by * score
        adjustments.append(Adjustment(feature.what, asked, listed, agreement, round(score - before, 4)))
    return score, tuple(adjustments)
