"""What stands for a whole holder reaches each of the holder's accounts as a restriction of its own."""

from msgspec.structs import replace

from habeas.decision.draft import Draft
from habeas.domain import event_data as data
from habeas.domain.event import ACCOUNT_IMPORTED
from habeas.domain.ids import RestrictionId
from habeas.domain.imported import is_carried_over
from habeas.domain.restriction import Restriction, Status


def follow_holder(draft: Draft) -> None:
    """An account that comes to a holder gets what already stands on the holder's other accounts."""
    is_import = draft.event.type == ACCOUNT_IMPORTED
    for restriction in draft.facts.holder_restrictions:
        # What both come from is known to its user; what Habeas placed since is news to an account that is brought in.
        _mirror(draft, restriction, is_quiet=is_import and is_carried_over(restriction))


def mirrored(draft: Draft, effect: data.Mirrored) -> None:
    """A holder-wide restriction of another account began, changed or ended."""
    _mirror(draft, effect.restriction, is_quiet=effect.is_quiet)


def _mirror(draft: Draft, original: Restriction, *, is_quiet: bool) -> None:
    if original.status is Status.EXPIRED:
        return  # Each account's own timer ends it there, and lets what follows follow.
    root = original.origin or original.id
    own = next((r for r in draft.state.restrictions if root in (r.origin, r.id)), None)
    if original.status is Status.ACTIVE:
        copy_id = own.id if own else RestrictionId(draft.new_id("rs", "mirror", root))
        generation = own.generation + 1 if own else 0
        copy = replace(
            original,
            id=copy_id,
            account=draft.state.account,
            origin=root,
            origin_account=original.origin_account or original.account,
            generation=generation,
        )
        if own is None:
            (draft.carry_over if is_quiet else draft.place)(copy)
        elif own.origin == root and replace(copy, generation=own.generation) != own:
            draft.change(copy)
    elif own is not None and own.origin == root:
        over = replace(
            own,
            status=original.status,
            ended_at=original.ended_at or draft.now,
            ended_by=original.ended_by,
            end_note=original.end_note,
        )
        (draft.take_back if is_quiet else draft.end)(over)
