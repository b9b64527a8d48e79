"""What users are told of a region exit: its stages with their days, reminders, and why something ended or went on together."""

from datetime import datetime

import pytest
from msgspec.structs import replace

from habeas.disclosure.catalogue import catalogue, locales
from habeas.disclosure.notice import as_text, exit_notice, restriction_notice
from habeas.disclosure.view import View, look
from habeas.domain.bulk import BECAUSE, Because, BulkKind
from habeas.domain.campaign import Cause, placed, terms
from habeas.domain.notice import Notice, NoticeTopic
from habeas.domain.reason import Reason
from habeas.domain.restriction import EndCondition, Restriction, expire, lift
from tests.builders import NOON
from tests.exits import CORA, DAY, HOUR, MIA, SUE, T0, T1, T2, T3, a_campaign, a_plan, signed
from tests.unit.disclosure.helpers import POLICY, a_limit, a_standing, told

UNTIL = EndCondition("we serve your region again", 365 * DAY, "campaigns")


def an_exit(cause: Cause = Cause.REGULATION) -> Restriction:
    """What the Dutch exit places on an account at T0."""
    plan = a_plan(cause=cause, migrate_to="https://affiliate.example.com")
    exit_ = terms(a_campaign(plan, signatures=(signed(CORA),), is_approved=True))
    kind, turns_at, follows = placed(exit_.stages, UNTIL, T0)
    facts = exit_.facts | {"country": "NL"}
    return a_limit(
        Reason.POLICY_EXIT,
        kind=kind,
        ends_at=turns_at,
        condition=None,
        at_end=follows,
        facts=facts,
        starts_at=T0,
        placed_at=T0,
        placed_by=MIA,
    )


def view(restriction: Restriction, at: datetime, locale: str = "en") -> View:
    return look(a_standing(restriction), POLICY, at, catalogue(locale), ())


def surely(notice: Notice | None) -> Notice:
    assert notice is not None
    return notice


@pytest.mark.row("A059", "B022", "B043")
@pytest.mark.parametrize(
    ("locale", "t1", "t2"),
    [
        (
            "en",
            "On 17 March 2026, 12:00 UTC this changes: Some features of your account are off.",
            "On 7 April 2026, 12:00 UTC this changes: You cannot start anything new with your account.",
        ),
        (
            "fr",
            "Le 17 mars 2026 à 12 h 00 UTC, voici ce qui change : Certaines fonctions de votre compte sont arrêtées.",
            "Le 7 avril 2026 à 12 h 00 UTC, voici ce qui change : Vous ne pouvez rien commencer de nouveau avec votre compte.",
        ),
    ],
)
def test_the_announcement_names_every_later_stage_with_its_day(locale: str, t1: str, t2: str) -> None:
    began = surely(restriction_notice(view(an_exit(), T0, locale), an_exit(), "ms_1", is_known=False))
    assert began.when.replace("\N{NO-BREAK SPACE}", " ").startswith(f"{t1} {t2}")
    reduced = told(an_exit(), at=T1 + HOUR).restrictions[0]
    assert "17 March" not in reduced.when
    if locale == "en":
        assert reduced.when.startswith(t2)
        assert "April" not in told(an_exit(), at=T2).restrictions[0].when


@pytest.mark.row("B019", "B020", "B021")
@pytest.mark.parametrize(
    ("cause", "says"),
    [
        (Cause.REGULATION, "The cause is what the authorities there ask of us."),
        (Cause.COMPLIANCE_REVIEW, "The cause is a review of the rules that we must keep to there."),
        (Cause.LITIGATION, "The cause is a court case there."),
        (Cause.SANCTIONS, "The cause is sanctions law."),
    ],
)
def test_users_are_told_which_cause_an_exit_has(cause: Cause, says: str) -> None:
    assert says in told(an_exit(cause), at=T0).restrictions[0].what_happened


@pytest.mark.row("B022", "B042", "B043")
@pytest.mark.parametrize("locale", sorted(locales()))
@pytest.mark.parametrize(
    ("topic", "date", "days"),
    [
        (NoticeTopic.EXIT_SOON, T2, {"en": ("Time left: 7 days.", "7 April"), "fr": ("Il reste 7 jours.", "7 avril")}),
        (NoticeTopic.RESIDUAL_SOON, T3, {"en": ("Time left: 7 days.", "7 May"), "fr": ("Il reste 7 jours.", "7 mai")}),
    ],
)
def test_a_reminder_names_the_day_what_is_left_and_where_to_go(
    locale: str, topic: NoticeTopic, date: datetime, days: dict[str, tuple[str, str]]
) -> None:
    at = date - 7 * DAY
    notice = surely(exit_notice(view(an_exit(), at, locale), an_exit(), topic, date, "nt_1"))
    assert all(says in notice.what_happened for says in days[locale])
    todo = " ".join(notice.what_to_do)
    assert "https://example.com/nl" in todo
    assert "https://affiliate.example.com" in todo
    assert notice.title in " ".join(as_text(notice).split())
    assert (notice.topic, notice.about, notice.made_at) == (topic, an_exit().id, at)


def test_who_is_not_limited_any_more_gets_no_reminder() -> None:
    over = lift(an_exit(), MIA, T0 + DAY, "shown")
    assert exit_notice(view(over, T2 - DAY), over, NoticeTopic.EXIT_SOON, T2, "nt_1") is None


@pytest.mark.row("B078")
@pytest.mark.parametrize("locale", sorted(locales()))
@pytest.mark.parametrize("because", BECAUSE[BulkKind.LIFT])
def test_what_ends_together_says_why_in_the_notice_of_each(locale: str, because: Because) -> None:
    over = replace(lift(an_exit(), MIA, T0 + DAY, "the board said so"), because=because)
    notice = surely(restriction_notice(view(over, T0 + DAY, locale), over, "ms_1", is_known=True))
    assert notice.topic is NoticeTopic.ENDED
    assert catalogue(locale).because[because] in notice.what_happened
    assert "board" not in repr(notice)


@pytest.mark.parametrize("because", BECAUSE[BulkKind.EXTEND])
def test_what_goes_on_together_says_why_in_its_statement_and_not_of_its_end(because: Because) -> None:
    sentence = catalogue("en").because[because]
    longer = a_limit(Reason.RISK_CONTROL, because=because)
    assert sentence in told(longer).restrictions[0].what_happened
    assert sentence not in told(a_limit(Reason.RISK_CONTROL)).restrictions[0].what_happened
    for over in (lift(longer, SUE, NOON + HOUR, "cleared"), expire(longer)):
        notice = surely(restriction_notice(view(over, NOON + 2 * DAY), over, "ms_1", is_known=True))
        assert sentence not in notice.what_happened
