import pytest

from habeas.disclosure.catalogue import catalogue
from habeas.disclosure.text import WIDTH, as_text
from habeas.domain.reason import Reason
from tests.unit.disclosure.helpers import ANALYST, a_limit, sentences, told

IN_ORDER = (
    "What happened",
    "What you can still do",
    "What you cannot do",
    "What you can do about it",
    "By when",
    "What happens next",
    "When",
    "What we cannot say",
    "How to challenge this",
    "What this rests on",
)


def test_an_entry_is_told_in_the_order_of_a_good_explanation() -> None:
    lines = as_text(told(a_limit(Reason.KYC_REGION))).splitlines()
    assert [line for line in lines if line in IN_ORDER] == list(IN_ORDER)


@pytest.mark.parametrize("width", [40, WIDTH, 200])
def test_no_line_is_wider_than_asked_for(width: int) -> None:
    text = as_text(told(a_limit(Reason.KYC_REGION), a_limit(Reason.TERMS_REVIEW, placed_by=ANALYST)), width=width)
    # The address of a page stays whole, so that it can be followed.
    assert max(len(line) for line in text.splitlines() if "https://" not in line) <= width


def test_nothing_of_the_statement_is_lost() -> None:
    statement = told(a_limit(Reason.KYC_REGION), a_limit(Reason.SCAM_VICTIM))
    text = " ".join(as_text(statement).split())
    for sentence in set(sentences(statement)) - {catalogue("en").clock.no_countdown}:
        assert " ".join(sentence.split()) in text
    for entry in statement.restrictions:
        assert entry.reference in text


def test_who_decided_is_told_of_restrictions_only() -> None:
    assert "An automatic check." in as_text(told(a_limit(Reason.KYC_REGION)))
    assert "Who decided" not in as_text(told())


def test_items_of_a_list_are_indented_under_their_first_word() -> None:
    lines = as_text(told(a_limit(Reason.KYC_REGION)), width=60).splitlines()
    index = next(i for i, line in enumerate(lines) if line.startswith("  - Send a proof"))
    assert lines[index + 1].startswith("    ")
