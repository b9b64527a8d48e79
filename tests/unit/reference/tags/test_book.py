from datetime import UTC, datetime, timedelta
from itertools import permutations

from habeas.domain.tag import Tag, TagOrigin, TagRole
from habeas.reference.sanctions.builtin import builtin_list
from habeas.reference.tags.book import TagBook
from habeas.reference.tags.builtin import builtin_tags
from habeas.reference.tags.history import added_addresses, succeeded
from habeas.reference.tags.listed import wallet_tags
from habeas.reference.tags.making import TagSet
from tests.unit.reference.tags.packs import DAY, ETHER, OTHER, a_tag

NULL = "0x" + 40 * "0"
T1 = datetime(2026, 1, 1, tzinfo=UTC)
T2, T3, YEAR = T1 + timedelta(days=1), T1 + timedelta(days=2), timedelta(days=365)


def a_set(*tags: Tag, name: str = "p") -> TagSet:
    return TagSet(name=name, version="1", as_of=DAY, tags=tags)


def test_the_surest_tag_comes_first_whatever_the_order_of_the_sets() -> None:
    tags = [
        a_tag(confidence=100, origin=TagOrigin.SANCTION, source="s@1"),
        a_tag(confidence=100, source="a@1"),
        a_tag(confidence=100, source="b@1"),
        a_tag(confidence=20, role=TagRole.SERVICE),
    ]
    for order in permutations(a_set(tag, name=str(number)) for number, tag in enumerate(tags)):
        assert list(TagBook(order).of("evm", ETHER.lower())) == tags


def test_an_address_is_found_however_it_is_spelled() -> None:
    book = TagBook([a_set(a_tag())])
    assert book.of("evm", ETHER.lower()) == book.find(f"ethereum:{ETHER}@1", "BSC") == (a_tag(),)
    assert book.of("evm", OTHER.lower()) == book.of("bitcoin", ETHER.lower()) == book.find("?") == ()
    assert len(book) == 1


def test_an_address_of_no_known_form_is_found_as_it_is_written() -> None:
    tag = a_tag(chain="", address="vuniyuoxoeub")
    assert TagBook([a_set(tag)]).find("vuniyuoxoeub", "EOS") == (tag,)


def test_what_others_say_of_an_address_that_is_nobodys_makes_no_source() -> None:
    tags = [a_tag(address=NULL, origin=origin, source=f"{origin}@1") for origin in TagOrigin]
    said = {tag.origin: tag.role for tag in TagBook([a_set(*tags)]).of("evm", NULL)}
    assert said[TagOrigin.PUBLISHED] is said[TagOrigin.CROWD] is TagRole.INFRASTRUCTURE
    assert said[TagOrigin.SANCTION] is TagRole.PERPETRATOR
    assert TagBook([a_set(*tags[3:])]).addresses(role=TagRole.PERPETRATOR) == ()


def test_the_addresses_of_a_set_are_listed() -> None:
    book = TagBook([a_set(a_tag(), a_tag(category="phishing")), a_set(a_tag(address=OTHER.lower()), name="q")])
    assert book.addresses("p") == (("evm", ETHER.lower()),)
    assert book.addresses() == (("evm", ETHER.lower()), ("evm", OTHER.lower()))
    assert book.addresses("q", TagRole.SERVICE) == ()


def test_what_comes_with_habeas_fits_together() -> None:
    book = TagBook([builtin_tags(), a_set(*wallet_tags(builtin_list()))])
    assert {tag.role for tag in book.of("evm", NULL)} == {TagRole.INFRASTRUCTURE}
    assert {tag.category for tag in book.find("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")} == {"token_contract"}
    (listed,) = book.find(ETHER)
    assert (listed.origin, listed.confidence, listed.entry) == (TagOrigin.SANCTION, 100, "27307")
    assert listed.source == "OFAC-SDN-SAMPLE@2024-05-03"


# --- versions


def test_what_a_newer_version_repeats_stays_as_it_was_first_said() -> None:
    first = succeeded((), [a_tag()], T1)
    assert first == (a_tag(known_from=T1),)
    assert succeeded(first, [a_tag(source="p@2")], T2) == first


def test_what_a_newer_version_drops_was_taken_back_and_is_still_known_as_of_then() -> None:
    (tag,) = succeeded(succeeded((), [a_tag()], T1), (), T2)
    assert tag == a_tag(known_from=T1, known_to=T2)
    assert tag.holds(T1 - YEAR, T1)
    assert not tag.holds(T1 - YEAR, T2)


def test_who_is_taken_off_a_sanctions_list_was_on_it() -> None:
    (tag,) = succeeded(succeeded((), [a_tag(origin=TagOrigin.SANCTION)], T1), (), T2)
    assert (tag.valid_to, tag.known_to) == (T2, None)
    assert tag.holds(T1, T3)
    assert not tag.holds(T2, T3)


def test_what_changed_is_taken_back_and_said_anew() -> None:
    old, new = succeeded(succeeded((), [a_tag()], T1), [a_tag(confidence=90)], T2)
    assert (old.confidence, old.known_to) == (50, T2)
    assert (new.confidence, new.known_from, new.known_to) == (90, T2, None)


def test_what_comes_back_leaves_its_gap() -> None:
    history = succeeded(succeeded(succeeded((), [a_tag()], T1), (), T2), [a_tag()], T3)
    assert [any(tag.holds(T1, at) for tag in history) for at in (T1, T2, T3)] == [True, False, True]


def test_a_file_that_says_since_when_it_knows_is_believed() -> None:
    (tag,) = succeeded((), [a_tag(known_from=T1)], T3)
    assert tag.known_from == T1


def test_added_addresses_are_those_of_which_something_new_is_said() -> None:
    before = succeeded((), [a_tag(), a_tag(address=OTHER.lower())], T1)
    after = succeeded(before, [a_tag(), a_tag(category="phishing"), a_tag(address=NULL)], T2)
    assert added_addresses(before, after, T2) == (("evm", ETHER.lower()), ("evm", NULL))
    assert added_addresses(after, before, T2) == (("evm", OTHER.lower()),)
    assert added_addresses(after, after, T2) == ()
