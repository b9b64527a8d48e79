"""Detectors: pure functions `(state, event, params) -> signals`, one module a typology, listed in `table`.

The state already remembers the event that is judged (`decision.remember`), so the newest anchor, device or step is its own.
A new detector is one module and one row of the table.
"""
