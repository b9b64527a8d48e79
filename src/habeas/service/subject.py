"""Everything that the person behind an account may be told about it, put together for `disclosure`."""

from collections.abc import Iterator
from datetime import datetime

from habeas.disclosure.access import SubjectFile, subject_file
from habeas.disclosure.entry import Entry
from habeas.domain.errors import UnknownIdError
from habeas.domain.ids import AccountId
from habeas.domain.restriction import Restriction
from habeas.service.questions import Questions


def subject_of(questions: Questions, account: AccountId, at: datetime, locale: str = "en") -> SubjectFile:
    """The file of one account. Raises BadInputError for an account that nobody knows, UnreadableRecordError where a record
    cannot be read: what was purged cannot be told.
    """
    view = questions.account(account)
    if view.state is None:
        raise UnknownIdError(f"account `{account}` is unknown here; check the id and the store")
    return subject_file(
        state=view.state,
        statement=questions.statement(account, at, locale),
        restrictions=reasons_given(questions, account, view.restrictions, locale),
        cases=view.cases,
        requests=view.requests,
        files=view.files,
        events=view.events,
        policy=questions.policy(account),
        at=at,
    )


def reasons_given(
    questions: Questions, account: AccountId, restrictions: tuple[Restriction, ...], locale: str = "en"
) -> Iterator[tuple[Restriction, Entry | None]]:
    """Each restriction with its entry in the statement of the instant at which it began; None where it never took effect."""
    for restriction in restrictions:
        told = questions.statement(account, restriction.starts_at, locale).restrictions
        yield restriction, next((entry for entry in told if entry.id == restriction.id), None)
