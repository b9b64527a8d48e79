"""Random reports against one account, by crowds of every shape.

| test | what must hold | planted bug |
|---|---|---|
| single | one author, however often, restricts nobody | a weighing in which a good record weighs more than 1 |
| crowd | authors who share a holder, or their youth, restrict nobody | crowds by the first mark only; youth ignored |
| strangers | authors who never dealt with the account restrict nobody | strangers that count like everybody else |
| order | the weight of reports does not depend on their order | crowds that are not joined |
| words | a victim or a contact is never told what an offender is told | a playbook that takes one for the other |
| bounded | the state stays within its bounds | - |
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from habeas.decision import suspicion
from habeas.decision.standing import standing_of
from habeas.detection import scam
from habeas.disclosure.statement import make_statement
from habeas.domain.account import PAYERS_MAX, REPORTS_MAX, WARNED_MAX, ReportReceived, encode_state
from habeas.domain.event import EFFECT_SOURCE, OFFENDER_CONFIRMED, REPORT_RECEIVED
from habeas.domain.facts import Facts, OtherParty, Reporter
from habeas.domain.ids import AccountId, fingerprint
from habeas.playbook.policy import Placement, Policy
from tests.builders import NOON
from tests.properties.canary import catches
from tests.stories import Story, the_policy

STATE_BYTES_MAX = 8 * 1024


def params() -> scam.Params:
    found = the_policy().detectors["scam"]
    assert isinstance(found, scam.Params)
    return found


@st.composite
def reporters(draw: st.DrawFn) -> Reporter:
    """Anybody: of a few holders and devices, of any age and record."""
    number = draw(st.integers(0, 12))
    return Reporter(
        account=AccountId(f"r-{number}"),
        is_known=True,
        since=draw(st.sampled_from([None, NOON, NOON - timedelta(days=20), NOON - timedelta(days=900)])),
        marks=tuple(fingerprint(f"{kind}{draw(st.integers(0, 9))}") for kind in ("holder", "device")),
        upheld=draw(st.integers(0, 400)),
        rejected=draw(st.integers(0, 9)),
        has_dealt=draw(st.booleans()),
    )


crowd = st.lists(reporters(), min_size=1, max_size=30)


def report_all(filed: list[Reporter], policy: Policy | None = None) -> Story:
    story = Story(policy=policy)
    for who in filed:
        story.event(
            REPORT_RECEIVED,
            "1m",
            by=EFFECT_SOURCE,
            looked_up=Facts(reporter=who),
            against=story.state.account,
            category="scam",
            reporter=who.account,
        )
    return story


def check_restricts_nobody(filed: list[Reporter]) -> None:
    assert report_all(filed).standing == []


def kept(filed: list[Reporter]) -> list[ReportReceived]:
    return [
        ReportReceived(NOON, who.account, "scam", who.marks, who.since, who.upheld, who.rejected, who.has_dealt)
        for who in filed
    ]


# --- what must hold --------------------------------------------------------------------------------------------------


@pytest.mark.row("A048", "A049")
@given(crowd)
def test_one_author_never_restricts(filed: list[Reporter]) -> None:
    check_restricts_nobody([replace(who, account=AccountId("one")) for who in filed])


def of_one_holder(filed: list[Reporter]) -> list[Reporter]:
    return [replace(who, account=AccountId(f"s-{n}"), marks=(*who.marks, "one")) for n, who in enumerate(filed)]


def of_new_accounts(filed: list[Reporter]) -> list[Reporter]:
    return [replace(who, account=AccountId(f"s-{n}"), since=NOON) for n, who in enumerate(filed)]


def of_strangers(filed: list[Reporter]) -> list[Reporter]:
    return [replace(who, account=AccountId(f"s-{n}"), marks=(f"d{n}",), has_dealt=False) for n, who in enumerate(filed)]


@pytest.mark.row("A048", "A049")
@pytest.mark.parametrize("made", [of_one_holder, of_new_accounts, of_strangers])
@given(filed=crowd)
def test_no_number_of_reports_of_one_crowd_ever_restricts(
    made: Callable[[list[Reporter]], list[Reporter]], filed: list[Reporter]
) -> None:
    check_restricts_nobody(made(filed))


def check_order(filed: list[Reporter]) -> None:
    forward, backward = (scam.weigh(r, NOON, params()) for r in (kept(filed), kept(filed[::-1])))
    assert abs(forward.weight - backward.weight) < 1e-9
    assert (forward.sides, forward.dealt) == (backward.sides, backward.dealt)


@given(crowd)
def test_the_order_of_reports_does_not_matter(filed: list[Reporter]) -> None:
    check_order(filed)


@given(crowd)
def test_the_state_stays_within_its_bounds(filed: list[Reporter]) -> None:
    story = report_all([replace(who, account=AccountId(f"{n:0>64}")) for n, who in enumerate(filed)])
    for number in range(20):
        story.event("account.profile_changed", name="John Smith")
        story.event("deposit.fiat", amount="1", currency="EUR", usd="1", payer_name=f"Maria No{'x' * number}")
        other = OtherParty(AccountId(f"scammer-{number}"), True, NOON)
        story.event("p2p.opened", looked_up=Facts(other_party=other), counterparty=other.account, usd="1")
    assert len(story.state.reports) <= REPORTS_MAX
    assert len(story.state.payers) <= PAYERS_MAX
    assert len(story.state.warned) <= WARNED_MAX
    assert len(encode_state(replace(story.state, restrictions=()))) <= STATE_BYTES_MAX


# --- words -----------------------------------------------------------------------------------------------------------

OFFENDER_TITLE = "Questions about payments with other people"

sufferings = st.lists(
    st.sampled_from(
        [
            ("p2p.opened", {"counterparty": "scammer", "usd": "900"}),
            ("p2p.paid", {"counterparty": "scammer", "usd": "900"}),
            ("transfer.requested", {"counterparty": "scammer", "usd": "5000", "amount": "5", "balance": "5"}),
            (
                "withdrawal.requested",
                {"asset": "BTC", "amount": "1", "usd": "9000", "balance_usd": "9000", "address": "b"},
            ),
            (OFFENDER_CONFIRMED, {"counterparty": "scammer", "dealt_at": NOON, "has_paid": True}),
            (OFFENDER_CONFIRMED, {"counterparty": "scammer", "dealt_at": NOON, "has_paid": False}),
            ("report.filed", {"against": "scammer", "category": "scam"}),
            ("account.profile_changed", {"birth_date": "1940-01-01"}),
        ]
    ),
    min_size=1,
    max_size=12,
)


def check_words(happened: list[tuple[str, dict[str, Any]]], policy: Policy | None = None) -> None:
    story = Story(policy=policy)
    for type_, said in happened:
        own: dict[str, Any] = {"by": EFFECT_SOURCE} if type_ == OFFENDER_CONFIRMED else {}
        met = OtherParty(AccountId("scammer"), True, NOON - timedelta(days=1)) if "counterparty" in said else None
        story.event(type_, "5m", looked_up=Facts(other_party=met), **own, **said)
        assert all(r.reason in ("SCAM_VICTIM", "SCAM_CONTACT") for r in story.state.restrictions)
        statement = make_statement(standing_of(story.state, story.policy), story.policy, story.now, "en", ())
        assert all(entry.title != OFFENDER_TITLE for entry in statement.restrictions)


@pytest.mark.row("A044")
@given(sufferings)
def test_a_victim_is_never_told_what_an_offender_is_told(happened: list[tuple[str, dict[str, Any]]]) -> None:
    check_words(happened)


# --- planted bugs: each must be caught -------------------------------------------------------------------------------


def test_a_record_that_weighs_more_than_one_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scam, "_weight", lambda report: 0.5 + report.upheld)
    monkeypatch.setattr(scam._Weighed, "score", lambda self, _p, needed: 1.0 if self.weight >= needed else 0.5)
    assert catches(
        check_restricts_nobody, crowd.map(lambda filed: [replace(w, account=AccountId("one")) for w in filed])
    )


def test_crowds_that_are_told_apart_by_one_mark_only_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_first_mark(reports: Any, now: Any, new_for: Any) -> list[list[ReportReceived]]:
        found: dict[str, list[ReportReceived]] = {}
        for report in reports:
            found.setdefault(report.marks[0], []).append(report)
        return list(found.values())

    monkeypatch.setattr(scam, "crowds", by_first_mark)
    assert catches(check_restricts_nobody, crowd.map(of_one_holder))


def test_youth_that_is_not_looked_at_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = scam.crowds
    monkeypatch.setattr(scam, "crowds", lambda reports, now, _new_for: real(reports, now, timedelta(0)))
    spread = crowd.map(lambda f: [replace(w, marks=(f"m{n}",)) for n, w in enumerate(of_new_accounts(f))])
    assert catches(check_restricts_nobody, spread)


def test_strangers_that_count_like_everybody_are_caught() -> None:
    lax = replace(params(), stranger_share=1.0, strangers_max=99.0)
    policy = the_policy()
    loose = replace(policy, detectors=policy.detectors | {"scam": lax})

    def check(filed: list[Reporter]) -> None:
        weighed = scam.weigh(kept(filed), NOON, lax)
        assert weighed.weight < lax.weighty_at
        assert report_all(filed, loose).standing == []

    assert catches(check, crowd.map(of_strangers))


def test_crowds_that_do_not_join_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(reports: Any, now: Any, new_for: Any) -> list[list[ReportReceived]]:
        found: list[tuple[set[str], list[ReportReceived]]] = []
        for report in reports:
            home = next((c for c in found if c[0] & set(report.marks)), None)
            if home is None:
                found.append((set(report.marks), [report]))
            else:
                home[0].update(report.marks)
                home[1].append(report)
        return [members for _, members in found]

    monkeypatch.setattr(scam, "crowds", greedy)
    assert catches(check_order, crowd)


def test_a_playbook_that_takes_a_victim_for_an_offender_is_caught() -> None:
    policy = the_policy()
    rows = tuple(
        replace(row, place=(Placement(reason=suspicion.OFFENDER),)) for row in policy.responses["paid_scammer"]
    )
    confused = replace(policy, responses=policy.responses | {"paid_scammer": rows})
    assert catches(lambda happened: check_words(happened, confused), sufferings)
