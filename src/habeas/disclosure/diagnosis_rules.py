"""Which causes the symptoms leave, and with what weight: the eight rules of model 5.6 as three decision lists.

First: is it the network, the account, or a frozen account? Then, on each side: which cause? In each list the rules are
tried in order and the first one that holds shares out 100 points. The weight of a cause is its side's share times its own.

INVARIANT: one more network in another served country that refuses this account, not every visitor, never lowers what the
account's side gets. That is the order of SIDE_RULES: no rule that can begin to hold because of it gives the account less
than the one it takes over from.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct

from habeas.disclosure.symptoms import Announcement, Result, Status, Symptoms
from habeas.domain.kind import Kind
from habeas.domain.reason import Reason
from habeas.domain.region import RegionBasis, RegionLevel
from habeas.playbook.policy import Policy


class Side(StrEnum):
    """Where the cause lies."""

    NETWORK = "network"
    """The request is refused, whoever makes it; the account is as it was (rows B003, B010)."""
    ACCOUNT = "account"
    """Some features are off, on every network; login works (rows B016, B073)."""
    FROZEN = "frozen"
    """Login is denied (row B074). What can be known of it is in the statement, on the lane that needs no login."""


class Cause(StrEnum):
    """What symptoms can mean."""

    IP_REGION = "IP_REGION"
    IP_REPUTATION = "IP_REPUTATION"
    NETWORK_MISIDENTIFIED = "NETWORK_MISIDENTIFIED"
    KYC_REGION = "KYC_REGION"
    POLICY_EXIT = "POLICY_EXIT"
    RISK_CONTROL = "RISK_CONTROL"
    FROZEN = "FROZEN"


class CauseRow(Struct, frozen=True):
    """The side of a cause, its public reason, and the kind it amounts to where the playbook names none."""

    side: Side
    reason: Reason
    kind: Kind


CAUSES: dict[Cause, CauseRow] = {
    Cause.IP_REGION: CauseRow(Side.NETWORK, Reason.IP_REGION, Kind.IP_BLOCK),
    Cause.IP_REPUTATION: CauseRow(Side.NETWORK, Reason.IP_REPUTATION, Kind.IP_BLOCK),
    Cause.NETWORK_MISIDENTIFIED: CauseRow(Side.NETWORK, Reason.NETWORK_MISIDENTIFIED, Kind.IP_BLOCK),
    Cause.KYC_REGION: CauseRow(Side.ACCOUNT, Reason.KYC_REGION, Kind.REGION_LOCK),
    Cause.POLICY_EXIT: CauseRow(Side.ACCOUNT, Reason.POLICY_EXIT, Kind.WITHDRAW_ONLY),
    Cause.RISK_CONTROL: CauseRow(Side.ACCOUNT, Reason.RISK_CONTROL, Kind.TEMP_RISK),
    # Symptoms never tell why an account is frozen, so the reason is the public class of all reviews (model 5.5, 5.6).
    Cause.FROZEN: CauseRow(Side.FROZEN, Reason.TERMS_REVIEW, Kind.FROZEN),
}

NETWORK_CAUSES = frozenset(cause for cause, row in CAUSES.items() if row.side is Side.NETWORK)
ACCOUNT_CAUSES = frozenset(CAUSES) - NETWORK_CAUSES
"""On the account itself: its features, or its login."""

DAY_H = 24
RISK_CONTROL_H_MAX = 72
"""A temporary risk control lifts after 24 to 72 hours (rows B027, B036)."""
LEAPS_MIN = 2
"""Row B025."""


class Seen(Struct, frozen=True, kw_only=True):
    """Symptoms beside what the playbook says about the countries in them: what the rules look at."""

    symptoms: Symptoms
    refused: int
    """Networks that refused this account, where the network's own place does not explain it."""
    served_countries: int
    """In how many different served countries those were."""
    only_unserved: bool
    """Whether networks were refused, all in places without service."""
    only_to_visitors: bool
    """Whether networks were refused, all to every visitor."""
    residence: Status
    is_exit_over: bool
    """Whether an announcement was looked for, and none is about this country or was in effect when it began."""
    is_exit_in_effect: bool
    is_exit_undated: bool
    """Whether an announcement is about this country, and the day on which it began is not known."""

    @property
    def is_exit_known(self) -> bool:
        """Whether an announcement, or that there is none, is known."""
        return self.is_exit_over or self.is_exit_in_effect or self.is_exit_undated

    @property
    def any_works(self) -> bool:
        return any(network.result is Result.OK for network in self.symptoms.networks)

    @property
    def is_in_doubt(self) -> bool:
        """Rows B028-B030: the place of the network may have been misread."""
        return self.symptoms.geoip_disagree is True or self.symptoms.vpn_asn is True

    @property
    def has_leaps(self) -> bool:
        return (self.symptoms.leaps_24h or 0) >= LEAPS_MIN

    @property
    def is_back_within_a_day(self) -> bool:
        after = self.symptoms.recovered_after_h
        return after is not None and after < DAY_H

    @property
    def is_back_after_a_day(self) -> bool:
        after = self.symptoms.recovered_after_h
        return after is not None and DAY_H <= after <= RISK_CONTROL_H_MAX

    @property
    def is_login_denied(self) -> bool:
        return self.symptoms.login_denied_without_region_text is True

    @property
    def is_unserved(self) -> bool:
        return self.residence is Status.UNSUPPORTED


def see(symptoms: Symptoms, policy: Policy, at: datetime) -> Seen:
    """The symptoms in the light of a policy, at an instant: which places are served changes with time."""
    denied = symptoms.denied
    unserved = [n for n in denied if n.country is not None and not _is_served(policy, n.country, RegionBasis.IP, at)]
    telling = [n for n in denied if n not in unserved and not n.is_to_every_visitor]
    exit_ = symptoms.announcement or _known_exit(symptoms, policy, at)
    is_ours = isinstance(exit_, Announcement) and symptoms.kyc_country in (None, exit_.country)
    in_effect = (
        None
        if not isinstance(exit_, Announcement) or symptoms.since is None
        else is_ours and exit_.date <= symptoms.since
    )
    return Seen(
        symptoms=symptoms,
        refused=len(telling),
        served_countries=len({n.country[:2] for n in telling if n.country is not None}),
        only_unserved=bool(denied) and len(unserved) == len(denied),
        only_to_visitors=bool(denied) and all(n.is_to_every_visitor for n in denied),
        residence=_residence(symptoms, policy, at),
        is_exit_over=exit_ == "none" or in_effect is False or (isinstance(exit_, Announcement) and not is_ours),
        is_exit_in_effect=in_effect is True,
        is_exit_undated=is_ours and in_effect is None,
    )


def _residence(symptoms: Symptoms, policy: Policy, at: datetime) -> Status:
    """As observed, else as the playbook says of the country."""
    if symptoms.kyc_country_status is not Status.UNKNOWN or symptoms.kyc_country is None:
        return symptoms.kyc_country_status
    served = _is_served(policy, symptoms.kyc_country, RegionBasis.RESIDENCE, at)
    return Status.SUPPORTED if served else Status.UNSUPPORTED


def _known_exit(symptoms: Symptoms, policy: Policy, at: datetime) -> Announcement | None:
    """The exit that the playbook itself has for the country of residence, for somebody who has not looked for one."""
    if symptoms.kyc_country is None:
        return None
    rule = policy.regions.declared(symptoms.kyc_country, RegionBasis.RESIDENCE, at)
    is_exit = rule is not None and rule.level is RegionLevel.OFFBOARDING
    return Announcement(symptoms.kyc_country, rule.valid_from) if rule is not None and is_exit else None


def _is_served(policy: Policy, area: str, basis: RegionBasis, at: datetime) -> bool:
    """Whether no region rule speaks against an area. A playbook without region rules serves every place."""
    return policy.regions.declared(area, basis, at) is None


# --- the rules -------------------------------------------------------------------------------------------------------

Share = TypeVar("Share", Side, Cause)


class Rule(Struct, Generic[Share], frozen=True):
    """A name, which rule of model 5.6 it belongs to, when it holds, and how it shares out 100 points."""

    name: str
    number: int
    holds: Callable[[Seen], bool]
    shares: dict[Share, int]


_N, _A, _F = Side.NETWORK, Side.ACCOUNT, Side.FROZEN

SIDE_RULES: tuple[Rule[Side], ...] = (
    Rule("no_login_anywhere", 8, lambda s: s.is_login_denied and not s.any_works and s.refused > 1, {_F: 95, _N: 5}),
    Rule("no_login", 8, lambda s: s.is_login_denied and not s.any_works, {_F: 60, _N: 40}),
    Rule("refused_to_every_visitor", 1, lambda s: s.only_to_visitors, {_N: 100}),
    Rule("back_within_a_day", 7, lambda s: s.is_back_within_a_day, {_N: 100}),
    Rule("back_while_another_worked", 4, lambda s: s.is_back_after_a_day and s.any_works, {_N: 60, _A: 40}),
    Rule("another_network_works", 5, lambda s: s.any_works, {_N: 100}),
    Rule("refused_in_two_countries", 2, lambda s: s.served_countries > 1, {_A: 100}),
    Rule("back_after_a_day", 4, lambda s: s.is_back_after_a_day, {_A: 90, _N: 10}),
    Rule("leaps", 4, lambda s: s.has_leaps, {_A: 90, _N: 10}),
    Rule("residence_unserved", 3, lambda s: s.is_unserved, {_A: 90, _N: 10}),
    Rule("refused_where_unserved", 5, lambda s: s.only_unserved, {_N: 90, _A: 10}),
    Rule("refused_on_several", 2, lambda s: s.refused > 1, {_A: 80, _N: 20}),
    Rule("network_in_doubt", 5, lambda s: s.is_in_doubt, {_N: 70, _A: 30}),
    Rule("sudden", 6, lambda s: s.symptoms.is_sudden, {_A: 80, _N: 20}),
    Rule("little_known", 6, lambda _: True, {_A: 50, _N: 50}),
)

_KYC, _EXIT, _RISK = Cause.KYC_REGION, Cause.POLICY_EXIT, Cause.RISK_CONTROL

ACCOUNT_RULES: tuple[Rule[Cause], ...] = (
    Rule("back_after_a_day", 4, lambda s: s.is_back_after_a_day, {_RISK: 100}),
    Rule("residence_unserved_exit", 3, lambda s: s.is_unserved and s.is_exit_in_effect, {_EXIT: 100}),
    Rule("residence_unserved_exit_undated", 3, lambda s: s.is_unserved and s.is_exit_undated, {_EXIT: 50, _KYC: 50}),
    Rule("residence_unserved_no_exit", 3, lambda s: s.is_unserved and s.is_exit_over, {_KYC: 100}),
    Rule("residence_unserved_sudden", 3, lambda s: s.is_unserved and s.symptoms.is_sudden, {_EXIT: 50, _KYC: 50}),
    Rule("residence_unserved", 3, lambda s: s.is_unserved, {_KYC: 85, _EXIT: 15}),
    Rule("exit_in_effect", 3, lambda s: s.is_exit_in_effect, {_EXIT: 75, _RISK: 25}),
    Rule("leaps_no_exit", 4, lambda s: s.has_leaps and s.is_exit_over, {_RISK: 95, _KYC: 5}),
    Rule("leaps", 4, lambda s: s.has_leaps, {_RISK: 85, _EXIT: 10, _KYC: 5}),
    Rule("sudden_no_exit", 4, lambda s: s.symptoms.is_sudden and s.is_exit_over, {_RISK: 85, _EXIT: 10, _KYC: 5}),
    Rule("exit_undated", 3, lambda s: s.is_exit_undated, {_EXIT: 50, _RISK: 50}),
    Rule("sudden", 6, lambda s: s.symptoms.is_sudden, {_EXIT: 50, _RISK: 50}),
    Rule("residence_served", 3, lambda s: s.residence is Status.SUPPORTED, {_RISK: 60, _EXIT: 25, _KYC: 15}),
    Rule("account_only", 2, lambda _: True, {_KYC: 60, _EXIT: 20, _RISK: 20}),
)

_PLACE, _USE, _MISREAD = Cause.IP_REGION, Cause.IP_REPUTATION, Cause.NETWORK_MISIDENTIFIED

NETWORK_RULES: tuple[Rule[Cause], ...] = (
    Rule("back_and_in_doubt", 7, lambda s: s.is_back_within_a_day and s.is_in_doubt, {_MISREAD: 80, _PLACE: 20}),
    Rule("back_within_a_day", 7, lambda s: s.is_back_within_a_day, {_PLACE: 50, _MISREAD: 50}),
    Rule("network_in_doubt", 5, lambda s: s.is_in_doubt, {_MISREAD: 80, _PLACE: 10, _USE: 10}),
    Rule("refused_where_unserved", 5, lambda s: s.only_unserved, {_PLACE: 95, _MISREAD: 5}),
    Rule(
        "page_about_region",
        5,
        lambda s: any(n.is_about_region for n in s.symptoms.denied),
        {_PLACE: 75, _MISREAD: 25},
    ),
    Rule("no_word_of_region", 5, lambda s: s.is_login_denied, {_USE: 80, _MISREAD: 20}),
    Rule("network_only", 5, lambda _: True, {_PLACE: 60, _USE: 30, _MISREAD: 10}),
)

FROZEN_RULES: tuple[Rule[Cause], ...] = (Rule("no_login", 8, lambda _: True, {Cause.FROZEN: 100}),)

CAUSE_RULES: dict[Side, tuple[Rule[Cause], ...]] = {
    Side.NETWORK: NETWORK_RULES,
    Side.ACCOUNT: ACCOUNT_RULES,
    Side.FROZEN: FROZEN_RULES,
}

NOTHING_ON_RECORD: Rule[Side] = Rule("nothing_on_record", 5, lambda _: False, {Side.NETWORK: 100})
"""For an account whose public record is clear: then only the network is left."""


class Weighed(Struct, frozen=True):
    """The weight of every cause that is left, heaviest first, adding up to 1; and the rules that decided, in order."""

    weights: dict[Cause, float]
    fired: tuple[str, ...]


def weigh(seen: Seen, side: Rule[Side] | None = None) -> Weighed:
    """What is left of the causes; `side` settles the side where it is known otherwise than by symptoms."""
    side = side or _first(SIDE_RULES, seen)
    fired, weights = [side.name], dict[Cause, float]()
    for where, of_side in side.shares.items():
        rule = _first(CAUSE_RULES[where], seen)
        fired.append(rule.name)
        weights |= {cause: of_side * of_cause / 10_000 for cause, of_cause in rule.shares.items()}
    ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    return Weighed(dict(ranked), tuple(dict.fromkeys(fired)))


def _first(rules: tuple[Rule[Share], ...], seen: Seen) -> Rule[Share]:
    return next(rule for rule in rules if rule.holds(seen))


# --- what to ask next ------------------------------------------------------------------------------------------------


class Question(Struct, frozen=True):
    """A question: when its answer is still open, and which causes the answer would tell from which others."""

    name: str
    is_open: Callable[[Seen], bool]
    one: frozenset[Cause]
    other: frozenset[Cause]


_ONLY_EXIT, _ONLY_RISK, _ONLY_KYC = frozenset({_EXIT}), frozenset({_RISK}), frozenset({_KYC})

QUESTIONS: tuple[Question, ...] = (
    Question("home_network", lambda s: not s.any_works and s.refused < 2, NETWORK_CAUSES, ACCOUNT_CAUSES),
    Question("announcement", lambda s: not s.is_exit_known, _ONLY_EXIT, _ONLY_RISK | _ONLY_KYC),
    Question("since", lambda s: s.is_exit_undated, _ONLY_EXIT, _ONLY_RISK | _ONLY_KYC),
    Question("residence", lambda s: s.residence is Status.UNKNOWN, _ONLY_KYC, _ONLY_RISK | _ONLY_EXIT),
    Question("leaps", lambda s: s.symptoms.leaps_24h is None, _ONLY_RISK, _ONLY_KYC | _ONLY_EXIT),
    Question(
        "countries",
        lambda s: not s.any_works and s.refused > 1 and any(n.country is None for n in s.symptoms.denied),
        NETWORK_CAUSES,
        ACCOUNT_CAUSES,
    ),
    Question(
        "home_page",
        lambda s: not s.any_works and not any(n.is_to_every_visitor for n in s.symptoms.denied),
        NETWORK_CAUSES,
        ACCOUNT_CAUSES,
    ),
    Question(
        "page",
        lambda s: not any(n.page for n in s.symptoms.denied) and s.symptoms.login_denied_without_region_text is None,
        frozenset({_PLACE}),
        frozenset({_USE, Cause.FROZEN}),
    ),
    Question(
        "network_place",
        lambda s: s.symptoms.geoip_disagree is None and s.symptoms.vpn_asn is not True,
        frozenset({_MISREAD}),
        frozenset({_PLACE, _USE}),
    ),
    Question("wait", lambda s: s.symptoms.recovered_after_h is None, _ONLY_RISK, frozenset(Cause) - _ONLY_RISK),
)

QUESTIONS_MAX = 3


def ask(seen: Seen, left: frozenset[Cause]) -> tuple[str, ...]:
    """The next questions that would tell the remaining causes apart; none where one cause is left."""
    useful = (
        q.name for q in QUESTIONS if not left.isdisjoint(q.one) and not left.isdisjoint(q.other) and q.is_open(seen)
    )
    return tuple(useful)[:QUESTIONS_MAX]
