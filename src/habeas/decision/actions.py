"""What the exchange must do, until it says that it is done: asked again, and then a person is called.

A withdrawal that was to be recalled and was not is money on its way out.
"""

from msgspec.structs import replace

from habeas.decision.draft import Draft
from habeas.domain import event_data as data
from habeas.domain.case import Priority
from habeas.playbook.policy import CasePolicy

QUEUE = "operations"


def done(draft: Draft, said: data.ActionDone) -> None:
    """The exchange has done what it was asked to."""
    draft.state = replace(draft.state, actions=tuple(a for a in draft.state.actions if a.request != said.request))


def clock(draft: Draft, due: data.TimerDue) -> None:
    """Nothing was heard of an action: it is asked for again, and people look at it."""
    action = next((a for a in draft.state.actions if a.request == due.about), None)
    if action is None or action.asked != due.generation:
        return
    draft.ask_again(action)
    if action.asked >= draft.policy.actions.asked_max:
        why = f"the exchange has not acknowledged `{action.action}` ({action.request}), asked {action.asked} times"
        draft.open_case(CasePolicy(QUEUE, Priority.PAGE), "ACTION_NOT_DONE", why)
