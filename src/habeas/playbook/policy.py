"""The types of a playbook: what a compliance officer writes in TOML, section by section."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from habeas.domain.actor import Role
from habeas.domain.capability import Capability, Level
from habeas.domain.case import Priority
from habeas.domain.decision import ActionName
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


class AskPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Documents that a signal asks for: all of `documents`, and perhaps `optional` ones, within a time.

    `from_fact` names a fact of the signal that holds one more kind of document, such as the one that expired.
    """

    reason: str
    due_for: timedelta
    documents: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    from_fact: str = ""


class Response(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[[response]]`: what a signal of a typology leads to from a score on. Only the highest row reached applies."""

    signal: str
    at_least: float = 0.0
    place: tuple[Placement, ...] = ()
    rearm: tuple[Placement, ...] = ()
    """Restrictions that are prolonged if they stand, and not placed if they do not."""
    case: CasePolicy | None = None
    ask: AskPolicy | None = None
    refuse_ip_for: timedelta | None = None
    """Refuse every request from the event's IP address for so long."""
    actions: tuple[ActionName, ...] = ()


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


class Safety(Struct, frozen=True, forbid_unknown_fields=True):
    """`[safety]`: what happens when something is not known or went wrong."""

    unknown_outflow: Level
    ahead_for: timedelta
    """An event dated further ahead of its receipt than this is refused."""
    large_share: Decimal
    """A withdrawal of more than this share of the balance (0..1) is a step of a takeover."""
    exemption_max_for: timedelta
    """How long a person may exempt an account at once."""
    joins_held_within_for: timedelta
    """A further deposit of the same asset that is to be held joins the amount that has been held for at most so long."""
    recheck_for: timedelta
    """How soon a restriction without an end is looked at again where its reason does not say."""
    quarantine: Placement
    quarantine_case: CasePolicy


class NoticePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """`[notice]`: how long before a date a notice says so."""

    document_before: timedelta = timedelta(days=3)
    """The date by which documents are asked for."""
    promise_before: timedelta = timedelta(hours=6)
    """The time within which we said that an answer comes."""


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
    regions: RegionPolicy
    responses: dict[str, tuple[Response, ...]]
    """By typology, highest `at_least` first."""
    detectors: dict[str, Struct]
    """Parameters of the detectors that are switched on, by name."""
    product_actions: dict[str, Capability]
    notices: NoticePolicy = NoticePolicy()

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

    def capability(self, name: str) -> Capability | None:
        """The capability of this name, or the one a product action such as `unstake` maps to."""
        if name in Capability.__members__.values():
            return Capability(name)
        return self.policies[DEFAULT_ENTITY].product_actions.get(name)
