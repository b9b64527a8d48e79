"""The login score, measured: how often owners are asked for a proof in their first twelve logins, when so and so many of the
attackers are; beside the published figures of the same model on a real service.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import inf
from statistics import fmean, median
from time import perf_counter
from typing import Any

from msgspec import Struct

from habeas.detection.login_score import Params, ratio
from habeas.domain.event_data import Login
from habeas.domain.login import NO_LOGINS, LoginHistory, TraitFact, cell_of, total_cell, with_login
from habeas.domain.place import Place
from habeas.evaluation.login_world import DAY_S, Attacker, Attempt, Person, Population
from habeas.service.login_traits import agent_of, traits_of

HISTORY = 12
"""Logins of each person, as at the published point."""
RATES = (0.98, 0.99, 0.995)
"""Of the attackers that are to be asked for a proof."""
PUBLISHED = {
    Attacker.NAIVE: (0.08, 0.17, 0.25),
    Attacker.VPN: (0.17, 0.25, 0.33),
    Attacker.TARGETED: (0.17, 0.33, 0.42),
}
"""Median re-authentication rate at a history of 12, for `RATES`: read off the plots of das-group/rba-dataset by eye, +-0.03
(Wiefling et al., ACM TOPS 2022; CC BY 4.0)."""
SEEDS = 5
ATTACKS = 3
"""Of each kind on each person."""
_ARRIVAL_DAYS = 180.0
_SILENCE_DAYS = 5.0


class Point(Struct, frozen=True, kw_only=True):
    """One attacker at one rate of those who are asked, over all seeds. Rates are of the first twelve logins, 0..1."""

    population: Population
    attacker: Attacker
    asked_attackers: float
    median: float
    """Of people, the median over the seeds."""
    low: float
    high: float
    """The lowest and highest of the seeds' medians."""
    mean: float
    """Of people, the mean over the seeds."""
    mean_low: float
    mean_high: float
    ratio: float
    """The ratio S from which somebody is asked, the median over the seeds."""
    published: float

    @property
    def meets_published(self) -> bool:
        """Whether the median is at or under the published one, as exactly as that is published."""
        return round(self.median, 2) <= self.published


class AtThreshold(Struct, frozen=True, kw_only=True):
    """What the playbook's own threshold does, over all seeds: shares of attackers and of owners' logins that are asked."""

    population: Population
    attackers: dict[Attacker, float]
    owners: float
    """Of owners' logins from `logins_min` to 12."""
    owners_asked_max: int
    """The most proofs that anybody was asked for in twelve logins."""
    never_asked: float
    """Of people."""


class LoginsEvaluation(Struct, frozen=True, kw_only=True):
    """All figures of one run, with what they depend on."""

    users: int
    seed: int
    seeds: int
    attacks: int
    points: tuple[Point, ...]
    at_threshold: tuple[AtThreshold, ...]
    unusual_at_least: float
    us_per_login: float
    """To score a login and to count it, on one core; without reading its string."""

    @property
    def meets_published(self) -> bool:
        """Whether every median is at or under the published one."""
        return all(point.meets_published for point in self.points)


class World(Struct, frozen=True):
    """What was scored in one world: S of each person's logins in order, and of each attacker's."""

    owners: tuple[tuple[float, ...], ...]
    attackers: dict[Attacker, tuple[float, ...]]
    seconds: float
    scored: int


def evaluate_logins(
    params: Params, *, users: int, seed: int, seeds: int = SEEDS, progress: Callable[[int], None] = lambda _: None
) -> LoginsEvaluation:
    """Draw `seeds` worlds of each population and score them. The same seed gives the same figures, but for the time taken."""
    worlds: dict[Population, list[World]] = {}
    for population in Population:
        for number in range(seeds):
            worlds.setdefault(population, []).append(play(population, users, seed + number, params))
            progress(1)
    played = [world for each in worlds.values() for world in each]
    return LoginsEvaluation(
        users=users,
        seed=seed,
        seeds=seeds,
        attacks=ATTACKS,
        points=tuple(
            _point(population, attacker, at, each)
            for population, each in worlds.items()
            for attacker in Attacker
            for at in range(len(RATES))
        ),
        at_threshold=tuple(_at_threshold(population, each, params) for population, each in worlds.items()),
        unusual_at_least=params.unusual_at_least,
        us_per_login=1e6 * sum(world.seconds for world in played) / sum(world.scored for world in played),
    )


def play(population: Population, users: int, seed: int, params: Params) -> World:
    """One world: everybody's logins in order of time, and after somebody's twelfth the attacks on that person. Attackers'
    logins are scored and never counted, as those that are asked for a proof are not.
    """
    attempts: list[Attempt] = []
    for number in range(users):
        person = Person(number, population, seed)
        logins = list(person.logins(HISTORY, person.draw.uniform(0, _ARRIVAL_DAYS) * DAY_S))
        attempts += logins
        at = logins[-1].at + person.draw.uniform(0, _SILENCE_DAYS) * DAY_S
        attempts += [person.attack(attacker, at, person.draw) for attacker in Attacker for _ in range(ATTACKS)]
    attempts.sort(key=lambda attempt: (attempt.at, attempt.user))
    histories: dict[int, LoginHistory] = {}
    everybody = Counter[int]()
    owners: dict[int, list[float]] = {}
    attackers: dict[Attacker, list[float]] = {attacker: [] for attacker in Attacker}
    seconds = 0.0
    for attempt in attempts:
        values = _values(attempt)
        start = perf_counter()
        facts = [
            TraitFact(trait, name, everybody[cell_of(trait, name)], everybody[total_cell(trait)])
            for trait, name in values
        ]
        history = histories.get(attempt.user, NO_LOGINS)
        s = ratio(history, facts, params)
        if attempt.attacker is None:
            histories[attempt.user] = with_login(history, values)
            for trait, name in values:
                everybody[cell_of(trait, name)] += 1
                everybody[total_cell(trait)] += 1
        seconds += perf_counter() - start
        (owners.setdefault(attempt.user, []) if attempt.attacker is None else attackers[attempt.attacker]).append(s)
    return World(
        tuple(tuple(scores) for scores in owners.values()),
        {attacker: tuple(scores) for attacker, scores in attackers.items()},
        seconds,
        len(attempts),
    )


def _values(attempt: Attempt) -> tuple[tuple[Any, int], ...]:
    place = Place(attempt.country, 0.0, 0.0, 0.0, attempt.ip, asn=attempt.asn)
    login = Login(ip=attempt.ip, user_agent=attempt.user_agent)
    return traits_of(login, place, agent_of(attempt.user_agent))


def threshold(attackers: Sequence[float], rate: float) -> float:
    """The highest S from which at least this share of the attackers is asked."""
    ordered = sorted(attackers, reverse=True)
    return ordered[min(len(ordered), -(-round(rate * 10_000) * len(ordered) // 10_000)) - 1]


def asked_rates(owners: Iterable[Sequence[float]], from_ratio: float) -> list[float]:
    """The share of each person's logins that are asked for a proof. The first always is, as in the study: nothing is known
    then.
    """
    return [(1 + sum(s >= from_ratio for s in scores[1:])) / len(scores) for scores in owners]


def _point(population: Population, attacker: Attacker, at: int, worlds: Sequence[World]) -> Point:
    ratios = [threshold(world.attackers[attacker], RATES[at]) for world in worlds]
    rates = [asked_rates(world.owners, from_ratio) for world, from_ratio in zip(worlds, ratios, strict=True)]
    medians, means = [median(each) for each in rates], [fmean(each) for each in rates]
    return Point(
        population=population,
        attacker=attacker,
        asked_attackers=RATES[at],
        median=round(median(medians), 4),
        low=round(min(medians), 4),
        high=round(max(medians), 4),
        mean=round(fmean(means), 4),
        mean_low=round(min(means), 4),
        mean_high=round(max(means), 4),
        ratio=median(ratios),
        published=PUBLISHED[attacker][at],
    )


def _at_threshold(population: Population, worlds: Sequence[World], params: Params) -> AtThreshold:
    least = params.unusual_at_least
    from_ratio = least / (1 - least) if least < 1 else inf
    later = [scores[params.logins_min :] for world in worlds for scores in world.owners]
    asked = [sum(s >= from_ratio for s in scores) for scores in later]
    return AtThreshold(
        population=population,
        attackers={
            attacker: fmean(s >= from_ratio for world in worlds for s in world.attackers[attacker])
            for attacker in Attacker
        },
        owners=sum(asked) / sum(map(len, later)),
        owners_asked_max=max(asked),
        never_asked=fmean(count == 0 for count in asked),
    )
