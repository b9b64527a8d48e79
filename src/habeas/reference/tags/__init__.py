"""Tags of addresses: what publishers, lists and our own staff say of them, read into one model (`habeas.domain.tag`).

Modules, in the order in which data flows:

- `load`: which format a file has, by its content, and its tags
- one module a format: `tagpack` (GraphSense, with `yaml_tree`), `flat` (the same packs as one csv), `forta`, `own`
- `roles`: what a publisher's words mean: the tables of categories and of confidence
- `making`: a tag from what a file says, with the chains that its address may be of
- `listed`: the wallets of sanctions lists as tags
- `history`: a newer version takes the place of an older one, and nothing that was known is forgotten
- `builtin`: the small set that comes with Habeas, in `known.toml`
- `book`: all of them together, to be asked
"""
