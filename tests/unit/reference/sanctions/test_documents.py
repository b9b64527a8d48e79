import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from habeas.domain.listing import IdentifierKind, document_key, identifier_kind, normalise_document
from habeas.reference.sanctions.documents import DocumentIndex
from habeas.reference.sanctions.ofac_csv import parse
from tests.unit.reference.sanctions.files import a_row, an_sdn

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("country", "kind", "number"),
    [
        ("RU", "passport", "645720381"),
        ("ru", "Passport", "64 57 20381"),
        ("RU-MOW", "PASSPORT", "645.720-381"),
        ("RU", "Diplomatic Passport", "６４５７２０３８１"),
        ("RU", "passport", "٦٤٥٧٢٠٣٨١"),
    ],
)
def test_one_document_has_one_spelling(country: str, kind: str, number: str) -> None:
    assert normalise_document(country, kind, number) == "RU:passport:645720381"


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("id_card", IdentifierKind.NATIONAL_ID),
        ("National ID No.", IdentifierKind.NATIONAL_ID),
        ("Cedula No.", IdentifierKind.NATIONAL_ID),
        ("C.U.R.P.", IdentifierKind.NATIONAL_ID),
        ("residence_permit", IdentifierKind.NATIONAL_ID),
        ("drivers_license", IdentifierKind.DRIVING_LICENCE),
        ("driving licence", IdentifierKind.DRIVING_LICENCE),
        ("Tax ID No.", IdentifierKind.TAX_ID),
        ("Paraguayan tax identification number", IdentifierKind.TAX_ID),
        ("Business Registration Number", IdentifierKind.REGISTRATION),
        ("library card", IdentifierKind.OTHER),
        *((str(kind), kind) for kind in IdentifierKind),
    ],
)
def test_lists_and_callers_name_documents_in_their_own_words(label: str, kind: IdentifierKind) -> None:
    assert identifier_kind(label) is kind


@pytest.mark.parametrize("number", ["AÉ-12", "ａé 12", "ae\u030112"])
def test_case_accents_and_width_of_letters_do_not_tell_documents_apart(number: str) -> None:
    assert normalise_document("FR", "passport", number) == "FR:passport:AE12"


def test_leading_zeros_country_and_kind_tell_documents_apart() -> None:
    documents = [("RU", "passport", "0123"), ("RU", "passport", "123"), ("BY", "passport", "123"), ("RU", "id", "123")]
    assert len({normalise_document(*document) for document in documents}) == 4


def test_a_number_that_says_nothing_has_no_key() -> None:
    assert normalise_document("RU", "passport", " - ") == ""
    assert document_key(KEY, "RU", "passport", " - ") == b""


AWKWARD = [chr(code) for code in range(0x3000) if len(chr(code).upper()) > 1 or len(chr(code).casefold()) > 1]
NUMBERS = st.text() | st.text(
    st.sampled_from([*AWKWARD, *"iI1-ſ\u0307\u030c\u0345\u1100\u1161\u0661\uff11"]), max_size=6
)


@example("RU", IdentifierKind.PASSPORT, "ǰ1")
@given(st.text(max_size=3), st.sampled_from(IdentifierKind), NUMBERS)
def test_spelling_a_document_twice_changes_nothing(country: str, kind: IdentifierKind, number: str) -> None:
    once = normalise_document(country, kind, number).rpartition(":")[2]
    assert normalise_document(country, kind, once).rpartition(":")[2] == once


def test_without_the_key_the_hash_tells_nothing() -> None:
    assert document_key(KEY, "RU", "passport", "1") != document_key(b"x" * 32, "RU", "passport", "1")


def an_index(*remarks: str) -> DocumentIndex:
    return DocumentIndex([parse(an_sdn(*(a_row(number, remarks=line) for number, line in enumerate(remarks, 1))))], KEY)


@pytest.mark.row("A005")
def test_a_listed_document_is_found_with_the_entry_that_lists_it() -> None:
    (hit,) = an_index("Passport 645720381 (Russia)").find("RU", "passport", "64 5720381")
    assert (hit.list, hit.entry, hit.name, hit.label) == ("OFAC-SDN", "1", "DOE, John", "Passport")


@pytest.mark.parametrize(
    "asked", [("BY", "passport", "645720381"), ("RU", "id_card", "645720381"), ("RU", "passport", "645720382")]
)
def test_another_country_kind_or_number_is_another_document(asked: tuple[str, str, str]) -> None:
    assert an_index("Passport 645720381 (Russia)").find(*asked) == ()


def test_a_number_without_a_country_is_no_exact_hit() -> None:
    index = an_index("Passport 1091875")
    assert len(index) == 0
    assert index.find("", "passport", "1091875") == ()


def test_the_number_of_a_company_is_no_document_of_a_person() -> None:
    assert len(an_index("Registration Number 26740 (Iran)")) == 0


def test_a_document_of_two_entries_has_two_hits() -> None:
    index = an_index("Passport 645720381 (Russia)", "Passport 645720381 (Russia)")
    assert [hit.entry for hit in index.find("RU", "passport", "645720381")] == ["1", "2"]
