"""Where coins came from and where they went: the ledger of transfers in memory, and tracing over any ledger.

Modules, in the order in which data flows:

- `assets`: which book is meant, and how addresses are spelled in it
- `file`: records from NDJSON and CSV files (docs/coins.md says how they look)
- `names`, `numbers`, `flow_index`: very many names, amounts and flows in few bytes
- `ledger`: the books in memory; `habeas.store.ledger` keeps the same in SQLite
- `standing`: what tags make of an address: a source, a service, neither
- `budget`: how far one trace may go
- `fifo`, `haircut`: the two methods, backwards
- `trace`: both as one exposure
- `forward`: from an address to where its coins are, and to the deposits that they became
"""
