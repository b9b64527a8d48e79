"""Errors, one per broken promise. An expected refusal is a value (`Refusal` in `domain.decision`), not an error.

Messages are lower-case sentences without a full stop, with the offending value in backticks. They are for operators and
developers; users are only ever spoken to by `disclosure`.
"""


class HabeasError(Exception):
    """The base of everything that Habeas raises on purpose."""


class BadInputError(HabeasError):
    """Something handed in cannot be used. The message says what is wrong, where, and what to do."""


class UnknownIdError(BadInputError):
    """Nothing here has the id by which something is asked for."""


class EventRejectedError(BadInputError):
    """An event is malformed, of an unknown type, or dated too far ahead. Nothing of it was stored."""


class IdentityReusedError(EventRejectedError):
    """The same (account, source, id) came again with another body."""

    def __init__(self, account: str, source: str, event: str) -> None:
        super().__init__(
            f"event `{event}` from `{source}` about account `{account}` was already recorded with another body; "
            "send a changed fact under a new id"
        )


class PlaybookError(BadInputError):
    """A playbook cannot be used. The message names the path inside it."""


class MissingStatementError(HabeasError):
    """A restriction without its full statement of reasons was about to be stored."""

    def __init__(self, restriction: str, missing: str) -> None:
        super().__init__(f"restriction `{restriction}` has no {missing}, so it cannot be placed")


class JournalBrokenError(HabeasError):
    """A journal entry does not verify."""


class ConflictError(HabeasError):
    """What a decision rested on was changed by somebody else before it was durable. Nothing of it was written; decide again."""


class UnreadableRecordError(HabeasError):
    """A record is there and cannot be read: its key was forgotten, its bytes were changed, or its version is unknown."""

    def __init__(self, what: str, account: str, position: int | None = None) -> None:
        """`position`: of a message in the outbox, so that whoever reads on can pass it by."""
        super().__init__(f"{what} of account `{account}` cannot be read; it is kept as it is")
        self.position = position
