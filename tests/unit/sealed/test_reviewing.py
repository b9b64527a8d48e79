"""Ordinary reviews: the same ladder and the same four eyes as for every restriction, kept where nobody sees them."""

from datetime import timedelta

import pytest

from habeas.domain.actor import Actor, Role
from habeas.domain.errors import BadInputError
from habeas.domain.evidence import Evidence
from habeas.domain.ids import AccountId
from habeas.domain.kind import Kind
from habeas.playbook.cover import slot_at_or_after
from habeas.sealed.review import Review, ReviewStatus
from tests.desks import CORA, FINN, SUE, Office
from tests.stories import the_policy

DAY = timedelta(days=1)
TOM, MIA = Actor("tom", Role.ANALYST), Actor("mia", Role.SENIOR_ANALYST)
ALICE = AccountId("alice")


def reviewed(
    office: Office,
    reason: str = "MALICIOUS_USER",
    evidence: Evidence = Evidence.E4,
    lasts_for: timedelta = 15 * DAY,
    by: Actor = SUE,
    kind: Kind = Kind.FROZEN,
) -> object:
    found = office.reviews.place(ALICE, reason, evidence, ("rp-1",), lasts_for, "case 17", by, kind)
    office.sweep()
    return found


def the_review(office: Office) -> Review:
    found = office.reviews.all(SUE)
    assert isinstance(found, list)
    (review,) = found
    return review


def code(result: object) -> str:
    return str(getattr(result, "code", ""))


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"reason": "NO_SUCH_REASON"}, "unknown_reason"),
        ({"evidence": Evidence.E1}, "evidence_ladder"),
        ({"reason": "SCAM_OFFENDER", "evidence": Evidence.E3, "lasts_for": 16 * DAY}, "evidence_ladder"),
        ({"lasts_for": 91 * DAY}, "evidence_ladder"),
        ({"by": FINN}, "not_permitted"),
        ({"kind": Kind.OUTFLOW_HOLD, "lasts_for": 31 * DAY}, "evidence_ladder"),
        ({"kind": Kind.REGION_LOCK}, "no_cover"),
    ],
)
def test_what_the_ladder_forbids_is_refused_and_recorded(
    office: Office, changes: dict[str, object], refused: str
) -> None:
    assert code(reviewed(office, **changes)) == refused  # type: ignore[arg-type]
    assert (office.restrictions(), office.reviews.all(SUE)) == ([], [])
    assert "review.refused" in office.acts()


def test_a_review_of_an_account_that_is_not_here_is_refused(office: Office) -> None:
    with pytest.raises(BadInputError, match="no account"):
        office.reviews.place(AccountId("nobody"), "TOS_ABUSE", Evidence.E3, (), DAY, "case", SUE)


def test_more_than_thirty_days_need_a_second_person(office: Office) -> None:
    reviewed(office, lasts_for=60 * DAY)
    review = the_review(office)
    assert (review.status, office.restrictions()) == (ReviewStatus.PROPOSED, [])
    assert code(office.reviews.sign(review.id, SUE)) == "four_eyes"
    assert code(office.reviews.sign(review.id, TOM)) == "four_eyes"
    office.reviews.sign(review.id, CORA)
    office.sweep()
    assert (the_review(office).status, len(office.restrictions())) == (ReviewStatus.IN_FORCE, 1)
    assert code(office.reviews.sign(review.id, CORA)) == "state"


def test_a_review_goes_on_only_on_more_than_it_was_placed_on(office: Office) -> None:
    reviewed(office)
    review = the_review(office)
    office.wait(13 * DAY)
    assert code(office.reviews.renew(review.id, Evidence.E4, ("rp-1",), 15 * DAY, "again", SUE)) == "evidence_ladder"
    renewed = office.reviews.renew(review.id, Evidence.E4, ("rp-2",), 15 * DAY, "forensics", SUE)
    assert code(renewed) == "", renewed
    office.sweep()
    assert office.restrictions()[0].ends_at == slot_at_or_after(the_policy().covers, office.now + 15 * DAY)
    long = office.reviews.renew(review.id, Evidence.E4, ("rp-3",), 30 * DAY, "more", SUE)
    assert code(long) == "four_eyes"
    assert code(office.reviews.renew(review.id, Evidence.E4, ("rp-3",), 30 * DAY, "more", MIA)) == ""


def test_a_review_ends_at_the_next_slot_of_its_class(office: Office) -> None:
    reviewed(office)
    review = the_review(office)
    assert code(office.reviews.end(review.id, "nothing found", FINN)) == "not_permitted"
    assert code(office.reviews.end(review.id, "nothing found", TOM)) == ""
    slot = slot_at_or_after(the_policy().covers, office.now)
    office.now = slot - timedelta(seconds=1)
    office.sweep()
    assert len(office.restrictions()) == 1
    office.now = slot
    office.sweep()
    assert (office.restrictions(), the_review(office).status) == ([], ReviewStatus.ENDED)
    assert code(office.reviews.end(review.id, "again", TOM)) == "state"


def test_a_short_review_ends_at_once(office: Office) -> None:
    reviewed(office, lasts_for=2 * DAY)
    office.now += timedelta(hours=3)
    office.reviews.end(the_review(office).id, "nothing found", TOM)
    office.sweep()
    assert office.restrictions() == []


def test_an_appeal_that_is_right_annuls_and_another_person_decides_it(office: Office) -> None:
    reviewed(office)
    review = the_review(office)
    office.tell("appeal.filed", "alice", restriction=review.restriction, text="it was not me")
    assert code(office.reviews.end(review.id, "appeal is right", SUE, is_void=True)) == "four_eyes"
    office.reviews.end(review.id, "appeal is right", MIA, is_void=True)
    office.wait(5 * DAY)
    with office.public.reading() as reader:
        (restriction,) = reader.restrictions(ALICE)
        (appeal,) = (case for case in reader.cases(ALICE) if case.appeal is not None)
    assert (restriction.status, appeal.outcome) == ("annulled", "granted")


@pytest.mark.row("A072", "A076", "A077")
@pytest.mark.parametrize("reason", sorted(the_policy().reasons))
def test_only_what_may_be_withheld_is_reviewed(office: Office, reason: str) -> None:
    is_told = the_policy().reasons[reason].disclosure == "FULL"
    assert (code(reviewed(office, reason, Evidence.E5, DAY)) == "disclosure") == is_told
    assert {"TOS_ABUSE", "TOS_FAKE_DOCUMENT"} <= {c for c, r in the_policy().reasons.items() if r.disclosure == "FULL"}


@pytest.mark.row("A075", "A079")
def test_what_is_not_told_is_looked_at_again_every_thirty_days_by_somebody_else(office: Office) -> None:
    reviewed(office, lasts_for=60 * DAY)
    review = the_review(office)
    office.reviews.sign(review.id, CORA)
    office.wait(29 * DAY)
    assert the_review(office).pages == ()
    office.wait(2 * DAY)
    assert [page.what for page in the_review(office).pages] == ["disclosure_review"]
    assert code(office.reviews.looked_at(review.id, "not yet", SUE)) == "four_eyes"
    looked = office.reviews.looked_at(review.id, "not yet", MIA)
    assert isinstance(looked, Review)
    assert looked.disclosure_review_at == office.now + 30 * DAY
    office.wait(5 * DAY)
    assert [page.decided_at is None for page in the_review(office).pages] == [False]


def test_the_true_reasons_are_read_by_those_who_work_on_them_only(office: Office) -> None:
    reviewed(office)
    assert code(office.reviews.all(FINN)) == "not_permitted"
    assert code(office.reviews.all(Actor("udo", Role.AUDITOR))) == "not_permitted"


@pytest.mark.parametrize("days", [4, 15, 30, 60])
def test_how_long_a_review_is_to_last_is_not_seen_outside(office: Office, days: int) -> None:
    reviewed(office, lasts_for=days * DAY)
    if days > 30:
        office.reviews.sign(the_review(office).id, CORA)
        office.sweep()
    (limit,) = office.restrictions()
    assert limit.ends_at == slot_at_or_after(the_policy().covers, office.now + 15 * DAY)
    assert the_review(office).until_at == office.now + days * DAY


def test_a_review_goes_on_at_the_ends_of_its_class_while_its_time_is_not_over(office: Office) -> None:
    reviewed(office, lasts_for=30 * DAY)
    review = the_review(office)
    office.wait(15 * DAY)
    assert code(office.reviews.go_on(review.id, "not done", FINN)) == "not_permitted"
    assert code(office.reviews.go_on(review.id, "not done", TOM)) == ""
    office.sweep()
    assert office.restrictions()[0].ends_at == slot_at_or_after(the_policy().covers, office.now + 15 * DAY)
    office.wait(15 * DAY)
    assert code(office.reviews.go_on(review.id, "not done", TOM)) == "evidence_ladder"
    assert "expired" in {page.what for page in the_review(office).pages}
