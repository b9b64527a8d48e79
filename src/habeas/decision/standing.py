"""What stands on an account when somebody asks: its own state and its main accounts', put together for a verdict."""

from habeas.domain.account import AccountState
from habeas.domain.facts import MainAccount
from habeas.domain.restriction import Restriction
from habeas.domain.verdict import Standing
from habeas.playbook.policy import Policy


def standing_of(
    state: AccountState,
    policy: Policy,
    mains: tuple[MainAccount, ...] = (),
    restrictions: tuple[Restriction, ...] | None = None,
    is_known: bool = True,
    request: tuple[Restriction, ...] = (),
) -> Standing:
    """The standing of an account. Sub-accounts follow their main account: by join, downward only (row B085, X19).

    `restrictions` are the account's own where the caller has them from elsewhere than the state (ended ones included);
    `request` are the limits of the request at hand.
    """
    own = state.restrictions if restrictions is None else restrictions
    return Standing(
        account=state.account,
        restrictions=(*own, *(r for main in mains for r in main.restrictions), *request),
        lives=(state.life, *(main.life for main in mains)),
        is_known=is_known,
        is_unreadable=bool(state.unreadable) or any(main.unreadable for main in mains),
        unknown_outflow=policy.safety.unknown_outflow,
        fresh_as_of=state.decided_at,
        permits=state.permits,
    )
