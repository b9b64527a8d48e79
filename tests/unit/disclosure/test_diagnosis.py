import re
from collections.abc import Iterator
from datetime import datetime
from importlib.resources import files
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from habeas.disclosure.catalogue import catalogue
from habeas.disclosure.diagnosis import Diagnosis, Finding, diagnose, diagnose_account
from habeas.disclosure.diagnosis_rules import CAUSES, Cause, Side
from habeas.disclosure.diagnosis_text import as_text
from habeas.disclosure.diagnosis_words import diagnosis_words, read_diagnosis_words, span
from habeas.disclosure.statement import make_statement
from habeas.disclosure.symptoms import Announcement, Status, Symptoms
from habeas.domain.account import Life
from habeas.domain.kind import Kind
from habeas.domain.reason import Disclosure, Purpose, Reason
from habeas.domain.restriction import AtEnd, Restriction, Scope
from habeas.domain.verdict import Standing
from habeas.playbook.policy import Promise
from tests.builders import HOUR, NOON
from tests.properties.canary import catches
from tests.unit.disclosure.diagnoses import ONSET, denied, diagnosed, ok, symptoms, tried
from tests.unit.disclosure.helpers import DAY, POLICY, a_hold_on_new_destinations, a_limit, a_standing
from tests.unit.disclosure.reading import grade
from tests.unit.disclosure.test_catalogue import CODE, FORBIDDEN
from tests.unit.disclosure.test_statement import ENUM_TEXTS
from tests.unit.disclosure.worlds import moments

EN = diagnosis_words("en")
EVERYTHING_LEFT = (
    tried(denied(), login_denied_without_region_text=True),
    tried(denied(), prior_ok=True),
    tried(denied(), kyc_country_status=Status.UNSUPPORTED),
)
"""Together they leave every cause."""

NOT_WORDS = frozenset({"account", "side", "reasons", "kind", "rule", "question", "weight"})


def texts(part: object, skip: frozenset[str] = NOT_WORDS) -> Iterator[str]:
    """Every text in a diagnosis that is for people."""
    match part:
        case str():
            yield part
        case tuple():
            for item in part:
                yield from texts(item, skip)
        case dict():
            for item in part.values():
                yield from texts(item, skip)
        case msgspec.Struct():
            for name in part.__struct_fields__:
                if name not in skip:
                    yield from texts(getattr(part, name), skip)
        case _:
            return


EN_TEXTS = tuple(text for text in texts(EN, frozenset({"takes", "of", "remedy"})) if text) + tuple(texts(EN.remedy))
"""Every sentence that a diagnosis can say beside the catalogue's."""


def whole(part: object) -> str:
    return "\n".join(texts(part))


def finding(cause: Cause) -> Finding:
    return next(f for of in EVERYTHING_LEFT for f in diagnosed(of).causes if f.reasons == (CAUSES[cause].reason,))


def on_record(*restrictions: Restriction, at: datetime = NOON + HOUR, **changes: Any) -> Diagnosis:
    return diagnose_account(a_standing(*restrictions, **changes), POLICY, at)


# --- what is said of each cause


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_says_what_to_do_how_long_it_takes_and_what_kind_it_is(cause: Cause) -> None:
    found = finding(cause)
    assert found.side is CAUSES[cause].side
    assert found.what_to_do
    assert all(step.do and step.takes for step in found.what_to_do)
    assert len({step.do for step in found.what_to_do}) == len(found.what_to_do)
    assert found.lasts


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (Cause.IP_REGION, Kind.IP_BLOCK),
        (Cause.KYC_REGION, Kind.REGION_LOCK),
        (Cause.POLICY_EXIT, Kind.WITHDRAW_ONLY),
        (Cause.RISK_CONTROL, Kind.TEMP_RISK),
        (Cause.FROZEN, Kind.FROZEN),
    ],
)
def test_a_cause_amounts_to_the_kind_that_the_playbook_places_for_it(cause: Cause, kind: Kind) -> None:
    assert finding(cause).kind is kind


@pytest.mark.row("B012", "B037")
def test_a_network_in_an_unserved_place_is_answered_with_the_network_where_one_lives() -> None:
    steps = [step.do for step in finding(Cause.IP_REGION).what_to_do]
    assert steps[0] == "Use the network where you live."
    assert "If we read your location wrongly, tell us." in steps[1]


@pytest.mark.row("B038")
def test_it_is_said_not_to_log_in_from_unserved_places() -> None:
    assert any(
        step.do == "Do not log in from places where we may not offer our services."
        for step in finding(Cause.IP_REGION).what_to_do
    )


@pytest.mark.row("B031")
def test_a_misread_network_is_answered_with_another_one_in_the_same_place_and_a_report() -> None:
    said = whole(finding(Cause.NETWORK_MISIDENTIFIED))
    assert "If we read your location wrongly, tell us." in said
    assert "Try a second network where you are" in said


@pytest.mark.row("B045", "B046", "B075")
def test_a_risk_control_is_waited_for_24_to_72_hours_without_switching_networks() -> None:
    found = finding(Cause.RISK_CONTROL)
    assert found.lasts == "It ends by itself after 24 to 72 hours."
    assert (found.what_to_do[0].do, found.what_to_do[0].takes) == ("You can wait.", found.lasts)
    assert "Changing networks often can make it last longer." in whole(found)


@pytest.mark.row("B069")
@pytest.mark.parametrize("cause", [Cause.NETWORK_MISIDENTIFIED, Cause.IP_REGION, Cause.RISK_CONTROL])
def test_a_false_alarm_takes_24_to_48_hours(cause: Cause) -> None:
    assert any("24 to 48 hours" in (step.takes or "") for step in finding(cause).what_to_do)


@pytest.mark.row("B039", "B070")
def test_new_details_take_3_to_7_days() -> None:
    first = finding(Cause.KYC_REGION).what_to_do[0]
    assert "proof of your address" in first.do
    assert first.takes == "This takes 3 to 7 days from when we have all that we need."


@pytest.mark.row("B042", "B071")
def test_a_change_of_policy_cannot_be_changed_for_one_account_and_points_to_the_announcement() -> None:
    first = finding(Cause.POLICY_EXIT).what_to_do[0]
    assert "announcement" in first.do
    assert first.takes is not None
    assert "cannot be changed for one account" in first.takes


@pytest.mark.row("B072")
@pytest.mark.parametrize("cause", [Cause.KYC_REGION, Cause.FROZEN])
def test_an_appeal_takes_7_to_15_days(cause: Cause) -> None:
    steps = {step.do: step.takes for step in finding(cause).what_to_do}
    assert "7 to 15 days" in (steps["If you think that this is wrong, appeal and tell us why."] or "")


@pytest.mark.row("B073", "B074")
def test_a_region_lock_lets_one_log_in_and_a_freeze_does_not() -> None:
    assert "you can log in" in finding(Cause.KYC_REGION).means
    assert "You cannot log in" in finding(Cause.FROZEN).means
    assert "work without logging in" in finding(Cause.FROZEN).means


@pytest.mark.row("B083")
@pytest.mark.parametrize("cause", [c for c, row in CAUSES.items() if row.side is Side.NETWORK])
def test_another_network_may_help_where_only_the_network_is_refused(cause: Cause) -> None:
    assert "another one at the place where you live may let you log in" in finding(cause).another_network


@pytest.mark.row("B016", "B084")
@pytest.mark.parametrize("cause", [c for c, row in CAUSES.items() if row.side is not Side.NETWORK])
def test_another_network_never_helps_where_the_account_is_limited(cause: Cause) -> None:
    assert finding(cause).another_network.startswith("No.")
    assert "stays" in finding(cause).another_network
    assert "on every network" in finding(cause).another_network


@pytest.mark.row("B059", "B060", "B062")
@pytest.mark.parametrize("made", [on_record(), on_record(a_limit()), diagnosed(tried(denied()))])
def test_every_diagnosis_says_how_to_prevent_the_next_limit(made: Diagnosis) -> None:
    assert "enter where you really live" in whole(made.tips)
    assert "Log in from the network where you live" in whole(made.tips)
    assert "wallet of your own" in whole(made.tips)


@pytest.mark.parametrize(
    ("of", "headline"),
    [
        (tried(denied(), ok()), EN.headline.network),
        (tried(denied("DE"), denied("FR")), EN.headline.account),
        (tried(denied(), login_denied_without_region_text=True), EN.headline.frozen),
        (tried(denied()), EN.headline.unclear),
    ],
)
def test_the_headline_names_a_side_only_where_it_is_clear(of: Symptoms, headline: str) -> None:
    assert diagnosed(of).headline == headline


def test_every_rule_that_decided_is_named_with_its_words() -> None:
    made = diagnosed(tried(denied("DE"), denied("FR"), leaps_24h=3))
    assert [b.rule for b in made.why] == ["refused_in_two_countries", "leaps"]
    assert all(b.words == EN.rule[b.rule] for b in made.why)


def test_promises_follow_the_playbook() -> None:
    reasons = POLICY.reasons | {
        Reason.KYC_REGION: replace(POLICY.reasons[Reason.KYC_REGION], promise=Promise(2 * DAY, 5 * DAY))
    }
    made = diagnose(tried(denied("DE"), denied("FR")), replace(POLICY, reasons=reasons), NOON)
    assert made.causes[0].what_to_do[0].takes == "This takes 2 to 5 days from when we have all that we need."


def test_a_playbook_without_the_reason_still_gives_steps() -> None:
    made = diagnose(tried(denied("DE"), denied("FR")), replace(POLICY, reasons={}, detectors={}), NOON)
    assert all(f.what_to_do and f.kind for f in made.causes)
    assert "{" not in whole(made)


@pytest.mark.parametrize(
    ("promise", "said"),
    [
        (Promise(DAY, 2 * DAY), "24 to 48 hours"),
        (Promise(3 * DAY, 7 * DAY), "3 to 7 days"),
        (Promise(HOUR, 7 * DAY), "at most 7 days"),
        (Promise(None, DAY), "at most 24 hours"),
        (Promise(None, HOUR), "at most 1 hour"),
        (Promise(DAY, DAY), "at most 24 hours"),
        (Promise(), None),
    ],
)
def test_lengths_of_time_are_told_in_one_unit(promise: Promise, said: str | None) -> None:
    assert span(promise, EN, catalogue("en")) == said


# --- for an account


def test_an_account_with_a_limit_is_told_what_is_on_record_and_nothing_is_guessed() -> None:
    made = on_record(a_limit(), a_limit(Reason.RISK_CONTROL))
    assert made.is_on_record
    assert [f.weight for f in made.causes] == [1.0, 1.0]
    assert [f.kind for f in made.causes] == [Kind.REGION_LOCK, Kind.TEMP_RISK]
    assert made.questions == ()
    assert [b.rule for b in made.why] == ["on_record"]


def test_an_account_without_limits_is_told_so_and_only_the_network_is_left() -> None:
    made = on_record()
    assert made.headline.startswith("Nothing limits your account.")
    assert {f.side for f in made.causes} == {Side.NETWORK}
    assert sum(f.weight for f in made.causes) == pytest.approx(1)
    assert made.questions


def test_a_limit_that_has_ended_is_not_on_record() -> None:
    limit = a_limit(Reason.RISK_CONTROL)
    assert limit.ends_at is not None
    assert on_record(limit, at=limit.ends_at - HOUR).is_on_record
    assert not on_record(limit, at=limit.ends_at).is_on_record


def test_a_limit_of_the_network_at_hand_is_told_as_one() -> None:
    made = on_record(a_limit(Reason.IP_REGION))
    assert made.causes[0].side is Side.NETWORK
    assert made.causes[0].another_network.startswith("Perhaps.")


def test_a_hold_on_new_destinations_never_reads_as_a_denied_login() -> None:
    assert on_record(a_hold_on_new_destinations(kind=Kind.FROZEN)).causes[0].side is Side.ACCOUNT


@pytest.mark.parametrize("changes", [{"is_known": False}, {"is_unreadable": True}, {"lives": (Life.DEACTIVATED,)}])
def test_what_is_no_restriction_is_told_as_the_statement_tells_it(changes: dict[str, Any]) -> None:
    found = on_record(**changes).causes[0]
    assert (found.kind, found.reasons) == (None, ())
    assert found.title == make_statement(a_standing(**changes), POLICY, NOON).restrictions[0].title


@pytest.mark.parametrize("reason", [Reason.MALICIOUS_USER, Reason.TOS_HACKER_SIGNS, Reason.RISK_CONTROL])
def test_a_limited_reason_is_told_without_its_code(reason: Reason) -> None:
    assert on_record(a_limit(reason, disclosure=Disclosure.LIMITED)).causes[0].reasons == ()
    assert on_record(a_limit(reason, disclosure=Disclosure.FULL)).causes[0].reasons == (reason,)


@pytest.mark.parametrize("disclosure", [Disclosure.GAGGED, Disclosure.STATUTORY])
def test_an_order_that_may_not_be_told_gives_the_bytes_of_an_ordinary_review(disclosure: Disclosure) -> None:
    same: dict[str, Any] = {
        "id_": "rs_same",
        "kind": Kind.FROZEN,
        "scope": Scope.ACCOUNT,
        "ends_at": NOON + 15 * DAY,
        "condition": None,
        "at_end": AtEnd(),
        "purpose": Purpose.COMPLY_LAW,
    }
    hidden = a_limit(Reason.LEGAL_ORDER, disclosure=disclosure, **same)
    ordinary = a_limit(Reason.TERMS_REVIEW, disclosure=Disclosure.LIMITED, **same)
    assert msgspec.json.encode(on_record(hidden)) == msgspec.json.encode(on_record(ordinary))


def says_no_more_than_the_statement(made: Diagnosis, standing: Standing, at: datetime) -> None:
    statement = make_statement(standing, POLICY, at)
    told = {*texts(statement), *EN_TEXTS}
    if made.is_on_record:
        assert set(texts(made)) <= told


@given(moments())
def test_nothing_is_told_of_an_account_that_its_statement_does_not_tell(moment: tuple[Standing, datetime]) -> None:
    standing, at = moment
    says_no_more_than_the_statement(diagnose_account(standing, POLICY, at), standing, at)


def test_that_property_catches_a_note_that_leaks() -> None:
    def leaks(moment: tuple[Standing, datetime]) -> None:
        standing, at = moment
        made = diagnose_account(standing, POLICY, at)
        notes = "".join(f"{r.reason}!" for r in standing.restrictions)
        says_no_more_than_the_statement(replace(made, headline=made.headline + notes), standing, at)

    assert catches(leaks, moments())


# --- words

ADVICE_TO_HIDE = re.compile(
    r"\b(vpn|virtual private|prox(y|ies)|tor|tunnel\w*|hide|mask|pretend|disguise|bypass|get around|remote desktop)\b",
    re.IGNORECASE,
)
ELSEWHERE = "through other places"


def reads_well(made: Diagnosis) -> None:
    for text in texts(made):
        assert text
        assert text == text.strip()
        assert "{" not in text
        assert not ENUM_TEXTS.search(text), text
        assert not CODE.search(text), text
        assert not FORBIDDEN.search(text.replace("unlock", "")), text
        assert not ADVICE_TO_HIDE.search(text), text
        for sentence in re.split(r"(?<=[.?!]) ", text):
            if ELSEWHERE in sentence:
                assert sentence.startswith(("Do not use", "This happens with"))


@given(symptoms)
def test_no_diagnosis_has_a_code_a_gap_or_advice_to_seem_elsewhere(of: Symptoms) -> None:
    reads_well(diagnosed(of))


@given(moments())
def test_no_diagnosis_of_an_account_has_one_either(moment: tuple[Standing, datetime]) -> None:
    standing, at = moment
    reads_well(diagnose_account(standing, POLICY, at))


@pytest.mark.parametrize(
    "planted",
    [
        "Use a VPN.",
        "A proxy in another country helps.",
        "Use services that send your traffic through other places.",
        "This is RISK_CONTROL.",
        "You live in {country}.",
        "See ips_tried.",
    ],
)
def test_those_properties_catch_a_planted_sentence(planted: str) -> None:
    def planted_in(of: Symptoms) -> None:
        made = diagnosed(of)
        reads_well(replace(made, tips=(*made.tips, planted)))

    assert catches(planted_in, symptoms)


@given(symptoms, st.sampled_from(["en", "en-GB", "tlh", "../areas/en"]))
def test_the_same_symptoms_give_the_same_bytes(of: Symptoms, locale: str) -> None:
    once, twice = (msgspec.json.encode(diagnose(of, POLICY, NOON, locale)) for _ in range(2))
    assert once == twice
    assert msgspec.json.decode(once)["causes"]


@given(symptoms)
def test_causes_come_heaviest_first(of: Symptoms) -> None:
    found = [f.weight for f in diagnosed(of).causes]
    assert found == sorted(found, reverse=True)
    assert sum(found) == pytest.approx(1)


def test_no_sentence_of_a_diagnosis_has_a_forbidden_word_or_advice_to_seem_elsewhere() -> None:
    for text in (*EN_TEXTS, *texts(EN.takes, frozenset({"of"}))):
        assert not FORBIDDEN.search(text), text
        assert not ADVICE_TO_HIDE.search(text), text


def test_all_words_of_diagnoses_read_at_grade_8_or_lower() -> None:
    assert grade(" ".join(f"{text.rstrip('.')}." for text in EN_TEXTS)) <= 8
    for text in EN_TEXTS:
        if len(text) > 80:
            assert grade(text) <= 10, text


@pytest.mark.parametrize("made", [on_record(), on_record(a_limit()), *map(diagnosed, EVERYTHING_LEFT)])
def test_as_plain_text_everything_is_said_within_the_width(made: Diagnosis) -> None:
    text = as_text(made, width=72)
    assert all(len(line) <= 72 for line in text.splitlines())
    said = " ".join(text.replace("- ", " ").split())
    for sentence in texts(made):
        part = sentence[1:] if sentence in {f.how_sure for f in made.causes} else sentence
        assert " ".join(part.replace("- ", " ").split()) in said


def test_a_country_in_the_symptoms_is_judged_at_the_instant_asked_about() -> None:
    of = tried(denied("DE"), denied("FR"), kyc_country="CN", announcement=Announcement("NL", ONSET))
    assert diagnose(of, POLICY, NOON).causes[0].reasons == (Reason.KYC_REGION,)
    assert diagnose(of, POLICY, NOON.replace(year=2016)).causes[0].reasons == (Reason.RISK_CONTROL,)


# --- what words are refused for


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("[cause.FROZEN]", "[cause.FROSTY]"), "FROSTY"),
        (('\nsudden = "', '\nsudsy = "'), "`rule.sudden` is missing"),
        (('\nsudden = "', '\nsudsy = "'), "`rule.sudsy` belongs to nothing"),
        (('\nwait = "', '\nweight = "'), "`question.wait` is missing"),
        (('{ remedy = "appeal", takes', '{ remedy = "appeal", do = "x", takes'), "exactly one of `do` and `remedy`"),
        (('takes = "appeal"', 'takes = "ages"'), "ages"),
    ],
)
def test_words_with_a_fault_are_refused_by_name(change: tuple[str, str], fault: str) -> None:
    text = files("habeas.disclosure").joinpath("wording", "diagnosis", "en.toml").read_text("utf-8")
    assert change[0] in text
    with pytest.raises(ValueError, match=re.escape(fault)):
        read_diagnosis_words(text.replace(*change), "en")


def test_a_language_without_words_of_its_own_speaks_english() -> None:
    assert diagnosis_words("pt") == EN
