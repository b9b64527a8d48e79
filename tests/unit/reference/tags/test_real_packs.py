"""The packs that GraphSense publishes, Forta's lists, and what is wrong in them."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from habeas.domain.tag import TagOrigin, TagRole, counting
from habeas.reference.sanctions.load import ListFile, load_lists
from habeas.reference.tags.book import TagBook
from habeas.reference.tags.builtin import builtin_tags
from habeas.reference.tags.listed import wallet_tags
from habeas.reference.tags.load import load_tags
from habeas.reference.tags.making import TagSet
from tests.real_data import FOLDER, needs
from tests.unit.reference.tags.packs import ONCHAIN, real_set, real_sets, with_real_packs

pytestmark = with_real_packs

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SEVEN = {
    "0x0000000000000000000000000000000000000000",
    "0x0000000000004946c0e9f43f4dee607b0ef1fa1c",
    "0x0bc529c00c6401aef6d220be8c6ea1667f6ad93e",
    "0x6b3595068778dd592e39a122f4f5a5cf09c90fe2",
    "0xa0246c9032bc3a600820415ae600c6388619a14d",
    "0xb8c77482e45f1f44de1745f52c74426c631bdd52",
    "0xd533a949740bb3306d119cc777fa900ba034cd52",
}


@pytest.fixture(scope="module")
def packs() -> list[TagSet]:
    return real_sets()


def test_every_pack_is_read_whole(packs: list[TagSet]) -> None:
    assert len(packs) == 32
    # 19,440 entries; 24 are there twice, and 6 of unknown assets may be of several chains
    assert sum(len(each.tags) for each in packs) == 19_422
    roles = Counter(tag.role for each in packs for tag in each.tags)
    assert roles == {TagRole.PERPETRATOR: 15_636, TagRole.SERVICE: 3_786}
    assert {tag.origin for each in packs for tag in each.tags} == {TagOrigin.PUBLISHED}


def test_categories_that_are_not_known_are_counted(packs: list[TagSet]) -> None:
    noted = {each.name: each.notes[0] for each in packs if each.notes and "not known (" in each.notes[0]}
    assert {name: note[:9] for name, note in noted.items()} == {
        "defi-fraud-masterthesis": "203 tags ",
        "hacks": "5 tags ar",
    }


def test_the_flattened_packs_say_the_same_as_the_packs(packs: list[TagSet]) -> None:
    file = "flagged_graphsense.csv"
    flat = load_tags((ONCHAIN / file).read_bytes(), file, "flat")
    said = {(tag.chain, tag.address, tag.role, tag.category, tag.confidence) for each in packs for tag in each.tags}
    # The csv has no concepts, and `""` for a label that only the actor or the title gives.
    assert {(tag.chain, tag.address, tag.role, tag.category, tag.confidence) for tag in flat.tags} == said


@pytest.mark.row("A010")
def test_seven_addresses_that_are_blacklisted_are_token_contracts_or_the_null_address(packs: list[TagSet]) -> None:
    said: dict[str, set[TagRole]] = {}
    for each in packs:
        for tag in each.tags:
            if tag.chain == "evm" and (tag.category == "black_list" or tag.role is TagRole.SERVICE):
                said.setdefault(tag.address, set()).add(tag.role)
    assert {address for address, roles in said.items() if len(roles) == 2} == SEVEN
    for book in (TagBook(packs), TagBook([*packs, builtin_tags()])):
        for address in SEVEN:
            assert TagRole.PERPETRATOR not in {tag.role for tag in book.of("evm", address)}
        assert not SEVEN & {address for _, address in book.addresses(role=TagRole.PERPETRATOR)}


def test_blacklisted_addresses_without_a_key_are_nobodys() -> None:
    blacklist = TagBook([real_set("usdt_blacklist")])
    nobodys = {address for _, address in blacklist.addresses(role=TagRole.INFRASTRUCTURE)}
    assert len(nobodys) == 22
    assert len(blacklist.addresses(role=TagRole.PERPETRATOR)) == 774 - 22
    assert {"0x" + "18".rjust(40, "0"), "0x0000000000000000000000000001fc24fe892306"} <= nobodys


def test_ofacs_pack_is_of_listed_parties_and_no_sanctions_list() -> None:
    tags = real_set("ofac").tags
    assert len(tags) == 572
    assert {(tag.role, tag.category, tag.confidence, tag.origin) for tag in tags} == {
        (TagRole.PERPETRATOR, "sanction", 60, TagOrigin.PUBLISHED)
    }
    assert {tag.category for name in ("lazarus", "lazarus2") for tag in real_set(name).tags} == {"sanction"}


def test_the_exchanges_in_the_pack_of_hacks_are_no_perpetrators() -> None:
    tags = real_set("hacks").tags
    assert Counter((tag.category, tag.role) for tag in tags) == {
        ("exchange", TagRole.SERVICE): 403,
        ("service_hack", TagRole.PERPETRATOR): 178,
        ("wallet_service", TagRole.SERVICE): 12,
        ("gambling", TagRole.SERVICE): 5,
        ("miner", TagRole.SERVICE): 5,
        ("", TagRole.SERVICE): 5,
    }


def test_no_address_of_an_exchange_counts_as_a_perpetrators_by_published_word_alone(packs: list[TagSet]) -> None:
    book = TagBook(packs)
    for chain, address in book.addresses(role=TagRole.SERVICE):
        counts = counting(book.of(chain, address), NOW, NOW)
        assert counts is not None
        assert counts.role is not TagRole.PERPETRATOR


def test_fortas_lists_are_the_word_of_the_crowd() -> None:
    sets = [load_tags(path.read_bytes(), path.name, path.stem) for path in sorted((ONCHAIN / "forta").glob("*.csv"))]
    assert [len(each.tags) for each in sets] == [7_272, 1_288, 6_218]
    assert {tag.origin for each in sets for tag in each.tags} == {TagOrigin.CROWD}


SDN = FOLDER / "sanctions" / "ofac" / "sdn_2024-05-03.csv"


@needs(SDN)
def test_ofacs_wallets_are_tags_with_the_lists_own_id_and_say_more_than_a_pack(packs: list[TagSet]) -> None:
    (sdn,) = load_lists([ListFile(SDN.name, SDN.read_bytes())])
    tags = wallet_tags(sdn)
    assert len(tags) == 281  # in sdn.csv alone, whose remarks are cut
    listed = TagSet(name="OFAC-SDN", version="1", as_of=None, tags=tags)
    book = TagBook([*packs, listed])
    assert {tag.role for tag in tags} == {TagRole.PERPETRATOR}
    for tag in tags:
        surest = book.of(tag.chain, tag.address)[0]
        assert (surest.origin, surest.confidence) == (TagOrigin.SANCTION, 100)
        counts = counting(book.of(tag.chain, tag.address), NOW, NOW)
        assert counts is not None
        assert counts.origin is TagOrigin.SANCTION
        assert counts.entry.isdigit()
