"""`habeas serve`: the service over HTTP; on the embedded store it does the worker's rounds too."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated

import typer

from habeas.cli import wiring
from habeas.cli.coins import origin
from habeas.cli.options import StoreOption
from habeas.cli.screening import asked_name, screened
from habeas.cli.work import keep_working, senders_in_use
from habeas.domain.errors import BadInputError, HabeasError

if TYPE_CHECKING:
    from litestar import Litestar

    from habeas.service.intake import Intake
    from habeas.service.library import Library
    from habeas.service.ports import Store
    from habeas.service.tracing import Tracer
    from habeas.web.backend import Backend
    from habeas.web.lane import LaneTokens
    from habeas.web.oidc import Oidc

BODY_WITHIN_S = 5
"""How long an idle connection is kept."""

CONNECTIONS_MAX = 2_000

DEMO_HOST = "127.0.0.1"

_STORE, _KEY_FILE, _URL, _JWKS, _ISSUER, _AUDIENCE = (
    f"HABEAS_{name}" for name in ("STORE", "KEY_FILE", "PUBLIC_URL", "LANE_JWKS", "LANE_ISSUER", "LANE_AUDIENCE")
)
_OIDC, _CLIENT, _SECRET, _ROLES, _NAME = (
    f"HABEAS_OIDC_{name}" for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "ROLES", "NAME_CLAIM")
)
_DEMO, _ROUNDS = "HABEAS_DEMO_LOGIN", "HABEAS_ROUNDS"
"""What one process of ours tells another; nobody else sets them."""


def serve(
    host: Annotated[str, typer.Option("--host", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="0: any that is free.")] = 8000,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="How many processes answer.")] = 1,
    public_url: Annotated[
        str | None,
        typer.Option("--public-url", metavar="URL", help="How clients reach it. Default: HABEAS_PUBLIC_URL."),
    ] = None,
    lane_jwks: Annotated[
        str | None,
        typer.Option(
            "--lane-jwks",
            metavar="FILE_OR_URL",
            help="The keys of the exchange, which sign users' tokens. Default: HABEAS_LANE_JWKS.",
        ),
    ] = None,
    lane_issuer: Annotated[
        str | None, typer.Option("--lane-issuer", help="Whose tokens are taken. Default: HABEAS_LANE_ISSUER.")
    ] = None,
    lane_audience: Annotated[
        str | None, typer.Option("--lane-audience", help="For whom they are. Default: HABEAS_LANE_AUDIENCE, or habeas.")
    ] = None,
    oidc_issuer: Annotated[
        str | None,
        typer.Option(
            "--oidc-issuer", metavar="URL", help="Where staff log in (OpenID Connect). Default: HABEAS_OIDC_ISSUER."
        ),
    ] = None,
    oidc_client_id: Annotated[
        str | None,
        typer.Option(
            "--oidc-client-id",
            metavar="ID",
            help="Who we are there. Default: HABEAS_OIDC_CLIENT_ID. The secret is HABEAS_OIDC_CLIENT_SECRET.",
        ),
    ] = None,
    oidc_roles: Annotated[
        str | None,
        typer.Option(
            "--oidc-roles",
            metavar="CLAIM_OR_JSON",
            help='The claim that holds our roles, or {"claim": ..., "roles": {VALUE: ROLE}}. Default: HABEAS_OIDC_ROLES, or '
            "roles.",
        ),
    ] = None,
    oidc_name_claim: Annotated[
        str | None,
        typer.Option(
            "--oidc-name-claim",
            metavar="CLAIM",
            help="What people are called here: a claim that is one person's for ever. Default: HABEAS_OIDC_NAME_CLAIM, or sub.",
        ),
    ] = None,
    demo_login: Annotated[
        bool,
        typer.Option(
            "--demo-login", help="Anybody can be anybody: for the store of `habeas demo`, on this machine only."
        ),
    ] = False,
    store: StoreOption = None,
) -> None:
    """Answer over HTTP: events, "may it?", accounts, acts of staff, cases, documents, the journal (docs/http.md).

    Give programs and people their keys with `habeas key create`. TLS belongs in front of it.

    Example: habeas serve --host 127.0.0.1 --port 8000
    """
    key_file = wiring.key_file()
    # What the processes that answer are told, by way of the environment.
    told = {
        _STORE: wiring.store_url(store),
        _KEY_FILE: None if key_file is None else str(key_file),
        _URL: public_url,
        _JWKS: lane_jwks,
        _ISSUER: lane_issuer,
        _AUDIENCE: lane_audience,
        _OIDC: oidc_issuer,
        _CLIENT: oidc_client_id,
        _ROLES: oidc_roles,
        _NAME: oidc_name_claim,
    }
    os.environ.update({name: value for name, value in told.items() if value is not None})
    os.environ.pop(_DEMO, None)
    _lane()
    from habeas.web.oidc import LOOPBACK

    if _oidc() is not None and host not in LOOPBACK and not os.environ.get(_URL):
        raise BadInputError("--oidc-issuer needs --public-url: to where the provider sends people back")
    if demo_login:
        _allow_demo_login(host)
    # The store is made and migrated here, by one process, and what is wrong with it is said in a sentence.
    with wiring.opened_store(None) as opened:
        if demo_login:
            _require_demo(opened)
    answer(host, port, workers)


def serve_demo(url: str, port: int) -> None:
    """Answer over HTTP on the store of a demo, to this machine only, with nothing that the environment says of another."""
    for name in (_URL, _JWKS, _ISSUER, _AUDIENCE, _OIDC, "HABEAS_SMTP", "HABEAS_WEBHOOK"):
        os.environ.pop(name, None)
    os.environ[_STORE] = url
    _allow_demo_login(DEMO_HOST)
    answer(DEMO_HOST, port, workers=1)


def _allow_demo_login(host: str) -> None:
    from habeas.web.login import DEMO_BANNER
    from habeas.web.oidc import LOOPBACK

    if host not in LOOPBACK:
        raise BadInputError(f"--demo-login lets anybody be anybody; it is for this machine itself, not for `{host}`")
    if os.environ.get(_OIDC) or os.environ.get(_URL):
        raise BadInputError(
            "--demo-login goes with neither --oidc-issuer nor --public-url: it is for this machine itself"
        )
    os.environ[_DEMO] = "1"
    print(f"\n*** {DEMO_BANNER} ***\n", file=sys.stderr, flush=True)


def _require_demo(store: "Store") -> None:
    from habeas.simulation.play import is_story_alone

    if not is_story_alone(store):
        raise BadInputError("--demo-login is for a store that holds the story of `habeas demo` and nobody else")


def answer(host: str, port: int, workers: int) -> None:
    """Answer until somebody stops it, on the store and with the settings that the environment names."""
    import uvicorn

    options = {
        "host": host,
        "port": port,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "date_header": True,
        "timeout_keep_alive": BODY_WITHIN_S,
        "timeout_graceful_shutdown": 10,
        "limit_concurrency": CONNECTIONS_MAX,
        "ws": "none",
        "lifespan": "on",
        "http": "httptools",
    }
    print(f"habeas answers on http://{host}:{port}", file=sys.stderr, flush=True)
    if workers == 1:
        uvicorn.run(application, factory=True, **options)  # type: ignore[arg-type] # the options of several types
        return
    os.environ[_ROUNDS] = "elsewhere"
    with (
        wiring.opened_store(None) as opened,
        wiring.opened_tracer() as tracer,
        wiring.opened_intake(opened, tracer=tracer) as intake,
        rounds(opened, intake, tracer),
    ):
        uvicorn.run("habeas.cli.serve:application", factory=True, workers=workers, **options)  # type: ignore[arg-type]


def application() -> "Litestar":
    """The service as `serve` and the environment have configured it; one for each process that answers."""
    from habeas.web.app import make_app
    from habeas.web.log import log_as_json

    log_as_json()
    with ExitStack() as opened:
        store = opened.enter_context(wiring.opened_store(None))
        library = wiring.library(store)
        # Made before anybody asks, so that no answer waits for it.
        for fault in library.refresh():
            print(f"habeas: {fault}", file=sys.stderr, flush=True)
        tracer = opened.enter_context(wiring.opened_tracer())
        intake = opened.enter_context(wiring.opened_intake(store, looked_up=library, tracer=tracer))
        backend = _backend(store, intake, library, tracer)
        intake.after_commit(backend.feed.wake)
        if os.environ.get(_ROUNDS) != "elsewhere":
            opened.enter_context(rounds(store, intake, tracer))
        made = make_app(backend, opened.pop_all().close)
    # What is there now stays: looking through it for garbage again and again would make answers wait.
    gc.collect()
    gc.freeze()
    return made


def _backend(store: "Store", intake: "Intake", looked_up: "Library", tracer: "Tracer | None") -> "Backend":
    """What the service over HTTP works with."""
    from habeas.web.backend import Backend, Settings

    return Backend(
        store=store,
        playbook=wiring.playbook(),
        intake=intake,
        places=looked_up,
        lists=looked_up,
        clock=wiring.now,
        screen=lambda name, birth, countries: screened(asked_name(name, birth, countries), store),
        trace=lambda asked: origin(asked, store, looked_up),
        settings=Settings(public_url=os.environ.get(_URL, "").rstrip("/"), is_demo_login=bool(os.environ.get(_DEMO))),
        lane=_lane(),
        oidc=_oidc(),
        tracer=tracer,
        is_store_far=store.facts().server is not None,
    )


@contextmanager
def rounds(store: "Store", intake: "Intake", tracer: "Tracer | None" = None) -> Iterator[None]:
    """The worker's rounds in a thread, until the block ends.

    Within one process writers take turns by a lock; by SQLite's they would sleep for up to a tenth of a second.
    """
    stopping = Event()
    senders = senders_in_use()
    work = partial(keep_working, store, intake, senders, stopping, tracer=tracer)
    thread = Thread(target=work, name="habeas-rounds", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _lane() -> "LaneTokens | None":
    """The checker of users' tokens, where keys are configured. Raises BadInputError."""
    jwks, issuer = os.environ.get(_JWKS), os.environ.get(_ISSUER)
    if not jwks:
        return None
    if not issuer:
        raise BadInputError("--lane-jwks needs --lane-issuer: whose tokens are taken")
    from habeas.web.key_set import read_keys
    from habeas.web.lane import WHOSE_KEYS, LaneSettings, LaneTokens

    is_url = jwks.startswith(("https://", "http://"))

    def read() -> bytes:
        return _fetched(jwks) if is_url else wiring.read_input(Path(jwks))

    if not is_url:
        read_keys(read(), WHOSE_KEYS)
    return LaneTokens(LaneSettings(issuer=issuer, audience=os.environ.get(_AUDIENCE, "habeas"), read=read))


def _oidc() -> "Oidc | None":
    """Where staff log in, where that is configured. Raises BadInputError."""
    issuer = os.environ.get(_OIDC)
    if not issuer:
        return None
    from habeas.web.oidc import Oidc, OidcSettings, read_roles

    return Oidc(
        OidcSettings(
            issuer=issuer,
            client_id=os.environ.get(_CLIENT, ""),
            secret=os.environ.get(_SECRET, ""),
            roles=read_roles(os.environ.get(_ROLES) or "roles"),
            name_claim=os.environ.get(_NAME) or "sub",
        )
    )


def _fetched(url: str) -> bytes:
    import httpx

    try:
        return httpx.get(url, timeout=5, follow_redirects=False).raise_for_status().content
    except httpx.HTTPError as exc:
        raise HabeasError(f"the key set `{url}` cannot be fetched: {exc}") from None
