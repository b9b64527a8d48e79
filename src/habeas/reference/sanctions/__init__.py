"""Sanctions lists: read whole or refused whole, made into one model (`habeas.domain.listing`), compared and looked up.

Modules, in the order in which data flows:

- `recognise`: which format a file has, by its content
- `load`: from files to lists, all or nothing
- one module a format: `ofac_csv` (with `ofac_remarks`), `ofac_xml`, `un`, `eu`, `uk`, `opensanctions`, `wallet_lists`, `own`
- `xml_tree`, `births`, `country_names`, `base58`: what the formats have in common
- `whole`, `damage`: the last check of each, and the errors
- `compiled`: a list as bytes that load fast
- `delta`: what changed between two versions
- `wallets`, `documents`: exact look-ups
- `builtin`: the small list that comes with Habeas, in `listed.toml`
"""
