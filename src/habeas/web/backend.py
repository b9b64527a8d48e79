"""What routes work with: one store with its intake and its questions, and what is configured. Put together by the command."""

from collections.abc import Callable

from msgspec import Struct

from habeas.domain.exposure import CoinsAsked, Exposure
from habeas.domain.screening import Screening
from habeas.gateway.current import CurrentGate
from habeas.playbook.policy import Playbook
from habeas.service.feed import Feed
from habeas.service.files import Files
from habeas.service.intake import Intake
from habeas.service.keys import KeyRing
from habeas.service.ports import Clock, Lists, Places, Store
from habeas.service.questions import Questions
from habeas.service.tracing import Tracer
from habeas.web.lane import LaneTokens
from habeas.web.limits import Buckets
from habeas.web.metrics import Metrics
from habeas.web.oidc import Oidc
from habeas.web.sessions import SESSION, Cookies, Session

RATE_PER_S = 10_000
"""Requests a second of one credential, where its key says nothing else."""

STRANGER_RATE_PER_S = 50
"""Requests a second from one address that shows no good credential."""


class Settings(Struct, frozen=True, kw_only=True):
    """How the service behaves."""

    public_url: str = ""
    """How clients reach it; empty: as each request says."""
    rate_per_s: int = RATE_PER_S
    stranger_rate_per_s: int = STRANGER_RATE_PER_S
    answer_within_s: float = 30.0
    is_demo_login: bool = False
    """Whether anybody may log in as anybody: in a demo on this machine only."""
    feed_for_s: float = 600.0
    """After so long a stream of the feed ends, and whoever follows it comes back with a cursor."""


class Backend:
    """Everything that routes ask or tell."""

    def __init__(
        self,
        *,
        store: Store,
        playbook: Playbook,
        intake: Intake,
        places: Places,
        lists: Lists,
        clock: Clock,
        screen: Callable[[str, str | None, tuple[str, ...]], Screening],
        trace: Callable[[CoinsAsked], Exposure],
        settings: Settings,
        lane: LaneTokens | None = None,
        tracer: Tracer | None = None,
        is_store_far: bool = False,
        oidc: Oidc | None = None,
    ) -> None:
        """`is_store_far`: asking the store takes longer than going to a thread and back, so a gate answers for it."""
        self.store = store
        self.playbook = playbook
        self.intake = intake
        self.places = places
        self.lists = lists
        self.clock = clock
        self.screen = screen
        self.trace = trace
        self.settings = settings
        self.lane = lane
        self.tracer = tracer
        self.oidc = oidc
        self.cookies = Cookies(store.identity_key)
        self.questions = Questions(store, playbook, places, lists)
        self.files = Files(store, playbook, intake)
        self.feed = Feed(store, playbook, clock)
        self.gate = CurrentGate(store, self.feed, self.questions, clock) if is_store_far else None
        self.metrics = Metrics()
        intake.count_commits(self.metrics.count_commit)
        self.keys = KeyRing(store)
        self.buckets = Buckets()

    @property
    def let_in_by(self) -> str:
        """Who lets people in who log in with a browser; nobody, where it is empty."""
        return self.oidc.issuer if self.oidc is not None else "demo" if self.settings.is_demo_login else ""

    def session(self, cookies: str, *, is_secure: bool) -> Session | None:
        """Who is logged in, by the `Cookie` header of a request."""
        session = self.cookies.read(SESSION, Session, cookies, self.clock(), is_secure=is_secure) if cookies else None
        return session if session is not None and session.by == self.let_in_by else None
