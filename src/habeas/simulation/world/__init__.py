"""A labelled world: people and thieves with known truth, played against rules, so that justice can be measured.

In the order in which things happen: `parameters` (every figure, with its source in docs/simulation.md), `geography` and
`people`; `life`, `mishaps`, `takeovers` and `crimes` write what they do as `deeds`; `clusters` puts it together; `run` plays it
against a guard (`guards`, `published`, `habeas_guard`) with `reactions` and `reviewers`; `tally` counts by the labels,
`checkers` look for broken promises, `figures` puts seeds together, `report` and `plots` show it.

Nothing here looks at a detector or at the playbook: the world is what they are measured against.
"""
