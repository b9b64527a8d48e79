"""What is taken as a document, and what is not."""

import zlib
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from habeas.domain import pdf_content
from habeas.domain.document_file import MediaType
from habeas.domain.file_content import BYTES_MIN, media_type, why_not_take
from tests.sent_files import SCRIPT, SENT, a_heic, a_jpeg, a_packed_pdf, a_pdf, a_png, a_stream, a_webp

MOST = 100_000
PICTURES: list[Callable[[bytes], bytes]] = [a_jpeg, a_png, a_webp, a_heic]
A_ZIP = b"PK\x03\x04" + bytes(60) + b"PK\x05\x06" + bytes(18)


def refused(content: bytes, bytes_max: int = MOST) -> str:
    return why_not_take(content, bytes_max) or ""


@pytest.mark.parametrize("type_", SENT)
def test_whole_files_are_taken_for_what_they_are(type_: str) -> None:
    assert refused(SENT[type_]) == ""
    assert media_type(SENT[type_]) == type_


def test_there_is_a_file_of_every_type() -> None:
    assert set(SENT) == set(MediaType)


@pytest.mark.parametrize("type_", SENT)
def test_a_file_that_is_cut_anywhere_is_not_taken(type_: str) -> None:
    content = SENT[type_].rstrip()
    lengths = range(0, len(content), 3) if type_ != "application/pdf" else range(0, len(content) - 5, 3)
    assert [length for length in lengths if not refused(content[:length])] == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"MZ" + bytes(500), "no photo and no PDF"),
        (b"GIF89a" + bytes(500), "no photo and no PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>" + bytes(500), "no photo and no PDF"),
        (A_ZIP + bytes(500), "no photo and no PDF"),
        (a_heic().replace(b"heic", b"avif", 1), "no photo and no PDF"),
        (b"RIFF" + bytes(4) + b"WAVE" + bytes(500), "no photo and no PDF"),
        (b"\xff\xd8\xff\xd9", "too few"),
        (a_jpeg()[:-2], "cut off or damaged"),
        (a_png()[:-12], "cut off or damaged"),
        (a_webp()[:-1], "cut off or damaged"),
        (a_heic()[:-1], "cut off or damaged"),
        (a_png().replace(b"IHDR", b"IDAT"), "cut off or damaged"),
        (b"\xff\xd8\xff\xfe" + (400).to_bytes(2, "big") + bytes(398) + b"\xff\xd9", "cut off or damaged"),
        (a_jpeg(comment=b"<ScRiPt>alert(1)</script>"), "a web page or a script"),
        (a_jpeg(comment=b"<!DOCTYPE html>"), "a web page or a script"),
        (a_jpeg(comment=b"<?php system($_GET[0]);"), "a web page or a script"),
        (a_pdf(b"/X (javascript:alert)"), "a web page or a script"),
        (a_pdf(b"", SCRIPT), "a script, a form"),
        (a_pdf(b"/OpenAction << /S /URI >>"), "a script, a form"),
        (a_pdf(b"/OpenAction 4 0 R"), "a script, a form"),
        (a_pdf(b"/AA << /WC 4 0 R >>"), "a script, a form"),
        (a_pdf(b"/AcroForm << /XFA 4 0 R >>"), "a script, a form"),
        (a_pdf(b"/Names << /EmbeddedFiles 4 0 R >>"), "a script, a form"),
        (a_pdf(b"", b"<< /Type /EmbeddedFile >>"), "a script, a form"),
        (a_pdf(b"", b"<< /S /Launch /F (cmd.exe) >>"), "a script, a form"),
        (a_pdf(b"", b"<< /Subtype /RichMedia >>"), "a script, a form"),
        (a_pdf(b"", b"<< /S /J#61va#53cript >>"), "a script, a form"),
        (a_packed_pdf(b"<< /Type /Page /AA 5 0 R >>"), "a script, a form"),
        (a_packed_pdf(SCRIPT), "a script, a form"),
        (a_pdf(b"", a_stream(bytes(3_000_000) + SCRIPT)), "a script, a form"),
        (a_pdf(b"/Encrypt 9 0 R"), "locked"),
        (a_pdf().replace(b"%%EOF", b"%EOF"), "its end is missing"),
        (a_pdf(page=b"<< /Type /Pages >>"), "no page in it"),
        (a_packed_pdf(keys=b"/DecodeParms << /Predictor 12 >>"), "cannot be checked"),
        (a_packed_pdf().replace(b"/FlateDecode", b"[/ASCIIHexDecode /FlateDecode]"), "cannot be checked"),
    ],
)
def test_what_is_no_whole_and_silent_document_is_refused_in_a_sentence(content: bytes, says: str) -> None:
    said = refused(content, 10 * MOST)
    assert says in said
    assert "; " in said, "it says what to do"
    assert "\n" not in said


@pytest.mark.parametrize(
    "content", [a_packed_pdf(), a_pdf(b"/OpenAction [3 0 R /Fit]"), a_pdf(b"/Lang (en) /JSON 1 /AAA 2 /XFAs 3")]
)
def test_ordinary_pdfs_are_taken(content: bytes) -> None:
    assert refused(content) == ""


def test_short_names_in_a_packed_picture_are_chance() -> None:
    assert refused(a_pdf(b"", a_stream(b"\x01/JS \x02/AA \x03", b"/Subtype /Image"))) == ""


def test_a_size_over_the_limit_is_refused_and_one_at_the_limit_is_not() -> None:
    content = a_jpeg()
    assert refused(content, len(content)) == ""
    assert "at most 0.0 MiB" in refused(content, len(content) - 1)
    assert all(len(each) >= BYTES_MIN for each in SENT.values())


@pytest.mark.parametrize("make", PICTURES)
@pytest.mark.parametrize("hidden", [a_pdf(), A_ZIP, b"Rar!\x1a\x07\x00", b"MZ..This program cannot be run in DOS mode"])
def test_another_file_behind_a_picture_is_refused(make: Callable[[bytes], bytes], hidden: bytes) -> None:
    assert refused(make(hidden)) != ""


def test_a_picture_with_an_archive_in_a_comment_is_refused() -> None:
    assert "another file inside" in refused(a_jpeg(comment=A_ZIP))
    assert "another file inside" in refused(a_pdf(b"", b"(" + A_ZIP + b")"))


def test_what_cameras_write_behind_the_end_is_taken() -> None:
    assert refused(a_jpeg(bytes(100))) == ""
    assert refused(a_jpeg(a_jpeg())) == ""


def test_a_pdf_that_unpacks_to_too_much_is_refused_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_content, "UNPACKED_BYTES_MAX", 1_000_000)
    bomb = a_pdf(b"", a_stream(bytes(5_000_000)))
    assert len(bomb) < MOST
    assert "unpacks to too much" in refused(bomb)


@given(st.binary(max_size=2_000))
@example(a_jpeg())
def test_no_bytes_are_taken_that_begin_like_no_type(content: bytes) -> None:
    if media_type(content) is None:
        assert refused(content) != ""


@given(st.sampled_from(sorted(SENT)), st.binary(min_size=BYTES_MIN, max_size=2_000))
def test_the_right_first_bytes_alone_are_not_enough(type_: str, rest: bytes) -> None:
    head = {"image/webp": 12, "image/heic": 24}.get(type_, 8)
    content = SENT[type_][:head] + rest
    assert media_type(content) == type_
    assert refused(content) != ""


@given(
    st.sampled_from([SCRIPT, b"<< /S /Launch >>", b"<< /Type /EmbeddedFile >>"]),
    st.booleans(),
    st.integers(0, 3_000_000),
    st.sets(st.integers(4, 60)),
)
def test_an_action_is_found_wherever_it_lies(action: bytes, packed: bool, before: int, escaped: set[int]) -> None:
    name = action.index(b"/Type /" if b"/Type" in action else b"/S /") + 4
    letters = [n for n in sorted(escaped) if name <= n < len(action) and action[n : n + 1].isalpha()]
    cuts = [0, *letters, len(action)]
    pieces = [action[start:end] for start, end in pairwise(cuts)]
    written = pieces[0] + b"".join(b"#%02x" % piece[0] + piece[1:] for piece in pieces[1:])
    content = a_pdf(b"", a_stream(bytes(before) + written)) if packed else a_pdf(b"", written)
    assert "a script, a form" in refused(content, 10 * MOST)


@given(st.binary(max_size=4_000), st.integers(1, 300))
def test_checking_never_fails_on_what_is_no_pdf_behind_its_first_line(rest: bytes, times: int) -> None:
    content = b"%PDF-1.7\n" + b"stream\n" * times + rest + zlib.compress(rest) + b"\n%%EOF"
    assert isinstance(refused(content), str)
