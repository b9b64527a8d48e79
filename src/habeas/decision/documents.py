"""Documents on their way: received, checked, accepted or rejected, late. What an accepted one opens is `release`'s matter."""

from msgspec.structs import replace

from habeas.decision.draft import Draft
from habeas.decision.respond import DUE_AT
from habeas.domain import event_data as data
from habeas.domain.case import Priority
from habeas.domain.decision import Refusal
from habeas.domain.document import (
    DocumentRequest,
    RequestStatus,
    accepted,
    asking_for,
    closed,
    extended,
    received,
    rejected,
    why_not_asked,
    why_not_extend,
)
from habeas.domain.document_file import OPENING_ROLES
from habeas.domain.evidence import allowed_length
from habeas.domain.ids import RestrictionId
from habeas.domain.proof import Proof, by_document
from habeas.domain.restriction import Ending
from habeas.domain.restriction import extend as prolong
from habeas.playbook.policy import CasePolicy

QUEUE = "documents"


def document(draft: Draft, fact: data.DocumentFact) -> Refusal | None:
    """A document was received or decided; what has merely expired is for a detector. Documents that nobody asked for are kept
    like any fact, and those that name a request must fit it.
    """
    if draft.event.type == "document.expired":
        return None
    is_decided = draft.event.type == "document.decided"
    is_good = is_decided and fact.result in draft.policy.documents.accepted_results
    if is_good:
        draft.show(Proof(by_document(fact.kind), draft.now))
    why_not = why_not_asked(draft.facts.requests, draft.state.account, fact.kind, fact.request)
    if why_not is not None:
        return None if is_good else Refusal(*why_not)
    for request in asking_for(draft.requests, fact.kind, fact.request):
        if is_good:
            change(draft, accepted(request, fact.kind, draft.now))
        elif is_decided:
            _reject(draft, request, fact)
        else:
            change(draft, received(request, fact.kind, draft.now))
    return None


def opened(_draft: Draft, act: data.DocumentOpened) -> Refusal | None:
    """Somebody looks into a file that the user sent. This changes nothing; that it is on record is the point."""
    if act.actor.role in OPENING_ROLES:
        return None
    return Refusal("not_permitted", f"the role {act.actor.role} does not open documents of users")


def extend(draft: Draft, act: data.ExtendAct) -> Refusal | None:
    """The user has asked for more time: once, without a reason."""
    request = next((r for r in draft.requests if r.id == act.request), None)
    if request is None:
        return Refusal("not_open", f"account `{draft.state.account}` has no open document request `{act.request}`")
    refused = why_not_extend(request)
    if refused is not None:
        return Refusal("extended", refused)
    change(draft, extended(request, draft.policy.documents.extend_for))
    return None


def change(draft: Draft, request: DocumentRequest) -> None:
    """A request moves, and what follows when its user is silent moves with it: it does not come while the documents are with
    us, nor before the date that the user was given, as far as the ladder lets the milder restriction last.
    """
    draft.change_request(request)
    restriction = next((r for r in draft.state.in_force(draft.now) if r.id == request.restriction), None)
    if restriction is None or not request.is_open or restriction.at_end.ending is not Ending.FALL_BACK:
        return
    is_ours = request.status is RequestStatus.CHECKING
    # Twice, so that the clock of the check speaks in between and can ask for more.
    until = draft.now + 2 * draft.policy.documents.check_for if is_ours else request.due_at
    allowed = allowed_length(draft.policy.ladder, restriction.kind, restriction.evidence, restriction.scope)
    moved = prolong(restriction, until, allowed.max_for)
    if DUE_AT in moved.facts and moved.ends_at is not None and not is_ours:
        due_at = min(request.due_at, moved.ends_at).isoformat()
        moved = replace(moved, facts=moved.facts | {DUE_AT: due_at})
    if moved != restriction:
        draft.change(moved)


def clock(draft: Draft, due: data.TimerDue) -> None:
    """A request's time has come: a reminder, its end, or a check that takes too long."""
    request = next((r for r in draft.requests if r.id == due.about), None)
    if request is None or request.generation != due.generation:
        return
    if request.status is RequestStatus.CHECKING:
        why = f"checking the documents of request {request.id} takes longer than promised"
        draft.open_case(CasePolicy(QUEUE, Priority.HIGH), request.reason, why, about=RestrictionId(request.id))
        # A case that is decided without a word on the documents opens again, and the user has done what there was to do.
        change(draft, request)
    elif draft.now < request.due_at and not request.is_reminded:
        draft.change_request(replace(request, is_reminded=True, generation=request.generation + 1))
    else:
        draft.change_request(closed(request, RequestStatus.EXPIRED, draft.now))
        if request.restriction is None:
            # Where a restriction waits for it, its own end says what follows; else somebody must look.
            why = f"the documents of request {request.id} did not come: {', '.join(request.documents)}"
            draft.open_case(CasePolicy(QUEUE), request.reason, why, about=RestrictionId(request.id))


def _reject(draft: Draft, request: DocumentRequest, fact: data.DocumentFact) -> None:
    changed = rejected(request, fact.kind, fact.reason or "", draft.now)
    change(draft, changed)
    if changed.item(fact.kind).rejections >= draft.policy.documents.loops_max:
        why = f"{fact.kind} was rejected {changed.item(fact.kind).rejections} times; a person looks at the next one"
        draft.open_case(CasePolicy(QUEUE, Priority.HIGH), request.reason, why, about=RestrictionId(request.id))
