"""What forged orders have in common (model 3.6): reasons to look twice, none of which proves anything."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from rapidfuzz.distance import DamerauLevenshtein

from habeas.sealed.agency import Agency, digits, domain_of
from habeas.sealed.checks import Received
from habeas.sealed.letter import Letter, OrderType, Priority
from habeas.sealed.order import Sign

FREE_MAIL = frozenset(
    {"gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "proton.me", "protonmail.com", "gmx.net"}
)
ALIKE_DISTANCE = 2
LATELY_FOR = timedelta(days=30)

_Judge = Callable[[Letter, Agency, bool], str | None]


def _free_mail(letter: Letter, agency: Agency, froze_lately: bool) -> str | None:  # noqa: ARG001 - one shape for the table
    domain = domain_of(letter.authorisation.sent_from)
    return f"it came from `{domain}`, where anybody has an address" if domain in FREE_MAIL else None


def _look_alike(letter: Letter, agency: Agency, froze_lately: bool) -> str | None:  # noqa: ARG001
    domain = domain_of(letter.authorisation.sent_from)
    for known in map(str.lower, agency.domains):
        if domain != known and DamerauLevenshtein.distance(domain, known) <= ALIKE_DISTANCE:
            return f"it came from `{domain}`, which looks like `{known}`"
    return None


def _strange_domain(letter: Letter, agency: Agency, froze_lately: bool) -> str | None:  # noqa: ARG001
    domain = domain_of(letter.authorisation.sent_from)
    return None if domain in map(str.lower, agency.domains) else f"`{domain}` is no domain of the agency's"


def _answers_elsewhere(letter: Letter, agency: Agency, froze_lately: bool) -> str | None:  # noqa: ARG001
    said = letter.authorisation
    elsewhere = said.reply_to is not None and domain_of(said.reply_to) != domain_of(said.sent_from)
    return f"answers are to go to `{said.reply_to}`" if elsewhere else None


def _other_number(letter: Letter, agency: Agency, froze_lately: bool) -> str | None:  # noqa: ARG001
    number = digits(letter.authorisation.call_back)
    known = {digits(each) for each in agency.call_back}
    return "it gives a call-back number that the registry does not have" if number and number not in known else None


def _destination_without_seizure(letter: Letter, agency: Agency, froze_lately: bool) -> str | None:  # noqa: ARG001
    named = any(task.destination and task.type is not OrderType.SEIZURE for task in letter.tasks)
    return "it names a destination for assets and seizes none" if named else None


def _freeze_then_seizure(letter: Letter, agency: Agency, froze_lately: bool) -> str | None:  # noqa: ARG001
    follows = froze_lately and OrderType.SEIZURE in letter.types
    return "a seizure follows a freeze of the same agency's within a month" if follows else None


def _hurried(letter: Letter, agency: Agency, froze_lately: bool) -> str | None:  # noqa: ARG001
    said = letter.authorisation
    is_urgent = said.priority is Priority.URGENT or said.is_emergency
    return "it is urgent and has no docket" if is_urgent and not said.docket else None


_SIGNS: dict[str, tuple[_Judge, bool]] = {
    "free_mail": (_free_mail, True),
    "look_alike_domain": (_look_alike, True),
    "strange_domain": (_strange_domain, True),
    "answers_elsewhere": (_answers_elsewhere, True),
    "other_call_back": (_other_number, True),
    "destination_without_seizure": (_destination_without_seizure, True),
    "freeze_then_seizure": (_freeze_then_seizure, True),
    "urgent_without_docket": (_hurried, False),
}
"""By code, with whether counsel must answer for it."""


def signs(received: Received, *, froze_lately: bool) -> Iterator[Sign]:
    """What about a letter is as in forged ones."""
    if received.agency is None:
        return
    for code, (judge, is_grave) in _SIGNS.items():
        message = judge(received.letter, received.agency, froze_lately)
        if message is not None:
            yield Sign(code, message, is_grave)
