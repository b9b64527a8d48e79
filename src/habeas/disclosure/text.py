"""The statement as plain text, for a terminal or an e-mail: what happened, what you can still do, what to do by when, what
comes next and when, what is not said, how to challenge it.
"""

from collections.abc import Iterator
from textwrap import wrap

from habeas.disclosure.catalogue import Catalogue, Labels, catalogue
from habeas.disclosure.entry import Entry, who_decided
from habeas.disclosure.phrase import paragraph, say_surely
from habeas.disclosure.remedy import Requirements
from habeas.disclosure.statement import Statement

WIDTH = 88
_INDENT = "  "
_BULLET = "- "


def as_text(statement: Statement, locale: str = "en", width: int = WIDTH) -> str:
    """The whole statement, wrapped to a width. `locale` must be the one that the statement was made in."""
    words = catalogue(locale)
    labels = words.label
    lines = [*_wrapped(statement.headline, width), *_wrapped(statement.money_note, width)]
    lines += [say_surely(labels.account, {"account": statement.account})]
    for entry in statement.restrictions:
        lines += ["", *_entry(entry, words, width)]
    lines += ["", *_requirements(statement.requirements, labels, width)]
    lines += ["", *_section(labels.contact, statement.contact, width, indent="")]
    return "\n".join(lines) + "\n"


def _entry(entry: Entry, words: Catalogue, width: int) -> Iterator[str]:
    labels = words.label
    yield from _wrapped(entry.title, width)
    yield "=" * min(len(entry.title), width)
    for label, content in (
        (labels.what_happened, entry.what_happened),
        (labels.still_works, entry.still_works),
        (labels.not_possible, entry.not_possible),
        (labels.what_to_do, entry.what_to_do),
        (labels.by_when, entry.by_when),
        (labels.what_next, entry.what_next),
        # Where time does not end it, what ends it has been said.
        (labels.when, paragraph(entry.when, None if entry.countdown == words.clock.no_countdown else entry.countdown)),
        (labels.what_we_cannot_say, entry.what_we_cannot_say),
        (labels.challenge, entry.challenge),
        (labels.legal_ground, entry.legal_ground),
    ):
        yield from _section(label, content, width)
    if entry.id:
        said = entry.reasons
        yield from _section(
            labels.reasons,
            paragraph(said.detection, said.decision, said.ground_explained, said.scope, said.territory, said.ended_by),
            width,
        )
        yield from _section(labels.factors, tuple(paragraph(f.what, f.change) for f in said.factors), width)
        yield from _section(labels.redress, said.redress, width)
        yield from _section(labels.tips, entry.tips, width)
        yield from _section(labels.decided, who_decided(entry, labels), width)
    if entry.article:
        yield from _section(labels.article, entry.article, width)
    yield from _section(labels.reference, entry.reference, width)


def _requirements(requirements: Requirements, labels: Labels, width: int) -> Iterator[str]:
    yield labels.requirements
    yield "=" * len(labels.requirements)
    for label, content in (
        (labels.currently_due, requirements.currently_due),
        (labels.past_due, requirements.past_due),
        (labels.pending_verification, requirements.pending_verification),
        (labels.current_deadline, requirements.current_deadline),
        (labels.alternatives, requirements.alternatives),
    ):
        yield from _section(label, content, width)


def _section(label: str, content: str | tuple[str, ...], width: int, indent: str = _INDENT) -> Iterator[str]:
    yield from _wrapped(label, width)
    match content:
        case str():
            yield from _wrapped(content, width, indent)
        case tuple():
            for item in content:
                yield from _wrapped(item, width, indent + _BULLET, indent + " " * len(_BULLET))


def _wrapped(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    return wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
