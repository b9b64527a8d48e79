"""Where accounts live durably: memory and SQLite behind one port (`service.ports.Store`) and one suite of contract tests.

Modules, from what is said to where it is kept:

- `errors`: what can go wrong with a store, one sentence each
- `vault`: keys, and what is sealed with them
- `journal`: each account's hash chain over stored bytes
- `rows`: the rows of the tables, and what a table engine must do with them
- `records`: from a decided event to rows, and from rows back to what they mean
- `unit_of_work`: the port, on rows
- `sqlite_file`: a SQLite file with its transactions and its key; `migrations`, `schema/`: how it gets its tables
- `memory`, `sqlite`: two table engines
- `ledger`: the ledger of coins in a SQLite store's tables
- `open`: a store by its URL
"""
