"""The whole world of a seed, cluster by cluster: everybody's life, with what befalls some of them."""

import random
from collections.abc import Iterator
from math import ceil

from habeas.simulation.world.crimes import Crime, scam, solo_crimes
from habeas.simulation.world.deeds import Cluster, Deed, Plot, Trait
from habeas.simulation.world.geography import Geography
from habeas.simulation.world.life import Life
from habeas.simulation.world.mishaps import alike, alike_profile, mishaps
from habeas.simulation.world.parameters import Parameters
from habeas.simulation.world.people import person
from habeas.simulation.world.takeovers import takeover

_TRAVEL_REASONS = {
    "US": "RESTRICTED_TRAVEL",
    "CU": "SANCTIONED_TRAVEL",
    "IR": "SANCTIONED_TRAVEL",
    "UA-43": "SANCTIONED_TRAVEL",
}


class World:
    """The people and crimes of one seed. Iterating makes them anew, the same each time."""

    def __init__(self, parameters: Parameters, seed: int) -> None:
        self.parameters = parameters
        self.seed = seed
        self.geography = Geography(parameters, seed)
        draw = random.Random(f"{seed}/roles")
        numbers = list(range(parameters.users))
        draw.shuffle(numbers)
        self._robbed = frozenset(numbers[: parameters.takeovers])
        rest = numbers[parameters.takeovers :]
        self._rings: list[tuple[int, ...]] = []
        months = parameters.users / 1000 * parameters.days / 30
        for _ in range(ceil(parameters.scam_rings * months)):
            size = min(draw.randint(*parameters.victims_per_scammer), len(rest))
            self._rings.append(tuple(rest.pop() for _ in range(size)))
        self._scammed = frozenset(number for ring in self._rings for number in ring)
        self._months = months

    def __len__(self) -> int:
        """How many clusters there are."""
        solo = sum(ceil(rate * self._months) for rate, _ in solo_crimes(self.parameters))
        return self.parameters.users - len(self._scammed) + len(self._rings) + solo

    def __iter__(self) -> Iterator[Cluster]:
        for number in range(self.parameters.users):
            if number not in self._scammed:
                yield self._ordinary(number)
        offender = self.parameters.users
        for ring in self._rings:
            yield scam(self._crime(offender), tuple(self._life(number) for number in ring))
            offender += 1
        for rate, commit in solo_crimes(self.parameters):
            for _ in range(ceil(rate * self._months)):
                yield commit(self._crime(offender))
                offender += 1

    def _life(self, number: int) -> Life:
        return Life(
            person(number, self.geography, self.parameters, self.seed), self.geography, self.parameters, self.seed
        )

    def _crime(self, number: int) -> Crime:
        draw = random.Random(f"{self.seed}/crime/{number}")
        return Crime(self._life(number), self.geography, self.parameters, draw)

    def _ordinary(self, number: int) -> Cluster:
        """Somebody alone: most people, and those whose account is taken over."""
        p = self.parameters
        draw = random.Random(f"{self.seed}/fate/{number}")
        life = self._life(number)
        deeds: list[Deed] = list(life.deeds)
        plots = [*_journeys(life), *_documents(life)]
        traits: list[Trait] = []
        listed = alike(draw, p)
        if listed is not None:
            profile = alike_profile(life.profile(), listed, p, draw)
            deeds = [Deed(d.at, d.account, d.type, profile) if d.type == "account.opened" else d for d in deeds]
            traits.append(Trait.NAME_ALIKE)
        intrusions = []
        if number in self._robbed:
            first = max(24.0, life.who.opened_at + 48)
            robbed = takeover(life, self.geography, p, draw, draw.uniform(first, max(first + 1, p.days * 24 - 24)))
            deeds += robbed.deeds
            plots.append(robbed.plot)
            intrusions.append(robbed.intrusion)
        else:
            more, found = mishaps(life, self.geography, p, draw)
            deeds += more
            traits += found
        account = life.who.account
        return Cluster(
            deeds=tuple(sorted(deeds, key=lambda deed: deed.at)),
            plots=tuple(plots),
            intrusions=tuple(intrusions),
            owners={account: life.who.proof},
            opened={account: life.who.opened_at},
            traits={account: tuple(traits)} if traits else {},
        )


def _journeys(life: Life) -> Iterator[Plot]:
    """Travel to where the house does not serve: true by policy, and nobody's crime."""
    for trip in life.trips:
        reason = _TRAVEL_REASONS.get(trip.to.region_code or trip.to.country)
        if reason is not None and trip.leaves_at > 0:
            seen = [at for at, _, _ in life.last_session if max(0.0, trip.arrives_at) <= at < trip.leaves_at]
            if seen:
                yield Plot(
                    name=f"journey-{life.who.account}-{trip.departs_at:.1f}",
                    kind=f"journey, {reason.split('_')[0].lower()} area",
                    account=life.who.account,
                    reasons=(reason,),
                    from_h=trip.arrives_at,
                    until_h=trip.leaves_at,
                )


def _documents(life: Life) -> Iterator[Plot]:
    """A document that has expired: a date, and nobody's crime."""
    for deed in life.deeds:
        if deed.type == "document.expired":
            name, reasons = f"document-{deed.account}-{deed.at:.1f}", ("MISSING_DOCUMENT",)
            yield Plot(name=name, kind="expired document", account=deed.account, reasons=reasons, from_h=deed.at - 0.01)
