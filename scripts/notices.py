#!/usr/bin/env python3
"""Says what users are told for each reason, as tables in docs/notices.md and one such page for each other language, from the
wording and the shipped playbook.

Run it with Habeas installed, for example `.venv/bin/python scripts/notices.py`.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from habeas.disclosure.catalogue import DEFAULT_LOCALE, Catalogue, Note, catalogue, locales
from habeas.disclosure.phrase import Phrase, forms
from habeas.disclosure.vocabulary import length
from habeas.domain.reason import Disclosure
from habeas.playbook.load import shipped_playbook
from habeas.playbook.policy import DEFAULT_ENTITY, Policy, ReasonPolicy

PROJECT = Path(__file__).resolve().parent.parent

HEAD = """\
# What users are told

Made by `scripts/notices.py` from `src/habeas/disclosure/wording/{locale}.toml` and the shipped playbook; do not edit by hand.
Languages: {languages}.

A gap such as `{{country}}` is filled only under the class FULL and only if the fact is known; otherwise the plain form is said.
Every statement also says what still works, what this rests on, how to challenge it, and that nobody of ours asks for a
password or for money.
"""


def page(words: Catalogue, policy: Policy) -> str:
    """The text of one language's page."""
    head = HEAD.format(
        locale=words.locale, languages=", ".join(f"[{each}]({name(each)})" for each in sorted(locales()))
    )
    parts = (
        *_reasons(words, policy),
        *_notices(words),
        *_factors(words),
        *_said(words),
        *_effects(words),
        *_remedies(words),
    )
    return "\n".join([head, *parts]) + "\n"


def name(locale: str) -> str:
    """The name of a language's page."""
    return "notices.md" if locale == DEFAULT_LOCALE else f"notices.{locale}.md"


def _reasons(words: Catalogue, policy: Policy) -> Iterator[str]:
    yield "## Reasons\n\n| reason | title | class | what happened | what the user can do | what ends it | clock |"
    yield "|---|---|---|---|---|---|---|"
    for code, reason in policy.reasons.items():
        said = words.reason_words(code)
        what_happened = said.what_happened.said(reason.disclosure)
        remedies = ", ".join(f"`{remedy}`" for remedy in reason.remedies)
        yield _row(
            f"`{code}`",
            said.title,
            reason.disclosure,
            _both(what_happened),
            remedies,
            _end(reason, words, code),
            _clock(reason, words),
        )
    yield ""


def _end(reason: ReasonPolicy, words: Catalogue, code: str) -> str:
    if reason.kind is None:
        return "places nothing on an account by itself"
    if reason.first_for is not None:
        return f"first length {length(reason.first_for, words)}"
    return words.reason_words(code).ends_when


def _clock(reason: ReasonPolicy, words: Catalogue) -> str:
    promise = reason.promise.to_for
    return "none" if promise is None else f"answer within {length(promise, words)} of a complete file"


def _notices(words: Catalogue) -> Iterator[str]:
    yield "## Messages\n\nEach has the words of the statement besides, at its class; a subject is the same for everybody.\n"
    yield "| when | subject | how it begins |\n|---|---|---|"
    for topic, said in words.notice.items():
        yield _row(f"`{topic}`", said.subject, _both(said.opening))
    yield f"\nEvery message ends: {words.common.never_ask}\n"


def _factors(words: Catalogue) -> Iterator[str]:
    yield "## What an automatic check looked at, and what a change would alter\n"
    yield "| reason | page | under LIMITED | under FULL |\n|---|---|---|---|"
    for code, factor in words.factor.items():
        limited, full = (
            [f"{_both(each.what)}<br>{each.change}" for each in rows] for rows in ([factor.limited], factor.full)
        )
        yield _row(f"`{code}`", words.article.get(code, ""), *limited, "<br>".join(full))
    yield ""


def _said(words: Catalogue) -> Iterator[str]:
    yield "## What is not shared, by class\n\n| class | what we cannot say |\n|---|---|"
    yield _row(Disclosure.FULL, _both(words.common.what_we_cannot_say.full))
    yield _row(Disclosure.LIMITED, _both(words.common.what_we_cannot_say.limited))
    yield ""


def _effects(words: Catalogue) -> Iterator[str]:
    yield "## Kinds, and scopes narrower than an account\n"
    yield "| kind or scope | headline | what is said of the effect |\n|---|---|---|"
    for name, effect in words.effect.items():
        yield _row(f"`{name}`", effect.headline, "<br>".join(_where_true(note) for note in effect.notes))
    yield ""


def _where_true(note: Note) -> str:
    needs = [f"`{capability}` works" for capability in note.needs]
    needs += ["nothing holds the assets"] if note.needs_free_assets else []
    needs += ["time ends it"] if note.needs_end else []
    return f"{_both(note.text)} (only if {' and '.join(needs)})" if needs else _both(note.text)


def _remedies(words: Catalogue) -> Iterator[str]:
    yield "## Remedies\n\n| remedy | instruction | what is due |\n|---|---|---|"
    for name, remedy in words.remedy.items():
        yield _row(f"`{name}`", _both(remedy.do), "" if remedy.due is None else _both(remedy.due))


def _both(phrase: Phrase) -> str:
    text, plain = forms(phrase)
    return text if plain is None else f"{text}<br>Plain: {plain}"


def _row(*cells: str) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def main(arguments: Sequence[str] | None = None, project: Path = PROJECT) -> int:
    """Writes the pages, or with `--check` says which are stale; 1 when any is."""
    parser = argparse.ArgumentParser(description="Make docs/notices*.md: what users are told for each reason.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a page is stale")
    check = parser.parse_args(arguments).check

    stale = []
    for locale in sorted(locales()):
        written = project / "docs" / name(locale)
        text = page(catalogue(locale), shipped_playbook().policies[DEFAULT_ENTITY])
        if not check:
            written.write_text(text, encoding="utf-8")
        elif not written.exists() or written.read_text(encoding="utf-8") != text:
            stale.append(f"docs/{written.name}")
    if stale:
        print(
            f"notices: {', '.join(stale)} is stale; run scripts/notices.py and commit what it writes.", file=sys.stderr
        )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
