"""What may be taken as a document: a whole picture, or a PDF in which nothing acts. Judged by the bytes, never by a name.

This is no virus scanner and decodes no picture. It takes only what it recognises whole, so that a file is what it says
it is for whoever opens it later: ISO/IEC 10918-1 (JPEG), PNG 1.2, the WebP container, ISO/IEC 14496-12 with 23008-12
(HEIC), ISO 32000 (PDF).
"""

import re
from collections.abc import Callable

from habeas.domain.document_file import MediaType
from habeas.domain.pdf_content import why_not_pdf

BYTES_MIN = 256
"""No picture of a document is smaller."""

HEAD_BYTES = 1024
"""Programs that guess a file's type look at so much of its beginning."""

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})
_MARKUP = re.compile(rb"<(?:!doctype|html|head|body|script|svg|iframe|object|\?php)|javascript:", re.IGNORECASE)
_ZIP_ENTRY, _ZIP_END, _ZIP_TAIL = b"PK\x03\x04", b"PK\x05\x06", 65_557
_OTHER_SIGNATURES = (b"%PDF-", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"This program cannot be run in DOS mode")
_AS = "send a photo (JPEG, PNG, WebP or HEIC) or a PDF"


def media_type(content: bytes) -> MediaType | None:
    """What a file is by its first bytes; None for everything that is not taken."""
    if content.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return MediaType.WEBP
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return MediaType.HEIC
    if re.match(rb"%PDF-[12]\.\d", content):
        return MediaType.PDF
    return None


def why_not_take(content: bytes, bytes_max: int) -> str | None:
    """Why a file is not taken, in a sentence that says what to do; None if it is."""
    if not content:
        return f"the file is empty; {_AS}"
    if len(content) > bytes_max:
        size, most = (f"{size / 2**20:.1f} MiB" for size in (len(content), bytes_max))
        return f"the file has {size} and at most {most} are taken; make the picture smaller and send it again"
    type_ = media_type(content)
    if type_ is None:
        return f"the file is no photo and no PDF, whatever its name says; {_AS}"
    if len(content) < BYTES_MIN:
        return f"the file has {len(content)} bytes, too few for a picture of a document; send the whole file"
    if _MARKUP.search(content[:HEAD_BYTES]):
        return f"the beginning of the file has a web page or a script in it; {_AS} straight from the camera or scanner"
    if type_ is MediaType.PDF:
        return why_not_pdf(content) or _why_not_two(content, b"%PDF-")
    if _END[type_](content) is None:
        return "the picture is cut off or damaged; save or take it again and send the whole file"
    return _why_not_two(content)


def _why_not_two(content: bytes, own: bytes = b"") -> str | None:
    """Whether another file hides in it, which another program would open in its stead."""
    is_zip = _ZIP_ENTRY in content and _ZIP_END in content[-_ZIP_TAIL:]
    if is_zip or any(other in content for other in _OTHER_SIGNATURES if other != own):
        return f"there is another file inside the file; {_AS} straight from the camera or scanner"
    return None


# --- pictures: where each ends, or None where it does not ------------------------------------------------------------

_SCAN_END = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
_SCAN, _IMAGE_END = 0xDA, 0xD9
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _jpeg_end(content: bytes) -> int | None:
    """Behind the marker that ends the image. A thumbnail's own, inside a segment, is none."""
    at, seen = 2, set[int]()
    while at + 4 <= len(content) or content[at : at + 2] == b"\xff\xd9":
        marker = content[at + 1]
        if content[at] != 0xFF:
            return None
        if marker == _IMAGE_END:
            return at + 2 if _SCAN in seen and seen & _FRAMES else None
        if marker == 0xFF:
            at += 1
            continue
        length = int.from_bytes(content[at + 2 : at + 4])
        if length < 2:
            return None
        seen.add(marker)
        at += 2 + length
        if marker == _SCAN:
            end = _SCAN_END.search(content, at)
            if end is None:
                return None
            at = end.end() - 2
    return None


def _png_end(content: bytes) -> int | None:
    """Behind the chunk IEND. (Each chunk is a length, a name, data and four bytes of checksum.)"""
    at, names = 8, set[bytes]()
    while at + 12 <= len(content):
        name = content[at + 4 : at + 8]
        if not names and name != b"IHDR":
            return None
        names.add(name)
        at += 12 + int.from_bytes(content[at : at + 4])
        if name == b"IEND":
            return at if at <= len(content) and b"IDAT" in names else None
    return None


def _webp_end(content: bytes) -> int | None:
    end = 8 + int.from_bytes(content[4:8], "little")
    is_image = content[12:16] in (b"VP8 ", b"VP8L", b"VP8X")
    return end if is_image and end <= len(content) else None


def _heic_end(content: bytes) -> int | None:
    """Behind the last box. (Each box is a length with itself, a name and data; a length of 1 stands in eight more bytes,
    and one of 0 goes on to the end.)
    """
    at, names = 0, set[bytes]()
    while at < len(content):
        size, head = int.from_bytes(content[at : at + 4]), 8
        if size == 1:
            size, head = int.from_bytes(content[at + 8 : at + 16]), 16
        elif size == 0:
            size = len(content) - at
        if size < head or at + size > len(content):
            return None
        names.add(content[at + 4 : at + 8])
        at += size
    return at if {b"meta", b"mdat"} <= names else None


_END: dict[MediaType, Callable[[bytes], int | None]] = {
    MediaType.JPEG: _jpeg_end,
    MediaType.PNG: _png_end,
    MediaType.WEBP: _webp_end,
    MediaType.HEIC: _heic_end,
}
