"""Notices: what a user is told when something changes, in the words of the statement and at its disclosure class.

Every notice says what happened, what to do, by when, what comes next, whom to ask, and what nobody of ours ever asks for. Its
subject is the same for everybody. Nothing here reads what staff wrote, or what a detector found.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from textwrap import wrap

from habeas.disclosure.catalogue import Catalogue, catalogue
from habeas.disclosure.entry import article_link, restriction_entry, situations
from habeas.disclosure.phrase import paragraph, say, say_surely
from habeas.disclosure.reasons import challenge_gaps
from habeas.disclosure.remedy import document_words
from habeas.disclosure.view import Limit, View, limit_of
from habeas.disclosure.vocabulary import end_instant, instant, length, whom_to_ask
from habeas.domain.bulk import Because
from habeas.domain.document import DocumentRequest, ItemStatus
from habeas.domain.notice import Notice, NoticeTopic, reference
from habeas.domain.restriction import Restriction, Status

WIDTH = 78
"""Narrow enough for every mail reader."""

_ENDED = frozenset({Status.LIFTED, Status.EXPIRED})


def restriction_notice(view: View, restriction: Restriction, id_: str, *, is_known: bool) -> Notice | None:
    """What is said when a restriction began, changed or ended; None where something else that is told says it.

    `is_known`: the user has been told of this restriction before. What another restriction replaces is told by that one.
    """
    limit = limit_of(restriction, view.policy, view.at)
    if limit is None or restriction.status is Status.SUPERSEDED or _goes_on(restriction):
        return None
    if restriction.status is Status.ANNULLED:
        return _ended(view, limit, NoticeTopic.ANNULLED, id_)
    if restriction.status in _ENDED:
        return _ended(view, limit, NoticeTopic.ENDED, id_)
    return _stands(view, limit, NoticeTopic.CHANGED if is_known else NoticeTopic.BEGAN, id_)


def _goes_on(restriction: Restriction) -> bool:
    """Whether its time is over and a milder one follows it."""
    return restriction.status is Status.EXPIRED and restriction.at_end.kind is not None


def _stands(view: View, limit: Limit, topic: NoticeTopic, id_: str) -> Notice:
    entry = restriction_entry(view, limit)
    return Notice(
        id=id_,
        account=view.standing.account,
        topic=topic,
        about=limit.restriction.id,
        made_at=view.at,
        locale=view.words.locale,
        subject=view.words.notice[topic].subject,
        title=entry.title,
        what_happened=paragraph(say_surely(view.words.notice[topic].opening, {}), entry.what_happened),
        what_to_do=entry.what_to_do,
        by_when=entry.by_when,
        what_next=entry.what_next,
        when=entry.when,
        challenge=entry.challenge,
        reference=entry.reference,
        contact=contact_words(view, limit.restriction.reason),
        never_ask=view.words.common.never_ask,
    )


def _ended(view: View, limit: Limit, topic: NoticeTopic, id_: str) -> Notice:
    r, words, said = limit.restriction, view.words, view.words.notice_phrases
    ended_at = r.ended_at or r.effect_ends_at or view.at
    opening = say_surely(words.notice[topic].opening, {"start": instant(r.starts_at, words)})
    is_free = not any(other.restriction.id != r.id for other in view.limits) and not any(True for _ in situations(view))
    return Notice(
        id=id_,
        account=view.standing.account,
        topic=topic,
        about=r.id,
        made_at=view.at,
        locale=words.locale,
        subject=words.notice[topic].subject,
        title=words.reason_words(r.reason).title,
        what_happened=paragraph(
            opening,
            words.because[Because(r.because)] if r.because else None,
            said.none_stands if is_free else said.others_stand,
        ),
        what_to_do=(words.nothing_to_do,),
        by_when=words.deadline.none,
        what_next=said.works_again,
        when=say_surely(said.ended_at, {"end": end_instant(ended_at, words)}),
        challenge=say_surely(words.common.challenge, challenge_gaps(view)),
        reference=reference(r.id),
        contact=contact_words(view, r.reason),
        never_ask=words.common.never_ask,
    )


def documents_notice(view: View, request: DocumentRequest, topic: NoticeTopic, id_: str) -> Notice:
    """What is said when documents are asked for, and again when the date for them comes near."""
    words, said = view.words, view.words.notice_phrases
    reason, policy = words.reason_words(request.reason), view.policy.reasons.get(request.reason)
    promise = None if policy is None else policy.promise.to_for
    is_past = request.due_at <= view.at
    return Notice(
        id=id_,
        account=view.standing.account,
        topic=topic,
        about=request.id,
        made_at=view.at,
        locale=words.locale,
        subject=words.notice[topic].subject,
        title=words.notice[topic].subject,
        what_happened=say_surely(words.notice[topic].opening, {"title": reason.title}),
        what_to_do=tuple(_to_send(request, words)),
        by_when=say_surely(
            words.deadline.past if is_past else words.deadline.due, {"due": instant(request.due_at, words)}
        ),
        what_next=said.we_check,
        when=reason.ends_when
        if promise is None
        else say_surely(words.clock.promise, {"promise": length(promise, words)}),
        challenge=say_surely(words.common.challenge, challenge_gaps(view)),
        reference=reference(request.id),
        contact=contact_words(view, request.reason),
        never_ask=words.common.never_ask,
    )


def _to_send(request: DocumentRequest, words: Catalogue) -> Iterator[str]:
    for kind in request.documents:
        item = request.item(kind)
        if item.status in (ItemStatus.ACCEPTED, ItemStatus.CHECKING):
            continue
        send = say_surely(words.notice_phrases.send, {"document": document_words(kind, words)})
        how = words.fact.get("document_how", {}).get(kind)
        why = {"why": item.reason.rstrip(".")} if item.reason else {}
        wrong = say_surely(words.notice_phrases.was_wrong, why) if item.rejections else None
        yield paragraph(send, how, wrong)
    for kind in request.optional:
        if request.item(kind).status is ItemStatus.AWAITED:
            yield say_surely(words.notice_phrases.send_if_you_can, {"document": document_words(kind, words)})


def promise_notice(view: View, restriction: Restriction, due_at: datetime, about: str, id_: str) -> Notice:
    """What is said of a restriction that stands before a time that we named will be missed."""
    return _of_case(view, restriction, NoticeTopic.PROMISE_LATE, {"end": end_instant(due_at, view.words)}, about, id_)


def waiting_notice(view: View, restriction: Restriction, about: str, id_: str) -> Notice:
    """What is said when we wait for the user, and have not heard."""
    return _of_case(view, restriction, NoticeTopic.CASE_WAITING, {}, about, id_)


def exit_notice(view: View, restriction: Restriction, topic: NoticeTopic, at: datetime, id_: str) -> Notice | None:
    """What is said before a date of a region exit comes (model 5.4); None where the restriction limits nothing now.

    `topic` is about the date on which assets can only be withdrawn, or the one on which what is left is looked at.
    """
    limit = _limit(view, restriction)
    if limit is None:
        return None
    entry, words, told = restriction_entry(view, limit), view.words, view.words.notice[topic]
    assert told.title is not None
    gaps = {"left": length(max(at - view.at, timedelta(0)), words), "end": end_instant(at, words)}
    return Notice(
        id=id_,
        account=view.standing.account,
        topic=topic,
        about=restriction.id,
        made_at=view.at,
        locale=words.locale,
        subject=told.subject,
        title=told.title,
        what_happened=paragraph(say_surely(told.opening, gaps), entry.what_happened),
        what_to_do=entry.what_to_do,
        by_when=entry.by_when,
        what_next=told.what_next or entry.what_next,
        when=entry.when,
        challenge=entry.challenge,
        reference=entry.reference,
        contact=contact_words(view, restriction.reason),
        never_ask=words.common.never_ask,
    )


def _of_case(
    view: View, restriction: Restriction, topic: NoticeTopic, gaps: dict[str, str], about: str, id_: str
) -> Notice:
    words, told = view.words, view.words.notice[topic]
    entry = restriction_entry(view, limit) if (limit := _limit(view, restriction)) is not None else None
    assert told.title is not None
    assert told.what_next is not None
    assert told.when is not None
    return Notice(
        id=id_,
        account=view.standing.account,
        topic=topic,
        about=about,
        made_at=view.at,
        locale=words.locale,
        subject=told.subject,
        title=told.title,
        what_happened=say_surely(told.opening, gaps),
        what_to_do=entry.what_to_do
        if entry is not None and topic is NoticeTopic.CASE_WAITING
        else (words.nothing_to_do,),
        by_when=words.deadline.none,
        what_next=told.what_next,
        when=say_surely(told.when, gaps),
        challenge=say_surely(words.common.challenge, challenge_gaps(view)),
        reference=reference(restriction.id),
        contact=contact_words(view, restriction.reason),
        never_ask=words.common.never_ask,
    )


def _limit(view: View, restriction: Restriction) -> Limit | None:
    return next((limit for limit in view.limits if limit.restriction.id == restriction.id), None)


def contact_words(view: View, reason: str) -> str:
    """Whom to ask, and where the reason is explained."""
    link = article_link(view, reason)
    return paragraph(
        whom_to_ask(view.policy, view.words),
        say(view.words.common.read_more, {"link": link} if link else {}),
    )


def as_text(notice: Notice, width: int = WIDTH) -> str:
    """A notice as plain text, for an e-mail or a terminal, in the language that it was made in."""
    words = catalogue(notice.locale)
    label = words.label
    lines = wrap(say_surely(words.notice_phrases.greeting, {"account": notice.account}), width)
    lines += ["", *wrap(notice.title, width), ""]
    for name, content in (
        (label.what_happened, (notice.what_happened,)),
        (label.what_to_do, notice.what_to_do),
        (label.by_when, (notice.by_when,)),
        (label.what_next, (notice.what_next,)),
        (label.when, (notice.when,)),
        (label.challenge, (notice.challenge,)),
        (label.contact, (notice.contact,)),
        (label.reference, (notice.reference,)),
    ):
        bullet = "- " if len(content) > 1 else ""
        lines += [name, *(line for item in content for line in _item(item, width, bullet)), ""]
    return "\n".join([*lines, *wrap(notice.never_ask, width)]) + "\n"


def _item(text: str, width: int, bullet: str) -> list[str]:
    return wrap(
        text,
        width,
        initial_indent=f"  {bullet}",
        subsequent_indent="  " + " " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )
