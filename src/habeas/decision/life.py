"""The life of an account after its user has left: deactivated, retained, purged (model X12, rows B067 and B068).

Deactivated: only the way out is open, for a window that the user was told of. Retained: the records that law wants are kept,
and money that is left is a person's matter (unclaimed property), never ours. Purged: the key is forgotten, and with it
everything that was sealed with it; the journal still verifies. Whatever stands or is open at that time keeps the records.
"""

from datetime import datetime

from msgspec.structs import replace

from habeas.decision.draft import Draft
from habeas.domain import event_data as data
from habeas.domain.account import AccountState, Life
from habeas.domain.decision import Timer
from habeas.playbook.policy import CasePolicy, LifePolicy

ABOUT = "life"
"""What the timer of an account's life is about."""

UNCLAIMED_QUEUE = "unclaimed"
_GENERATIONS = {life: number for number, life in enumerate(Life)}


def deactivate(draft: Draft) -> None:
    """The user closes the account: from now on only the way out is open."""
    _become(draft, Life.DEACTIVATED)


def clock(draft: Draft, due: data.TimerDue) -> None:
    """The time of one stage is over. A stale timer does nothing."""
    state = draft.state
    if due.about != ABOUT or due.generation != _GENERATIONS[state.life]:
        return
    if state.life is Life.DEACTIVATED:
        _become(draft, Life.RETAINED)
        why = "the time to withdraw is over, and what is left is the user's: see that it is dust, or report unclaimed property"
        draft.open_case(CasePolicy(queue=UNCLAIMED_QUEUE), "UNCLAIMED_PROPERTY", why)
    elif state.life is Life.RETAINED and _is_needed(state):
        draft.time(Timer(ABOUT, due.generation, draft.now + draft.policy.life.look_again_for))
    elif state.life is Life.RETAINED:
        draft.purge()


def _become(draft: Draft, life: Life) -> None:
    draft.state = replace(draft.state, life=life, life_since=draft.now)
    draft.time(Timer(ABOUT, _GENERATIONS[life], _ends_at(life, draft.now, draft.policy.life)))


def _ends_at(life: Life, at: datetime, policy: LifePolicy) -> datetime:
    # Retention counts from the end of the relationship, which the window for withdrawals is a part of.
    return at + (policy.withdraw_for if life is Life.DEACTIVATED else policy.retain_for - policy.withdraw_for)


def _is_needed(state: AccountState) -> bool:
    """Whether something still rests on the records."""
    return bool(state.restrictions or state.cases or state.requests or state.unreadable)
