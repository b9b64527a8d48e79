"""Where accounts live durably: memory and SQLite behind one port (`service.ports.Store`) and one suite of contract tests.

Modules, from what is said to where it is kept:

- `errors`: what can go wrong with a store, one sentence each
- `vault`: keys, and what is sealed with them
- `journal`: each account's hash chain over stored bytes
- `rows`: the rows of the tables, and what a table engine must do with them
- `records`: from a decided event to rows, and from rows back to what they mean
- `unit_of_work`: the port, on rows
- `memory`, `sqlite`: two table engines
- `migrations`, `schema/`: how a SQLite file gets its tables
- `ledger`: the ledger of coins in a SQLite store's tables
- `open`: a store by its URL
"""
