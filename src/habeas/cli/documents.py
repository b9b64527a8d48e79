"""`habeas document ...`: what users were asked for and what they sent; who looks into it, and what they find."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from habeas.cli import show, wiring
from habeas.cli.acting import act_on_account, refused, report
from habeas.cli.files import written
from habeas.cli.options import (
    AccountArgument,
    ActorOption,
    JsonOption,
    NoteOption,
    StoreOption,
    account_id,
    actor,
    note_text,
)
from habeas.domain.decision import Refusal
from habeas.domain.document_file import DocumentFile
from habeas.domain.errors import BadInputError
from habeas.domain.event_data import ExtendAct
from habeas.domain.ids import DocumentFileId, DocumentRequestId

if TYPE_CHECKING:
    from habeas.service.files import ListedRequest

app = typer.Typer(no_args_is_help=True, help="Documents of users: what was asked for, what came, what people found.")

KindArgument = Annotated[str, typer.Argument(metavar="KIND", help="Which document it is, for example passport.")]
RequestOption = Annotated[
    str | None,
    typer.Option("--request", metavar="REQUEST", help="The request that it is for. Default: all that ask for it."),
]
RESULTS = ("accepted", "rejected")


@app.command()
def submit(
    account: AccountArgument,
    kind: KindArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A photo (JPEG, PNG, WebP, HEIC) or a PDF.")],
    request: RequestOption = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Take in a document that a user has sent: checked, kept encrypted, on record. The same file twice is one.

    Example: habeas document submit alice passport alice-passport.jpg
    """
    from habeas.service.files import Files

    content = wiring.read_input(file)
    with wiring.opened_store(store) as opened, wiring.opened_intake(opened) as intake:
        files = Files(opened, wiring.playbook(), intake)
        done = files.submit(account_id(account), kind, content, _request(request), wiring.now())
    if json:
        show.json_line(done)
    if done.outcome.refusal is not None:
        raise refused(done.outcome.refusal)
    if not json:
        print(_file_line(done.file))
        print("\n".join(show.outcome_lines(done.outcome)))


@app.command("list")
def list_(account: AccountArgument, store: StoreOption = None, json: JsonOption = False) -> None:
    """What an account was asked for, how each document stands, and the files that came.

    Example: habeas document list alice
    """
    from habeas.service.files import documents_of

    with wiring.opened_store(store) as opened:
        found = documents_of(opened, account_id(account))
    if json:
        show.json_line(found)
        return
    for request in found.requests:
        print("\n".join(_request_lines(request)))
    for file in found.files:
        print(_file_line(file))
    if not found.requests and not found.files:
        print("nothing was asked for, and nothing came")


@app.command("show")
def show_(
    account: AccountArgument,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file's id, as `habeas document list` has it.")],
    out: Annotated[Path, typer.Option("--out", metavar="PATH", help="A new file, for its owner only.")],
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
) -> None:
    """Write out what a user sent. Who looked and why is on record first; the front line and auditors may not look.

    Example: habeas document show alice df_5k2jq3v7x4m6a2bc --out look.jpg --note "to check it" --as tom:analyst
    """
    from habeas.service.files import Files

    who, why = actor(as_), note_text(note)
    with wiring.opened_store(store) as opened, wiring.opened_intake(opened) as intake, written(out) as target:
        files = Files(opened, wiring.playbook(), intake)
        outcome, content = files.open(account_id(account), DocumentFileId(file), who, why, wiring.now())
        if outcome.refusal is not None:
            raise refused(outcome.refusal)
        target.write(content)
    print(f"written to {out}; delete it when you have looked")


@app.command()
def decide(
    account: AccountArgument,
    kind: KindArgument,
    result: Annotated[str, typer.Option("--result", help=f"{' or '.join(RESULTS)}.")],
    note: NoteOption,
    as_: ActorOption,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="What was wrong. Its user reads it.")
    ] = None,
    request: RequestOption = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Say whether a document is good. With the last good one what waits for it ends; of a bad one the user hears why.

    Example: habeas document decide alice passport --result rejected --reason "the photo is cut off at the top"
    --note "seen, file df_5k2jq3v7x4m6a2bc" --as tom:analyst
    """
    from habeas.service.files import Files

    if result not in RESULTS:
        raise BadInputError(f"--result `{result}` must be {' or '.join(RESULTS)}")
    who, why = actor(as_), note_text(note)
    with wiring.opened_store(store) as opened, wiring.opened_intake(opened) as intake:
        outcome = Files(opened, wiring.playbook(), intake).decide(
            account_id(account),
            kind,
            is_good=result == "accepted",
            reason=reason,
            request=_request(request),
            actor=who,
            note=why,
            at=wiring.now(),
        )
    if isinstance(outcome, Refusal):
        raise refused(outcome)
    report(outcome, json=json)


@app.command()
def extend(
    request: Annotated[str, typer.Argument(metavar="REQUEST", help="The request's id.")],
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Give a user more time for a document request, once.

    Example: habeas document extend dr_5k2jq3v7x4m6a2bc --note "asked by phone" --as fay:frontline
    """
    from habeas.service.files import account_of_request

    act = ExtendAct(actor=actor(as_), note=note_text(note), request=DocumentRequestId(request))
    with wiring.opened_store(store) as opened:
        account = account_of_request(opened, act.request)
    act_on_account(account, act, store, json=json)


def _request(text: str | None) -> DocumentRequestId | None:
    return None if text is None else DocumentRequestId(text)


def _request_lines(request: "ListedRequest") -> list[str]:
    lines = [f"{request.id}  {request.reason}  {request.status}, due {show.when(request.due_at)}"]
    for item in request.items:
        helps = "" if item.is_needed else ", helps but is not needed"
        wrong = f"; the last one was not good: {item.reason}" if item.reason else ""
        lines.append(f"  {item.kind}: {item.status}{helps}{wrong}")
    return lines


def _file_line(file: DocumentFile) -> str:
    return f"{file.id}  {file.kind}  {file.media_type}  {file.size} bytes  received {show.when(file.received_at)}"
