"""Enrichment: look up what an event needs before it is judged. Raw facts only; policy is applied inside `decide`.

In two steps: `look_up` asks outside sources before anything is locked, `relate` adds what the store knows of the account's
main accounts and holder, of the IP address, and of everybody's logins.
"""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from habeas.decision.campaigns import declared
from habeas.decision.release import SHOWING
from habeas.decision.remember import as_declared
from habeas.domain import event_data as data
from habeas.domain.account import AccountState
from habeas.domain.campaign import CampaignTerms, area_of, terms
from habeas.domain.case import Case
from habeas.domain.errors import UnreadableRecordError
from habeas.domain.event import ACCOUNT_IMPORTED, Event
from habeas.domain.facts import Facts, ListHit, MainAccount, NameHit
from habeas.domain.ids import AccountId, CaseId, HolderId, RestrictionId
from habeas.domain.limit import main_line
from habeas.domain.listing import Birth, EntityKind
from habeas.domain.place import Place
from habeas.domain.restriction import Restriction, Scope, Status
from habeas.domain.screening import Query
from habeas.service.login_traits import agent_of, traits_of
from habeas.service.people import people
from habeas.service.ports import Coins, Lists, Places, Reader

T = TypeVar("T")


class Wallet(NamedTuple):
    """An address that an event or a question names, with what it calls chain and asset."""

    chain: str | None
    address: str
    asset: str | None = None


_NOTHING = Facts()


def look_up(event: Event, places: Places, lists: Lists, coins: Coins | None = None) -> Facts:
    """What outside sources say about an event. What they do not know is named as unavailable, never guessed. Without `coins`
    nothing is traced.
    """
    said = event.data
    if event.type == ACCOUNT_IMPORTED:
        return _NOTHING  # Judged by nobody; `habeas rescreen` compares all names that were brought in.
    facts = looked_up(
        places,
        lists,
        ip=getattr(said, "ip", None),
        wallet=_wallet(said),
        document=said.document if isinstance(said, data.Profile) else None,
        who=who_of(said) if isinstance(said, data.Profile) else None,
    )
    if isinstance(said, data.Login) and said.user_agent:
        facts = replace(facts, agent=agent_of(said.user_agent))
    if coins is None or not isinstance(said, data.CryptoDeposit):
        return facts
    exposure = _asked(lambda: coins.exposure(said, event.time))
    unavailable = facts.unavailable if exposure is not None else (*facts.unavailable, "coins")
    return replace(facts, exposure=exposure, unavailable=unavailable)


def looked_up(
    places: Places,
    lists: Lists,
    *,
    ip: str | None = None,
    wallet: Wallet | None = None,
    document: data.IdentityDocument | None = None,
    who: Query | None = None,
) -> Facts:
    """The same for an address, a wallet, a document and a person, of which any may be missing."""
    if ip is None and wallet is None and document is None and who is None:
        return _NOTHING
    place: Place | None = None
    wallets: tuple[ListHit, ...] | None = ()
    documents: tuple[ListHit, ...] | None = ()
    names: tuple[NameHit, ...] | None = ()
    if ip is not None:
        place = _asked(lambda: places.place(ip))
    if wallet is not None:
        wallets = _asked(lambda: lists.wallets(*wallet))
    if document is not None:
        documents = _asked(lambda: lists.documents(document.country, document.kind, document.number))
    if who is not None:
        names = _asked(lambda: lists.names(who))
    missing = {
        "place": ip is not None and place is None,
        "wallets": wallets is None,
        "documents": documents is None,
        "names": names is None,
    }
    return Facts(
        place=place,
        unavailable=tuple(what for what, is_missing in missing.items() if is_missing),
        wallets=wallets or (),
        documents=documents or (),
        names=names or (),
    )


def _asked(ask: Callable[[], T | None]) -> T | None:
    """The answer of a source, or None if it fails."""
    try:
        return ask()
    except Exception:  # noqa: BLE001 - whatever is wrong with a source, the event is judged without it
        return None


def who_of(said: data.Profile, known: AccountState | None = None) -> Query | None:
    """Whom a profile names, with what the account has said of itself before; None if nothing that is compared was said.

    The number of an identity document is left out: it is looked up by its keyed hash, and no explanation may show it.
    """
    if said.name is None and said.birth_date is None and said.nationalities is None:
        return None
    name, born, countries = (known.name, known.birth_date, known.nationalities) if known else (None, None, ())
    return _who(said.name or name, said.birth_date or born, said.nationalities or countries)


def who_is(known: AccountState) -> Query | None:
    """Whom an account has said that it is; None while it has said no name."""
    return _who(known.name, known.birth_date, known.nationalities)


def _who(name: str | None, born: date | None, countries: tuple[str, ...]) -> Query | None:
    """Somebody with a birth date is a person; nobody says of the others what they are."""
    if name is None:
        return None
    birth = Birth(born, born) if born is not None else None
    return Query(name=name, birth=birth, countries=countries, kind=EntityKind.PERSON if birth is not None else None)


def _wallet(said: data.EventData) -> Wallet | None:
    """The wallet that an event names: a sender, a destination, a declared address."""
    match said:
        case data.CryptoDeposit(sender=str(sender)):
            return Wallet(said.chain, sender, said.asset)
        case data.Withdrawal(address=address):
            return Wallet(said.chain, address, said.asset)
        case data.AddressAdded(address=address):
            return Wallet(said.chain, address)
        case data.WithdrawalStage(address=str(address)):
            return Wallet(None, address, said.asset)
        case _:
            return None


def _with_names(facts: Facts, said: data.Profile, state: AccountState, lists: Lists) -> Facts:
    """The names that the account is like with all that it has said, where this is more than the event says by itself."""
    who = who_of(said, state)
    if who is None or who == who_of(said):
        return facts
    names = _asked(lambda: lists.names(who))
    missing = tuple(what for what in facts.unavailable if what != "names")
    return replace(facts, names=names or (), unavailable=missing if names is not None else (*missing, "names"))


def relate(facts: Facts, event: Event, state: AccountState, reader: Reader, lists: Lists) -> Facts:
    """The same facts with what came from the IP address lately, the account's main accounts and the holder's other accounts,
    as recorded at this moment; and of a change of the profile, with who the account is after it.
    """
    if isinstance(event.data, data.Profile) and event.type != ACCOUNT_IMPORTED:
        facts = _with_names(facts, event.data, state, lists)
    ip = getattr(event.data, "ip", None)
    if ip is not None:
        facts = replace(facts, ip_activity=reader.ip_activity(ip, event.time, event.account))
    if event.type == "login.succeeded" and isinstance(event.data, data.Login):
        facts = replace(facts, traits=reader.trait_facts(traits_of(event.data, facts.place, facts.agent)))
    case_id = _case_of(event)
    if case_id is not None:
        facts = replace(facts, case=_case(reader, event.account, case_id))
    if state.cases:
        open_ids = {case.id for case in state.cases}
        facts = replace(facts, cases=tuple(case for case in reader.cases(event.account) if case.id in open_ids))
    if state.requests or isinstance(event.data, data.DocumentFact):
        facts = replace(facts, requests=reader.document_requests(event.account))
    contested = _contested(event, facts.case)
    if contested is not None:
        facts = replace(facts, restriction=_restriction(reader, event.account, contested))
    may_release = bool(state.restrictions) and isinstance(event.data, SHOWING)
    may_join = isinstance(event.data, data.CampaignMet | data.Profile)
    if (may_release or may_join) and event.type != ACCOUNT_IMPORTED:
        facts = replace(facts, campaigns=_campaigns(event, state, reader))
    parents, holder = _relations(event, state, reader)
    siblings = _siblings(reader, holder or HolderId(event.account), parents, event.account)
    facts = people(facts, event, state, reader, siblings)
    if holder is None and not siblings:
        return facts
    return replace(
        facts,
        mains=tuple(main_account(reader, main) for main in main_accounts(reader, parents)),
        holder=holder,
        siblings=siblings,
        holder_restrictions=_holder_restrictions(reader, siblings) if isinstance(event.data, data.Profile) else (),
        is_own_counterparty=getattr(event.data, "counterparty", None) in (*siblings, *parents),
    )


def _campaigns(event: Event, state: AccountState, reader: Reader) -> tuple[CampaignTerms, ...]:
    """The live campaigns that are about the account as it is after this event."""
    after = as_declared(state, event.data) if isinstance(event.data, data.Profile) else state
    about = [campaign for campaign in reader.live_campaigns() if area_of(campaign.plan, after.entity, declared(after))]
    if not about:
        return ()
    try:
        met = {restriction.batch for restriction in reader.restrictions(event.account)}
    except UnreadableRecordError:
        met = {campaign.id for campaign in about}  # Everything is denied to it already, and a person is called.
    return tuple(terms(campaign, is_met=campaign.id in met) for campaign in about)


def _case_of(event: Event) -> CaseId | None:
    """The case that an event is about."""
    match event.data:
        case data.CaseAct(case=case) | data.CaseWork(case=case) | data.Delisted(case=case):
            return case
        case data.TimerDue(about=about) if about.startswith("cs_"):
            return CaseId(about)
        case _:
            return None


def _contested(event: Event, case: Case | None) -> RestrictionId | None:
    """The restriction that an event is about and that may be over already."""
    match event.data:
        case data.AnnulAct(restriction=restriction) | data.Appeal(restriction=restriction):
            return restriction
        case data.CaseAct() if case is not None and case.appeal is not None:
            return RestrictionId(case.appeal.restriction)
        case _:
            return None


def main_accounts(reader: Reader, parents: tuple[AccountId, ...]) -> tuple[AccountId, ...]:
    """Main accounts and their own main accounts, as recorded."""

    def parents_of(main: AccountId) -> tuple[AccountId, ...]:
        state = reader.account(main)
        return () if state is None else state.parents

    return main_line(parents, parents_of)


def main_account(reader: Reader, account: AccountId) -> MainAccount:
    """What stands on a main account, as its sub-accounts need it."""
    return as_main_account(account, reader.account(account))


def as_main_account(account: AccountId, state: AccountState | None) -> MainAccount:
    """The same of a state that is at hand."""
    if state is None:
        return MainAccount(account)
    return MainAccount(account, state.life, state.restrictions, bool(state.unreadable))


def _case(reader: Reader, account: AccountId, case: CaseId) -> Case | None:
    return next((found for found in reader.cases(account) if found.id == case), None)


def _restriction(reader: Reader, account: AccountId, restriction: RestrictionId) -> Restriction | None:
    return next((found for found in reader.restrictions(account) if found.id == restriction), None)


def _relations(event: Event, state: AccountState, reader: Reader) -> tuple[tuple[AccountId, ...], HolderId | None]:
    """The main accounts and the holder: as recorded, and as this event says if it says so."""
    parents, holder = state.parents, state.holder
    if isinstance(event.data, data.Profile):
        if event.data.parent is not None:
            parents = (event.data.parent, *(p for p in parents if p != event.data.parent))
        if event.data.holder is not None:
            holder = HolderId(event.data.holder)
    if holder is None and parents:
        # A sub-account belongs to its main account's holder (interface, section 1).
        main = reader.account(parents[0])
        holder = main.holder_or_self if main is not None else HolderId(parents[0])
    return parents, holder


def _siblings(
    reader: Reader, holder: HolderId, parents: tuple[AccountId, ...], account: AccountId
) -> tuple[AccountId, ...]:
    """The holder's other accounts. A main account may have no holder recorded: then it stands for itself."""
    return tuple(other for other in dict.fromkeys((*reader.holder_accounts(holder), *parents)) if other != account)


def _holder_restrictions(reader: Reader, siblings: tuple[AccountId, ...]) -> tuple[Restriction, ...]:
    """What stands on the holder's other accounts for the whole holder; needed when an account joins the holder."""
    states = (reader.account(sibling) for sibling in siblings)
    return tuple(
        restriction
        for state in states
        if state is not None
        for restriction in state.restrictions
        if restriction.scope is Scope.HOLDER and restriction.status is Status.ACTIVE
    )
