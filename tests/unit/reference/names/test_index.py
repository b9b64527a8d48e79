"""From a name to hits: who is found, with which score, and why."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habeas.domain.listing import EntityKind, Identifier, IdentifierKind
from habeas.domain.screening import BANDS, Agreement, Band, Hit, Likeness, Query
from habeas.reference.names.index import NameIndex, build_index, readings
from habeas.reference.names.normalise import words_of
from habeas.reference.names.scorer import Alignment, Asked, Figures, align, asked_for
from habeas.reference.sanctions.births import birth_in
from habeas.reference.sanctions.builtin import builtin_list
from tests.properties.canary import catches
from tests.unit.reference.names.lists import PEOPLE, a_list, an_entity, an_index, some_entities

INDEX = build_index([a_list(*some_entities()), builtin_list()])
LISTED = tuple(range(len(INDEX)))
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ANYTHING = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.sampled_from([word for name in PEOPLE for word in words_of(name, person=True)]), min_size=1, max_size=5
    ).map(" ".join),
)


def first(name: str, **more: object) -> Hit:
    hits = INDEX.screen(Query(name=name, **more))  # type: ignore[arg-type]
    assert hits, f"nobody is like {name}"
    return hits[0]


@pytest.mark.parametrize(
    ("asked", "entry"),
    [
        ("Grigory Korolenko", "p0"),
        ("Григорий Короленко", "p0"),
        ("Grigori Arkadievich Korolenko", "p0"),
        ("KOROLENKO Grigory A.", "p0"),
        ("Beatrise Martinengo", "p1"),
        ("محمد حسين القاسمي", "p2"),
        ("Joaquin Herrera-Valdivieso", "p3"),
        ("Yusuf Abdul Rahman", "p4"),
        ("Yusuf Abdulrahman Abdulrahman", "p4"),
        ("Babatunde Oye laran", "p7"),
        ("Severneftestroy OOO", "o0"),
        ("Blue Lantern Shiping Limited", "o1"),
        ("Zarya Tradinghouse", "o2"),
    ],
)
def test_a_listed_one_is_found_however_the_name_is_written(asked: str, entry: str) -> None:
    hit = first(asked)
    assert (hit.list, hit.entry) == ("TEST", entry)
    assert hit.score >= BANDS.review_at


@pytest.mark.parametrize(
    "name", ["Jane Doe", "Peter Satterfield", "Maria Garcia Lopez", "山田太郎", "Acme Widgets Inc"]
)
def test_an_ordinary_name_is_not(name: str) -> None:
    assert INDEX.screen(Query(name=name)) == ()


def test_a_name_of_nothing_is_like_nobody() -> None:
    assert INDEX.screen(Query(name="...")) == ()


def test_a_very_long_name_is_answered() -> None:
    assert INDEX.screen(Query(name="korolenko " * 1_000)) is not None


def test_the_best_hit_comes_first_and_an_entry_only_once() -> None:
    index = an_index(
        an_entity("KOROLENKO, Grigory", "KOROLENKO, Grisha", entry="a"), an_entity("KOROLENKO, Gregory", entry="b")
    )
    hits = index.screen(Query(name="Grigory Korolenko"))
    assert [hit.entry for hit in hits] == ["a", "b"]
    assert hits[0].score > hits[1].score


def test_an_entry_with_many_aliases_does_not_crowd_out_others() -> None:
    crowd = [
        an_entity(*(f"AL-AQSA FOUNDATION {n} {m}" for m in LETTERS), entry=f"c{n}", kind=EntityKind.ORGANISATION)
        for n in range(4)
    ]
    index = an_index(*crowd, an_entity("AL-AQSA FOUNDATION", entry="it", kind=EntityKind.ORGANISATION))
    assert "it" in {hit.entry for hit in index.screen(Query(name="Foundation Al-Aqsa"))}


def test_a_person_is_compared_with_persons_when_it_is_known_to_be_one() -> None:
    index = an_index(an_entity("MARTINENGO", entry="ship", kind=EntityKind.VESSEL))
    assert index.screen(Query(name="Martinengo"))
    assert index.screen(Query(name="Martinengo", kind=EntityKind.PERSON)) == ()
    assert index.screen(Query(name="Martinengo", kind=EntityKind.ORGANISATION))


def test_the_explanation_lays_the_parts_beside_each_other() -> None:
    hit = first("G. Arkadyevich Korolenka")
    why = hit.explanation
    assert why.listed_name == "KOROLENKO, Grigory Arkadyevich"
    assert why.version == "v1"
    assert [(pair.asked, pair.listed, pair.likeness) for pair in why.pairs] == [
        ("g", "grigory", Likeness.INITIAL),
        ("arkadyevich", "arkadyevich", Likeness.SAME),
        ("korolenka", "korolenko", Likeness.SPELLING),
    ]
    assert why.asked_unmatched == why.listed_unmatched == ()


def test_the_explanation_says_what_is_left_over_on_either_side() -> None:
    assert [part.text for part in first("Grigory Korolenko").explanation.listed_unmatched] == ["arkadyevich"]
    longer = first("Grigory Arkadyevich Korolenko Bey").explanation
    assert [part.text for part in longer.asked_unmatched] == ["bey"]


def test_two_words_written_as_one_are_one_pair() -> None:
    pairs = first("Yusuf Abdul Rahman").explanation.pairs
    assert [(pair.asked, pair.listed) for pair in pairs] == [("yusuf", "yusuf"), ("abdul rahman", "abdulrahman")]


BORN = an_index(
    an_entity(
        "KOROLENKO, Grigory",
        births=tuple(birth for text in ("12 Mar 1962", "circa 1970") if (birth := birth_in(text))),
        nationalities=("RU",),
    )
)


@pytest.mark.parametrize(
    ("birth", "agreement"),
    [
        ("1962", Agreement.AGREES),
        ("1962-03-12", Agreement.AGREES),
        ("1972", Agreement.AGREES),  # two years about a year that is about right
        ("1963", Agreement.CLOSE),
        ("1985", Agreement.DIFFERS),
    ],
)
def test_birth_years_agree_are_close_or_differ(birth: str, agreement: Agreement) -> None:
    (hit,) = BORN.screen(Query(name="Grigori Korolenko", birth=birth_in(birth)))
    (adjustment,) = hit.explanation.adjustments
    assert adjustment.what == "birth_date"
    assert adjustment.agreement is agreement
    assert (adjustment.by > 0, adjustment.by < 0) == (agreement is Agreement.AGREES, agreement is Agreement.DIFFERS)


def test_a_strong_name_with_something_that_agrees_is_blocked_pending_review() -> None:
    (hit,) = BORN.screen(Query(name="Grigory Korolenko", countries=("US", "RU")))
    assert hit.band is Band.BLOCK_PENDING_REVIEW


def test_a_strong_name_alone_is_reviewed() -> None:
    (hit,) = BORN.screen(Query(name="Grigory Korolenko"))
    assert (hit.score, hit.band) == (1.0, Band.REVIEW)


def test_a_strong_name_stays_a_hit_to_review_though_everything_else_differs() -> None:
    (hit,) = BORN.screen(Query(name="Grigory Korolenko", birth=birth_in("1999"), countries=("BR",)))
    assert hit.score < 0.85
    assert hit.band is Band.REVIEW
    assert sum(each.by for each in hit.explanation.adjustments) == pytest.approx(hit.score - 1, abs=0.001)


def test_a_hit_that_a_difference_lowers_below_the_bands_is_still_shown() -> None:
    name = "Grigory Ivanov Korolenko"
    (plain,) = BORN.screen(Query(name=name))
    assert 0.70 <= plain.score < 0.82
    (hit,) = BORN.screen(Query(name=name, birth=birth_in("1999")))
    assert hit.score < 0.70
    assert hit.band is Band.NONE


def test_an_identifier_finds_a_vessel_by_any_name() -> None:
    imo = Identifier(IdentifierKind.IMO, "9187629")
    index = an_index(an_entity("BLUE LANTERN", entry="v", kind=EntityKind.VESSEL, identifiers=(imo,)))
    query = Query(name="Red Torch", identifiers=(Identifier(IdentifierKind.IMO, "IMO 9187629"),))
    (hit,) = index.screen(query)
    assert hit.band is Band.BLOCK_PENDING_REVIEW
    assert index.screen(Query(name="Red Torch")) == ()


def test_the_same_question_gets_the_same_answer() -> None:
    again = build_index([a_list(*some_entities()), builtin_list()])
    for name in PEOPLE:
        assert again.screen(Query(name=name)) == INDEX.screen(Query(name=name))


# --- properties, each with a planted bug that shows that it can fail ------------------------------------------------

Align = Callable[[str, int], Alignment]


def aligned(name: str, listed: int, index: NameIndex = INDEX, figures: Figures | None = None) -> Alignment:
    words = words_of(name, person=True)
    asked = asked_for(words, index.vocabulary, figures or index.figures)
    return align(asked, index.units[listed], index.vocabulary, figures or index.figures)


def never_loses(name: str, listed: int) -> Alignment:
    alignment = aligned(name, listed)
    alignment.score = alignment.score * 100
    return alignment


def the_score_is_a_share(name: str, listed: int, align: Align = aligned) -> None:
    assert 0 <= align(name, listed).score <= 1


@given(ANYTHING, st.sampled_from(LISTED))
def test_the_score_lies_between_0_and_1(name: str, listed: int) -> None:
    the_score_is_a_share(name, listed)


def test_a_score_above_1_would_be_seen() -> None:
    assert catches(
        lambda name, listed: the_score_is_a_share(name, listed, never_loses), ANYTHING, st.sampled_from(LISTED)
    )


def text_of(listed: int) -> tuple[str, Query]:
    entity = INDEX.entity(INDEX.entity_of[listed])
    text = entity.names[listed - INDEX.first_name[INDEX.entity_of[listed]]][0]
    return text, Query(name=text, kind=entity.kind)


def a_name_is_like_itself(listed: int, index: NameIndex = INDEX) -> None:
    text, query = text_of(listed)
    entry = INDEX.entity(INDEX.entity_of[listed]).entry
    assert any(hit.entry == entry and hit.score == 1 for hit in index.screen(query)), text


@given(st.sampled_from(LISTED))
def test_a_listed_name_scores_1_against_itself(listed: int) -> None:
    a_name_is_like_itself(listed)


def test_an_index_without_one_of_the_names_would_be_seen() -> None:
    lacking = build_index([a_list(*some_entities()[1:]), builtin_list()])
    assert catches(lambda listed: a_name_is_like_itself(listed, lacking), st.sampled_from(LISTED))


def order_hardly_matters(words: list[str], listed: int, align: Align = aligned) -> None:
    there, back = align(" ".join(words), listed).score, align(" ".join(reversed(words)), listed).score
    assert abs(there - back) <= 0.05


ORDERS = st.sampled_from([words_of(name, person=True) for name in PEOPLE]).flatmap(st.permutations).map(list)


@given(ORDERS, st.sampled_from(LISTED))
def test_the_order_of_words_hardly_matters(words: list[str], listed: int) -> None:
    order_hardly_matters(words, listed)


def test_a_score_that_reads_the_first_word_only_would_be_seen() -> None:
    def hasty(name: str, listed: int) -> Alignment:
        return aligned(name.partition(" ")[0], listed)

    assert catches(lambda words, listed: order_hardly_matters(words, listed, hasty), ORDERS, st.sampled_from(LISTED))


def a_slip_is_among_the_candidates(person: int, at: int, letter: str, kind: int, index: NameIndex = INDEX) -> None:
    name = " ".join(words_of(PEOPLE[person], person=True))
    words = name.split()
    long = max(range(len(words)), key=lambda word: len(words[word]))
    word = words[long]
    at %= len(word) - 1
    slips = (word[:at] + word[at + 1 :], word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :])
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    words[long] = (*slips, swapped)[kind]
    (read,) = readings(Query(name=" ".join(words), kind=EntityKind.PERSON), index.vocabulary)
    entries = {
        index.entity(index.entity_of[name]).entry for name in index.candidates(asked_for(read, index.vocabulary))
    }
    assert f"p{person}" in entries, words


SLIPS = (st.integers(0, len(PEOPLE) - 1), st.integers(0, 40), st.sampled_from(LETTERS), st.integers(0, 3))


@given(*SLIPS)
def test_a_name_with_one_slip_has_its_entry_among_the_candidates(person: int, at: int, letter: str, kind: int) -> None:
    a_slip_is_among_the_candidates(person, at, letter, kind)


def test_an_index_that_knows_exact_words_only_would_be_seen() -> None:
    class Literal(NameIndex):
        def candidates(self, asked: Asked, most: int = 30, floor: float = 0.6) -> list[int]:
            for part in asked.parts:
                part.alike = {row: how for row, how in part.alike.items() if how[0] == 1}
            return super().candidates(asked, most, max(floor, 0.9))

    literal = build_index([a_list(*some_entities()), builtin_list()])
    literal.__class__ = Literal

    def slip(person: int, at: int, letter: str, kind: int) -> None:
        a_slip_is_among_the_candidates(person, at, letter, kind, literal)

    assert catches(slip, *SLIPS)


def an_agreeing_year_never_lowers(name: str, year: int, index: NameIndex = BORN) -> None:
    plain = {hit.entry: hit.score for hit in index.screen(Query(name=name))}
    birth = birth_in(str(year))
    for hit in index.screen(Query(name=name, birth=birth)):
        if hit.explanation.agrees and hit.entry in plain:
            assert hit.score >= plain[hit.entry]
    assert set(plain) <= {hit.entry for hit in index.screen(Query(name=name, birth=birth))}


NAMES = st.sampled_from(
    ["Grigory Korolenko", "Grigori Korolenka", "G. Korolenko", "Grigory Ivanov Korolenko", "Korolenko", "Ann Lee"]
)


@given(NAMES, st.integers(1950, 1990))
def test_an_agreeing_birth_year_never_lowers_a_score(name: str, year: int) -> None:
    an_agreeing_year_never_lowers(name, year)


def test_a_year_that_lowers_what_agrees_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from habeas.reference.names import compare

    worse = tuple(
        compare.Feature(feature.what, feature.compare, -feature.agrees_by, feature.differs_by)
        for feature in compare.FEATURES
    )
    monkeypatch.setattr(compare, "FEATURES", worse)
    assert catches(an_agreeing_year_never_lowers, NAMES, st.integers(1950, 1990))
