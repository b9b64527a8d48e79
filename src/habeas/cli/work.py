"""`habeas worker` and `habeas notices`: what is due is done, what users are told goes out, and what they were told."""

import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from threading import Event
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer

from habeas.cli import show, wiring
from habeas.cli.options import AccountArgument, JsonOption, StoreOption, account_id
from habeas.cli.sealed import SealedKeyOption, SealedStoreOption, desk_on, sealed_url
from habeas.domain.errors import BadInputError, HabeasError
from habeas.domain.notice import Channel
from habeas.service.tracing import Attribute, SpanName

if TYPE_CHECKING:
    from habeas.service.delivery import Couriers
    from habeas.service.intake import Intake
    from habeas.service.notices import Notices
    from habeas.service.ports import Sender, Store
    from habeas.service.tracing import Tracer

ROUND_EVERY_S = 1.0

BATCH_ROUND = 1_024
"""To how many accounts a round does what is due for one campaign or bulk act, before it looks at everything else again."""


def worker(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, then stop.")] = False,
    smtp: Annotated[
        str | None,
        typer.Option("--smtp", metavar="URL", help="Send notices by e-mail: smtp://HOST:PORT. Default: HABEAS_SMTP."),
    ] = None,
    mail_from: Annotated[
        str | None, typer.Option("--mail-from", metavar="ADDRESS", help="The sender. Default: HABEAS_MAIL_FROM.")
    ] = None,
    webhook: Annotated[
        str | None,
        typer.Option("--webhook", metavar="URL", help="Post notices there, signed. Default: HABEAS_WEBHOOK."),
    ] = None,
    enable: Annotated[
        str | None,
        typer.Option("--enable", metavar="CHANNEL", help="Use email or webhook again after it was switched off."),
    ] = None,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Fire due timers, deliver effects to other accounts, and send users their notices.

    Example: habeas worker --once --smtp smtp://mail.example.com --mail-from support@example.com
    """
    from habeas.service.delivery import enable as enable_channel

    senders = senders_in_use(smtp, mail_from, webhook)
    known = ", ".join(Channel)
    if enable is not None and enable not in Channel.__members__.values():
        raise BadInputError(f"--enable `{enable}` is no channel; known are {known}")
    with ExitStack() as stack:
        opened = stack.enter_context(wiring.opened_store(store))
        tracer = stack.enter_context(wiring.opened_tracer())
        # No trace may tell that the desk does something, so its acts and those that share their commits are not traced.
        is_desk = sealed_url(sealed_store) is not None
        intake = stack.enter_context(wiring.opened_intake(opened, tracer=None if is_desk else tracer))
        more: dict[str, Callable[[], int]] = {}
        if is_desk:
            desk = stack.enter_context(desk_on(opened, sealed_store, sealed_key))
            more["orders"] = lambda: desk.sweep(intake)
        if enable is not None:
            enable_channel(opened, Channel(enable))

        def tell(done: dict[str, int]) -> None:
            if once or any(done.values()):
                show.json_line(done) if json else print(_told(done))

        failed = keep_working(opened, intake, senders, Event(), tell, more, once=once, tracer=tracer)
        if failed:
            raise failed[0]


def senders_in_use(smtp: str | None = None, mail_from: str | None = None, webhook: str | None = None) -> "list[Sender]":
    """The channels that are configured; none where nobody may be told anything, which is said on stderr."""
    playbook = wiring.playbook()
    senders = wiring.senders(smtp, mail_from, webhook)
    if dual := playbook.dual_entities:
        print(f"habeas: dual run for {', '.join(dual)}: their users are told nothing", file=sys.stderr, flush=True)
    return [] if len(dual) == len(playbook.policies) else senders


def keep_working(
    store: "Store",
    intake: "Intake",
    senders: "list[Sender]",
    stopping: Event,
    tell: Callable[[dict[str, int]], None] = lambda _: None,
    more: Mapping[str, Callable[[], int]] = MappingProxyType({}),
    *,
    once: bool = False,
    tracer: "Tracer | None" = None,
) -> list[HabeasError]:
    """Rounds of what is due, one a second, until it is to stop; what went wrong in the last one. `more` are further parts of a
    round, by name.
    """
    from habeas.service.delivery import Couriers
    from habeas.service.notices import Notices

    notices = Notices(store, wiring.playbook(), wiring.now, [sender.channel for sender in senders])
    said = ""
    with Couriers(store, senders, wiring.now) as couriers:
        while True:
            done, failed = _round(store, intake, notices, couriers, more, tracer, wait=once)
            tell(done)
            if once:
                return failed
            said = _complain(failed, said)
            if stopping.wait(ROUND_EVERY_S):
                return failed


def _round(
    store: "Store",
    intake: "Intake",
    notices: "Notices",
    couriers: "Couriers",
    more: Mapping[str, Callable[[], int]],
    tracer: "Tracer | None",
    *,
    wait: bool,
) -> tuple[dict[str, int], list[HabeasError]]:
    """What was done, and what went wrong: one part that fails keeps no other from its work."""
    from habeas.service.bulk import Bulks
    from habeas.service.campaign_run import CampaignRun
    from habeas.service.outbox import deliver_effects
    from habeas.service.timers import fire_due_timers

    parts: dict[str, Callable[[], int]] = {
        "timers": lambda: fire_due_timers(store, intake, wiring.now),
        "effects": lambda: deliver_effects(store, intake),
        "notices": notices.write,
        "campaigns": lambda: CampaignRun(store, intake, notices, wiring.playbook(), wiring.now).advance_all(
            BATCH_ROUND
        ),
        "bulk": lambda: Bulks(store, intake, wiring.now).run_all(BATCH_ROUND),
        **more,
    }
    traced = parts.keys() - more.keys()
    done: dict[str, int] = {}
    failed: list[HabeasError] = []
    for name, part in parts.items():
        try:
            done[name] = part() if tracer is None or name not in traced else _traced(tracer, name, part)
        except HabeasError as exc:
            done[name] = 0
            failed.append(exc)
    couriers.start()
    return done | couriers.done(wait=wait), failed


def _traced(tracer: "Tracer", name: str, part: Callable[[], int]) -> int:
    with tracer.span(SpanName.PART, {Attribute.PART: name}) as span:
        done = part()
        span.tell(Attribute.DONE, done)
    return done


def _complain(failed: list[HabeasError], said: str) -> str:
    """Say on stderr what went wrong, once for as long as it stays the same; returns what was said."""
    complaint = "\n".join(f"habeas: {exc}" for exc in failed)
    if complaint and complaint != said:
        print(complaint, file=sys.stderr, flush=True)
    return complaint


def _told(done: dict[str, int]) -> str:
    words = {
        "timers": "timers fired",
        "effects": "effects delivered",
        "notices": "notices written",
        "campaigns": "accounts gone through for campaigns",
        "bulk": "restrictions gone through for bulk acts",
        "orders": "things done at the sealed desk",
    }
    told = [f"{count} {words.get(name, f'sent by {name}')}" for name, count in done.items() if count]
    return ", ".join(told) or "nothing was due"


def notices(account: AccountArgument, store: StoreOption = None, json: JsonOption = False) -> None:
    """What the user of an account has been told, oldest first, and how far that got.

    Example: habeas notices alice
    """
    from habeas.disclosure.notice import as_text

    with wiring.opened_store(store) as opened, opened.reading() as reader:
        told, deliveries = reader.notices(account_id(account)), reader.deliveries(account_id(account))
    for notice in told:
        of_this = [each for each in deliveries if each.notice == notice.id]
        if json:
            show.json_line({"notice": notice, "deliveries": of_this})
            continue
        print(f"{show.when(notice.made_at)}  {notice.subject}  ({notice.id})")
        for each in of_this:
            end = f"arrived {show.when(each.delivered_at)}" if each.delivered_at else _not_there(each.problem)
            again = f", next try {show.when(each.next_at)}" if each.next_at else ""
            print(f"  {each.channel}: {end} after {each.attempts} tries{again}")
        print("\n" + as_text(notice))
    if not told and not json:
        print("nothing")


def _not_there(problem: str) -> str:
    return f"not there yet ({problem})" if problem else "not there yet"
