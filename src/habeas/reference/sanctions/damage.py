"""A list is loaded whole or not at all: what is refused, and the first reading of a file's bytes."""

from hashlib import sha256

from habeas.domain.errors import BadInputError


class ListRefusedError(BadInputError):
    """A file cannot be used. The message is one line, whatever it quotes of the file."""

    def __init__(self, message: str) -> None:
        super().__init__("".join(character if character.isprintable() else " " for character in message))


class ListDamagedError(ListRefusedError):
    """A file is of a known format but broken, cut off or empty. Nothing of it is used; the old version stays."""


class UnknownListError(ListRefusedError):
    """A file is of no format that is known."""


def text_of(data: bytes, what: str) -> str:
    """The text of a file in UTF-8, with or without a byte order mark.

    Raises ListDamagedError if it is in another encoding, which a transfer or a spreadsheet may have brought about.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ListDamagedError(
            f"{what} is not in UTF-8: byte `0x{data[error.start]:02x}` at position {error.start} cannot be read; "
            "fetch the file again without converting it"
        ) from None


def digest_of(data: bytes) -> str:
    """The SHA-256 of a file, in hexadecimal: what its version rests on."""
    return sha256(data).hexdigest()
