"""The types of a playbook: what a compliance officer writes in TOML, section by section."""

from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from habeas.detection.rules import RuleBook
from habeas.domain.actor import Role
from habeas.domain.capability import Capability, Level
from habeas.domain.case import Priority
from habeas.domain.decision import ActionName
from habeas.domain.duty import Duty
from habeas.domain.event_data import Method
from habeas.domain.evidence import Evidence, Ladder
from habeas.domain.ids import EntityId
from habeas.domain.kind import Kind
from habeas.domain.reason import Disclosure, LegalGround, Purpose
from habeas.domain.region import RegionPolicy
from habeas.domain.restriction import AtEnd, EndCondition, Scope

DEFAULT_ENTITY = EntityId("main")


class EntityWords(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to ask and where to complain, as users read it in one language."""

    contact: str
    complaints: str


class Entity(Struct, frozen=True, forbid_unknown_fields=True):
    """`[entity.NAME]`: the legal entity that serves an account, as users know it. Contacts are shown to users."""

    name: str
    contact: str
    complaints: str
    """The external route: an ombudsman, a regulator, a court."""
    help_url: Annotated[str, Meta(pattern=r"^(https://[^\s?#]+[^\s?#/])?\Z")] = ""
    """Below it lies a page for each public reason (row A097). Without it no page is named."""
    language: dict[str, EntityWords] = {}
    """By language, where users read another one than that of `contact` and `complaints`."""

    def words(self, locale: str) -> EntityWords:
        """Whom to ask and where to complain, in a language; as the entity itself says it where it does not say that."""
        return self.language.get(locale) or EntityWords(self.contact, self.complaints)


class Promise(Struct, frozen=True, forbid_unknown_fields=True):
    """How long a remedy takes, as told to the user: calendar days from a complete submission; the upper bound is the
    promise (model X26). Absent bounds mean that the wait is not in our hands, or that it is instant.
    """

    from_for: timedelta | None = None
    to_for: timedelta | None = None


class Confirmed(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is placed when a person has decided a case as `confirmed`: nothing more where `kind` is absent."""

    kind: Kind | None = None
    evidence: Evidence = Evidence.E3


class ReasonPolicy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[reason.CODE]`: purpose, default kind and scope, first length, evidence, disclosure, remedies, clock (model 5.7)."""

    purpose: Purpose
    kind: Kind | None = None
    """Absent: this reason never restricts by itself."""
    scope: Scope = Scope.ACCOUNT
    evidence: Evidence
    first_for: timedelta | None = None
    condition: EndCondition | None = None
    at_end: AtEnd = AtEnd()
    cool_off_for: timedelta | None = None
    cool_off_longer_for: dict[str, timedelta] = {}
    disclosure: Disclosure
    ground: LegalGround
    remedies: tuple[str, ...]
    """Ids in the wording catalogue, in the order in which they are shown. Never empty: `nothing` says so in words."""
    promise: Promise = Promise()
    considered: tuple[str, ...]
    """The milder measures that were considered and why they do not suffice."""
    is_mandatory: bool = False
    """Required by law: no exemption and no appeal waives it; only facts can be contested."""
    is_reversible: bool = True
    is_declared_fact: bool = False
    """It rests on something declared or dated, which counts like a reviewed case."""
    evidence_min: Evidence = Evidence.E1
    """Nothing is placed for this reason on less (row A078: a grave reason needs strong evidence)."""
    confirmed: Confirmed | None = None
    """What a person's decision that the suspicion is true leads to. Absent: cases about this reason are only `resolved`."""
    sign_off: dict[Kind, tuple[Role, ...]] = {}
    """Kinds that, for this reason, only certain roles may place: `WITHDRAW_ONLY` under sanctions needs counsel (X7)."""


class Placement(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One restriction that a signal leads to: a reason, and what differs from the reason's row."""

    reason: str
    kind: Kind | None = None
    scope: Scope | None = None
    evidence: Evidence | None = None
    first_for: timedelta | None = None
    cool_off_for: timedelta | None = None
    condition: EndCondition | None = None
    at_end: AtEnd | None = None


class CasePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """A case that a signal opens: which queue, how soon."""

    queue: str
    priority: Priority = Priority.NORMAL
    due_for: timedelta = timedelta(hours=24)
    reason: str = ""
    """What the case is about where the signal places nothing; else the reason of what it places."""
    tasks: tuple[str, ...] = ()
    """What must be done before it can be decided, such as `offer_assistance` (row A051)."""


class AskPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Documents that a signal asks for: all of `documents`, and perhaps `optional` ones, within a time.

    `from_fact` names a fact of the signal that holds one more kind of document, such as the one that expired.
    """

    reason: str
    due_for: timedelta
    documents: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    from_fact: str = ""


class Effects(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a signal leads to: the rows of `[[response]]`, and the `then` of a rule."""

    place: tuple[Placement, ...] = ()
    rearm: tuple[Placement, ...] = ()
    """Restrictions that are prolonged if they stand, and not placed if they do not."""
    case: CasePolicy | None = None
    ask: AskPolicy | None = None
    refuse_ip_for: timedelta | None = None
    """Refuse every request from the event's IP address for so long."""
    actions: tuple[ActionName, ...] = ()


class Response(Effects, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[[response]]`: what a signal of a typology leads to from a score on. Only the highest row reached applies."""

    signal: str
    at_least: float = 0.0


class KindPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """`[kind.NAME]`: what every placement of a kind brings, and how often automation may repeat it without a person."""

    on_place: tuple[ActionName, ...] = ()
    condition: EndCondition | None = None
    """What ends it where neither the reason nor the ladder says: a ban has no end, and still a date to look again."""
    automated_max: int | None = None
    automated_within_for: timedelta | None = None


class Challenges(Struct, frozen=True, forbid_unknown_fields=True):
    """`[challenge]`: which proofs of control lift which kinds, and which an intruder cannot give."""

    lifts: dict[Kind, tuple[Method, ...]]
    """Kind to methods. Only restrictions that automation placed for the reasons below are lifted."""
    reasons: tuple[str, ...]
    strong: tuple[Method, ...]
    """Methods bound to the person: after one, earlier steps of a takeover sequence no longer count."""
    factors: tuple[Method, ...]
    """Methods that rest on a second factor, and so prove nothing for a while after that factor was changed."""
    factor_settles_for: timedelta


STRONG_CHALLENGE = "strong_challenge"
"""In a way out: any proof of control that is bound to the person."""
NAMED_DOCUMENT = "named_document"
"""In a way out: the document that the restriction names."""
SERVED_RESIDENCE = "served_residence"
"""In a way out: residence, nationality and document are by now of where the account may be served."""


class ReleasePolicy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[release.REASON]`: what a user shows to get out of a restriction of this reason, and what follows."""

    ways: tuple[tuple[str, ...], ...] = ()
    """Each a list of things to show, all of them: `challenge:METHOD`, `document:KIND`, `education`, `declaration`, `kyc`, and
    the three names above. Any complete way suffices.
    """
    points: dict[str, int] = {}
    """Or things by what they are worth (row A040); `history` is what a person attests."""
    points_min: int = 0
    kinds: tuple[Kind, ...] = ()
    """Of which kinds; empty: of all."""
    by_person: bool = False
    """A complete way opens a case, and a person decides."""
    needed_by_hand: bool = False
    """A person too lifts it only when a way is complete (row A038); who finds it wrong from the start annuls it."""
    queue: str = "review"
    due_for: timedelta = timedelta(hours=48)
    documents_count_for: timedelta = timedelta(0)
    """Documents that were accepted so long before the restriction count too."""
    answers: dict[str, str] = {}
    """What a declaration must say."""
    otherwise: Placement | None = None
    """What becomes of the restriction where the declaration says something else."""
    cool_off_for: timedelta | None = None
    """So long after the release new destinations still wait (row A039)."""
    traveller_for: timedelta | None = None
    """So long the same journey does not restrict again (model 5.8)."""


class DocumentPolicy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[documents]`: how document requests go."""

    accepted_results: tuple[str, ...]
    """What the checks of documents and of identity call a good result; everything else is a bad one."""
    loops_max: int
    """After so many rejections of one document a person looks at the next (complaint 6 of model 4)."""
    reuse_for: timedelta
    """A document that was accepted within so long is not asked for again."""
    remind_before_for: timedelta
    extend_for: timedelta
    """How much longer a request runs when the user asks for time, once."""
    check_for: timedelta
    """How long checking may take before a person is called."""
    file_max_bytes: Annotated[int, Meta(ge=1024, le=100 * 2**20)] = 10 * 2**20
    """A larger file is not taken."""


class AppealPolicy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[appeal]`: how long an appeal is open, and by when it is decided (DSA article 20; row B072)."""

    window_for: timedelta
    decide_for: timedelta
    queue: str = "appeals"


class ActionPolicy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[acknowledge]`: what the exchange was asked to do and has not said to have done."""

    ask_again_for: timedelta
    asked_max: int
    """After so many times a person is called."""


class LifePolicy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[life]`: what follows a deactivation (model X12). Users are told of both before they deactivate."""

    withdraw_for: timedelta
    """The window in which a deactivated account can still withdraw by itself (row B068)."""
    retain_for: timedelta
    """How long records are kept after the end of the relationship (AMLR article 77: five years)."""
    look_again_for: timedelta
    """How soon it is tried again to forget an account on which something still rests."""


class Cover(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row of `[cover.row]`: one way in which a review limits an account. Ordinary reviews use it like every other."""

    kind: Kind
    scope: Scope = Scope.ACCOUNT
    jurisdictions: tuple[str, ...] = ()
    """Where it is used; empty: everywhere."""


class CoverPolicy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[cover]`: the class of reviews, of which nobody can tell one from the other (model 5.5)."""

    slot_every: timedelta
    """A review ends, or is said to go on, at instants that lie so far apart, for everybody at the same ones."""
    short_for: timedelta
    """A review that is over within so long ends at a full hour instead."""
    row: dict[str, Cover]


class CampaignPolicy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[campaign]`: how a region is left (model 5.4)."""

    notice_min_for: timedelta
    """The least between the announcement and withdraw-only (row A060)."""
    remind_before_exit_for: tuple[timedelta, ...]
    """How long before withdraw-only everybody is reminded."""
    remind_before_residual_for: tuple[timedelta, ...]
    signing: tuple[tuple[Role, ...], ...]
    """Groups of roles: somebody of each must sign (legal, and compliance)."""
    recheck_for: timedelta
    """How soon it is looked at again whether a campaign still holds."""
    residual: CasePolicy
    """The case about an account on which something is left when the time is over."""


class CaseworkPolicy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[casework]`: the clocks of cases (model 5.4)."""

    warn_at_share: float
    """When so much of the time is gone a breach is announced, before it happens."""
    remind_after_for: tuple[timedelta, ...]
    """While a case waits for the user."""
    silence_for: timedelta
    """After so long without an answer it is decided on what is there."""
    hardship_for: timedelta
    """How soon a person looks when somebody is in need."""
    reopen_within_for: timedelta
    duty: dict[str, Duty] = {}
    """By queue, when people are there; what is due is counted in these hours. A queue that is not here is always served."""
    skills: dict[str, tuple[Role, ...]] = {}
    """By queue, the roles that may take its cases; a queue that is not here is open to all who may decide cases."""


class Safety(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[safety]`: what happens when something is not known or went wrong."""

    unknown_outflow: Level
    stale_for: timedelta
    """How old a gate's knowledge may be; beyond that, it holds outflow."""
    ahead_for: timedelta
    """An event dated further ahead of its receipt than this is refused."""
    large_share: Decimal
    """A withdrawal of more than this share of the balance (0..1) is a step of a takeover."""
    exemption_max_for: timedelta
    """How long a person may exempt an account at once."""
    assistance_max_for: timedelta
    """How long a permit for an assisted withdrawal may last."""
    protective_for: timedelta | None = None
    """A freeze or a ban that waits for its second signature freezes the account at once for so long; absent: it waits."""
    joins_held_within_for: timedelta
    """A further deposit of the same asset that is to be held joins the amount that has been held for at most so long."""
    recheck_for: timedelta
    """How soon a restriction without an end is looked at again where its reason does not say."""
    quarantine: Placement
    quarantine_case: CasePolicy


class RunMode(StrEnum):
    """Whether what Habeas decides takes effect."""

    LIVE = "live"
    DUAL = "dual"
    """An older system still acts. Habeas decides and records, and nothing leaves: no notice, no action, no request."""


class RunPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """`[run]`: how Habeas is run beside what was there before (docs/importing.md)."""

    mode: RunMode = RunMode.LIVE


class Policy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole policy of one entity, with everything the playbook says for all of them."""

    playbook: str
    """The version and digest that restrictions cite."""
    entity: Entity
    safety: Safety
    reasons: dict[str, ReasonPolicy]
    ladder: Ladder
    kinds: dict[Kind, KindPolicy]
    challenges: Challenges
    releases: dict[str, ReleasePolicy]
    """By reason."""
    documents: DocumentPolicy
    appeals: AppealPolicy
    casework: CaseworkPolicy
    life: LifePolicy
    campaigns: CampaignPolicy
    covers: CoverPolicy
    actions: ActionPolicy
    regions: RegionPolicy
    responses: dict[str, tuple[Response, ...]]
    """By typology, highest `at_least` first."""
    detectors: dict[str, Struct]
    """Parameters of the detectors that are switched on, by name."""
    product_actions: dict[str, Capability]
    run: RunPolicy = RunPolicy()
    rules: RuleBook = RuleBook()
    """What analysts wrote: `[[rule]]` and `[feature.NAME]`. What a rule leads to stands in `responses`."""

    def response(self, typology: str, score: float) -> Response | None:
        """The row that a signal of this score reaches, if any."""
        return next((r for r in self.responses.get(typology, ()) if score >= r.at_least), None)

    def kind_policy(self, kind: Kind) -> KindPolicy:
        """What placing this kind brings; nothing where the playbook is silent."""
        return self.kinds.get(kind, _SILENT_KIND)


_SILENT_KIND = KindPolicy()


class Playbook(Struct, frozen=True, kw_only=True):
    """A loaded playbook: one policy for each entity, and the text it was read from."""

    version: str
    text: bytes
    policies: dict[EntityId, Policy]

    def policy(self, entity: EntityId) -> Policy:
        """The policy of an entity; an entity that the playbook does not name follows the default one."""
        return self.policies.get(entity) or self.policies[DEFAULT_ENTITY]

    @property
    def dual_entities(self) -> tuple[EntityId, ...]:
        """The entities for which an older system still acts."""
        return tuple(entity for entity, policy in self.policies.items() if policy.run.mode is RunMode.DUAL)

    def capability(self, name: str) -> Capability | None:
        """The capability of this name, or the one a product action such as `unstake` maps to."""
        if name in Capability.__members__.values():
            return Capability(name)
        return self.policies[DEFAULT_ENTITY].product_actions.get(name)
