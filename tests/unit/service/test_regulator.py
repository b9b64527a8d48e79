"""The regulator's sample: counts that many share, reasons without a person, nothing that a small number could tell."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from habeas.domain.account import AccountState
from habeas.domain.ids import AccountId
from habeas.domain.reason import Disclosure, Reason
from habeas.domain.restriction import Restriction, Status
from habeas.playbook.load import shipped_playbook
from habeas.service.casework import SMALL
from habeas.service.regulator import OTHERS, Cell, Sample, band, cells, sample, sample_text
from habeas.store.memory import MemoryStore
from tests.builders import HOUR, NOON, a_decision, an_enriched_event, an_event
from tests.properties.canary import catches
from tests.unit.disclosure.helpers import a_limit

FROM, TO = date(2026, 3, 1), date(2026, 4, 1)


def a_store(*restrictions: Restriction) -> MemoryStore:
    """Each restriction on an account of its own."""
    store = MemoryStore()
    for number, restriction in enumerate(restrictions):
        account = AccountId(f"person-{number}")
        enriched = an_enriched_event(an_event(f"ev-{number}", account=account))
        own = msgspec.structs.replace(restriction, id=f"rs_{number}", account=account)
        state = AccountState(account=account, restrictions=(own,))
        with store.transaction() as work:
            work.record(enriched, a_decision(enriched, restrictions=(own,), state=state), "builtin-1")
    return store


def drawn(store: MemoryStore, wanted: int = 20, seed: int = 0, from_day: date = FROM, to_day: date = TO) -> Sample:
    with store.reading() as reader:
        return sample(reader, shipped_playbook(), from_day, to_day, NOON + HOUR, wanted, seed)


REGION = a_limit(Reason.SANCTIONED_TRAVEL, facts={"country": "CN"})
TAKEOVER = a_limit(Reason.ACCOUNT_TAKEOVER)
ORDER = a_limit(Reason.LEGAL_ORDER, facts={"authority": "the court of SECRET"}, disclosure=Disclosure.FULL)


def test_counts_are_bands_and_few_are_not_named() -> None:
    told = drawn(a_store(*[REGION] * 7, *[TAKEOVER] * 12, *[ORDER] * 2))
    assert told.restrictions == "20-24"
    assert told.tables["reason"] == (
        Cell("ACCOUNT_TAKEOVER", "10-14"),
        Cell("SANCTIONED_TRAVEL", "5-9"),
        Cell(OTHERS, "1-4"),
    )
    assert "LEGAL_ORDER" not in sample_text(told)
    assert told.tables["appeal"] == (Cell("not appealed", "20-24"),)


def test_what_is_drawn_says_nothing_of_a_person() -> None:
    told = drawn(a_store(*[REGION] * 10, *[ORDER] * 6))
    text = sample_text(told) + msgspec.json.encode(told).decode()
    assert len(told.drawn) == 15
    for telling in ("China", "SECRET", "person-", "rs_", "2026-03-02"):
        assert telling not in text
    assert {each.counted.reason for each in told.drawn} == {"SANCTIONED_TRAVEL", "LEGAL_ORDER"}
    assert all(each.what_happened and each.legal_ground and each.challenge for each in told.drawn)


def test_few_are_not_drawn_and_how_many_are_drawn_does_not_tell_how_many_there_are() -> None:
    assert {len(drawn(a_store(*[REGION] * count)).drawn) for count in (5, 7, 9)} == {5}
    assert drawn(a_store(*[REGION] * 4)).drawn == ()
    told = drawn(a_store(*[REGION] * 6, *[ORDER] * 4))
    assert {each.counted.reason for each in told.drawn} == {"SANCTIONED_TRAVEL"}


def test_a_seed_draws_the_same_again_and_another_one_others() -> None:
    store = a_store(*[REGION] * 30, *[TAKEOVER] * 30)
    assert drawn(store, 20, seed=7) == drawn(store, 20, seed=7)
    assert drawn(store, 20, seed=7).drawn != drawn(store, 20, seed=8).drawn


def test_only_what_began_in_the_period_counts() -> None:
    store = a_store(*[REGION] * 6)
    day = NOON.date()
    assert drawn(store, from_day=day, to_day=day + timedelta(days=1)).restrictions == "5-9"
    assert drawn(store, from_day=day + timedelta(days=1)).restrictions == "0"
    assert drawn(store, to_day=day).restrictions == "0"


def test_proposals_do_not_count_and_a_mirrored_restriction_counts_once() -> None:
    proposed = msgspec.structs.replace(REGION, status=Status.PROPOSED)
    mirrored = msgspec.structs.replace(REGION, origin="rs_0", origin_account=AccountId("person-0"))
    assert drawn(a_store(*[REGION] * 5, *[proposed] * 5, *[mirrored] * 5)).restrictions == "5-9"


def test_a_gagged_restriction_counts_as_an_ordinary_review() -> None:
    gagged = msgspec.structs.replace(ORDER, disclosure=Disclosure.GAGGED)
    told = drawn(a_store(*[gagged] * 6))
    assert told.tables["reason"] == (Cell("TERMS_REVIEW", "5-9"),)
    assert "SECRET" not in sample_text(told)


def test_an_account_whose_data_was_erased_is_counted_as_that() -> None:
    store = a_store(*[REGION] * 6)
    folders = store._tables.folders
    for account, folder in list(folders.items())[:2]:
        folders[account] = replace(folder, row=folder.row._replace(wrapped_key=None))
    told = drawn(store)
    assert (told.restrictions, told.unreadable_accounts) == ("1-4", "1-4")


values = st.lists(st.sampled_from("abcdefgh"), max_size=60)


def few_are_never_named(found: list[str], *, is_careless: bool = False) -> None:
    told = [Cell(value, band(count)) for value, count in Counter(found).items()] if is_careless else list(cells(found))
    counts = Counter(found)
    assert all(cell.value == OTHERS or counts[cell.value] >= SMALL for cell in told)


@given(values)
def test_no_value_that_few_have_is_ever_named(found: list[str]) -> None:
    few_are_never_named(found)
    assert sum(int(cell.count.split("-")[0]) for cell in cells(found)) <= len(found)


def test_a_table_that_names_them_would_be_caught() -> None:
    assert catches(lambda found: few_are_never_named(found, is_careless=True), values)


@given(st.integers(1, 10_000))
def test_a_band_never_tells_a_number(count: int) -> None:
    low, high = map(int, band(count).split("-"))
    assert low <= count <= high
    assert high - low >= SMALL - 2


def test_what_an_older_system_placed_counts_as_neither_automatic_nor_a_persons() -> None:
    older = a_limit(evidence_ids=("legacy:im_1", "event:e-1"))
    told = drawn(a_store(*[older] * 3 * SMALL))
    assert [cell.value for cell in told.tables["placed_by"]] == ["an earlier system"]
