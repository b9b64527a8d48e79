"""Where accounts live durably: memory, SQLite and PostgreSQL behind one port (`service.ports.Store`) and one suite of contract
tests.

Modules, from what is said to where it is kept:

- `errors`: what can go wrong with a store, one sentence each
- `vault`: keys, and what is sealed with them
- `journal`: each account's hash chain over stored bytes
- `rows`: the rows of the tables, and what a table engine must do with them
- `records`: from a decided event to rows, and from rows back to what they mean
- `unit_of_work`: the port, on rows
- `sqlite_file`: a SQLite file with its transactions and its key
- `memory`, `sqlite`, `postgres_rows`: three table engines
- `gathered`: what a transaction has yet to write
- `postgres`: connections, transactions and keys of a store in a server
- `migrations`, `schema/`: how a SQLite file and a database get their tables
- `ledger`, `ledger_tables`: the ledger of coins in a store's tables
- `copying`: one store copied into another
- `open`: a store by its URL
"""
