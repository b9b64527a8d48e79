"""A diagnosis as plain text: what it can be and how sure we are, what to do and how long that takes, what to find out next."""

from collections.abc import Iterator
from textwrap import wrap

from habeas.disclosure.catalogue import catalogue
from habeas.disclosure.diagnosis import Diagnosis, Finding, Step
from habeas.disclosure.diagnosis_words import DiagnosisLabels, diagnosis_words
from habeas.disclosure.phrase import paragraph, say_surely

WIDTH = 88


def as_text(diagnosis: Diagnosis, locale: str = "en", width: int = WIDTH) -> str:
    """The whole diagnosis, wrapped to a width. `locale` must be the one that it was made in."""
    known = catalogue(locale)
    label = diagnosis_words(known.locale).label
    lines = _wrapped(diagnosis.headline, width)
    if diagnosis.account is not None:
        lines += _wrapped(say_surely(known.label.account, {"account": diagnosis.account}), width)
    for finding in diagnosis.causes:
        lines += ["", *_finding(finding, label, width)]
    lines += ["", *_listed(label.why, tuple(b.words for b in diagnosis.why), width)]
    if not diagnosis.is_on_record:
        asked = tuple(question.words for question in diagnosis.questions) or (label.no_questions,)
        lines += ["", *_listed(label.questions, asked, width)]
    lines += ["", *_listed(label.tips, diagnosis.tips, width)]
    lines += ["", label.contact, *_wrapped(diagnosis.contact, width, "  ")]
    return "\n".join(lines) + "\n"


def _finding(finding: Finding, label: DiagnosisLabels, width: int) -> Iterator[str]:
    head = f"{finding.title} ({finding.how_sure[:1].lower()}{finding.how_sure[1:]})"
    yield from _wrapped(head, width)
    yield "=" * min(len(head), width)
    yield from (label.meaning, *_wrapped(finding.means, width, "  "))
    yield from _listed(label.what_to_do, tuple(_step(step) for step in finding.what_to_do), width)
    yield from (label.another_network, *_wrapped(finding.another_network, width, "  "))
    yield from (label.lasts, *_wrapped(finding.lasts, width, "  "))


def _step(step: Step) -> str:
    return paragraph(step.do, step.takes)


def _listed(label: str, items: tuple[str, ...], width: int) -> Iterator[str]:
    yield label
    for item in items:
        yield from _wrapped(item, width, "  - ", "    ")


def _wrapped(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    return wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
