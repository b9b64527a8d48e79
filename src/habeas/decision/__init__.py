"""`decide(state, enriched event, policy) -> Decision`: what one event means for one account. Pure and deterministic.

- `decide`: the whole of it, in about a page
- `remember`: what the account's bounded state keeps of the event
- `draft`: the decision while it is being made
- `respond`: signals to restrictions and cases, by the playbook
- `birth`: a restriction from a planned placement
- `acts`: what is carried out and not judged: timers, proofs of control; and the table of all acts
- `release`, `documents`, `appeals`, `assistance`: the ways out
- `casework`, `life`, `actions`: the clocks of cases, of accounts that were left, of what the exchange must do
- `suspicion`, `people`: what people decide about somebody's conduct, and what is remembered of dealings
- `by_hand`, `matches`, `holder`: acts of staff on restrictions, opinions on cases, what stands for a whole holder
- `limits`: limits of one request, never stored
- `asking`, `standing`: the question that an event asks, and what stands when it is asked
- `quarantine`: what happens when judging an event failed
"""
