"""A parsed list as bytes that load fast: a mark, a digest, and the model in msgpack.

The digest tells a damaged copy; the number in the mark rises when the model changes, so that an old copy is not misread
but made again from the published file.
"""

from hashlib import blake2b

import msgspec

from habeas.domain.listing import ParsedList
from habeas.reference.sanctions.damage import ListDamagedError

MARK = b"habeas-list/1\n"
_DIGEST_BYTES = 32

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(ParsedList).decode


def compile_list(parsed: ParsedList) -> bytes:
    """The bytes of a list."""
    body = _encode(parsed)
    return MARK + blake2b(body, digest_size=_DIGEST_BYTES).digest() + body


def load_compiled(data: bytes) -> ParsedList:
    """The list from its bytes. Raises ListDamagedError if they are of another version, or not what was written."""
    if not data.startswith(MARK):
        raise ListDamagedError("a compiled list is of another version of Habeas; load the published file again")
    start = len(MARK) + _DIGEST_BYTES
    body = memoryview(data)[start:]
    if blake2b(body, digest_size=_DIGEST_BYTES).digest() != data[len(MARK) : start]:
        raise ListDamagedError("a compiled list is damaged; load the published file again")
    try:
        return _decode(body)
    except msgspec.DecodeError:
        raise ListDamagedError("a compiled list cannot be read; load the published file again") from None
