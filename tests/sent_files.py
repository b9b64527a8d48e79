"""Files as users send them, small and whole: what a camera, a phone or a printer would write, with next to no picture."""

import zlib
from collections.abc import Mapping

SCRIPT = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"


def _segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(data) + 2).to_bytes(2, "big") + data


def a_jpeg(behind: bytes = b"", comment: bytes = b"") -> bytes:
    """A picture whose Exif segment holds a thumbnail with an end of its own, as cameras write it."""
    thumbnail = b"\xff\xd8\xff\xdb\x00\x04ab\xff\xd9"
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE1, b"Exif\0\0" + thumbnail),
            _segment(0xFE, comment) if comment else b"",
            _segment(0xDB, bytes(65)),
            _segment(0xC0, bytes.fromhex("080010001001011100")),
            _segment(0xC4, bytes(30)),
            _segment(0xDA, bytes.fromhex("0101003f00")),
            b"\x11\xff\x00\x22\xff\xd0\x33" * 60,
            b"\xff\xd9",
            behind,
        )
    )


def _chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def a_png(behind: bytes = b"") -> bytes:
    header = bytes.fromhex("00000010000000100802000000")
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", bytes(300)) + _chunk(b"IEND", b"") + behind


def a_webp(behind: bytes = b"") -> bytes:
    body = b"WEBPVP8 " + (300).to_bytes(4, "little") + bytes(300)
    return b"RIFF" + len(body).to_bytes(4, "little") + body + behind


def _box(name: bytes, data: bytes) -> bytes:
    return (len(data) + 8).to_bytes(4, "big") + name + data


def a_heic(behind: bytes = b"") -> bytes:
    ftyp = _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    return ftyp + _box(b"meta", bytes(80)) + _box(b"mdat", bytes(200)) + behind


def a_pdf(catalog: bytes = b"", *more: bytes, page: bytes = b"<< /Type /Page /Parent 2 0 R >>") -> bytes:
    """A PDF of one page in plain objects; `catalog` goes into its catalogue, `more` are more objects."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page,
    ]
    written = b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, each) for n, each in enumerate([*objects, *more], 1))
    padding = b"% " + b"." * 200 + b"\n"
    return b"%PDF-1.7\n" + padding + written + b"trailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"


def a_stream(data: bytes, keys: bytes = b"") -> bytes:
    """A stream, packed."""
    packed = zlib.compress(data)
    return b"<< /Length %d /Filter /FlateDecode %s >>\nstream\n%s\nendstream" % (len(packed), keys, packed)


def a_packed_pdf(objects: bytes = b"<< /Type /Page /Parent 2 0 R >>", keys: bytes = b"") -> bytes:
    """A PDF whose page lies in an object stream, as most programs write it now."""
    return a_pdf(b"", a_stream(b"3 0 " + objects, b"/Type /ObjStm /N 1 /First 4 " + keys), page=b"null")


SENT: Mapping[str, bytes] = {
    "image/jpeg": a_jpeg(),
    "image/png": a_png(),
    "image/webp": a_webp(),
    "image/heic": a_heic(),
    "application/pdf": a_pdf(),
}
"""One of each."""
