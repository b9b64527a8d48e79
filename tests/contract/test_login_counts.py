"""What every store promises about how common the traits of logins are."""

import pytest

from habeas.domain.facts import Facts
from habeas.domain.login import CELLS, LOGINS_COUNTED_MAX, Trait, TraitFact
from habeas.service.ports import Store
from tests.builders import a_decision, an_enriched_event, an_event


def facts(store: Store, *values: tuple[Trait, int]) -> tuple[TraitFact, ...]:
    with store.reading() as reader:
        return reader.trait_facts(values)


def record(store: Store, id_: str, *traits: TraitFact, account: str = "acct-1") -> None:
    enriched = an_enriched_event(an_event(id_, account=account), facts=Facts(traits=traits))
    with store.transaction() as work:
        work.record(enriched, a_decision(enriched), "builtin-1")


def test_a_fresh_store_has_counted_nothing(store: Store) -> None:
    assert facts(store, (Trait.IP, 5), (Trait.AGENT, 7)) == (
        TraitFact(Trait.IP, 5, 0, 0),
        TraitFact(Trait.AGENT, 7, 0, 0),
    )
    assert facts(store) == ()


def test_logins_of_all_accounts_are_counted_by_trait_and_value(store: Store) -> None:
    record(store, "ev-1", TraitFact(Trait.IP, 5, 0, 0), TraitFact(Trait.COUNTRY, 5, 0, 0))
    record(store, "ev-2", TraitFact(Trait.IP, 6, 0, 1), account="acct-2")
    record(store, "ev-3", TraitFact(Trait.IP, 5, 1, 2), account="acct-2")
    record(store, "ev-4")
    assert facts(store, (Trait.IP, 5), (Trait.IP, 6), (Trait.IP, 7), (Trait.COUNTRY, 5)) == (
        TraitFact(Trait.IP, 5, 2, 3),
        TraitFact(Trait.IP, 6, 1, 3),
        TraitFact(Trait.IP, 7, 0, 3),
        TraitFact(Trait.COUNTRY, 5, 1, 1),
    )


def test_values_that_share_a_cell_look_commoner_and_never_rarer(store: Store) -> None:
    record(store, "ev-1", TraitFact(Trait.IP, 5, 0, 0))
    assert facts(store, (Trait.IP, 5 + CELLS)) == (TraitFact(Trait.IP, 5 + CELLS, 1, 1),)


def test_counts_are_halved_when_they_have_grown_as_far_as_they_may(store: Store) -> None:
    for number in range(5):
        record(store, f"ev-{number}", TraitFact(Trait.IP, 5 + number // 3, 0, number))
    record(store, "ev-last", TraitFact(Trait.IP, 5, 0, LOGINS_COUNTED_MAX - 1))
    assert facts(store, (Trait.IP, 5), (Trait.IP, 6)) == (TraitFact(Trait.IP, 5, 2, 3), TraitFact(Trait.IP, 6, 1, 3))


def test_a_transaction_that_is_undone_counts_nothing(store: Store) -> None:
    enriched = an_enriched_event(facts=Facts(traits=(TraitFact(Trait.IP, 5, 0, 0),)))

    def undone() -> None:
        with store.transaction() as work:
            work.record(enriched, a_decision(enriched), "builtin-1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    assert facts(store, (Trait.IP, 5)) == (TraitFact(Trait.IP, 5, 0, 0),)
