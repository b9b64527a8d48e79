"""`decide(state, enriched event, policy) -> Decision`: what one event means for one account. Pure and deterministic.

- `decide`: the whole of it, in about a page
- `remember`: what the account's bounded state keeps of the event
- `draft`: the decision while it is being made
- `respond`: signals to restrictions and cases, by the playbook
- `acts`: timers, acts of staff, proofs of control, effects of other accounts
- `quarantine`: what happens when judging an event failed
"""
