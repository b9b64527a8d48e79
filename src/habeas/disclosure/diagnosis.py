"""A diagnosis: which kind of limit the symptoms mean, what to do and what to find out next (model 5.6, rows B028-B046).

From symptoms it is a set of causes with weights, never one cause when little is known. For an account it is what stands
on its public record: nothing is guessed, and nothing is told that its statement does not tell.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from habeas.disclosure.catalogue import Catalogue, catalogue
from habeas.disclosure.diagnosis_rules import (
    CAUSES,
    NOTHING_ON_RECORD,
    Cause,
    Side,
    Weighed,
    ask,
    see,
    weigh,
)
from habeas.disclosure.diagnosis_words import (
    ON_RECORD,
    CauseWords,
    DiagnosisWords,
    StepWords,
    Takes,
    diagnosis_words,
    lasts,
    takes_in_words,
)
from habeas.disclosure.entry import Entry, situations
from habeas.disclosure.phrase import paragraph, say, say_surely
from habeas.disclosure.statement import make_statement
from habeas.disclosure.symptoms import Symptoms
from habeas.disclosure.view import Limit, look
from habeas.disclosure.vocabulary import whom_to_ask
from habeas.domain.capability import Capability, Level
from habeas.domain.ids import AccountId
from habeas.domain.kind import LEVELS, Kind
from habeas.domain.reason import Disclosure
from habeas.domain.restriction import ACCOUNT_WIDE, Scope
from habeas.domain.verdict import Standing
from habeas.playbook.policy import Policy


class Step(Struct, frozen=True, omit_defaults=True):
    """Something to do, and how long it takes; on record, `lasts` of the finding says the latter."""

    do: str
    takes: str | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """One possible cause, or one thing that is on record.

    `reasons` is empty where the disclosure class does not tell the reason, `kind` None for what is no restriction.
    """

    weight: float
    side: Side
    reasons: tuple[str, ...]
    kind: Kind | None
    how_sure: str
    title: str
    means: str
    what_to_do: tuple[Step, ...]
    another_network: str
    lasts: str


class Because(Struct, frozen=True):
    """A rule that decided, and what it says."""

    rule: str
    words: str


class Asked(Struct, frozen=True):
    """A question whose answer would tell the remaining causes apart."""

    question: str
    words: str


class Diagnosis(Struct, frozen=True, kw_only=True):
    """What it can be, heaviest first, why, and what to find out next. The weights of guesses add up to 1; what is on
    record has the weight 1 each.
    """

    account: AccountId | None
    is_on_record: bool
    headline: str
    causes: tuple[Finding, ...]
    why: tuple[Because, ...]
    questions: tuple[Asked, ...]
    tips: tuple[str, ...]
    contact: str


def diagnose(symptoms: Symptoms, policy: Policy, at: datetime, locale: str = "en") -> Diagnosis:
    """What the symptoms mean under a policy, at an instant: which places are served changes with time."""
    seen = see(symptoms, policy, at)
    weighed = weigh(seen)
    speech = _Speech(policy, locale)
    return speech.diagnosis(weighed, speech.headline(weighed), ask(seen, frozenset(weighed.weights)))


def diagnose_account(standing: Standing, policy: Policy, at: datetime, locale: str = "en") -> Diagnosis:
    """What is on the public record of an account, at an instant.

    INVARIANT: the words are those of the statement, so that nothing is told here that is not told there, and an account
    under an order that may not be told reads like every other of its public class (model 5.5, L34).
    """
    speech = _Speech(policy, locale)
    view = look(standing, policy, at, speech.catalogue)
    if not view.limits and not any(True for _ in situations(view)):
        seen = see(Symptoms(), policy, at)
        weighed = weigh(seen, NOTHING_ON_RECORD)
        headline = speech.words.headline.nothing_on_record
        return speech.diagnosis(weighed, headline, ask(seen, frozenset(weighed.weights)), standing.account)
    statement = make_statement(standing, policy, at, locale)
    limits: dict[str, Limit] = {limit.restriction.id: limit for limit in view.limits}
    return Diagnosis(
        account=standing.account,
        is_on_record=True,
        headline=statement.headline,
        causes=tuple(_on_record(entry, limits.get(entry.id), speech) for entry in statement.restrictions),
        why=(Because(ON_RECORD, speech.words.rule[ON_RECORD]),),
        questions=(),
        tips=speech.words.tips,
        contact=statement.contact,
    )


def _on_record(entry: Entry, limit: Limit | None, speech: "_Speech") -> Finding:
    """An entry of the statement as a finding. A situation has no limit behind it."""
    side = Side.ACCOUNT if limit is None else _side(limit)
    return Finding(
        weight=1.0,
        side=side,
        reasons=() if limit is None else _told_reasons(limit),
        kind=None if limit is None else limit.phase.kind,
        how_sure=speech.words.share.on_record,
        title=entry.title,
        means=entry.what_happened,
        what_to_do=tuple(Step(do) for do in entry.what_to_do),
        another_network=speech.another_network(side),
        lasts=entry.when,
    )


def _told_reasons(limit: Limit) -> tuple[str, ...]:
    """The reason's code only under FULL: under LIMITED several reasons share one text, and a code would tell which it is."""
    restriction = limit.restriction
    return (restriction.reason,) if restriction.disclosure is Disclosure.FULL else ()


def _side(limit: Limit) -> Side:
    if limit.phase.scope is Scope.REQUEST_IP:
        return Side.NETWORK
    is_login_denied = limit.phase.scope in ACCOUNT_WIDE and LEVELS[limit.phase.kind][Capability.LOGIN] is Level.DENY
    return Side.FROZEN if is_login_denied else Side.ACCOUNT


# --- a guess in words ------------------------------------------------------------------------------------------------

_CLEAR = 0.6
"""From this share of one side on, the headline names it."""


class _Speech:
    """The words of one language under one policy."""

    def __init__(self, policy: Policy, locale: str) -> None:
        self.policy = policy
        self.catalogue: Catalogue = catalogue(locale)
        self.words: DiagnosisWords = diagnosis_words(self.catalogue.locale)

    def diagnosis(
        self, weighed: Weighed, headline: str, questions: tuple[str, ...], account: AccountId | None = None
    ) -> Diagnosis:
        common = self.catalogue.common
        return Diagnosis(
            account=account,
            is_on_record=False,
            headline=headline,
            causes=tuple(self._finding(cause, weight) for cause, weight in weighed.weights.items()),
            why=tuple(Because(rule, self.words.rule[rule]) for rule in weighed.fired),
            questions=tuple(Asked(name, self.words.question[name]) for name in questions),
            tips=self.words.tips,
            contact=paragraph(
                whom_to_ask(self.policy, self.catalogue),
                common.never_ask,
            ),
        )

    def headline(self, weighed: Weighed) -> str:
        shares = dict.fromkeys(Side, 0.0)
        for cause, weight in weighed.weights.items():
            shares[CAUSES[cause].side] += weight
        side = max(shares, key=shares.__getitem__)
        words = self.words.headline
        # Sums of decimal fractions come out a little low.
        if round(shares[side], 6) < _CLEAR:
            return words.unclear
        return {Side.NETWORK: words.network, Side.ACCOUNT: words.account, Side.FROZEN: words.frozen}[side]

    def another_network(self, side: Side, cause: str = "") -> str:
        """Rows B083, B084: another network can only help where the network is the cause."""
        known = self.words.another_network
        return known.get(cause) or known[Side.NETWORK if side is Side.NETWORK else Side.ACCOUNT]

    def _finding(self, cause: Cause, weight: float) -> Finding:
        row, words = CAUSES[cause], self.words.cause[cause]
        of_reason = self.policy.reasons.get(row.reason)
        return Finding(
            weight=weight,
            side=row.side,
            reasons=(row.reason,),
            kind=(of_reason and of_reason.kind) or row.kind,
            how_sure=self._how_sure(weight),
            title=words.title,
            means=words.means,
            what_to_do=tuple(self._steps(words, row.reason)),
            another_network=self.another_network(row.side, cause),
            lasts=self._lasts(row.reason),
        )

    def _how_sure(self, weight: float) -> str:
        share, points = self.words.share, round(weight * 100)
        if weight == 1:
            return share.certain
        word = share.likely if weight >= 0.5 else share.maybe if weight >= 0.2 else share.unlikely
        return say_surely(share.points, {"share": word, "points": str(points)})

    def _lasts(self, reason: str) -> str:
        """By the length of the limit where it ends by itself, else by what ends it."""
        said = self.catalogue.reason_words(reason)
        if said.decided_by is None and lasts(self.policy, reason).to_for is not None:
            return takes_in_words(Takes.BY_ITSELF, reason, self.policy, self.words, self.catalogue)
        return said.ends_when

    def _steps(self, words: CauseWords, reason: str) -> Iterator[Step]:
        """What the playbook advises for the reason, between what is only said of a guess."""
        of_reason = self.policy.reasons.get(reason)
        remedies = of_reason.remedies if of_reason else self.catalogue.other_remedies
        advised = (StepWords(self.words.takes.of.get(remedy, Takes.PROMISE), remedy=remedy) for remedy in remedies)
        done = dict[str, None]()
        for step in (*words.first, *advised, *words.last):
            do = step.do or self._remedy(step.remedy or "")
            if do is not None and do not in done:
                done[do] = None
                yield Step(do, takes_in_words(step.takes, reason, self.policy, self.words, self.catalogue))

    def _remedy(self, remedy: str) -> str | None:
        """A remedy's words without any fact, for none is known; None where there are no such words."""
        if remedy in self.words.remedy:
            return self.words.remedy[remedy]
        known = self.catalogue.remedy.get(remedy)
        return None if known is None else say(known.do, {})
