"""Whether a PDF is whole and only shows pages: no script, no action, no file inside, no encryption (ISO 32000).

Names may be written with `#xx` and lie in compressed streams, so every stream that opens is looked into, within bounds.
"""

import re
import zlib
from collections.abc import Iterator

TAIL_BYTES = 1024
"""The end mark must be that near to the end."""

UNPACKED_BYTES_MAX = 256 * 2**20
"""So much may come out of all streams together: some ten pages scanned in colour."""

_PIECE_IN, _PIECE_OUT = 2**14, 2**20
"""Packed bytes are handed over in small pieces, so that a file of very many short streams costs no more than others."""

_OVERLAP = 64
"""Longer than any name that is looked for, so that none is missed between two pieces."""

_ACTING = re.compile(
    rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|Rendition|SubmitForm|ImportData|GoToE|OpenAction(?!\s*\[))(?![A-Za-z0-9])"
)
"""An `OpenAction` that is an array names the page to open at, and runs nothing."""

_ACTING_SHORT = re.compile(rb"/(?:JS|AA|XFA)(?![A-Za-z0-9])")
"""Too short to be looked for in what may be a picture."""

_ENCRYPTED = re.compile(rb"/Encrypt(?![A-Za-z0-9])")
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z0-9])")
_STREAM = re.compile(rb"(?<!end)stream(?:\r\n|\n|\r)")
_OBJECT_STREAM = re.compile(rb"/ObjStm(?![A-Za-z0-9])")
_PLAIN_FILTER = re.compile(rb"/Filter\s*(?:/FlateDecode(?![A-Za-z0-9])|\[\s*/FlateDecode\s*\])")
_OTHER_PACKING = re.compile(
    rb"/(?:LZWDecode|ASCII85Decode|ASCIIHexDecode|RunLengthDecode|Crypt|Predictor)(?![A-Za-z0-9])"
)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_AGAIN = "print it to a new PDF, or send a photo of it"


def why_not_pdf(content: bytes) -> str | None:
    """Why a PDF is not taken, in a sentence that says what to do; None if it is."""
    if b"%%EOF" not in content[-TAIL_BYTES:]:
        return "the PDF is cut off: its end is missing; save it again and send the whole file"
    text = _unescaped(content)
    if _ENCRYPTED.search(text):
        return "the PDF is locked with a password or against changes; save it without protection and send it again"
    if _ACTING.search(text):
        return _acts()
    has_page, rest = bool(_PAGE.search(text)), UNPACKED_BYTES_MAX
    at = 0
    for start, end in _streams(content):
        outside = _unescaped(content[at:start])
        at = end
        if _ACTING_SHORT.search(outside):
            return _acts()
        is_objects = bool(_OBJECT_STREAM.search(outside))
        if is_objects and (not _PLAIN_FILTER.search(outside) or _OTHER_PACKING.search(outside)):
            return f"the PDF is packed in a way that cannot be checked; {_AGAIN}"
        for piece in _unpacked(content, start, rest):
            rest -= len(piece)
            if rest <= 0:
                return f"the PDF unpacks to too much to be checked; {_AGAIN}"
            said = _unescaped(piece)
            if _ACTING.search(said) or (is_objects and _ACTING_SHORT.search(said)):
                return _acts()
            has_page = has_page or bool(_PAGE.search(said))
    if _ACTING_SHORT.search(_unescaped(content[at:])):
        return _acts()
    return None if has_page else f"the PDF has no page in it; {_AGAIN}"


def _acts() -> str:
    return f"the PDF has a script, a form, an action or another file in it; {_AGAIN}"


def _unescaped(text: bytes) -> bytes:
    return _ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), text) if b"#" in text else text


def _streams(content: bytes) -> Iterator[tuple[int, int]]:
    """Where the bytes of each stream begin and end."""
    at = 0
    while (match := _STREAM.search(content, at)) is not None:
        end = content.find(b"endstream", match.end())
        at = len(content) if end < 0 else end
        yield match.end(), at


def _unpacked(content: bytes, start: int, bytes_max: int) -> Iterator[bytes]:
    """What a stream unpacks to, in pieces that overlap; nothing of one that is not packed or does not open.

    Where its packed bytes end, they say themselves: neither its length nor `endstream` is believed.
    """
    unpacker, kept, left, given = zlib.decompressobj(), b"", bytes_max, start
    data = b""
    while left > 0 and not unpacker.eof:
        if not data:
            data = content[given : given + _PIECE_IN]
            given += _PIECE_IN
        if not data:
            return
        try:
            out = unpacker.decompress(data, _PIECE_OUT)
        except zlib.error:
            return
        yield kept + out
        left -= len(out)
        kept = out[-_OVERLAP:]
        data = unpacker.unconsumed_tail
