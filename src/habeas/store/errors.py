"""What can go wrong with a store. Driver errors are turned into these at the edge; nothing outside `store` sees another."""

from pathlib import Path

from habeas.domain.errors import BadInputError, ConflictError, HabeasError


class StoreError(HabeasError):
    """A store cannot be opened, read or written. The message says what to do where there is something to do."""


class UnknownStoreError(StoreError, BadInputError):
    """No store is known by this URL."""

    def __init__(self, url: str) -> None:
        super().__init__(f"no store is known by `{url}`; give `sqlite:///PATH`, `postgresql://...` or `memory:`")


class NewerSchemaError(StoreError):
    """The tables were made by a later release."""

    def __init__(self, path: Path | str, found: int, known: int) -> None:
        super().__init__(
            f"the store `{path}` has schema {found}, and this release of Habeas knows schemas up to {known}; "
            "open it with the release that last wrote it, or a later one"
        )


class LostKeyError(StoreError):
    """The store is there and its key file is not."""

    def __init__(self, key_path: Path, path: Path | str) -> None:
        super().__init__(
            f"the key file `{key_path}` of the store `{path}` is missing, and nothing can be read or signed without it; "
            "put it back from where it is backed up"
        )


class WrongKeyError(StoreError):
    """The key file is not the one that the store was made with."""

    def __init__(self, key_path: Path, path: Path | str) -> None:
        super().__init__(
            f"the key file `{key_path}` does not belong to the store `{path}`; put back the one it was made with"
        )


class BusyStoreError(StoreError):
    """Another process did not finish writing in time."""

    def __init__(self, path: Path | str, waited_for_s: float) -> None:
        super().__init__(
            f"another process has been writing to the store `{path}` for more than {waited_for_s:g} s; try again"
        )


class FailedStoreError(StoreError):
    """The database or the file system below refused."""

    def __init__(self, path: Path | str, cause: object) -> None:
        super().__init__(f"the store `{path}` cannot be used: {cause}")


class AlreadyRecordedError(StoreError):
    """An event was to be recorded a second time. Whoever records asks first, in the same transaction."""

    def __init__(self, account: str, source: str, event: str) -> None:
        super().__init__(f"event `{event}` from `{source}` about account `{account}` is recorded already")


class StaleWriteError(StoreError, ConflictError):
    """An account changed between being read and being written."""

    def __init__(self, account: str) -> None:
        super().__init__(f"account `{account}` was changed by somebody else since it was read; decide again")


class OvertakenError(StoreError, ConflictError):
    """Somebody else committed something that a decision rested on, or wanted what we held while we wanted what they held."""

    def __init__(self) -> None:
        super().__init__(
            "what was decided on was changed by somebody else meanwhile; nothing was written, decide again"
        )


class UnreachableStoreError(StoreError):
    """No server answers, or it lets us not in."""

    def __init__(self, where: str, cause: str) -> None:
        super().__init__(f"the store `{where}` cannot be reached: {cause}")


class UnfitValueError(StoreError, BadInputError):
    """Something that came from outside cannot be kept as it is, such as an id with a zero byte in it."""

    def __init__(self, path: Path | str, cause: str) -> None:
        super().__init__(f"the store `{path}` cannot keep a value as it is: {cause}")


class NoKeyFileError(StoreError, BadInputError):
    """A store in a server does not say where its key file is."""

    def __init__(self, where: str) -> None:
        super().__init__(f"the store `{where}` needs a key file; name it with --key-file or HABEAS_KEY_FILE")


class BrokenTransactionError(StoreError):
    """A write failed half-way, so the transaction can only be undone."""

    def __init__(self) -> None:
        super().__init__("an earlier write of this transaction failed half-way, so all of it is undone")
